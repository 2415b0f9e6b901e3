"""Stages that many tests begin with: built by the acts themselves once, afterwards written as they were.

The first call in a process runs the acts and notes every statement by which they changed the database;
a later call with the same arguments only writes. A stage that is asked for twice in one test, that needs
records of another test's, or that no longer fits what the test did before is built by the acts again.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass, fields, is_dataclass
from datetime import date
from enum import Enum
from functools import wraps
from typing import Any, ParamSpec, TypeVar, cast
from uuid import UUID

from asyncpg import IntegrityConstraintViolationError  # type: ignore[import-untyped]
from tortoise.backends.base.client import TransactionalDBClient
from tortoise.models import Model

from market.kit.database import connection, in_transaction

P = ParamSpec("P")
T = TypeVar("T")
CHANGES = re.compile(
    r"\s*(INSERT|UPDATE|DELETE|SELECT procrastinate_defer|WITH .*\b(INSERT|UPDATE|DELETE)\b)", re.S
)

RAISE = (
    "INSERT INTO counters AS held (family, year, value) VALUES ($1, $2, $3) "
    "ON CONFLICT (family, year) DO UPDATE SET value = greatest(held.value, excluded.value)"
)
TAKES_A_NUMBER = re.compile(r"INSERT INTO counters \(")
PLACE = re.compile(r"\$(\d+)")


@dataclass
class _Stage:
    script: str
    """The changes one after the other, their values written out, so that they go in one message."""
    result: Any

    async def write_again(self) -> Any:
        async with in_transaction() as transaction:
            await transaction._connection.execute(self.script)
        return copy.deepcopy(self.result)


_stages: dict[Any, _Stage] = {}
_known: set[UUID] = set()
"""The identities of records that stages brought forth."""
_asked: set[Any] = set()
"""What this test has asked for so far."""


def start_new_test() -> None:
    """Begin another test: the database is empty again."""
    _asked.clear()


def cached_stage(make: Callable[P, Awaitable[T]]) -> Callable[P, Awaitable[T]]:
    """Let `make` build its stage once in a process."""

    @wraps(make)
    async def made(*args: P.args, **kwargs: P.kwargs) -> T:
        try:
            what = tuple(_plain((args, kwargs)))
        except TypeError:
            return await make(*args, **kwargs)
        asked = (make.__module__, make.__qualname__, what)
        if asked in _asked or not {part for part in what if isinstance(part, UUID)} <= _known:
            return await make(*args, **kwargs)
        _asked.add(asked)
        if stage := _stages.get(asked):
            try:
                return cast(T, await stage.write_again())
            except IntegrityConstraintViolationError:
                return await make(*args, **kwargs)
        if not isinstance(connection(), TransactionalDBClient):
            return await make(*args, **kwargs)
        _stages[asked] = stage = await _build(lambda: make(*args, **kwargs))
        _known.update(part for part in _plain(stage.result) if isinstance(part, UUID))
        return cast(T, copy.deepcopy(stage.result))

    return made


async def _build(make: Callable[[], Awaitable[Any]]) -> _Stage:
    changes: list[str] = []

    def note(statement: Any) -> None:
        if CHANGES.match(statement.query) and not TAKES_A_NUMBER.match(statement.query):
            values = statement.args or ()
            rows = values if values and isinstance(values[0], list | tuple) else [values]
            changes.extend(_written_out(statement.query, row) for row in rows)

    raw = cast(Any, connection())._connection
    raw.add_query_logger(note)
    try:
        result = await make()
    finally:
        raw.remove_query_logger(note)
    # Numbers given out meanwhile are in the rows already, and are not to be given out again.
    given = await raw.fetch("SELECT family, year, value FROM counters")
    changes.extend(_written_out(RAISE, row) for row in given)
    return _Stage(";\n".join(changes), result)


def _written_out(query: str, values: Sequence[Any]) -> str:
    return PLACE.sub(lambda place: _literal(values[int(place[1]) - 1]), query)


def _literal(value: Any) -> str:
    """Write a value as PostgreSQL reads it, whatever its column's kind."""
    if value is None:
        return "NULL"
    if isinstance(value, bytes):
        return f"'\\x{value.hex()}'"
    if isinstance(value, list):
        return f"ARRAY[{', '.join(map(_literal, value))}]"
    return "'" + str(value).replace("'", "''") + "'"


def _plain(value: Any) -> Iterator[Any]:
    """Take a value apart into what can be compared; a record is its kind and its identity."""
    if isinstance(value, Model):
        yield type(value).__name__
        yield value.pk
    elif is_dataclass(value):
        yield type(value).__name__
        for field in fields(value):
            yield from _plain(getattr(value, field.name))
    elif isinstance(value, dict):
        for key in sorted(value):
            yield key
            yield from _plain(value[key])
    elif isinstance(value, list | tuple | frozenset):
        yield len(value)
        for each in value:
            yield from _plain(each)
    elif value is None or isinstance(value, str | int | bytes | Enum | date | UUID):
        yield value
    else:
        raise TypeError(f"nothing to tell {type(value)} by")
