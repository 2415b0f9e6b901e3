"""What errors of the driver and the file system mean."""

from __future__ import annotations

import errno
from pathlib import Path

import asyncpg  # type: ignore[import-untyped]
import pytest
from tortoise.exceptions import IntegrityError, OperationalError, ValidationError

from market.files.models import StoredFile
from market.kit.database import Limits, connection, in_transaction
from market.kit.errors import DatabaseAway, Overloaded
from market.kit.faults import Fault, fault_of, is_busy
from market.listings.models import Outcome
from tests.databases import client_of


def wrapped(error: Exception) -> Exception:
    """Return the error as Tortoise hands it on."""
    outer = OperationalError(error)
    outer.__cause__ = error
    return outer


def while_rolling_back(error: Exception) -> Exception:
    """Return an error that was raised while another was handled."""
    outer = RuntimeError("rollback failed")
    outer.__context__ = error
    return outer


@pytest.mark.parametrize(
    ("error", "fault"),
    [
        (ValidationError("too long"), Fault.BAD_VALUE),
        (wrapped(asyncpg.CharacterNotInRepertoireError("0x00")), Fault.BAD_VALUE),
        (wrapped(asyncpg.DataError("out of range")), Fault.BAD_VALUE),
        (UnicodeEncodeError("utf-8", "\ud800", 0, 1, "surrogates"), Fault.BAD_VALUE),
        (OverflowError("date"), Fault.BAD_VALUE),
        (asyncpg.LockNotAvailableError(), Fault.LOCKED),
        (asyncpg.QueryCanceledError(), Fault.SLOW),
        (asyncpg.DiskFullError(), Fault.FULL),
        (OSError(errno.ENOSPC, "no space"), Fault.FULL),
        (asyncpg.AdminShutdownError(), Fault.AWAY),
        (asyncpg.ConnectionDoesNotExistError(), Fault.AWAY),
        (asyncpg.InterfaceError("connection is closed"), Fault.AWAY),
        (ConnectionRefusedError(), Fault.AWAY),
        (DatabaseAway(), Fault.AWAY),
        (while_rolling_back(asyncpg.AdminShutdownError()), Fault.AWAY),
        (asyncpg.DivisionByZeroError(), None),
        (IntegrityError(asyncpg.CheckViolationError()), None),
        (FileNotFoundError("a file that should be there"), None),
        (ValueError("a fault of ours"), None),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else str(value),
)
def test_an_error_from_outside_is_told_from_a_fault_of_ours(error: Exception, fault: Fault | None) -> None:
    assert fault_of(error) is fault


def test_the_gravest_of_several_causes_counts() -> None:
    error = ValidationError("too long")
    error.__cause__ = asyncpg.AdminShutdownError()

    assert (fault_of(error), is_busy(error)) == (Fault.AWAY, False)


@pytest.mark.parametrize("value", ["9" * 5000, "\x00", "\ud800"], ids=["long", "NUL", "surrogate"])
async def test_what_no_column_can_hold_is_a_bad_value_in_every_lookup(value: str) -> None:
    for lookup in (Outcome.filter(number=value), StoredFile.filter(name=value), Outcome.filter(title=value)):
        fault = None
        try:
            async with in_transaction():
                await lookup.first()
        except Exception as error:  # whatever the driver raises
            fault = fault_of(error)
        assert fault in (None, Fault.BAD_VALUE)


@pytest.mark.parametrize("value", [2**31, 2**63, 2**64, 10**400])
async def test_numbers_that_no_column_can_hold_are_bad_values(value: int) -> None:
    with pytest.raises(Exception) as raised:  # noqa: PT011
        async with in_transaction():
            await connection().execute_query("SELECT $1::int", [value])

    assert fault_of(raised.value) is Fault.BAD_VALUE


async def test_nobody_waits_for_a_connection_or_a_statement_without_end(database_url: str) -> None:
    client = client_of(database_url, Limits(acquire=0.05, statement=1))
    try:
        async with client.acquire_connection() as taken:
            with pytest.raises(Overloaded):
                await client.execute_query("SELECT 1")
            assert await taken.fetchval("SHOW statement_timeout") == "1s"
            await taken.execute("SET statement_timeout = 20")
            with pytest.raises(asyncpg.QueryCanceledError):
                await taken.execute("SELECT pg_sleep(1)")
    finally:
        await client.close()


async def test_a_server_that_does_not_listen_is_away(tmp_path: Path) -> None:
    with pytest.raises(DatabaseAway) as raised:
        await client_of(f"postgresql:///none?host={tmp_path}", Limits()).execute_query("SELECT 1")

    assert fault_of(raised.value) is Fault.AWAY
