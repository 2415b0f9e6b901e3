"""Objections to public notices: filed by a named person, answered by the unit that published."""

from __future__ import annotations

from uuid import UUID, uuid4

from market.accounts.messages import notify, notify_staff
from market.accounts.models import StaffRole
from market.audit.log import record
from market.kit.database import atomic
from market.kit.errors import Conflict, Invalid, NotFound
from market.kit.i18n import gettext as _
from market.notices.models import Notice, Objection
from market.notices.notice_acts import lock_notice
from market.notices.queries import can_answer
from market.notices.states import (
    RUNNING,
    UNDECIDED,
    NoticeAct,
    NoticeAction,
    ObjectionAction,
    ObjectionStatus,
    ObjectionVerb,
)
from market.records.by import By
from market.records.transitions import transition


@atomic()
async def object_to(number: str, *, reason: str, by: By, entry_id: UUID | None = None) -> Objection:
    """File an objection in the actor's name; it suspends the notice at once.

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
    objection = await Objection.create(
        id=uuid4(),
        notice=notice,
        entry_id=entry_id,
        objector_id=by.actor.user_id,
        reason=reason,
        filed_at=by.now,
    )
    await record("objection", objection.id, ObjectionVerb.FILE, by=by, notice=notice.number)
    await transition(notice, NoticeAction.OBJECT, by=by, objection=objection.id)
    text = _("公示 %(number)s 收到异议，程序已中止。", number=notice.number)
    address = f"/notices/{notice.number}"  # its page links on to answering and deciding, for those who may
    if notice.organisation_id:
        await notify(text, now=by.now, address=address, organisation_id=notice.organisation_id)
    else:
        await notify_staff(StaffRole.OFFICER, text, now=by.now, address=address)
    await notify_staff(StaffRole.OPERATOR, text, now=by.now, address=address)
    return objection


@atomic()
async def answer(objection_id: UUID, text: str, *, by: By) -> Objection:
    """Answer an objection for the unit that published the notice; the answer is public.

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
    await transition(objection, ObjectionAction.ANSWER, by=by, changes=changes)
    await notify_staff(
        StaffRole.OPERATOR,
        _("公示 %(number)s 的异议已有答复，请裁定。", number=notice.number),
        now=by.now,
        address=f"/objections/{objection.id}/decide",
    )
    return objection


async def lock_objection(objection_id: UUID) -> tuple[Notice, Objection]:
    """Lock an objection with its notice. Lock order: the notice, then the objection, as everywhere."""
    objection = await Objection.get_or_none(id=objection_id)
    if objection is None:
        raise NotFound(_("没有这条异议，或者您不能查看它。"))
    notice = await Notice.select_for_update().get(id=objection.notice_id)
    return notice, await Objection.select_for_update().get(id=objection_id)
