"""Deposits go back within five working days: a day is set, then organiser and platform are reminded."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from uuid import UUID

from market.accounts.messages import notify, notify_staff
from market.accounts.models import StaffRole
from market.auctions.deposit_ends import free_since, turns_of
from market.auctions.deposits import Balance, balances_of
from market.auctions.failures import tell_organiser
from market.auctions.hours import watch_deposits_from
from market.auctions.models import Auction, Enrolment
from market.auctions.queries import is_run_by_operator
from market.codes.holidays import Calendar
from market.kit.clock import local_date, start_of_day
from market.kit.database import atomic
from market.kit.i18n import gettext as _
from market.notices.models import DayKind
from market.notices.periods import period_end, publication_region
from market.records.by import By

RETURN_DAYS = 5
"""Working days within which a deposit goes back, from the result, the failure or the signature on."""
REMIND_DAYS = 3
"""On this working day the organiser is reminded; after the last one the platform is told too."""
LOOKED_AT = timedelta(hours=9)
"""When, after midnight, deposits are looked at."""
REMINDED, LATE = 1, 2
"""Values of `Enrolment.return_told`."""


@atomic()
async def watch_deposits(auction_id: UUID, calendar: Calendar, *, now: datetime) -> bool:
    """Set the day by which each free deposit is to be back, and remind of those that lie still.

    Looks again each morning while any lies. Idempotent; run late it tells the later of two reminders alone.
    """
    auction = await Auction.filter(id=auction_id).select_for_update().get()
    enrolments = await Enrolment.filter(auction_id=auction.id).order_by("applied_at", "id")
    balances = await balances_of([enrolment.id for enrolment in enrolments])
    lying = [row for row in enrolments if balances.get(row.id, Balance()).lies > 0]
    await _clear_days([row for row in enrolments if row.return_by and row not in lying])
    if not lying:
        return False
    await _set_days(auction, lying, calendar)
    today = local_date(now)
    due = [row for row in lying if row.return_by]
    region = publication_region((await auction.organiser).region)
    late = [row for row in due if row.return_by and today > row.return_by and row.return_told < LATE]
    near = [
        row
        for row in due
        if row not in late and not row.return_told and _remind_on(row, region, calendar) <= today
    ]
    await _tell(auction, late, near, By.job(now))
    if any(row.return_told < LATE for row in lying):
        await watch_deposits_from(auction, start_of_day(today + timedelta(days=1)) + LOOKED_AT)
    return bool(late or near)


async def _set_days(auction: Auction, lying: Sequence[Enrolment], calendar: Calendar) -> None:
    region, turns = publication_region((await auction.organiser).region), await turns_of(auction)
    for enrolment in lying:
        since = None if enrolment.return_by else await free_since(auction, enrolment, turns)
        if since is None:
            continue
        enrolment.return_by = period_end(
            local_date(since), RETURN_DAYS, DayKind.WORKING, region=region, calendar=calendar
        )
        await enrolment.save(update_fields=["return_by"])


async def _clear_days(returned: Sequence[Enrolment]) -> None:
    for enrolment in returned:
        enrolment.return_by = None
        await enrolment.save(update_fields=["return_by"])


def _remind_on(enrolment: Enrolment, region: str, calendar: Calendar) -> date:
    """Return the working day on which to remind: so many before the last as the two are apart."""
    day, left = enrolment.return_by or date.max, RETURN_DAYS - REMIND_DAYS
    while left:
        day -= timedelta(days=1)
        left -= calendar.is_working_day(day, region)
    return day


async def _tell(auction: Auction, late: Sequence[Enrolment], near: Sequence[Enrolment], by: By) -> None:
    for rows, told in ((near, REMINDED), (late, LATE)):
        if not rows:
            continue
        await Enrolment.filter(id__in=[row.id for row in rows]).update(return_told=told)
        for row in rows:
            row.return_told = told
        text = (
            _(
                "竞价 %(number)s 有 %(n)s 笔保证金已过退还期限，请立即办理。",
                number=auction.number,
                n=len(rows),
            )
            if told == LATE
            else _(
                "竞价 %(number)s 有 %(n)s 笔保证金应在 %(day)s 以前退还，请办理。",
                number=auction.number,
                n=len(rows),
                day=min(row.return_by for row in rows if row.return_by),
            )
        )
        await tell_organiser(auction, text, by=by)
        if told == LATE:
            await _escalate(auction, rows, by)


async def _escalate(auction: Auction, rows: Sequence[Enrolment], by: By) -> None:
    """Tell the platform, and the bidders themselves, that deposits were not returned in time."""
    role = StaffRole.APPROVER if is_run_by_operator(auction) else StaffRole.OPERATOR
    address = f"/auctions/{auction.number}"
    words = _("竞价 %(number)s 的保证金没有按期退还，请督促组织方。", number=auction.number)
    await notify_staff(role, words, now=by.now, address=address)
    own = _("竞价 %(number)s 的保证金已过退还期限，平台已督促组织方。", number=auction.number)
    await notify(own, now=by.now, address=address, user_ids=[row.person_id for row in rows])
