"""A cache of stages: states of the database that many tests begin with, such as a registered contract.

A function marked `@cached_stage` builds its stage by the services of the rooms. Its first call in a process
records every statement that writes; a later call with the same arguments replays them as one script and
returns a copy of the first result. The stage is built by the services again, as if there were no cache, when

- an argument has no key, or is a record that no stage made: its id is another one in each test,
- the test asks for the same stage twice, since it then wants a second one,
- the replay violates a constraint, because the test has written something else before.

PostgreSQL's own means, `CREATE DATABASE … TEMPLATE` for each stage, was measured and is some ten times
slower. A registered contract took, on two busy cores, the least and the median of 25: replayed 12 and 133 ms;
a copy of the database (12 MB, 780 files) 112 and 277 ms to make, 60 to connect to, 31 and 82 to drop; and on
the new connection every statement is parsed and planned again, which made the acts half as slow again.
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
from market.kit.letterhead import letterhead

P = ParamSpec("P")
T = TypeVar("T")
Key = tuple[Any, ...]

WRITES = re.compile(
    r"\s*(INSERT|UPDATE|DELETE|SELECT procrastinate_defer|WITH .*\b(INSERT|UPDATE|DELETE)\b)", re.S
)
TAKES_NUMBER = re.compile(r"INSERT INTO counters \(")
"""Takes the next number of a family; a replay must not take another one."""
RAISE_COUNTER = (
    "INSERT INTO counters AS c (family, year, value) VALUES ($1, $2, $3) "
    "ON CONFLICT (family, year) DO UPDATE SET value = greatest(c.value, excluded.value)"
)
PLACEHOLDER = re.compile(r"\$(\d+)")


@dataclass
class Recording:
    """What building a stage wrote and returned."""

    script: str
    """The statements in order, their arguments written as literals: one round trip replays them."""
    result: Any

    async def replay(self) -> Any:
        """Write the stage and return a copy of its result.

        Raises:
            IntegrityConstraintViolationError: it does not fit what the database holds; nothing is written.
        """
        async with in_transaction() as transaction:
            await transaction._connection.execute(self.script)
        return copy.deepcopy(self.result)


_recordings: dict[Key, Recording] = {}
_recorded_ids: set[UUID] = set()
"""Ids of records that a recorded stage made; they are the same in each test."""
_requested: set[Key] = set()
"""Stages that the present test has asked for."""


def start_new_test() -> None:
    """Forget which stages the test before asked for."""
    _requested.clear()


def cached_stage(build: Callable[P, Awaitable[T]]) -> Callable[P, Awaitable[T]]:
    """Build the stage once in a process and replay it afterwards."""

    @wraps(build)
    async def cached(*args: P.args, **kwargs: P.kwargs) -> T:
        key = _key_of(build, args, kwargs)
        if key is None or key in _requested:
            return await build(*args, **kwargs)
        _requested.add(key)
        if key in _recordings:
            try:
                return cast(T, await _recordings[key].replay())
            except IntegrityConstraintViolationError:
                return await build(*args, **kwargs)
        if not isinstance(connection(), TransactionalDBClient):  # several connections: nothing to listen on
            return await build(*args, **kwargs)
        recording = await _record(lambda: build(*args, **kwargs))
        _recordings[key] = recording
        _recorded_ids.update(part for part in _parts(recording.result) if isinstance(part, UUID))
        return cast(T, copy.deepcopy(recording.result))

    return cached


async def _record(build: Callable[[], Awaitable[Any]]) -> Recording:
    statements: list[str] = []

    def log(executed: Any) -> None:
        """Called by asyncpg after each statement."""
        if WRITES.match(executed.query) and not TAKES_NUMBER.match(executed.query):
            arguments: Sequence[Any] = executed.args or ()
            is_many = bool(arguments) and isinstance(arguments[0], list | tuple)
            rows = arguments if is_many else [arguments]
            statements.extend(_with_literals(executed.query, row) for row in rows)

    driver = cast(Any, connection())._connection
    driver.add_query_logger(log)
    try:
        result = await build()
    finally:
        driver.remove_query_logger(log)
    # The numbers that the stage took stand in its rows; the next ones are to follow them.
    counters = await driver.fetch("SELECT family, year, value FROM counters")
    statements.extend(_with_literals(RAISE_COUNTER, row) for row in counters)
    return Recording(";\n".join(statements), result)


def _with_literals(query: str, arguments: Sequence[Any]) -> str:
    return PLACEHOLDER.sub(lambda match: _literal(arguments[int(match[1]) - 1]), query)


def _literal(value: Any) -> str:
    """Write a value so that PostgreSQL reads it for a column of any type."""
    if value is None:
        return "NULL"
    if isinstance(value, bytes):
        return f"'\\x{value.hex()}'"
    if isinstance(value, list):
        return f"ARRAY[{', '.join(map(_literal, value))}]"
    return "'" + str(value).replace("'", "''") + "'"


def _key_of(build: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Key | None:
    """Return what identifies a stage, or None where a recording would not fit another test.

    Documents and notices are written with the office of the process, so it is a part of what a stage is.
    """
    try:
        parts = tuple(_parts((args, kwargs)))
    except TypeError:
        return None
    if any(isinstance(part, UUID) and part not in _recorded_ids for part in parts):
        return None
    return build.__module__, build.__qualname__, letterhead(), *parts


def _parts(value: Any) -> Iterator[Any]:
    """Take a value apart into hashable parts; a record is its class and its primary key.

    Raises:
        TypeError: the value, or a part of it, has nothing to be compared by.
    """
    if isinstance(value, Model):
        yield type(value).__name__
        yield value.pk
    elif is_dataclass(value):
        yield type(value).__name__
        for field in fields(value):
            yield from _parts(getattr(value, field.name))
    elif isinstance(value, dict):
        for name in sorted(value):
            yield name
            yield from _parts(value[name])
    elif isinstance(value, list | tuple | frozenset):
        yield len(value)
        for member in value:
            yield from _parts(member)
    elif value is None or isinstance(value, str | int | bytes | Enum | date | UUID):
        yield value
    else:
        raise TypeError(f"{type(value)} has no key")
