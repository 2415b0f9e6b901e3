"""Who is chosen: proposed by one person, decided by another; with it each other one has its reason."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from uuid import UUID, uuid4

from market.accounts.messages import notify, notify_staff
from market.accounts.models import StaffRole
from market.accounts.relations import require_unrelated
from market.audit.log import record
from market.challenges.agreeing import propose_award
from market.challenges.models import Challenge
from market.challenges.queries import lock_challenge, terms_of
from market.challenges.selection_models import ChallengeAward, Selection, SelectionRow
from market.challenges.selection_queries import (
    DECIDING,
    candidates_of,
    concluded_round_of,
    decides,
    is_of_one_person,
    open_selection,
    require_judge,
    solvers_of,
    spent_of,
)
from market.challenges.selection_rules import (
    FIRST,
    POINTS_TO_CHOOSE,
    SECOND,
    Candidate,
    Choice,
    Fault,
    choice_faults,
    may_promote,
)
from market.challenges.selection_states import VACANT, AwardAction, AwardStatus, SelectionKind, SelectionVerb
from market.challenges.solution_models import Solution
from market.challenges.solution_states import SolutionAction, SolutionStatus
from market.challenges.states import ChallengeAct, ChallengeAction, ChallengeStatus, Kind
from market.kit.database import atomic
from market.kit.errors import Conflict, Forbidden, Invalid, NotFound
from market.kit.i18n import gettext as _
from market.records.by import By
from market.records.decisions import Verdict, decide
from market.records.transitions import transition

PROMOTING = (ChallengeStatus.AGREED, ChallengeStatus.CONTRACTED)
"""Statuses in which the next in rank may step in."""


class BadChoice(Invalid):
    """The choice cannot stand; `faults` says why, each at its solution and field."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        super().__init__(faults[0].words, field="rows")
        self.faults = faults


@atomic()
async def propose_selection(number: str, choices: Sequence[Choice], text: str = "", *, by: By) -> Selection:
    """Propose who is chosen among the admitted solutions, and why the others are not.

    In the second stage of a race the choice is among the teams of the first.

    Raises:
        Forbidden: the person does not judge this challenge, or has to do with one of its parties.
        Conflict: it is not the time, a proposal waits, or the panel has not concluded.
        BadChoice: at `rows`.
    """
    challenge = await lock_challenge(number)
    require_judge(by.actor, challenge)
    if challenge.kind is Kind.GOVERNMENT:
        await require_unrelated(by, [challenge.owner_id, *await solvers_of(challenge.id)])
    kind, stage = await _due(challenge)
    if await open_selection(challenge.id) is not None:
        raise Conflict(_("已有一份入选名单等另一人决定。"))
    candidates = await candidates_for(challenge, stage)
    by_place = {choice.place: choice for choice in choices}
    if set(by_place) != {candidate.place for candidate, _solution in candidates}:
        raise Conflict(_("方案有变化，请刷新后重新填写。"))
    round_id = await _required_round(challenge, stage, [solution.id for _candidate, solution in candidates])
    faults = choice_faults(
        terms_of(challenge),
        [candidate for candidate, _solution in candidates],
        choices,
        stage=stage,
        spent=await spent_of(challenge.id),
    )
    if stage == SECOND:
        faults += await _faults_of_cut(challenge, by_place)
    if faults:
        raise BadChoice(faults)
    selection = await _write(challenge, kind, stage, text, round_id, by)
    await SelectionRow.bulk_create(
        [
            _row(selection, solution.id, by_place[candidate.place], points=candidate.points)
            for candidate, solution in candidates
        ]
    )
    await _tell_deciders(challenge, by)
    return selection


@atomic()
async def propose_promotion(number: str, award_id: UUID, text: str = "", *, by: By) -> Selection:
    """Propose that the next in rank steps in for a solver who declined or did not sign in time.

    Raises:
        Conflict: the place is not vacant, nobody is next or has the points, or 90 days have passed.
    """
    challenge = await lock_challenge(number)
    require_judge(by.actor, challenge)
    if challenge.kind is Kind.GOVERNMENT:
        await require_unrelated(by, [challenge.owner_id, *await solvers_of(challenge.id)])
    award = (
        await ChallengeAward.filter(id=award_id, challenge_id=challenge.id)
        .select_related("selection", "solution")
        .first()
    )
    if award is None:
        raise NotFound(_("没有这项入选，或者您不能查看它。"))
    if award.status not in VACANT or challenge.status not in PROMOTING:
        raise Conflict(_("这个名额现在不能递补。"))
    if await open_selection(challenge.id) is not None:
        raise Conflict(_("已有一份入选名单等另一人决定。"))
    if award.selection.decided_at is None or not may_promote(award.selection.decided_at, by.now):
        raise Conflict(_("评选结果决定后 90 天内才能递补，请重新张榜。"))
    following = await next_in_rank(award)
    if following is None:
        raise Conflict(_("没有可以递补的方案。"))
    if challenge.kind is Kind.GOVERNMENT and Fraction(following.points or 0) < POINTS_TO_CHOOSE:
        raise Conflict(_("下一名的评审得分低于 %(least)s 分，不能递补。", least=POINTS_TO_CHOOSE))
    price = next(
        candidate.price
        for candidate, solution in await candidates_of(challenge, (SolutionStatus.NOT_CHOSEN,))
        if solution.id == following.solution_id
    )
    choice = Choice(following.solution.place or 0, is_chosen=True, rank=following.rank, amount=price)
    terms = terms_of(challenge)
    if terms.budget is not None and await spent_of(challenge.id) + price > terms.budget:
        raise Conflict(_("递补后入选金额超过榜额。"))
    selection = await _write(challenge, SelectionKind.PROMOTE, award.stage, text, None, by)
    await _row(selection, following.solution_id, choice).save(force_create=True)
    await _tell_deciders(challenge, by)
    return selection


