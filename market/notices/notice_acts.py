"""Acts on public notices: publish, extend, withdraw, clear; `objections` and `rulings` are about objections.

A transaction that depends on a notice locks it by `require_clear`.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID, uuid4

from market.accounts.models import Organisation
from market.audit.log import record
from market.codes.holidays import Calendar
from market.codes.numbers import next_number
from market.kit.clock import end_of_day, local_date
from market.kit.database import atomic
from market.kit.errors import Conflict, Invalid, NotFound
from market.kit.i18n import gettext as _
from market.notices.models import DayKind, Notice, NoticeExtension, NoticeKind
from market.notices.periods import period_end, publication_region
from market.notices.queries import can_extend
from market.notices.recalculated_ends import recalculate_end, set_end_moment
from market.notices.states import (
    RUNNING,
    NoticeAct,
    NoticeAction,
    NoticeStatus,
    NoticeVerb,
    is_due,
)
from market.notices.texts import body_hash
from market.records.by import By
from market.records.moments import clear_moments
from market.records.transitions import transition

MAX_DAYS = 90
"""Maximum length of a period."""
REPLACED = (NoticeStatus.ARCHIVED, NoticeStatus.UPHELD)
"""Statuses of a notice that a new one about the same record replaces."""


class NotClear(Conflict):
    """The notice is missing, running, suspended by an objection, or an objection was upheld."""


@atomic()
async def publish(
    kind: NoticeKind,
    *,
    subject_kind: str,
    subject_id: UUID,
    title: str,
    body: Sequence[Sequence[str]],
    days: int,
    day_kind: DayKind,
    calendar: Calendar,
    by: By,
    entries: Sequence[tuple[UUID, str]] = (),
    address: str = "",
    change_reason: str = "",
    publisher: Organisation | None = None,
) -> Notice:
    """Publish a text about a record and start its period. The text is frozen, with its hash.

    `publisher` is the unit in whose name it is published, where that is not the person's own.

    `entries` are the listed items, so that an objection can name one; `address` is the page of the record.
    The caller has locked the record: one notice of it runs at a time. With a `change_reason` the running
    one is archived unchanged, and the period starts again with this text.

    Raises:
        Conflict: a notice about the record is running without a `change_reason`, or is suspended.
    """
    last = await lock_for(subject_kind, subject_id)
    if last is not None and last.status in RUNNING:
        await _archive_replaced(last, change_reason, by=by)
    unit = publisher.id if publisher else None if by.actor.is_staff else by.actor.organisation_id
    own_region = "" if by.actor.is_staff else by.actor.organisation_region
    region = publication_region(publisher.region if publisher else own_region)
    ends_on = period_end(local_date(by.now), days, day_kind, region=region, calendar=calendar)
    text = [[str(cell) for cell in row] for row in body]
    notice = await Notice.create(
        id=uuid4(),
        number=await next_number("notice", by.now),
        kind=kind,
        subject_kind=subject_kind,
        subject_id=subject_id,
        organisation_id=unit,
        address=address,
        title=title,
        body=text,
        body_hash=body_hash(title, text),
        entries=[[str(entry), name] for entry, name in entries],
        days=days,
        day_kind=day_kind,
        region=region,
        published_at=by.now,
        ends_at=end_of_day(ends_on) if ends_on else None,
        replaces_id=last.id if last is not None and last.status in REPLACED else None,
        change_reason=change_reason,
    )
    await set_end_moment(notice, by.now)
    await record(
        "notice",
        notice.id,
        NoticeVerb.PUBLISH,
        by=by,
        number=notice.number,
        hash=notice.body_hash,
        ends_at=notice.ends_at,
    )
    return notice


async def _archive_replaced(last: Notice, change_reason: str, *, by: By) -> None:
    if not change_reason:
        raise Conflict(_("已有一份公示正在进行，不能重复发布。"))
    if last.status is NoticeStatus.OBJECTED:
        raise Conflict(_("异议处理中，裁定以后才能修改文本重新公示。"))
    await transition(last, NoticeAction.REPLACE, by=by, changes={"closed_at": by.now})
    await clear_moments("notice", last.id)


@atomic()
async def extend(number: str, days: int, reason: str, *, calendar: Calendar, by: By) -> Notice:
    """Extend the period of a running notice, for the unit that published it; the reason is published.

    `days` is the new total from the publication; a period is never shortened.

    Raises:
        NotFound: the notice is another unit's.
        Conflict: the period is over.
        Invalid: `days` is not longer than before, or too long.
    """
    by.actor.require(NoticeAct.EXTEND_NOTICE)
    notice = await lock_notice(number)
    if not can_extend(by.actor, notice):
        raise NotFound(_("没有这份公示，或者不是您单位发布的。"))
    if notice.status not in RUNNING or (notice.ends_at and notice.ends_at <= by.now):
        raise Conflict(_("公示期已满，不能再延长。"))
    if not notice.days < days <= MAX_DAYS:
        raise Invalid(
            _("延长后的公示期应多于 %(days)s 天，最多 %(most)s 天。", days=notice.days, most=MAX_DAYS),
            field="days",
        )
    ends_on = period_end(
        local_date(notice.published_at), days, notice.day_kind, region=notice.region, calendar=calendar
    )
    ends_at = end_of_day(ends_on) if ends_on else None
    await NoticeExtension.create(
        id=uuid4(),
        notice_id=notice.id,
        days=days,
        reason=reason,
        ended_at=notice.ends_at,
        ends_at=ends_at,
        extended_by_id=by.actor.user_id,
        extended_at=by.now,
    )
    notice.days, notice.ends_at = days, ends_at
    await notice.save(update_fields=["days", "ends_at"])
    await set_end_moment(notice, by.now)
    await record("notice", notice.id, NoticeVerb.EXTEND, by=by, days=days, ends_at=ends_at)
    return notice


@atomic()
async def withdraw(subject_kind: str, subject_id: UUID, *, by: By) -> None:
    """Archive the running notice of a record that has ended; do nothing if none runs."""
    notice = await lock_for(subject_kind, subject_id)
    if notice is None or notice.status not in RUNNING:
        return
    await transition(notice, NoticeAction.WITHDRAW, by=by, changes={"closed_at": by.now})
    await clear_moments("notice", notice.id)


@atomic()
async def end_period(notice_id: UUID, calendar: Calendar, *, now: datetime) -> bool:
    """Clear a notice whose period is over without an open objection; return whether it did. Idempotent.

    An end that the calendar did not reach before is determined first, and one that the calendar has
    postponed since the publication is moved.
    """
    notice = await Notice.select_for_update().get(id=notice_id)
    if notice.status not in RUNNING:
        return False
    by = By.job(now)
    if notice.ends_at is None:
        if not await recalculate_end(notice, calendar, _("放假安排已公布。"), by=by):
            await set_end_moment(notice, now)
    elif is_due(notice.status, notice.ends_at, now):
        await recalculate_end(notice, calendar, _("放假安排有变化。"), by=by)
    if not is_due(notice.status, notice.ends_at, now):
        return False
    await transition(notice, NoticeAction.CLEAR, by=by, changes={"closed_at": now})
    return True


async def lock_for(subject_kind: str, subject_id: UUID) -> Notice | None:
    """Lock the latest notice about a record until the transaction ends, and return it."""
    return (
        await Notice.filter(subject_kind=subject_kind, subject_id=subject_id)
        .order_by("-published_at", "-number")
        .select_for_update()
        .first()
    )


async def require_clear(subject_kind: str, subject_id: UUID) -> Notice:
    """Lock the latest notice about a record and return it if it is clear.

    Raises:
        NotClear: it is not; the message says why.
    """
    notice = await lock_for(subject_kind, subject_id)
    if notice is None:
        raise NotClear(_("还没有公示，不能进行下一步。"))
    if notice.status is NoticeStatus.CLEAR:
        return notice
    raise NotClear(
        {
            NoticeStatus.OPEN: _("公示期还没有满，期满无异议后才能进行下一步。"),
            NoticeStatus.OBJECTED: _("异议处理中，程序中止；裁定以后才能进行下一步。"),
            NoticeStatus.UPHELD: _("异议成立，不能按这份公示进行下一步。"),
            NoticeStatus.ARCHIVED: _("这份公示已归档，请重新公示。"),
        }[notice.status]
    )


async def lock_notice(number: str) -> Notice:
    notice = await Notice.select_for_update().get_or_none(number=number)
    if notice is None:
        raise NotFound(_("没有这份公示。"))
    return notice
