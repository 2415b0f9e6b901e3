"""Who judges solutions and decides on a choice, and the guarded ways to selections and awards."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from uuid import UUID

from market.accounts.actors import Actor
from market.accounts.models import MemberRole, Membership
from market.accounts.permissions import Role
from market.challenges.models import Challenge
from market.challenges.queries import is_owner
from market.challenges.queries import parties_of as owners_of
from market.challenges.selection_models import (
    ChallengeAward,
    MilestoneReport,
    PriceTest,
    Selection,
    SelectionRow,
    SolutionAdmission,
)
from market.challenges.selection_rules import Candidate
from market.challenges.selection_states import STANDING
from market.challenges.solution_content import SolutionContent
from market.challenges.solution_models import OpenedSolution, Solution
from market.challenges.solution_queries import may_open_file
from market.challenges.solution_states import SolutionStatus
from market.challenges.states import ChallengeAct, Kind
from market.files.models import StoredFile
from market.kit.errors import Forbidden, NotFound
from market.kit.i18n import gettext as _
from market.kit.terms import from_content
from market.panels.rounds import standing_items
from market.panels.seat_access import reads_originals
from market.panels.verdicts import verdict_of
from market.records.decisions import Verdict

DECIDING = (MemberRole.ADMIN, MemberRole.AGENT)
"""Roles of an organisation's people who decide for it."""
KIND = "solution"


def judges(actor: Actor | None, challenge: Challenge) -> bool:
    """Return whether the person checks and chooses: a firm's list its owner, a public one the operator."""
    if actor is None or not actor.may(ChallengeAct.SELECT_SOLUTION):
        return False
    if challenge.kind is Kind.GOVERNMENT:
        return Role.OPERATOR in actor.roles
    return is_owner(actor, challenge)


def require_judge(actor: Actor, challenge: Challenge) -> None:
    """Raise unless the person checks and chooses the solutions of a challenge.

    Raises:
        Forbidden: it is another's to do.
    """
    actor.require(ChallengeAct.SELECT_SOLUTION)
    if not judges(actor, challenge):
        raise Forbidden(
            _("政府榜的方案由平台组织审查和评选。")
            if challenge.kind is Kind.GOVERNMENT
            else _("企业榜的方案由发榜方审查和评选。")
        )


async def decides(actor: Actor, challenge: Challenge) -> bool:
    """Return whether the person may be the second one about a choice.

    Of a government list the approver; of a firm's another of its people, or the operator where it has one.
    """
    if not actor.may(ChallengeAct.SELECT_SOLUTION):
        return False
    if challenge.kind is Kind.GOVERNMENT:
        return Role.APPROVER in actor.roles
    if is_owner(actor, challenge):
        return True
    return Role.OPERATOR in actor.roles and await is_of_one_person(challenge.owner_id)


async def decider_words(challenge: Challenge) -> str:
    """Return who decides on a choice, as the page of who proposed it says."""
    if challenge.kind is Kind.GOVERNMENT:
        return _("批准人")
    if await is_of_one_person(challenge.owner_id):
        return _("平台管理员")
    return _("贵单位另一位成员")


async def is_of_one_person(organisation_id: UUID) -> bool:
    """Return whether an organisation has no two people who could decide about one thing."""
    members = Membership.active(organisation_id=organisation_id, role__in=list(DECIDING))
    return await members.filter(user__is_active=True).count() < 2


async def solvers_of(challenge_id: UUID) -> list[UUID]:
    """Return the units whose solutions were opened."""
    rows = OpenedSolution.filter(solution__challenge_id=challenge_id)
    ids = await rows.values_list("solution__organisation_id", flat=True)
    return [UUID(str(value)) for value in ids]


async def opened_of(
    challenge_id: UUID, statuses: Collection[SolutionStatus] | None = None
) -> list[tuple[OpenedSolution, SolutionContent]]:
    """Return the opened solutions of a challenge with what they say, by their places."""
    rows = OpenedSolution.filter(solution__challenge_id=challenge_id)
    if statuses is not None:
        rows = rows.filter(solution__status__in=list(statuses))
    opened = await rows.order_by("solution__place").select_related("solution__organisation")
    return [(row, from_content(SolutionContent, row.content)) for row in opened]


async def admissions_of(challenge_id: UUID) -> dict[UUID, SolutionAdmission]:
    """Return by solution what the formal check found, with who checked."""
    rows = SolutionAdmission.filter(solution__challenge_id=challenge_id).select_related("checked_by")
    return {row.solution_id: row for row in await rows}


async def candidates_of(
    challenge: Challenge, statuses: Collection[SolutionStatus] = (SolutionStatus.ADMITTED,)
) -> list[tuple[Candidate, Solution]]:
    """Return the solutions among which is chosen, with their points where a panel judged them."""
    candidates = []
    tests = PriceTest.filter(solution__challenge_id=challenge.id, verdict=Verdict.CONFIRMED)
    tested = {row.solution_id: row.most for row in await tests}
    for opened, content in await opened_of(challenge.id, statuses):
        solution = opened.solution
        points = None
        if challenge.kind is Kind.GOVERNMENT:
            points = (await verdict_of(KIND, solution.id, ceiling=None, scoring=None)).points
        candidate = Candidate(
            place=solution.place or 0,
            package=solution.package,
            price=content.price or 0,
            submitted_at=solution.submitted_at or opened.opened_at,
            points=points,
            tested=tested.get(solution.id),
        )
        candidates.append((candidate, solution))
    return candidates


