"""Objections to public notices: filed by a named person, answered by either unit, each with papers."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID, uuid4

from market.accounts.messages import notify, notify_staff
from market.accounts.models import StaffRole
from market.audit.log import record, text_sha256
from market.codes.holidays import Calendar
from market.files.attachments import StoredBlob, attach
from market.files.models import Tier
from market.kit.clock import end_of_day, local_date
from market.kit.database import atomic
from market.kit.errors import Conflict, Invalid, NotFound
from market.kit.formats import end_of
from market.kit.i18n import gettext as _
from market.notices.entries import entries_of
from market.notices.holiday_years import load_calendar
from market.notices.models import DayKind, Notice, Objection, ObjectionPaper, ObjectionStatement
from market.notices.notice_acts import lock_notice
from market.notices.periods import period_end
from market.notices.queries import can_answer, can_respond
from market.notices.states import (
    RUNNING,
    UNDECIDED,
    NoticeAct,
    NoticeAction,
    ObjectionAction,
    ObjectionStatus,
    ObjectionVerb,
    StatementSide,
)
from market.records.by import By
from market.records.transitions import transition

RESPOND_DAYS = 5
"""Working days that the respondent has to answer, the day of filing not counted (A)."""
MOST_PAPERS = 10
"""Papers of one statement."""


@atomic()
async def object_to(
    number: str,
    *,
    reason: str,
    by: By,
    entry_id: UUID | None = None,
    papers: Sequence[StoredBlob] = (),
    calendar: Calendar | None = None,
) -> Objection:
    """File an objection in the actor's name; it suspends the notice at once.

    The unit whose entry it is about is told, with the end of its period to answer by `calendar`, or by the
    holidays in force.

    Raises:
        NotFound: there is no such notice.
        Conflict: its period is over.
    """
    by.actor.require(NoticeAct.OBJECT)
    notice = await lock_notice(number)
    if notice.status not in RUNNING or (notice.ends_at and notice.ends_at <= by.now):
        raise Conflict(_("公示期已满，不能再提出异议。"))
    if entry_id is not None and str(entry_id) not in {row[0] for row in notice.entries}:
        raise Invalid(_("公示里没有这一项。"), field="entry")
    if await Objection.exists(
        notice_id=notice.id, objector_id=by.actor.user_id, entry_id=entry_id, status__in=list(UNDECIDED)
    ):
        raise Conflict(_("您对此提出的异议还没有裁定，不用重复提出。"))
    objection = Objection(
        id=uuid4(),
        notice=notice,
        entry_id=entry_id,
        objector_id=by.actor.user_id,
        reason=reason,
        filed_at=by.now,
        respondent_id=await _owner_of(notice, entry_id),
    )
    if objection.respondent_id:
        calendar = calendar or await load_calendar(accepts_provisional=False)
        day = local_date(by.now)
        last = period_end(day, RESPOND_DAYS, DayKind.WORKING, region=notice.region, calendar=calendar)
        objection.respond_by = end_of_day(last) if last else None
    await objection.save(force_create=True)
    await record(
        "objection",
        objection.id,
        ObjectionVerb.FILE,
        by=by,
        notice=notice.number,
        text=text_sha256(reason),
        respond_by=objection.respond_by,
    )
    if papers:
        await _state(objection, StatementSide.OBJECTOR, "", papers, by=by)
    await transition(notice, NoticeAction.OBJECT, by=by, objection=objection.id)
    text = _("公示 %(number)s 收到异议，程序已中止。", number=notice.number)
    address = f"/notices/{notice.number}"  # its page links on to answering and deciding, for those who may
    if notice.organisation_id:
        await notify(text, now=by.now, address=address, organisation_id=notice.organisation_id)
    else:
        await notify_staff(StaffRole.OFFICER, text, now=by.now, address=address)
    await notify_staff(StaffRole.OPERATOR, text, now=by.now, address=address)
    await _notify_respondent(notice, objection, by=by)
    return objection


async def _owner_of(notice: Notice, entry_id: UUID | None) -> UUID | None:
    """Return whose entry an objection is about; the only entry stands for the whole."""
    entries = entries_of(notice)
    if entry_id is None and len(notice.entries) == 1:
        entry_id = UUID(notice.entries[0][0])
    if entries is None or entry_id is None:
        return None
    return (await entries.owners([entry_id])).get(entry_id)


async def _notify_respondent(notice: Notice, objection: Objection, *, by: By) -> None:
    if objection.respondent_id is None:
        return
    text = (
        _(
            "公示 %(number)s 中贵单位的项目收到异议。可在 %(end)s 前答复并提交证据，逾期按已有材料裁定。",
            number=notice.number,
            end=end_of(objection.respond_by),
        )
        if objection.respond_by
        else _(
            "公示 %(number)s 中贵单位的项目收到异议，请尽快答复并提交证据；裁定以后不再接收。",
            number=notice.number,
        )
    )
    await notify(
        text,
        now=by.now,
        address=f"/objections/{objection.id}/answer",
        organisation_id=objection.respondent_id,
    )


@atomic()
async def answer(objection_id: UUID, text: str, *, papers: Sequence[StoredBlob] = (), by: By) -> Objection:
    """Answer an objection for the unit that published the notice; the answer is public, the papers are not.

    Raises:
        NotFound: the notice is another unit's.
        Conflict: it was answered or decided before.
    """
    by.actor.require(NoticeAct.ANSWER_OBJECTION)
    notice, objection = await lock_objection(objection_id)
    if not can_answer(by.actor, notice):
        raise NotFound(_("没有这条异议，或者您不能查看它。"))
    if objection.status is not ObjectionStatus.FILED:
        raise Conflict(_("这条异议已经答复或裁定，请刷新后再看。"))
    changes = {"answer": text, "answered_at": by.now}
    await transition(objection, ObjectionAction.ANSWER, by=by, changes=changes, text=text_sha256(text))
    if papers:
        await _state(objection, StatementSide.PUBLISHER, "", papers, by=by)
    await notify_staff(
        StaffRole.OPERATOR,
        _("公示 %(number)s 的异议已有答复，请裁定。", number=notice.number),
        now=by.now,
        address=f"/objections/{objection.id}/decide",
    )
    return objection


@atomic()
async def respond(
    objection_id: UUID, text: str, *, papers: Sequence[StoredBlob] = (), by: By
) -> ObjectionStatement:
    """Answer an objection for the unit whose entry it is about, until the ruling; a late one is marked.

    Raises:
        NotFound: it is about another unit's entry.
        Invalid: it says nothing.
        Conflict: it was decided before.
    """
    by.actor.require(NoticeAct.ANSWER_OBJECTION)
    notice, objection = await lock_objection(objection_id)
    if not can_respond(by.actor, objection):
        raise NotFound(_("没有这条异议，或者您不能查看它。"))
    if not text.strip():
        raise Invalid(_("请填写答复。"), field="reply")
    statement = await _state(objection, StatementSide.RESPONDENT, text, papers, by=by)
    message = _("公示 %(number)s 的异议，被异议单位已答复。", number=notice.number)
    await notify(message, now=by.now, address=f"/notices/{notice.number}", user_ids=[objection.objector_id])
    await notify_staff(StaffRole.OPERATOR, message, now=by.now, address=f"/objections/{objection.id}/decide")
    return statement


@atomic()
async def add_papers(
    objection_id: UUID, text: str, *, papers: Sequence[StoredBlob], by: By
) -> ObjectionStatement:
    """Add papers to one's own objection, until the ruling, with a public explanation.

    Raises:
        NotFound: somebody else filed it.
        Invalid: there is no paper.
        Conflict: it was decided before.
    """
    by.actor.require(NoticeAct.OBJECT)
    notice, objection = await lock_objection(objection_id)
    if objection.objector_id != by.actor.user_id:
        raise NotFound(_("没有这条异议，或者您不能查看它。"))
    if not papers:
        raise Invalid(_("请选择文件。"), field="files")
    statement = await _state(objection, StatementSide.OBJECTOR, text, papers, by=by)
    message = _("公示 %(number)s 的异议，异议人补充了证据。", number=notice.number)
    await notify_staff(StaffRole.OPERATOR, message, now=by.now, address=f"/objections/{objection.id}/decide")
    if objection.respondent_id:
        await notify(
            message,
            now=by.now,
            address=f"/objections/{objection.id}/answer",
            organisation_id=objection.respondent_id,
        )
    return statement


async def _state(
    objection: Objection, side: StatementSide, text: str, papers: Sequence[StoredBlob], *, by: By
) -> ObjectionStatement:
    """Store what a side says with its papers, and log their hashes."""
    if objection.status not in UNDECIDED:
        raise Conflict(_("这条异议已经裁定，不再接收答复和证据。"))
    if len(papers) > MOST_PAPERS:
        raise Invalid(_("一次最多 %(most)s 个文件。", most=MOST_PAPERS), field="files")
    statement = await ObjectionStatement.create(
        id=uuid4(),
        objection_id=objection.id,
        side=side,
        text=text.strip(),
        author_id=by.actor.user_id,
        stated_at=by.now,
    )
    for blob in papers:
        file = await attach(
            blob, subject_kind="objection", subject_id=objection.id, kind=side, tier=Tier.PARTIES, by=by
        )
        await ObjectionPaper.create(
            id=uuid4(), statement_id=statement.id, file_id=file.id, sha256=file.sha256
        )
    await record(
        "objection",
        objection.id,
        ObjectionVerb.STATE,
        by=by,
        statement=statement.id,
        side=side.value,
        text=text_sha256(statement.text),
        papers=sorted(blob.sha256 for blob in papers),
    )
    return statement


async def lock_objection(objection_id: UUID) -> tuple[Notice, Objection]:
    """Lock an objection with its notice. Lock order: the notice, then the objection, as everywhere."""
    objection = await Objection.get_or_none(id=objection_id)
    if objection is None:
        raise NotFound(_("没有这条异议，或者您不能查看它。"))
    notice = await Notice.select_for_update().get(id=objection.notice_id)
    return notice, await Objection.select_for_update().get(id=objection_id)
