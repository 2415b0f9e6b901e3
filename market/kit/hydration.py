"""Records made of rows without the ORM's way through names: hot reads make a record in a few microseconds."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from functools import cache
from operator import itemgetter
from typing import Any, Generic, TypeVar
from uuid import UUID

from tortoise.fields import UUIDField
from tortoise.models import Model

from market.kit.database import connection

M = TypeVar("M", bound=Model)


class Hydration(Generic[M]):
    """Makes records of one model out of values by position.

    `columns` are those that were read, the first of them at position `start` of a row. A record of which some
    columns were not read is as partial as one that a query set's `only` reads.
    """

    def __init__(self, model: type[M], columns: Sequence[str], start: int = 0) -> None:
        meta = model._meta
        names = meta.fields_db_projection_reverse
        places = {names[column]: start + place for place, column in enumerate(columns)}
        read = {name: field for _column, name, field in (*meta.db_default_fields, *meta.db_complex_fields)}
        self._model = model
        self._plain = tuple(name for name in places if _is_plain(read.get(name)))
        self._values = itemgetter(*(places[name] for name in self._plain), start, start)
        self._read = [
            (name, place, read[name].to_python_value)
            for name, place in places.items()
            if name not in self._plain
        ]
        self._is_partial = len(places) < len(meta.db_fields)
        self._has_own_key = meta.db_pk_column not in meta.generated_db_fields
        self._key = places[meta.pk_attr]

    def is_there(self, values: Sequence[Any]) -> bool:
        """Return whether a row has the record; of an outer join it may have none."""
        return values[self._key] is not None

    def make(self, values: Sequence[Any]) -> M:
        """Return the record of a row."""
        record = self._model.__new__(self._model)
        state = record.__dict__
        state["_partial"], state["_saved_in_db"] = self._is_partial, True
        state["_custom_generated_pk"], state["_await_when_save"] = self._has_own_key, {}
        state.update(zip(self._plain, self._values(values), strict=False))
        for name, place, read in self._read:
            state[name] = read(values[place])
        return record


def relate(record: Model, name: str, related: Model | None) -> None:
    """Have a record know the one that its foreign key names."""
    record.__dict__[f"_{name}"] = related


async def read_by_ids(model: type[M], ids: Collection[UUID]) -> list[M]:
    """Return the records of these ids, in no order, such as thousands that a job goes through."""
    if not ids:
        return []
    sql, hydration = _whole(model)
    _count, rows = await connection().execute_query(sql, [list(ids)])
    return [hydration.make(tuple(row)) for row in rows]


@cache
def _whole(model: type[Any]) -> tuple[str, Hydration[Any]]:
    meta = model._meta
    columns = list(meta.db_fields)
    names = ", ".join(f'"{column}"' for column in columns)
    sql = f'SELECT {names} FROM "{meta.db_table}" WHERE "{meta.db_pk_column}" = ANY($1)'  # noqa: S608
    return sql, Hydration(model, columns)


def _is_plain(field: Any) -> bool:
    """Return whether the driver's value is the record's: asyncpg makes UUIDs itself."""
    return field is None or (isinstance(field, UUIDField) and field.field_type is UUID)
