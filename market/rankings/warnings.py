"""Warnings that rules of a scheme call for: proposed by one, given by another, answered, lifted by two."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from tortoise.expressions import Q

from market.accounts.actors import Actor
from market.accounts.messages import notify, notify_staff
from market.accounts.models import StaffRole
from market.audit.log import record
from market.codes.numbers import next_number
from market.files.attachments import StoredBlob, attach
from market.files.models import StoredFile, Tier
from market.kit.database import atomic
from market.kit.errors import Conflict, Invalid, NotFound
from market.kit.i18n import gettext as _
from market.rankings.computing import STANDING
from market.rankings.freezing import WRITERS, offices_of
from market.rankings.models import Ranking, RankingRow, RankingWarning
from market.rankings.schemes import Rule, rules_of
from market.rankings.states import (
    RankingAct,
    RowStatus,
    WarningAction,
    WarningKind,
    WarningStatus,
    WarningVerb,
)
from market.records.by import By
from market.records.decisions import SamePerson, Verdict, decide
from market.records.transitions import begin, transition

KIND = RankingWarning.record_kind
PAPER = "warning_answer"
OPEN = (*(WarningStatus.GIVEN, WarningStatus.ANSWERED), WarningStatus.TO_LIFT)
"""Given and not lifted."""


@dataclass(frozen=True)
class DueWarning:
    """What a rule calls for, with the rankings that it looked at."""

    kind: WarningKind
    rule: Rule
    place: str
    name: str
    grounds: Sequence[dict[str, Any]]
    """Rows of number, period's first day and score in tenths, or none."""


async def due_warnings(ranking: Ranking) -> list[DueWarning]:
    """Return what the rules of a ranking in force, its scheme loaded, call for and nobody proposed yet."""
    if ranking.status not in STANDING:
        return []
    existing = await RankingWarning.filter(
        Q(ranking_id=ranking.id)
        | Q(status__in=list(OPEN), ranking__kind=ranking.kind, ranking__period_kind=ranking.period_kind)
    )
    known = {(warning.kind, warning.place) for warning in existing}
    due = []
    for rule in rules_of(ranking.scheme):
        for warning in await _called_for(ranking, rule):
            if (warning.kind, warning.place) not in known:
                known.add((warning.kind, warning.place))
                due.append(warning)
    return due


async def _called_for(ranking: Ranking, rule: Rule) -> list[DueWarning]:
    rankings = [ranking]
    if rule.below is not None:
        rankings = (
            await Ranking.filter(
                kind=ranking.kind,
                period_kind=ranking.period_kind,
                begins_on__lte=ranking.begins_on,
                status__in=list(STANDING),
            )
            .order_by("-begins_on")
            .limit(rule.times)
        )
        if len(rankings) < rule.times:
            return []
    rows = await RankingRow.filter(ranking_id__in=[one.id for one in rankings])
    by_place: dict[str, list[RankingRow]] = {}
    for row in rows:
        by_place.setdefault(row.place, []).append(row)
    numbers = {one.id: one for one in rankings}
    return [
        DueWarning(
            rule.kind,
            rule,
            place,
            own[0].name,
            [
                {
                    "number": numbers[row.ranking_id].number,
                    "period": numbers[row.ranking_id].begins_on.isoformat(),
                    "score": row.score,
                }
                for row in sorted(own, key=lambda row: numbers[row.ranking_id].begins_on)
            ],
        )
        for place, own in sorted(by_place.items())
        if len(own) == len(rankings) and all(_is_called_for(row, rule) for row in own)
    ]


def _is_called_for(row: RankingRow, rule: Rule) -> bool:
    if rule.below is None:
        return row.status is RowStatus.UNREPORTED
    return row.score is not None and row.score < rule.below


@atomic()
async def propose_warning(number: str, place: str, kind: WarningKind, *, by: By) -> RankingWarning:
    """Propose a warning that a rule calls for, for the operator.

    Raises:
        NotFound: there is no such ranking.
        Conflict: no rule calls for it, or it is proposed already.
    """
    by.actor.require(RankingAct.RUN_RANKINGS)
    ranking = await Ranking.filter(number=number).select_for_update().first()
    if ranking is None:
        raise NotFound(_("没有这份排序。"))
    await ranking.fetch_related("scheme")
    due = [one for one in await due_warnings(ranking) if (one.place, one.kind) == (place, kind)]
    if not due:
        raise Conflict(_("规则没有要求这项警告，或者已经提出。"))
    warning = await RankingWarning.create(
        id=uuid4(),
        number=await next_number(KIND, by.now),
        kind=kind,
        ranking_id=ranking.id,
        place=place,
        name=due[0].name,
        grounds=list(due[0].grounds),
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
        Conflict: it was decided before.
        Invalid: at `reason`, which dropping it must have.
    """
    by.actor.require(RankingAct.DECIDE_RANKINGS)
    warning = await _lock(number)
    if warning.status is not WarningStatus.PROPOSED:
        raise Conflict(str(warning.workflow.refusal))
    await decide(warning, verdict, by=by, reason=reason)
    if verdict is Verdict.REJECTED:
        return await transition(warning, WarningAction.DROP, by=by, note=reason, number=number)
    await transition(warning, WarningAction.GIVE, by=by, number=number)
    await _tell_office(
        warning,
        _("贵单位收到%(kind)s %(number)s，请提交整改情况。", kind=str(warning.kind.label), number=number),
        by,
    )
    return warning


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
async def ask_lift(number: str, *, by: By) -> RankingWarning:
    """Propose that a warning be lifted, for the operator."""
    by.actor.require(RankingAct.RUN_RANKINGS)
    warning = await _lock(number)
    return await transition(
        warning,
        WarningAction.ASK_LIFT,
        by=by,
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
    await _tell_office(warning, _("%(number)s 已解除。", number=number), by)
    return warning


async def office_of(warning: RankingWarning) -> Any:
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
