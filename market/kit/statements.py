"""Reads of hot pages: a queryset's SQL text is composed once, each call binds its values and maps the rows.

Composing the text costs the ORM some milliseconds of processor for each read, many times what PostgreSQL
takes to answer it by an index.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from tortoise.models import Model
from tortoise.queryset import QuerySet

from market.kit.database import connection
from market.kit.hydration import Hydration, relate

M = TypeVar("M", bound=Model)
Path = tuple[str, ...]
"""Names of the relations from the record that is read to another one."""


@dataclass(frozen=True)
class Overview:
    """What one statement tells of that hangs on a record."""

    parts: frozenset[str]
    """Names of the kinds of which there are rows."""
    rows: Mapping[str, Sequence[Any]]
    """Rows of the lists by name; a row is its values in order."""


class OverviewStatement:
    """Tells by one statement of which kinds there are rows, and reads short lists besides.

    So a page does not ask for each kind in vain. A kind is a table and what its rows fulfil, such as
    `files WHERE subject_id = $1`; a list is a query of rows, `SELECT (a, b) FROM …`. All bind the same
    values.
    """

    def __init__(self, kinds: Mapping[str, str], lists: Mapping[str, str]) -> None:
        self._kinds = tuple(kinds)
        parts = [f"EXISTS (SELECT FROM {condition}) AS {name}" for name, condition in kinds.items()]
        parts += [f"ARRAY({query}) AS {name}" for name, query in lists.items()]
        self._lists = tuple(lists)
        self._sql = f"SELECT {', '.join(parts)}"

    async def read(self, *values: Any) -> Overview:
        """Return which kinds have rows, and the rows of the lists."""
        _count, (row,) = await connection().execute_query(self._sql, list(values))
        parts = frozenset(name for name in self._kinds if row[name])
        return Overview(parts, {name: row[name] for name in self._lists})


class TablesStatement:
    """Reads records of several tables by one statement, such as the parts of the twenty deals of a page.

    Each table is told with the condition on its rows and their order, `WHERE deal_id = ANY($1) ORDER BY id`.
    All bind the same values.
    """

    def __init__(self, tables: Mapping[str, tuple[type[Model], str]]) -> None:
        self._tables = tables
        self._sql = ""
        self._hydrations: dict[str, Hydration[Any]] = {}

    async def read(self, *values: Any) -> Mapping[str, list[Any]]:
        """Return the records by the names of their tables."""
        if not self._sql:  # the ORM knows the columns only after its start
            self._compose()
        _count, (row,) = await connection().execute_query(self._sql, list(values))
        return {
            name: [hydration.make(tuple(values)) for values in row[name]]
            for name, hydration in self._hydrations.items()
        }

    def _compose(self) -> None:
        parts = []
        for name, (model, condition) in self._tables.items():
            columns = list(model._meta.db_fields)
            names = ", ".join(f'"{column}"' for column in columns)
            rows = f'SELECT ({names}) FROM "{model._meta.db_table}" {condition}'  # noqa: S608  # our words
            parts.append(f"ARRAY({rows}) AS {name}")
            self._hydrations[name] = Hydration(model, columns)
        self._sql = f"SELECT {', '.join(parts)}"


@dataclass(frozen=True)
class _Composed:
    """The text of a statement, what it binds, and how its rows become records."""

    sql: str
    constants: list[Any]
    places: list[tuple[int, int, type[Any]]]
    """Position among the bound values, position among the arguments, type that is bound."""
    tables: list[tuple[Hydration[Any], Path, str]]
    """How the columns of each table become a record; on which record, and under which name, it is found."""

    def record(self, row: Sequence[Any]) -> Any:
        """Return the record of a row, with those that it is joined to."""
        records: dict[Path, Model] = {}
        for hydration, path, name in self.tables:
            record = hydration.make(row) if hydration.is_there(row) else None
            if name and path in records:
                relate(records[path], name, record)
            if record is not None:
                records[(*path, name) if name else path] = record
        return records[()]


class Statement(Generic[M]):
    """A queryset of always the same shape, read with other values each time.

    `samples` are values as they will be bound, each unlike the others and unlike any constant of the
    queryset: by them the places of the arguments are found.
    """

    def __init__(self, compose: Callable[..., QuerySet[M]], *samples: Any) -> None:
        self._compose, self._samples = compose, samples
        self._composed: _Composed | None = None

    async def all(self, *values: Any) -> list[M]:
        """Return the records for these values; inside a transaction, as it sees them."""
        composed = self._composed or self._make()
        bound = list(composed.constants)
        for place, argument, kind in composed.places:
            value = values[argument]
            bound[place] = value if isinstance(value, kind) else kind(value)
        _count, rows = await connection().execute_query(composed.sql, bound)
        return [composed.record(tuple(row)) for row in rows]

    async def first(self, *values: Any) -> M | None:
        """Return the first of the records, or None."""
        records = await self.all(*values)
        return records[0] if records else None

    def _make(self) -> _Composed:
        queryset: Any = self._compose(*self._samples)
        queryset._choose_db_if_not_chosen()
        queryset._make_query()
        if queryset._prefetch_map or queryset._prefetch_queries or queryset._annotations:
            raise TypeError("a statement reads one table and what it joins")
        sql, constants = queryset.query.get_parameterized_sql()
        places = [
            (place, argument, type(bound))
            for place, bound in enumerate(constants)
            for argument, sample in enumerate(self._samples)
            if str(bound) == str(sample)
        ]
        if {argument for _place, argument, _kind in places} != set(range(len(self._samples))):
            raise TypeError("the samples are not all bound")
        self._composed = _Composed(sql, constants, places, _tables(queryset))
        return self._composed


def _tables(queryset: Any) -> list[tuple[Hydration[Any], Path, str]]:
    """Return how the columns that a query set reads become records, in the order of its tables."""
    tables: list[tuple[Hydration[Any], Path, str]] = []
    start = 0
    related = queryset._select_related_idx or [
        (queryset.model, len(queryset.model._meta.db_fields), *[()] * 3)
    ]
    for model, count, *_names, path in related:
        columns = list(model._meta.db_fields)
        if count != len(columns):
            raise TypeError("a statement reads whole tables")
        *above, name = [part for part in path if part] or [""]
        tables.append((Hydration(model, columns, start), tuple(above), name))
        start += count
    return tables
