"""A cache of stages: states of the database that many tests begin with, such as a registered contract.

A function marked `@cached_stage` builds its stage by the services of the rooms. Its first call in a process
records every statement that writes; a later call with the same arguments replays them as one script and
returns a copy of the first result. A stage that asks for another one refers to the other's recording, so a
replay writes what is missing and nothing twice. A stage has several recordings where tests ask for it several
times, since the second one has other records than the first. What is replayed often becomes a function of the
tests' database, which plans its statements once.

The stage is built by the services again, as if there were no cache, when

- an argument has no key, or is a record that no stage made: its id is another one in each test,
- the replay violates a constraint, because the test has written something else before.

A record among the arguments is compared by its row as it stands in the database. What the test has changed in
other tables that the stage reads, such as the rules of a programme, is not seen.

PostgreSQL's own means, `CREATE DATABASE … TEMPLATE` for each stage, was measured and is some ten times
slower. A registered contract took, on two busy cores, the least and the median of 25: replayed 12 and 133 ms;
a copy of the database (12 MB, 780 files) 112 and 277 ms to make, 60 to connect to, 31 and 82 to drop; and on
the new connection every statement is parsed and planned again, which made the acts half as slow again.
"""

from __future__ import annotations

import asyncio
import copy
import re
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, fields, is_dataclass
from datetime import date
from enum import Enum
from functools import wraps
from itertools import count
from typing import Any, ParamSpec, TypeVar, cast
from uuid import UUID

import asyncpg  # type: ignore[import-untyped]
from tortoise.backends.base.client import TransactionalDBClient
from tortoise.models import Model

from market.kit.database import connection, in_transaction
from market.kit.letterhead import letterhead

P = ParamSpec("P")
T = TypeVar("T")
Key = tuple[Any, ...]
Build = Callable[[], Awaitable[Any]]

WRITES = re.compile(
    r"\s*(INSERT|UPDATE|DELETE|CREATE TEMP|DROP TABLE|SELECT (procrastinate_defer|\* FROM auction_bid)"
    r"|WITH .*\b(INSERT|UPDATE|DELETE)\b)",
    re.S,
)
TAKES_NUMBER = re.compile(r"INSERT INTO counters \(")
"""Takes the next number of a family; a replay must not take another one."""
RAISE_COUNTER = (
    "INSERT INTO counters AS c (family, year, value) VALUES ($1, $2, $3) "
    "ON CONFLICT (family, year) DO UPDATE SET value = greatest(c.value, excluded.value)"
)
REPLAY = "SELECT 1 AS replay"
"""Begins a script, so that a stage that is being recorded does not take it for a statement of its own."""
PLACEHOLDER = re.compile(r"\$(\d+)")
RETURNING = re.compile(r"\s+RETURNING [\w\", ]+$")
"""What an insert gives back, which nobody reads at a replay and a function may not."""
PLANNED_FROM = 2
"""Replay of the same statements from which on the database keeps their plans, which makes it cheaper."""


@dataclass(eq=False)
class Statements:
    """What a stage writes between two others that it asks for, or before or after them."""

    texts: list[str] = field(default_factory=list)
    replays: int = 0
    call: str = ""
    """Calls the function that has them, once there is one."""

    async def script(self) -> str:
        """Return what writes them."""
        self.replays += 1
        if self.replays == PLANNED_FROM and _owner and not any(t.startswith("WITH") for t in self.texts):
            self.call = await _make_function(self.texts)
        return self.call or ";\n".join(self.texts)


@dataclass(eq=False)
class Recording:
    """What building a stage wrote and returned."""

    is_shared: bool
    parts: list[Statements | Recording] = field(default_factory=list)
    """Statements, their arguments written as literals, and the stages that were asked for, in order."""
    counters: dict[tuple[str, int], int] = field(default_factory=dict)
    """The last number of each family and year, of this stage and those that were asked for."""
    result: Any = None
    is_whole: bool = True
    """No shared stage was there already by other means, so the parts are all that the stage needs."""

    def fits(self) -> bool:
        """Return whether the present test has neither this stage nor one that it would write again."""
        return self not in _present and all(
            isinstance(part, Statements) or (part.is_shared and part in _present) or part.fits()
            for part in self.parts
        )

    def write(self, *texts: str) -> None:
        """Add statements after all else."""
        if not self.parts or not isinstance(self.parts[-1], Statements):
            self.parts.append(Statements())
        cast(Statements, self.parts[-1]).texts.extend(texts)

    def missing(self, written: set[Recording]) -> Iterator[Statements]:
        """Yield the statements that a replay has to write, and add their recordings to those `written`."""
        written.add(self)
        for part in self.parts:
            if isinstance(part, Statements):
                yield part
            elif part not in written:
                yield from part.missing(written)

    async def replay(self) -> None:
        """Write what the present test lacks of the stage, in one round trip.

        Raises:
            IntegrityConstraintViolationError: it does not fit what the database holds; nothing is written.
        """
        written = set(_present)
        script = ";\n".join([REPLAY, *[await part.script() for part in self.missing(written)]])
        async with in_transaction() as transaction:
            await transaction._connection.execute(script)
        _present.update(written)


_recordings: defaultdict[Key, list[Recording]] = defaultdict(list)
_recorded_ids: set[UUID] = set()
"""Ids of records that a recorded stage made; they are the same in each test."""
_present: set[Recording] = set()
"""Recordings whose rows the present test has."""
_under_way: list[Recording] = []
"""Recordings that are being made, the innermost last."""


_owner: list[Any] = []
"""The connection that makes functions, while one is open."""
_functions = count(1)


