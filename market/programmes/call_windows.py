"""When a programme takes applications: the windows of its calls, read from the clock to the second. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from market.kit.clock import end_of_day, local_date, start_of_day
from market.kit.i18n import lazy
from market.kit.labels import LabelEnum

REMIND_DAYS = (28, 7, 1)
"""How many days before a call closes those are reminded who may apply."""
REMIND_HOUR = timedelta(hours=9)
LEAST_NOTICE = timedelta(days=7)
"""An earlier closing lies at least so far ahead when it is confirmed (A)."""


class WindowState(LabelEnum):
    """Where a call stands at a moment; read from the clock, never stored."""

    UPCOMING = "upcoming", lazy("未开始"), "note"
    OPEN = "open", lazy("申报中"), "act"
    CLOSED = "closed", lazy("已截止")


@dataclass(frozen=True)
class CallWindow:
    """A released call as it stands: its closing is the one last confirmed."""

    id: UUID
    number: str
    programme: str
    """Slug."""
    year: int
    """The claims' year."""
    opens_at: datetime
    closes_at: datetime
    channel: str = ""
    """Where to apply, in words."""
    address: str = ""
    contact: str = ""
    phone: str = ""
    papers: tuple[str, ...] = ()

    def state(self, now: datetime) -> WindowState:
        """Return the state: the opening moment is inside, the closing one outside."""
        if now < self.opens_at:
            return WindowState.UPCOMING
        return WindowState.OPEN if now < self.closes_at else WindowState.CLOSED

    @property
    def last_day(self) -> date:
        """The last day on which it is open: of a closing at 24:00 the day that ends then."""
        return local_date(self.closes_at - timedelta(microseconds=1))


def current_windows(windows: Iterable[CallWindow], now: datetime) -> list[CallWindow]:
    """Return the windows of one programme that matter now.

    Those that are open, the one that closes first before the others; else the next to open; else the one that
    closed last; none where the programme has no call.
    """
    by_state: dict[WindowState, list[CallWindow]] = {state: [] for state in WindowState}
    for window in windows:
        by_state[window.state(now)].append(window)
    if by_state[WindowState.OPEN]:
        return sorted(by_state[WindowState.OPEN], key=lambda window: (window.closes_at, window.number))
    if by_state[WindowState.UPCOMING]:
        return [min(by_state[WindowState.UPCOMING], key=lambda window: (window.opens_at, window.number))]
    closed = by_state[WindowState.CLOSED]
    return [max(closed, key=lambda window: (window.closes_at, window.number))] if closed else []


def year_of(window: CallWindow | None, now: datetime) -> int:
    """Return for which year one would claim: the call's while it is open or to come, else the present one."""
    if window is not None and window.state(now) is not WindowState.CLOSED:
        return window.year
    return local_date(now).year


def admits(windows: Sequence[CallWindow], year: int, now: datetime) -> bool:
    """Return whether a claim for a year may be submitted now.

    A programme without a call is open always; with calls, only while one of that year is open.
    """
    if not windows:
        return True
    return any(window.year == year and window.state(now) is WindowState.OPEN for window in windows)


def reminder_moments(opens_at: datetime, closes_at: datetime) -> list[tuple[int, datetime]]:
    """Return how many days before the last day reminders go out, and when, the first before the others.

    Those that would come before the call opens are left out.
    """
    last_day = local_date(closes_at - timedelta(microseconds=1))
    moments = [(days, start_of_day(last_day - timedelta(days=days)) + REMIND_HOUR) for days in REMIND_DAYS]
    return [(days, moment) for days, moment in moments if opens_at <= moment < closes_at]


def end_of_year(year: int) -> datetime:
    """Return 24:00 of a year's last day."""
    return end_of_day(date(year, 12, 31))
