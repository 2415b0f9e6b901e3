"""What is odd about a call before it is released: named to who drafts it and to who releases it. Pure.

What cannot be at all, such as a closing before the opening, is refused when it is drafted (`calls`).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from market.kit.clock import local_date
from market.kit.formats import closing_words, moment
from market.kit.i18n import gettext as _
from market.programmes.call_windows import LEAST_NOTICE, CallWindow, WindowState


def overlapping(call: CallWindow, others: Sequence[CallWindow]) -> list[CallWindow]:
    """Return the other calls of the programme and year that are open at some moment at which this one is."""
    return [
        other
        for other in others
        if other.id != call.id
        and other.year == call.year
        and other.opens_at < call.closes_at
        and call.opens_at < other.closes_at
    ]


def overlap_words(call: CallWindow, others: Sequence[CallWindow]) -> list[str]:
    """Return a warning for each call that this one overlaps; both will bind, so the later closing counts."""
    return [
        _(
            "与 %(number)s 重叠：同一项目 %(year)s 年度，它从 %(opens)s 受理到 %(closes)s。两份都有效，"
            "任一份受理时都能申报，实际以较晚的截止时间为准；只想改截止时间的，请在那份通知上提出。",
            number=other.number,
            year=other.year,
            opens=moment(other.opens_at),
            closes=closing_words(other.closes_at),
        )
        for other in overlapping(call, others)
    ]


def year_words(call: CallWindow) -> list[str]:
    """Return a warning where the claims' year is neither that of the window nor the one before it."""
    first, last = local_date(call.opens_at).year, call.last_day.year
    if first - 1 <= call.year <= last:
        return []
    return [
        _(
            "申报年度是 %(year)s 年，受理却在 %(at)s 年：通常受理当年或上一年的，请核对。",
            year=call.year,
            at=first,
        )
    ]


def time_words(call: CallWindow, now: datetime) -> list[str]:
    """Return a warning where it opens at once, or little time is left for applications."""
    words = []
    if call.state(now) is WindowState.OPEN:
        words.append(_("开始受理的时间已过，发布后立即受理。"))
    if call.closes_at - max(call.opens_at, now) < LEAST_NOTICE:
        words.append(_("受理时间不足 7 天，单位可能来不及准备材料。"))
    return words


def call_warnings(
    call: CallWindow, released: Sequence[CallWindow], waiting: Sequence[CallWindow], now: datetime
) -> list[str]:
    """Return what is odd about a draft, beside the released and the waiting calls of its programme."""
    words = [
        *overlap_words(call, [*released, *waiting]),
        *year_words(call),
        *time_words(call, now),
    ]
    if not released:
        words.append(_("这是本项目第一份申报通知：现在随时可以提交申报，发布后只在受理期内可以提交。"))
    return words
