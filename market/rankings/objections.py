"""Objections of offices to a ranking that was told: answered with a reason by one, decided by another.

While one is undecided its row is marked, warnings wait and the ranking is not final. One that is upheld
leads to a correction: a further version, both shown. A year's ranking has a public notice (公示) instead,
whose objections are those of `notices`.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from uuid import UUID, uuid4

from market.accounts.actors import Actor
from market.accounts.messages import notify, notify_staff
from market.accounts.models import StaffRole
from market.audit.log import record, text_sha256
from market.files.attachments import StoredBlob, attach
from market.files.models import StoredFile, Tier
from market.kit.database import atomic
from market.kit.errors import Conflict, Invalid, NotFound
from market.kit.i18n import gettext as _
from market.notices.models import Notice, Objection
from market.notices.states import UNDECIDED as UNDECIDED_IN_NOTICES
from market.notices.states import NoticeStatus
from market.rankings.models import Ranking, RankingObjection, RankingRow, RankingRuling
from market.rankings.places import WRITERS, offices_of
from market.rankings.states import (
    UNDECIDED,
    ObjectionAction,
    ObjectionStatus,
    ObjectionVerb,
    PeriodKind,
    RankingAct,
    RankingAction,
    RankingStatus,
)
from market.records.by import By
from market.records.decisions import Verdict, decide
from market.records.transitions import begin, transition

KIND = RankingObjection.record_kind
PAPER = "objection_paper"
LEAST_TEXT = 10
"""Characters that say what is wrong."""


@atomic()
async def object_to_ranking(
    number: str, place: str, text: str, *, indicator: str = "", blob: StoredBlob | None = None, by: By
) -> RankingObjection:
    """File an objection of a place's office to its own row.

    Raises:
        NotFound: there is no such row, or it is another place's.
        Invalid: at `text`, which says too little, or `indicator`, which the row does not have.
        Conflict: the days are over, an objection of the place waits, or the year's notice takes objections.
    """
    by.actor.require(RankingAct.OBJECT_RANKING)
    ranking = await Ranking.filter(number=number).select_for_update().first()
    row = await RankingRow.get_or_none(ranking_id=ranking.id, place=place) if ranking else None
    if ranking is None or row is None or not await speaks_for(by.actor, ranking, place):
        raise NotFound(_("没有这份排序，或者不是贵单位的地方。"))
    if not may_object_at(ranking, by.now):
        raise Conflict(_("异议期已过，或者这份排序不再接受异议。"))
    if len(text) < LEAST_TEXT:
        raise Invalid(_("请写明哪里不对、应当是多少（至少 10 个字）。"), field="text")
    if indicator and not await row.cells.filter(indicator=indicator).exists():  # type: ignore[attr-defined]
        raise Invalid(_("请从列表中选择。"), field="indicator")
    if await RankingObjection.exists(ranking_id=ranking.id, place=place, status__in=list(UNDECIDED)):
        raise Conflict(_("贵单位的异议正在处理，不用重复提出。"))
    objection_id = uuid4()
    file = None
    if blob is not None:
        file = await attach(
            blob, subject_kind=KIND, subject_id=objection_id, kind=PAPER, tier=Tier.PARTIES, by=by
        )
    objection = await RankingObjection.create(
        id=objection_id,
        ranking_id=ranking.id,
        place=place,
        name=row.name,
        indicator=indicator,
        text=text,
        file_id=file.id if file else None,
        organisation_id=by.actor.organisation_id,
        filed_by_id=by.actor.user_id,
        filed_at=by.now,
        updated_at=by.now,
    )
    await begin(objection, by=by)
    await record(
        KIND,
        objection.id,
        ObjectionVerb.FILE,
        by=by,
        ranking=number,
        place=place,
        text=text_sha256(text),
        paper=file.sha256 if file else "",
    )
    await notify_staff(
        StaffRole.OPERATOR,
        _("%(name)s对 %(number)s 提出异议，请答复。", name=row.name, number=number),
        now=by.now,
        address=address_of(objection),
    )
    return objection


def may_object_at(ranking: Ranking, now: datetime) -> bool:
    """Return whether places may still object; without an end that is settled they may."""
    return (
        ranking.status is RankingStatus.TOLD
        and ranking.period_kind is not PeriodKind.YEAR
        and (ranking.object_until is None or now < ranking.object_until)
    )


async def speaks_for(actor: Actor | None, ranking: Ranking, place: str) -> bool:
    """Return whether the person's organisation speaks for a place of a ranking."""
    if actor is None or actor.organisation_id is None:
        return False
    return actor.acts_for((await offices_of(ranking.kind)).get(place))