async def concluded_round_of(solution_ids: Sequence[UUID]) -> UUID | None:
    """Return the round that judged all of these solutions; None where not all were judged in one."""
    items = await standing_items(KIND).filter(subject_id__in=list(solution_ids)).select_related("round")
    rounds = {item.round_id for item in items if item.round.concluded_at is not None}
    return next(iter(rounds)) if len(items) == len(solution_ids) and len(rounds) == 1 else None


async def open_selection(challenge_id: UUID) -> Selection | None:
    """Return the choice that is proposed and not decided, with who proposed it."""
    return (
        await Selection.filter(challenge_id=challenge_id, verdict=None).select_related("proposed_by").first()
    )


async def list_selections(challenge_id: UUID) -> list[Selection]:
    """Return all choices with the people, oldest first."""
    rows = Selection.filter(challenge_id=challenge_id).order_by("proposed_at")
    return await rows.select_related("proposed_by", "decided_by")


async def rows_of(selections: Sequence[Selection]) -> Mapping[UUID, list[SelectionRow]]:
    """Return the rows of choices, by the choice, in the order of package and rank."""
    rows = SelectionRow.filter(selection_id__in=[row.id for row in selections])
    by_selection: defaultdict[UUID, list[SelectionRow]] = defaultdict(list)
    ordered = rows.order_by("solution__package", "rank").select_related("solution__organisation")
    for row in await ordered:
        by_selection[row.selection_id].append(row)
    return by_selection


async def list_awards(challenge_id: UUID) -> list[ChallengeAward]:
    """Return the awards of a challenge with solver and deal, by stage and rank."""
    awards = ChallengeAward.filter(challenge_id=challenge_id).order_by("stage", "rank", "created_at")
    return await awards.select_related("solution__organisation", "deal")


async def latest_awards(solution_ids: Collection[UUID]) -> dict[UUID, ChallengeAward]:
    """Return the latest award of each of these solutions that has one."""
    awards = ChallengeAward.filter(solution_id__in=list(solution_ids)).order_by("created_at", "stage")
    return {award.solution_id: award for award in await awards}


async def lock_awards(challenge_id: UUID) -> list[ChallengeAward]:
    """Return the awards of a challenge that its caller has locked, locked themselves."""
    awards = ChallengeAward.filter(challenge_id=challenge_id).order_by("stage", "rank", "id")
    locked = await awards.select_for_update()
    solutions = {row.id: row for row in await Solution.filter(id__in=[row.solution_id for row in locked])}
    for award in locked:
        award.solution = solutions[award.solution_id]
    return locked


async def spent_of(challenge_id: UUID) -> int:
    """Return what the standing awards of a challenge come to, in fen."""
    amounts = ChallengeAward.filter(challenge_id=challenge_id, status__in=list(STANDING))
    return sum(award.amount for award in await amounts)


async def get_award_for(actor: Actor, challenge: Challenge, award_id: UUID) -> ChallengeAward:
    """Return an award for its owner, its solver or the office.

    Raises:
        NotFound: there is none, or it is not theirs.
    """
    award = (
        await ChallengeAward.filter(id=award_id, challenge_id=challenge.id)
        .select_related("solution__organisation", "deal", "owner_agreed_by", "solver_agreed_by")
        .first()
    )
    if award is None or not sees_award(actor, challenge, award):
        raise NotFound(_("没有这项入选，或者您不能查看它。"))
    return award


def sees_award(actor: Actor, challenge: Challenge, award: ChallengeAward) -> bool:
    """Return whether the person reads an award; its solution must be fetched."""
    if is_owner(actor, challenge) or actor.acts_for(award.solution.organisation_id):
        return True
    return actor.may(ChallengeAct.READ_CHALLENGES)


async def parties_of(ids: Collection[UUID]) -> dict[UUID, list[UUID]]:
    """Return whom challenges concern, owners and chosen solvers: their people decide on no notice."""
    parties = {challenge_id: [*owners] for challenge_id, owners in (await owners_of(ids)).items()}
    awards = ChallengeAward.filter(challenge_id__in=list(ids))
    for challenge_id, solver_id in await awards.values_list("challenge_id", "solution__organisation_id"):
        parties[UUID(str(challenge_id))].append(UUID(str(solver_id)))
    return parties


async def may_open_solution_file(actor: Actor | None, file: StoredFile) -> bool:
    """Return whether a person may open a file of an opened solution; so may experts who judge it."""
    if await may_open_file(actor, file):
        return True
    return actor is not None and await reads_originals(actor, file.subject_kind, file.subject_id)


async def may_open_report_file(actor: Actor | None, file: StoredFile) -> bool:
    """Return whether a person may open what was reported of a milestone."""
    reports = MilestoneReport.filter(id=file.subject_id)
    report = await reports.select_related("award__challenge", "award__solution").first()
    if actor is None or report is None:
        return False
    return sees_award(actor, report.award.challenge, report.award)


async def reports_of(award_id: UUID) -> list[MilestoneReport]:
    """Return what was reported of an award's milestones, with the people and files, oldest first."""
    reports = MilestoneReport.filter(award_id=award_id).order_by("place", "version")
    return await reports.select_related("proposed_by", "decided_by", "file")
