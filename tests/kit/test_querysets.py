"""Statements are those of the ORM, only rendered less often."""

from __future__ import annotations

from typing import Any, cast

from tortoise import Tortoise
from tortoise.context import get_current_context
from tortoise.models import Model
from tortoise.queryset import QuerySet

from market.kit.querysets import Columns, Rows


def _models() -> list[type[Model]]:
    context = get_current_context()
    apps = context.apps if context else Tortoise.apps
    assert apps is not None
    return list(apps["market"].values())


def _library_sql(model: type[Model], relation: str | None) -> str:
    """Return what the ORM itself makes of a query for a model and one that it refers to."""
    meta = model._meta
    shared = meta.basequery_all_fields
    meta.basequery_all_fields = cast(Any, meta.basequery.select(*meta.db_fields))
    try:
        rows: Any = QuerySet(model).filter(pk__isnull=False)
        return str((rows.select_related(relation) if relation else rows).sql())
    finally:
        meta.basequery_all_fields = shared


async def test_each_table_is_read_by_the_statement_of_the_orm_alone_and_joined() -> None:
    statements = 0
    for model in _models():
        for relation in (None, *sorted(model._meta.fk_fields | model._meta.o2o_fields)):
            rows: Any = model.filter(pk__isnull=False)
            assert isinstance(rows, Rows)
            ours = (rows.select_related(relation) if relation else rows).sql()
            assert ours == _library_sql(model, relation)
            assert isinstance(rows.model._meta.basequery_all_fields._selects[0], Columns)
            statements += 1
    assert statements > 200
