"""The deadline of a challenge: one meaning on pages, in mails, in checks and at the button. Pure."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from market.challenges.states import TAKING, ChallengeStatus
from market.kit.clock import local, local_date
from market.kit.i18n import gettext as _

GRACE = timedelta(seconds=60)
"""How long after its deadline a challenge is closed: what arrived in time may still wait for its turn."""

QUIET_DAYS = 7
"""Days before the deadline in which no more questions are taken (D)."""


def is_open(moment: datetime, opens_at: datetime, deadline_at: datetime) -> bool:
    """Return whether a solution that arrives at this moment is in time: the deadline itself is too late."""
    return opens_at <= moment < deadline_at


def takes_solutions(
    status: ChallengeStatus, moment: datetime, opens_at: datetime | None, deadline_at: datetime | None
) -> bool:
    """Return whether a challenge takes a solution that arrives now, whatever has been recorded so far."""
    return (
        status in TAKING
        and opens_at is not None
        and deadline_at is not None
        and is_open(moment, opens_at, deadline_at)
    )


def questions_until(deadline_at: datetime) -> datetime:
    """Return until when questions are taken, so that every solver still reads the answers in time."""
    return deadline_at - timedelta(days=QUIET_DAYS)


def takes_questions(status: ChallengeStatus, moment: datetime, deadline_at: datetime | None) -> bool:
    """Return whether a challenge takes questions: from the listing on, until a week before its deadline."""
    return status in TAKING and deadline_at is not None and moment < questions_until(deadline_at)


def shown_status(
    status: ChallengeStatus, moment: datetime, opens_at: datetime | None, deadline_at: datetime | None
) -> ChallengeStatus:
    """Return the status that people read: opening and deadline are facts of the clock, not acts of a job."""
    if status not in TAKING or opens_at is None or deadline_at is None:
        return status
    if moment >= deadline_at:
        return ChallengeStatus.CLOSED
    return ChallengeStatus.RESPONDING if moment >= opens_at else ChallengeStatus.LISTED


def deadline_words(deadline_at: datetime | None) -> str:
    """Return the deadline to the second in Asia/Shanghai, midnight as 24:00:00; None is a dash."""
    if deadline_at is None:
        return "—"
    at = local(deadline_at)
    if (at.hour, at.minute, at.second) == (0, 0, 0):
        return f"{last_day(deadline_at)} 24:00:00"
    return f"{at:%Y-%m-%d %H:%M:%S}"


def opening_words(opens_at: datetime | None) -> str:
    """Return when solutions begin to be taken, to the second in Asia/Shanghai."""
    return "—" if opens_at is None else f"{local(opens_at):%Y-%m-%d %H:%M:%S}"


def last_day(deadline_at: datetime) -> date:
    """Return the last day on which solutions are taken, in Asia/Shanghai."""
    return local_date(deadline_at - timedelta(microseconds=1))


def exact_words(moment: datetime) -> str:
    """Return a moment to the millisecond, as a receipt or a refusal tells when something arrived."""
    at = local(moment)
    return f"{at:%Y-%m-%d %H:%M:%S}.{at.microsecond // 1000:03d}"


def left_words(moment: datetime, deadline_at: datetime) -> str:
    """Return how long is left until the deadline: days, then hours, then minutes."""
    if moment >= deadline_at:
        return _("已截止")
    seconds = int((deadline_at - moment).total_seconds())
    if seconds >= 86_400:
        return _("还剩 %(n)s 天", n=seconds // 86_400)
    if seconds >= 3_600:
        return _("还剩 %(n)s 小时", n=seconds // 3_600)
    return _("还剩 %(n)s 分钟", n=max(1, seconds // 60))