@atomic()
async def withdraw_objection(objection_id: UUID, *, by: By) -> RankingObjection:
    """Withdraw an objection before it is answered, for the office that filed it.

    Raises:
        NotFound: it is another's.
        ActionNotAllowed: it was answered.
    """
    by.actor.require(RankingAct.OBJECT_RANKING)
    ranking, objection = await _lock(objection_id)
    if not by.actor.acts_for(objection.organisation_id):
        raise NotFound(_("没有这条异议。"))
    await transition(objection, ObjectionAction.WITHDRAW, by=by, ranking=ranking.number)
    await conclude_if_due(ranking, by=by)
    return objection


@atomic()
async def answer_objection(objection_id: UUID, text: str, *, is_upheld: bool, by: By) -> RankingRuling:
    """Answer an objection with its reason, for the operator; it counts once the approver has decided.

    Raises:
        NotFound: there is none.
        Invalid: at `text`, which says too little.
        ActionNotAllowed: it was answered.
    """
    by.actor.require(RankingAct.RUN_RANKINGS)
    ranking, objection = await _lock(objection_id)
    if len(text) < LEAST_TEXT:
        raise Invalid(_("请写明理由（至少 10 个字），它会告知对方并公开。"), field="text")
    await transition(objection, ObjectionAction.ANSWER, by=by, upheld=is_upheld, text=text_sha256(text))
    ruling = await RankingRuling.create(
        id=uuid4(),
        objection_id=objection.id,
        is_upheld=is_upheld,
        text=text,
        proposed_by_id=by.actor.user_id,
        proposed_at=by.now,
    )
    await notify_staff(
        StaffRole.APPROVER,
        _("%(name)s对 %(number)s 的异议等您决定。", name=objection.name, number=ranking.number),
        now=by.now,
        address=address_of(objection),
    )
    return ruling


@atomic()
async def decide_objection(
    objection_id: UUID, verdict: Verdict, *, reason: str = "", by: By
) -> RankingObjection:
    """Decide as the operator answered, or return the answer, for the approver; the office is told.

    A ranking whose days are over becomes final where nothing else is open.

    Raises:
        NotFound: there is none.
        Conflict: it was not answered, or decided before.
        SamePerson: the person answered it.
        Invalid: at `reason`, which a return must have.
    """
    by.actor.require(RankingAct.DECIDE_RANKINGS)
    ranking, objection = await _lock(objection_id)
    ruling = await RankingRuling.filter(objection_id=objection.id, verdict=None).select_for_update().first()
    if ruling is None:
        raise Conflict(str(objection.workflow.refusal))
    await decide(ruling, verdict, by=by, reason=reason)
    if verdict is Verdict.REJECTED:
        return await transition(objection, ObjectionAction.RETURN, by=by, note=reason)
    action = ObjectionAction.UPHOLD if ruling.is_upheld else ObjectionAction.DENY
    await transition(objection, action, by=by, ranking=ranking.number)
    words = (
        _("%(number)s 的异议成立，主管部门将更正后重新告知。", number=ranking.number)
        if ruling.is_upheld
        else _("%(number)s 的异议不成立，理由见异议页。", number=ranking.number)
    )
    await notify(
        words,
        now=by.now,
        address=address_of(objection),
        organisation_id=objection.organisation_id,
        roles=WRITERS,
    )
    if ruling.is_upheld:
        await notify_staff(
            StaffRole.OPERATOR,
            _("%(number)s 有异议成立，请更正后重新排出。", number=ranking.number),
            now=by.now,
            address="/backoffice/rankings/freeze",
        )
    await conclude_if_due(ranking, by=by)
    return objection