async def next_in_rank(award: ChallengeAward) -> SelectionRow | None:
    """Return the best of those not chosen for the same package; the award's solution must be fetched."""
    rows = SelectionRow.filter(
        selection__challenge_id=award.challenge_id,
        selection__verdict=Verdict.CONFIRMED,
        selection__stage=award.stage,
        is_chosen=False,
        solution__package=award.solution.package,
        solution__status=SolutionStatus.NOT_CHOSEN,
    )
    return await rows.order_by("rank").select_related("solution").first()


@atomic()
async def decide_selection(selection_id: UUID, verdict: Verdict, *, reason: str = "", by: By) -> Selection:
    """Decide on a choice that another person proposed; confirmed, it is carried out at once.

    Raises:
        SamePerson: they proposed it.
        AlreadyDecided: somebody decided before.
        Forbidden: it is another's to decide, or the person has to do with one of its parties.
        Invalid: at `reason`, which a rejection must have.
    """
    by.actor.require(ChallengeAct.SELECT_SOLUTION)
    named = await Selection.get_or_none(id=selection_id).select_related("challenge")
    if named is None:
        raise NotFound(_("没有这份入选名单。"))
    challenge = await lock_challenge(named.challenge.number)
    selection = await Selection.filter(id=selection_id).select_for_update().get()
    if not await decides(by.actor, challenge):
        raise Forbidden(_("这份入选名单由他人决定。"))
    if not by.actor.acts_for(challenge.owner_id):
        await require_unrelated(by, [challenge.owner_id, *await solvers_of(challenge.id)])
    await decide(selection, verdict, by=by, reason=reason.strip()[:500])
    verb = SelectionVerb.SELECTION_DECIDED if selection.is_confirmed else SelectionVerb.SELECTION_REJECTED
    await record("challenge", challenge.id, verb, by=by, selection=selection.id)
    if selection.is_confirmed:
        await _carry_out(challenge, selection, by)
    return selection


async def _carry_out(challenge: Challenge, selection: Selection, by: By) -> None:
    rows = await SelectionRow.filter(selection_id=selection.id).order_by("rank").select_related("solution")
    terms = terms_of(challenge)
    chosen, others = SolutionAction.CHOOSE, SolutionAction.PASS_OVER
    if selection.kind is SelectionKind.PROMOTE:
        chosen = SolutionAction.PROMOTE
        if challenge.status is ChallengeStatus.CONTRACTED:
            await transition(challenge, ChallengeAction.PROMOTE, by=by)
        elif challenge.status is not ChallengeStatus.AGREED:
            raise Conflict(str(challenge.workflow.refusal))
    elif selection.kind is SelectionKind.CUT:
        await transition(challenge, ChallengeAction.CUT, by=by)
    else:
        await transition(challenge, ChallengeAction.SELECT, by=by, selection=selection.id)
    for row in rows:
        solution = await Solution.filter(id=row.solution_id).select_for_update().get()
        if not row.is_chosen:
            changes = {"reason": row.reason}
            await transition(solution, others, by=by, note=row.reason[:300], changes=changes)
        elif selection.kind is not SelectionKind.CUT:
            await transition(solution, chosen, by=by)
        if row.is_chosen:
            await propose_award(challenge, terms, selection, row, by)
        else:
            await _drop(row.solution_id, by)
        await _tell_solver(challenge, solution, is_chosen=row.is_chosen, by=by)


async def _drop(solution_id: UUID, by: By) -> None:
    """End the award of a team that leaves a race before its milestone was accepted."""
    for award in await ChallengeAward.filter(
        solution_id=solution_id, status=AwardStatus.SIGNED
    ).select_for_update():
        await transition(award, AwardAction.DROP, by=by)


async def candidates_for(challenge: Challenge, stage: int) -> list[tuple[Candidate, Solution]]:
    """Return the solutions among which is chosen: the admitted ones, or the teams that still race."""
    if stage == FIRST:
        return await candidates_of(challenge)
    racing = ChallengeAward.filter(
        challenge_id=challenge.id, stage=FIRST, status__in=[AwardStatus.SIGNED, AwardStatus.ACCEPTED]
    )
    ids = set(await racing.values_list("solution_id", flat=True))
    chosen = await candidates_of(challenge, (SolutionStatus.CHOSEN,))
    return [(candidate, solution) for candidate, solution in chosen if solution.id in ids]


