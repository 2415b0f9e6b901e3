"""What an error of the driver, the pool or the file system means for the request that met it."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from enum import StrEnum

import asyncpg  # type: ignore[import-untyped]
from tortoise.exceptions import DBConnectionError, ValidationError

from market.kit.errors import DatabaseAway

LOCK_CONFLICTS = frozenset({"40001", "40P01", "55P03"})
"""SQLSTATEs of serialisation failure, deadlock and lock timeout: the request can be retried."""
SERVER_GONE = frozenset({"57P01", "57P02", "57P03", "57P05", "53300"})
"""The server stops, starts, or has no connection left; class 08 is a broken connection."""
DIVISION_BY_ZERO = "22012"
"""The one of class 22 (data exception) that no value from outside may cause."""
STATEMENT_CANCELLED, OUT_OF_MEMORY, SERVER_DISK_FULL = "57014", "53200", "53100"
DISK_FULL = frozenset({errno.ENOSPC, errno.EDQUOT})


class Fault(StrEnum):
    """A kind of error from outside, from the gravest to the lightest."""

    AWAY = "away"
    """There is no database."""
    FULL = "full"
    """There is no room on a disk."""
    SLOW = "slow"
    """A statement took longer than allowed."""
    LOCKED = "locked"
    """Another transaction holds what this one needs."""
    BAD_VALUE = "bad value"
    """A value that no column can hold: too long, too large, with a zero byte or half a character."""


def fault_of(error: BaseException) -> Fault | None:
    """Return the gravest fault that the error or one of its causes tells of; None: it is a fault of ours."""
    faults = {fault for cause in _causes(error) if (fault := _fault(cause)) is not None}
    return next((fault for fault in Fault if fault in faults), None)


def is_busy(error: BaseException) -> bool:
    """Return whether the error is a conflict with another transaction's lock, so that a retry helps."""
    return any(getattr(cause, "sqlstate", None) in LOCK_CONFLICTS for cause in _causes(error))


def _causes(error: BaseException) -> Iterator[BaseException]:
    """Yield the error and all that it wraps, was raised from, or was raised while it was handled."""
    seen: set[int] = set()
    waiting: list[BaseException | None] = [error]
    while waiting:
        cause = waiting.pop()
        if cause is None or id(cause) in seen:
            continue
        seen.add(id(cause))
        yield cause
        wrapped = cause.args[0] if cause.args and isinstance(cause.args[0], BaseException) else None
        waiting += [wrapped, cause.__cause__, None if cause.__suppress_context__ else cause.__context__]


def _fault(error: BaseException) -> Fault | None:
    sqlstate = str(getattr(error, "sqlstate", None) or "")
    if sqlstate:
        return _fault_of_sqlstate(sqlstate)
    if isinstance(error, DatabaseAway | DBConnectionError | ConnectionError):
        return Fault.AWAY
    if isinstance(error, asyncpg.InterfaceError) and any(
        word in str(error) for word in ("closed", "closing")
    ):
        return Fault.AWAY
    if isinstance(error, OSError) and error.errno in DISK_FULL:
        return Fault.FULL
    if isinstance(error, ValidationError | UnicodeEncodeError | OverflowError):
        return Fault.BAD_VALUE
    return None


def _fault_of_sqlstate(sqlstate: str) -> Fault | None:
    if sqlstate in SERVER_GONE or sqlstate.startswith("08"):
        return Fault.AWAY
    if sqlstate == SERVER_DISK_FULL:
        return Fault.FULL
    if sqlstate in (STATEMENT_CANCELLED, OUT_OF_MEMORY):
        return Fault.SLOW
    if sqlstate in LOCK_CONFLICTS:
        return Fault.LOCKED
    if sqlstate.startswith("22") and sqlstate != DIVISION_BY_ZERO:
        return Fault.BAD_VALUE
    return None