@asynccontextmanager
async def kept_plans(url: str) -> AsyncIterator[None]:
    """Let the database keep the plans of what is replayed often while the block runs."""
    owner = await asyncpg.connect(url)
    await owner.execute("SET ROLE NONE; SET check_function_bodies = off")
    _owner.append(owner)
    try:
        yield
    finally:
        _owner.clear()
        await owner.close()


_has_tests: list[bool] = []
"""Not empty once a test began: elsewhere stages are only built, since nothing tells when they are gone."""


def start_new_test() -> None:
    """Forget which stages the test before asked for."""
    _has_tests[:] = [True]
    _present.clear()


def cached_stage(build: Callable[P, Awaitable[T]]) -> Callable[P, Awaitable[T]]:
    """Build the stage once in a process and replay it afterwards."""
    return _cached(build, is_shared=False)


def shared_stage(build: Callable[P, Awaitable[T]]) -> Callable[P, Awaitable[T]]:
    """Build a stage of which a test has one at most, such as the programmes; asked for again it is there."""
    return _cached(build, is_shared=True)


def _cached(build: Callable[P, Awaitable[T]], *, is_shared: bool) -> Callable[P, Awaitable[T]]:
    @wraps(build)
    async def cached(*args: P.args, **kwargs: P.kwargs) -> T:
        key = await _key_of(build, args, kwargs)
        if key is None:
            return await build(*args, **kwargs)
        recording = await _write(_recordings[key], is_shared)
        if recording is None:
            if not _has_tests:
                return await build(*args, **kwargs)
            async with _one_connection():
                recording = await _record(lambda: build(*args, **kwargs), is_shared)
            if not recording.is_whole:
                return cast(T, recording.result)
            _recordings[key].append(recording)
            _recorded_ids.update(part for part in _parts(recording.result) if isinstance(part, UUID))
            _present.add(recording)
        if _under_way:
            _under_way[-1].parts.append(recording)
        return cast(T, copy.deepcopy(recording.result))

    return cached


async def _write(recordings: Sequence[Recording], is_shared: bool) -> Recording | None:
    """Write the first recording that fits and return it; None: there is none."""
    for recording in recordings:
        if is_shared and recording in _present:
            return recording
        if recording.fits():
            try:
                await recording.replay()
            except asyncpg.IntegrityConstraintViolationError:
                continue
            return recording
    return None


@asynccontextmanager
async def _one_connection() -> AsyncIterator[None]:
    """Have the block use a single connection, on which its statements are heard."""
    if isinstance(connection(), TransactionalDBClient):
        yield
        return
    async with in_transaction():
        yield


async def _record(build: Build, is_shared: bool) -> Recording:
    driver = cast(Any, connection())._connection
    recording = Recording(is_shared)
    if _under_way:
        await asyncio.sleep(0)  # the driver tells of a statement in the next turn of the loop
    else:
        driver.add_query_logger(_log)
    _under_way.append(recording)
    try:
        recording.result = await build()
        await asyncio.sleep(0)
    finally:
        _under_way.pop()
        if not _under_way:
            driver.remove_query_logger(_log)
    if is_shared and not recording.parts:
        recording.is_whole = False
        for outer in _under_way:
            outer.is_whole = False
    # The numbers that the stage took stand in its rows; the next ones are to follow them.
    for part in recording.parts:
        if isinstance(part, Recording):
            recording.counters.update(part.counters)
    for row in await driver.fetch("SELECT family, year, value FROM counters"):
        family, year, value = row
        if recording.counters.get((family, year)) != value:
            recording.counters[family, year] = value
            recording.write(_with_literals(RAISE_COUNTER, row))
    return recording


async def _make_function(texts: Sequence[str]) -> str:
    """Have a function of the tests' database keep statements with their plans, and return its call."""
    name = f"tests_stage_{next(_functions)}"
    body = ";\n".join(f"PERFORM{text[6:]}" if text.startswith("SELECT") else text for text in texts)
    await _owner[0].execute(
        f"CREATE FUNCTION {name}() RETURNS void LANGUAGE plpgsql AS $tests$ BEGIN\n{body};\nEND $tests$"
    )
    return f"SELECT {name}()"


def _log(executed: Any) -> None:
    """Called by asyncpg after each statement."""
    if executed.exception or not WRITES.match(executed.query) or TAKES_NUMBER.match(executed.query):
        return
    arguments: Sequence[Any] = executed.args or ()
    is_many = bool(arguments) and isinstance(arguments[0], list | tuple)
    rows = arguments if is_many else [arguments]
    query = RETURNING.sub("", executed.query.strip())
    _under_way[-1].write(*(_with_literals(query, row) for row in rows))


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


async def _key_of(build: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Key | None:
    """Return what identifies a stage, or None where a recording would not fit another test.

    Documents and notices are written with the office of the process, so it is a part of what a stage is.
    """
    try:
        parts = tuple(_parts((args, kwargs)))
    except TypeError:
        return None
    if any(isinstance(part, UUID) and part not in _recorded_ids for part in parts):
        return None
    rows = [await _row(value) for value in (*args, *kwargs.values()) if isinstance(value, Model)]
    return build.__module__, build.__qualname__, letterhead(), *parts, *rows


async def _row(record: Model) -> str:
    """Return a digest of a record's row as it stands: the test may have changed it since its stage."""
    rows = await connection().execute_query_dict(
        f'SELECT md5(r::text) AS digest FROM "{record._meta.db_table}" r WHERE id = $1',  # noqa: S608
        [record.pk],
    )
    return str(rows[0]["digest"])


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