async def _required_round(challenge: Challenge, stage: int, solution_ids: list[UUID]) -> UUID | None:
    """Return the round whose points a government list's choice follows; None where no panel is needed."""
    if challenge.kind is not Kind.GOVERNMENT or stage == SECOND:
        return None
    round_id = await concluded_round_of(solution_ids)
    if round_id is None:
        raise Conflict(_("政府榜先由专家评审全部方案，结论作出后才能提出入选名单。"))
    return round_id


async def first_amounts(challenge_id: UUID) -> dict[int, int]:
    """Return the whole price that each team of a race was chosen with, by the place of its solution."""
    rows = SelectionRow.filter(
        selection__challenge_id=challenge_id,
        selection__stage=FIRST,
        selection__verdict=Verdict.CONFIRMED,
        is_chosen=True,
    )
    return {row.solution.place or 0: row.amount or 0 for row in await rows.select_related("solution")}


async def _faults_of_cut(challenge: Challenge, by_place: Mapping[int, Choice]) -> list[Fault]:
    """Return what is wrong with who goes on: not at the price agreed on, or before the first milestone."""
    awards = ChallengeAward.filter(challenge_id=challenge.id, stage=FIRST, status=AwardStatus.ACCEPTED)
    accepted = {award.solution.place for award in await awards.select_related("solution")}
    amounts, faults = await first_amounts(challenge.id), []
    for place, choice in by_place.items():
        if choice.is_chosen and place not in accepted:
            faults.append(Fault(place, "is_chosen", _("第一阶段还没有验收通过，不能进入第二阶段。")))
        if choice.is_chosen and choice.amount != amounts.get(place):
            faults.append(Fault(place, "amount", _("总价应与第一阶段约定的一致。")))
    return faults


async def _due(challenge: Challenge) -> tuple[SelectionKind, int]:
    """Return what can be chosen now: among the solutions, or among the teams of a race.

    Raises:
        Conflict: nothing.
    """
    if challenge.status is ChallengeStatus.REVIEWING:
        return SelectionKind.CHOOSE, FIRST
    if challenge.status is ChallengeStatus.EXECUTING and await is_cut_due(challenge):
        return SelectionKind.CUT, SECOND
    raise Conflict(str(challenge.workflow.refusal))


async def is_cut_due(challenge: Challenge) -> bool:
    """Return whether the teams of a race have finished the first stage, all of those that still run."""
    if not challenge.race_lanes or challenge.status is not ChallengeStatus.EXECUTING:
        return False
    awards = await ChallengeAward.filter(challenge_id=challenge.id)
    if any(award.stage == SECOND for award in awards):
        return False
    running = (AwardStatus.PROPOSED, AwardStatus.AGREED)
    return all(award.status not in running for award in awards) and any(
        award.status is AwardStatus.ACCEPTED for award in awards
    )


async def _write(
    challenge: Challenge, kind: SelectionKind, stage: int, text: str, round_id: UUID | None, by: By
) -> Selection:
    selection = await Selection.create(
        id=uuid4(),
        challenge_id=challenge.id,
        kind=kind,
        stage=stage,
        round_id=round_id,
        text=text.strip()[:2000],
        proposed_by_id=by.actor.user_id,
        proposed_at=by.now,
    )
    await record(
        "challenge", challenge.id, SelectionVerb.SELECTION_PROPOSED, by=by, selection=selection.id, what=kind
    )
    return selection


def _row(selection: Selection, solution_id: UUID, choice: Choice, *, points: object = None) -> SelectionRow:
    return SelectionRow(
        id=uuid4(),
        selection_id=selection.id,
        solution_id=solution_id,
        rank=choice.rank,
        is_chosen=choice.is_chosen,
        amount=choice.amount if choice.is_chosen else None,
        points="" if points is None else str(points),
        reason="" if choice.is_chosen else choice.reason.strip()[:500],
    )


async def _tell_deciders(challenge: Challenge, by: By) -> None:
    words = _("榜单 %(number)s 的入选名单待决定。", number=challenge.number)
    address = f"/challenges/{challenge.number}/selection"
    if challenge.kind is Kind.GOVERNMENT:
        await notify_staff(StaffRole.APPROVER, words, now=by.now, address=address)
    elif await is_of_one_person(challenge.owner_id):
        await notify_staff(StaffRole.OPERATOR, words, now=by.now, address=address)
    else:
        await notify(words, now=by.now, address=address, organisation_id=challenge.owner_id, roles=DECIDING)


async def _tell_solver(challenge: Challenge, solution: Solution, *, is_chosen: bool, by: By) -> None:
    words = (
        _("您单位揭榜 %(number)s 的方案入选，请确认阶段和金额。", number=challenge.number)
        if is_chosen
        else _("您单位揭榜 %(number)s 的方案没有入选，请看原因。", number=challenge.number)
    )
    address = f"/challenges/{challenge.number}"
    await notify(
        words,
        now=by.now,
        address=address if is_chosen else f"{address}/solutions/{solution.place}",
        organisation_id=solution.organisation_id,
        roles=DECIDING,
    )