async def conclude_if_due(ranking: Ranking, *, by: By) -> bool:
    """Make a locked ranking final where its days are over and no objection stands in the way."""
    if (
        ranking.status is not RankingStatus.TOLD
        or ranking.period_kind is PeriodKind.YEAR
        or ranking.object_until is None
        or by.now < ranking.object_until
        or await is_held_up(ranking)
    ):
        return False
    await transition(ranking, RankingAction.CONCLUDE, by=By.job(by.now), number=ranking.number)
    return True


async def is_held_up(ranking: Ranking) -> bool:
    """Return whether an objection is undecided, or upheld so that a correction is due."""
    if ranking.period_kind is PeriodKind.YEAR:
        notice = await notice_of(ranking)
        return notice is not None and notice.status in (NoticeStatus.OBJECTED, NoticeStatus.UPHELD)
    statuses = [*UNDECIDED, ObjectionStatus.UPHELD]
    return await RankingObjection.exists(ranking_id=ranking.id, status__in=statuses)


async def require_decided(ranking: Ranking) -> None:
    """Raise where an objection to a ranking is undecided.

    Raises:
        Conflict: one is.
    """
    if await disputed_places(ranking):
        raise Conflict(_("%(number)s 还有异议没有决定，请先办完。", number=ranking.number))


async def disputed_places(ranking: Ranking) -> Collection[str]:
    """Return the places of a ranking whose objections are undecided; one to a year's notice is about all."""
    if ranking.period_kind is not PeriodKind.YEAR:
        rows = RankingObjection.filter(ranking_id=ranking.id, status__in=list(UNDECIDED))
        return {str(place) for place in await rows.values_list("place", flat=True)}
    is_disputed = await Objection.exists(
        notice__subject_kind=Ranking.record_kind,
        notice__subject_id=ranking.id,
        status__in=list(UNDECIDED_IN_NOTICES),
    )
    if not is_disputed:
        return set()
    places = await RankingRow.filter(ranking_id=ranking.id).values_list("place", flat=True)
    return {str(place) for place in places}


async def notice_of(ranking: Ranking) -> Notice | None:
    """Return the public notice of a year's ranking."""
    notices = Notice.filter(subject_kind=Ranking.record_kind, subject_id=ranking.id)
    return await notices.order_by("-published_at").first()


async def get_objection(objection_id: UUID) -> RankingObjection:
    """Return an objection with its ranking, paper and rulings.

    Raises:
        NotFound: there is none.
    """
    objection = (
        await RankingObjection.filter(id=objection_id)
        .select_related("ranking", "file", "filed_by", "organisation")
        .first()
    )
    if objection is None:
        raise NotFound(_("没有这条异议。"))
    return objection


async def list_rulings(objection: RankingObjection) -> list[RankingRuling]:
    """Return the answers to an objection with who gave and decided them, the oldest first."""
    rulings = RankingRuling.filter(objection_id=objection.id).select_related("proposed_by", "decided_by")
    return await rulings.order_by("proposed_at")


async def list_objections(ranking: Ranking) -> list[RankingObjection]:
    """Return the objections to a ranking, the oldest first."""
    return await RankingObjection.filter(ranking_id=ranking.id).order_by("filed_at")


async def may_open_paper(actor: Actor | None, file: StoredFile) -> bool:
    """Return whether the person may open an objection's paper: who filed it and the department."""
    if actor is None:
        return False
    objection = await RankingObjection.get_or_none(id=file.subject_id)
    return objection is not None and (
        actor.may(RankingAct.READ_RANKINGS) or actor.acts_for(objection.organisation_id)
    )


def address_of(objection: RankingObjection) -> str:
    return f"/rankings/objections/{objection.id}"


async def _lock(objection_id: UUID) -> tuple[Ranking, RankingObjection]:
    """Lock a ranking, then an objection to it, as everywhere."""
    objection = await RankingObjection.get_or_none(id=objection_id)
    if objection is None:
        raise NotFound(_("没有这条异议。"))
    ranking = await Ranking.select_for_update().get(id=objection.ranking_id)
    return ranking, await RankingObjection.select_for_update().get(id=objection_id)
