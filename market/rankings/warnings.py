"""Warnings that rules of a scheme call for: proposed by one, given by another, answered, lifted by two."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID, uuid4

from market.accounts.actors import Actor
from market.accounts.messages import notify, notify_staff
from market.accounts.models import StaffRole
from market.audit.log import record
from market.codes.numbers import next_number
from market.files.attachments import StoredBlob, attach
from market.files.models import StoredFile, Tier
from market.kit.clock import end_of_day, local_date
from market.kit.database import atomic
from market.kit.errors import Conflict, Invalid, NotFound
from market.kit.formats import day
from market.kit.i18n import gettext as _
from market.listings.rules import months_later
from market.rankings.models import Ranking, RankingWarning
from market.rankings.places import WRITERS, offices_of
from market.rankings.states import (
    OPEN_WARNINGS,
    RankingAct,
    RankingStatus,
    WarningAction,
    WarningKind,
    WarningStatus,
    WarningVerb,
)
from market.rankings.warning_letters import issue_lifting_letter, issue_warning_letter
from market.rankings.warning_rules import due_warnings, lifting_of
from market.records.by import By
from market.records.decisions import SamePerson, Verdict, decide
from market.records.moments import set_moment
from market.records.transitions import begin, transition

KIND = RankingWarning.record_kind
PAPER = "warning_answer"
PLAN_MONTHS = 3
"""How long the plan to improve runs from the day a warning is given (trade.md 6.3)."""
PLAN_DUE = "rankings.plan_due"
"""The moment at which a plan is over."""


@atomic()
async def propose_warning(
    number: str, place: str, kind: WarningKind, *, note: str = "", by: By
) -> RankingWarning:
    """Propose a warning that a rule calls for, for the operator; `note` says why where it is in doubt.

    Raises:
        NotFound: there is no such ranking.
        Conflict: no rule calls for it, or it is proposed already.
        Invalid: at `note`, which a place at the border must have.
    """
    by.actor.require(RankingAct.RUN_RANKINGS)
    ranking = await Ranking.filter(number=number).select_for_update().first()
    if ranking is None:
        raise NotFound(_("没有这份排序。"))
    await ranking.fetch_related("scheme")
    due = [each for each in await due_warnings(ranking) if (each.place, each.kind) == (place, kind)]
    if not due:
        raise Conflict(_("规则没有要求这项警告，或者已经提出。"))
    if due[0].is_in_doubt and len(note) < 4:
        raise Invalid(_("得分与别处相同、处在末位边界：由人判断，请写明提出的理由。"), field="note")
    warning = await RankingWarning.create(
        id=uuid4(),
        number=await next_number(KIND, by.now),
        kind=kind,
        ranking_id=ranking.id,
        place=place,
        name=due[0].name,
        grounds=list(due[0].grounds),
        rule=due[0].rule.to_json(),
        is_in_doubt=due[0].is_in_doubt,
        note=note[:500],
        proposed_by_id=by.actor.user_id,
        proposed_at=by.now,
        updated_at=by.now,
    )
    await begin(warning, by=by)
    await record(KIND, warning.id, WarningVerb.PROPOSE, by=by, number=warning.number, place=place)
    await notify_staff(
        StaffRole.APPROVER,
        _("对%(name)s的警告等您决定。", name=warning.name),
        now=by.now,
        address=f"/rankings/warnings/{warning.number}",
    )
    return warning


@atomic()
async def decide_warning(number: str, verdict: Verdict, *, reason: str = "", by: By) -> RankingWarning:
    """Give a warning or drop it, for the approver.

    Raises:
        SamePerson: the person proposed it.
        Conflict: it was decided before, or a ranking that it rests on is not final or was corrected.
        Invalid: at `reason`, which dropping it must have.
    """
    by.actor.require(RankingAct.DECIDE_RANKINGS)
    warning = await _lock(number)
    if warning.status is not WarningStatus.PROPOSED:
        raise Conflict(str(warning.workflow.refusal))
    if verdict is Verdict.CONFIRMED and (words := await what_blocks(warning)):
        raise Conflict(words)
    await decide(warning, verdict, by=by, reason=reason)
    if verdict is Verdict.REJECTED:
        return await transition(warning, WarningAction.DROP, by=by, note=reason, number=number)
    plan_until = months_later(local_date(by.now), PLAN_MONTHS)
    await transition(warning, WarningAction.GIVE, by=by, changes={"plan_until": plan_until}, number=number)
    await set_moment(KIND, warning.id, PLAN_DUE, end_of_day(plan_until))
    await issue_warning_letter(warning, by=by)
    await _tell_office(
        warning,
        _(
            "贵单位收到%(kind)s %(number)s，请提交整改计划，期限到 %(day)s。",
            kind=str(warning.kind.label),
            number=number,
            day=day(plan_until),
        ),
        by,
    )
    return warning


async def what_blocks(warning: RankingWarning) -> str:
    """Return why a warning cannot be given now; empty where it can.

    A ranking that it rests on may still change, or a further version replaced it.
    """
    numbers = [ground["number"] for ground in warning.grounds]
    for ranking in await Ranking.filter(number__in=numbers).order_by("begins_on"):
        if ranking.status is RankingStatus.REPLACED:
            return _("所依据的 %(number)s 已被更正，这项警告不能发出，请不予发出。", number=ranking.number)
        if ranking.status is not RankingStatus.FINAL:
            return _(
                "%(number)s 还在异议期或者有异议没有办完，转为最终数后才能发出警告。", number=ranking.number
            )
    return ""


@atomic()
async def answer_warning(number: str, text: str, blob: StoredBlob | None, *, by: By) -> RankingWarning:
    """Answer a warning, for the place's office.

    Raises:
        NotFound: it is not to the person's organisation.
        Invalid: at `text`, which says what is done.
        ActionNotAllowed: it is not to be answered now.
    """
    by.actor.require(RankingAct.REPORT_PARK)
    warning = await _lock(number)
    if not by.actor.acts_for(await office_of(warning)):
        raise NotFound(_("没有这项警告。"))
    if len(text) < 10:
        raise Invalid(_("请写明原因和整改办法（至少 10 个字）。"), field="text")
    file = None
    if blob is not None:
        file = await attach(
            blob, subject_kind=KIND, subject_id=warning.id, kind=PAPER, tier=Tier.PARTIES, by=by
        )
    changes = {"answer": text, "answer_file_id": file.id if file else None}
    return await transition(warning, WarningAction.ANSWER, by=by, changes=changes, number=number)


@atomic()
async def ask_lift(number: str, *, note: str = "", by: By) -> RankingWarning:
    """Propose that a warning be lifted, for the operator; `note` says why where its rule still speaks for it.

    Raises:
        ActionNotAllowed: it is not to be lifted now.
        Invalid: at `note`, without which only a place is lifted that a later ranking does not speak against.
    """
    by.actor.require(RankingAct.RUN_RANKINGS)
    warning = await _lock(number)
    if len(note) < 4 and not (await lifting_of(warning)).is_met:
        raise Invalid(_("之后的排序还没有达到解除条件，要提出请写明理由。"), field="note")
    return await transition(
        warning,
        WarningAction.ASK_LIFT,
        by=by,
        note=note,
        changes={"lift_asked_by_id": by.actor.user_id},
        number=number,
    )


@atomic()
async def decide_lift(number: str, verdict: Verdict, *, reason: str = "", by: By) -> RankingWarning:
    """Lift a warning or keep it, for the approver.

    Raises:
        SamePerson: the person asked for it.
        Invalid: at `reason`, which keeping it must have.
        ActionNotAllowed: nobody asked for it.
    """
    by.actor.require(RankingAct.DECIDE_RANKINGS)
    warning = await _lock(number)
    if by.actor.user_id == warning.lift_asked_by_id:
        raise SamePerson(_("提出的人不能确认自己提出的内容，请由另一人办理。"))
    if verdict is Verdict.REJECTED:
        if not reason:
            raise Invalid(_("暂不解除时请写明理由。"), field="reason")
        return await transition(warning, WarningAction.KEEP, by=by, note=reason, number=number)
    await transition(
        warning, WarningAction.LIFT, by=by, changes={"lifted_by_id": by.actor.user_id}, number=number
    )
    await set_moment(KIND, warning.id, PLAN_DUE, None)
    await issue_lifting_letter(warning, by=by)
    await _tell_office(warning, _("%(number)s 已解除。", number=number), by)
    return warning


@atomic()
async def plan_is_over(warning_id: UUID, *, now: datetime) -> bool:
    """Tell the office and the operator that the plan of a warning that is not lifted is over. Idempotent."""
    warning = await RankingWarning.filter(id=warning_id).select_for_update().first()
    if warning is None or warning.status not in OPEN_WARNINGS:
        return False
    words = _("%(number)s 的整改期限已到，请看是否达到解除条件。", number=warning.number)
    await notify_staff(StaffRole.OPERATOR, words, now=now, address=f"/rankings/warnings/{warning.number}")
    await _tell_office(warning, words, By.job(now))
    return True


async def office_of(warning: RankingWarning) -> UUID | None:
    """Return the organisation that a warning is to, or None."""
    ranking = await Ranking.get(id=warning.ranking_id)
    return (await offices_of(ranking.kind)).get(warning.place)


async def _tell_office(warning: RankingWarning, words: str, by: By) -> None:
    office = await office_of(warning)
    if office is not None:
        await notify(
            words,
            now=by.now,
            address=f"/rankings/warnings/{warning.number}",
            organisation_id=office,
            roles=WRITERS,
        )


async def list_warnings(ranking: Ranking | None = None) -> list[RankingWarning]:
    """Return the warnings of a ranking, or all that are not over, the latest first."""
    warnings = RankingWarning.all() if ranking is None else RankingWarning.filter(ranking_id=ranking.id)
    return await warnings.select_related("ranking").order_by("-proposed_at").limit(200)


async def get_warning(number: str) -> RankingWarning:
    """Return a warning with its ranking, its papers and who decided.

    Raises:
        NotFound: there is none of this number.
    """
    warning = (
        await RankingWarning.filter(number=number)
        .select_related("ranking", "answer_file", "proposed_by", "decided_by", "lift_asked_by", "lifted_by")
        .first()
    )
    if warning is None:
        raise NotFound(_("没有这项警告。"))
    return warning


async def may_open_paper(actor: Actor | None, file: StoredFile) -> bool:
    """Return whether the person may open an answer's paper: its office and the department."""
    if actor is None:
        return False
    warning = await RankingWarning.get_or_none(id=file.subject_id)
    return warning is not None and (
        actor.may(RankingAct.READ_RANKINGS) or actor.acts_for(await office_of(warning))
    )


async def _lock(number: str) -> RankingWarning:
    warning = await RankingWarning.filter(number=number).select_for_update().first()
    if warning is None:
        raise NotFound(_("没有这项警告。"))
    return warning
