"""Reads of hot pages: a queryset's SQL text is composed once, each call binds its values and maps the rows.

Composing the text costs the ORM some milliseconds of processor for each read, many times what PostgreSQL
takes to answer it by an index.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from tortoise.models import Model
from tortoise.queryset import QuerySet

from market.kit.database import connection

M = TypeVar("M", bound=Model)


class Presence:
    """Tells by one statement of which kinds there are rows, so that a page does not ask for each in vain.

    Conditions are a table and what its rows fulfil, such as `files WHERE subject_id = $1`; all bind the same
    values.
    """

    def __init__(self, **conditions: str) -> None:
        parts = (f"EXISTS (SELECT FROM {condition}) AS {name}" for name, condition in conditions.items())
        self._sql = f"SELECT {', '.join(parts)}"

    async def find(self, *values: Any) -> frozenset[str]:
        """Return the names of the conditions that some row fulfils."""
        (row,) = await connection().execute_query_dict(self._sql, list(values))
        return frozenset(name for name, is_there in row.items() if is_there)


@dataclass(frozen=True)
class _Composed:
    """The text of a statement, what it binds, and how its rows become records."""

    sql: str
    constants: list[Any]
    places: list[tuple[int, int, type[Any]]]
    """Position among the bound values, position among the arguments, type that is bound."""
    model: type[Model]
    related: list[Any]


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
        db = connection()
        executor = db.executor_class(model=composed.model, db=db, select_related_idx=composed.related)
        records: list[M] = await executor.execute_select(composed.sql, bound)
        return records

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
        self._composed = _Composed(sql, constants, places, queryset.model, queryset._select_related_idx)
        return self._composed
