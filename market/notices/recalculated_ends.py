"""Recalculates the ends of notices when holiday years change: later or determined at last, never earlier."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from tortoise.expressions import Q
from tortoise.queryset import QuerySet

from market.accounts.messages import notify, notify_staff
from market.accounts.models import StaffRole
from market.audit.log import record
from market.codes.holidays import Calendar
from market.kit.clock import end_of_day, local_date
from market.kit.database import atomic
from market.kit.formats import end_of
from market.kit.i18n import gettext as _
from market.kit.i18n import source_text
from market.kit.room import rooms
from market.notices.models import Notice, NoticeExtension, Objection
from market.notices.periods import period_end
from market.notices.states import RUNNING, NoticeVerb
from market.records.by import By
from market.records.moments import set_moment

END = "notices.end"
"""The moment of a notice at which its period is over, or at which its end is recalculated."""


@dataclass(frozen=True)
class RecalculatedEnd:
    """A notice whose period ends at another moment by the current calendar."""

    notice: Notice
    ends_at: datetime


async def set_end_moment(notice: Notice, now: datetime) -> None:
    """Set the moment at which the period of a running notice ends; tomorrow while it has no end."""
    await set_moment("notice", notice.id, END, notice.ends_at or end_of_day(local_date(now)))


def recalculated_end(notice: Notice, calendar: Calendar) -> datetime | None:
    """Return the end of the period by this calendar if it is later, or if there was none; else None."""
    ends_on = period_end(
        local_date(notice.published_at),
        notice.days,
        notice.day_kind,
        region=notice.region,
        calendar=calendar,
    )
    if ends_on is None:
        return None
    ends_at = end_of_day(ends_on)
    return ends_at if notice.ends_at is None or ends_at > notice.ends_at else None


async def list_recalculated_ends(calendar: Calendar, now: datetime) -> list[RecalculatedEnd]:
    """Return the running notices that would end later by this calendar, or at last have an end."""
    return [
        RecalculatedEnd(notice, ends_at)
        for notice in await _running(now).order_by("published_at", "number")
        if (ends_at := recalculated_end(notice, calendar)) is not None
    ]


@atomic()
async def recalculate_ends(calendar: Calendar, reason: str, *, by: By) -> list[Notice]:
    """Recalculate the ends of all running notices by this calendar; return those that changed."""
    ids = [moved.notice.id for moved in await list_recalculated_ends(calendar, by.now)]
    notices = await _running(by.now).filter(id__in=ids).order_by("id").select_for_update()
    return [notice for notice in notices if await recalculate_end(notice, calendar, reason, by=by)]


async def recalculate_end(notice: Notice, calendar: Calendar, reason: str, *, by: By) -> bool:
    """Recalculate the end of a locked notice; notify its unit, the objectors and the parties.

    The reason is published as an extension of the notice. Return whether the end changed.
    """
    ends_at = recalculated_end(notice, calendar)
    if ends_at is None:
        return False
    await NoticeExtension.create(
        id=uuid4(),
        notice_id=notice.id,
        days=notice.days,
        reason=source_text(reason)[:500],
        ended_at=notice.ends_at,
        ends_at=ends_at,
        extended_at=by.now,
    )
    notice.ends_at = ends_at
    await notice.save(update_fields=["ends_at"])
    await set_end_moment(notice, by.now)
    await record("notice", notice.id, NoticeVerb.MOVE_END, by=by, ends_at=ends_at)
    text, address = new_end_message(notice), f"/notices/{notice.number}"
    objectors = await Objection.filter(notice_id=notice.id).values_list("objector_id", flat=True)
    await notify(
        text,
        now=by.now,
        address=address,
        user_ids=[UUID(str(identity)) for identity in objectors],
        organisation_id=notice.organisation_id,
    )
    if notice.organisation_id is None:
        await notify_staff(StaffRole.OFFICER, text, now=by.now, address=address)
    for organisation_id in await _other_parties(notice):
        await notify(text, now=by.now, address=address, organisation_id=organisation_id)
    return True


async def _other_parties(notice: Notice) -> set[UUID]:
    """Return whom the notice concerns besides its unit, as the room of its subject tells."""
    subject = rooms().subjects.get(notice.subject_kind)
    if subject is None or subject.parties is None:
        return set()
    parties = await subject.parties([notice.subject_id])
    return {*parties.get(notice.subject_id, ())} - {notice.organisation_id}


def new_end_message(notice: Notice) -> str:
    """Return the message about the new end.

    Raises:
        ValueError: the notice has no end yet.
    """
    if notice.ends_at is None:
        raise ValueError(f"{notice.number} has no end")
    return _(
        "公示 %(number)s 的截止日按放假安排重新计算：%(day)s 止。",
        number=notice.number,
        day=end_of(notice.ends_at),
    )


def _running(now: datetime) -> QuerySet[Notice]:
    return Notice.filter(Q(ends_at=None) | Q(ends_at__gt=now), status__in=list(RUNNING))
