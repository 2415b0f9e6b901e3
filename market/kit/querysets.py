"""Query sets that write the columns of a table once instead of for each query.

tortoise-orm 1.1.9 makes an object for each column of each table that a query joins, and renders each of
them again whenever it is sent. Tables have twenty columns and queries join up to six tables: this was an
eighth of the processor time of the pages and of the tests. It also copies the whole query at each join and
condition, and a context of twelve settings for each part that it renders: another twentieth.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, cast

from pypika_tortoise.context import SqlContext
from pypika_tortoise.terms import Field, Term
from tortoise.manager import Manager
from tortoise.query_utils import expand_lookup_expression
from tortoise.queryset import QuerySet

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from pypika_tortoise.queries import Table
    from tortoise.fields.relational import RelationalField
    from tortoise.models import Model


class Columns(Term):
    """Columns of one table in the list of a SELECT, rendered when they are first needed."""

    def __init__(self, columns: Sequence[Field]) -> None:
        super().__init__()
        self._columns = columns
        self._sql: dict[bool, str] = {}

    def get_sql(self, ctx: SqlContext) -> str:
        """Return the columns with their aliases; they are written longer where tables are joined."""
        sql = self._sql.get(ctx.with_namespace)
        if sql is None:
            sql = self._sql[ctx.with_namespace] = ",".join(column.get_sql(ctx) for column in self._columns)
        return sql


@lru_cache(maxsize=1000)
def _joined_columns(model: type[Model], name: str) -> Columns:
    """Return the columns of a table that is joined by a name or an alias."""
    table = model._meta.basetable
    if table.get_table_name() != name:
        table = table.as_(name)
    return Columns([table[column].as_(f"{name}.{column}") for column in model._meta.db_fields])


class Rows(QuerySet[Any]):
    """A query set whose columns are rendered once for each table and alias."""

    def _join_select_related(self, lookup_expression: str) -> tuple[type[Model], Table]:
        if self._fields_for_select:
            return super()._join_select_related(lookup_expression)
        model, table = self.model, self.model._meta.basetable
        path: tuple[str | None, ...] = (None,)
        for relation in expand_lookup_expression(self.model, lookup_expression):
            name = relation.model_field_name
            related = cast("RelationalField[Any]", relation).related_model
            table = self._join_table_by_field(table, name, cast("RelationalField[Any]", relation))
            path = (*path, name)
            part = (related, len(related._meta.db_fields), name, model, path)
            if part not in self._select_related_idx:
                self._select_related_idx.append(part)
                columns = _joined_columns(cast(Any, related), table.get_table_name())
                cast("list[Term]", self.query._selects).append(columns)
            model = related
        return model, table


class RowsManager(Manager):
    """Begins the query sets of a model."""

    def get_queryset(self) -> Rows:
        return Rows(self._model)


def _copy_context(self: SqlContext, **changes: Any) -> SqlContext:
    """Return the context with these settings changed; the library's own names each of them twice."""
    context = object.__new__(SqlContext)
    context.__dict__.update(self.__dict__, **changes)
    return context


def render_columns_once(models: Iterable[type[Model]]) -> None:
    """Let the queries of these models share the columns of their own tables. Call it after the ORM's init."""
    SqlContext.copy = _copy_context  # type: ignore[method-assign]
    for model in models:
        query = cast(Any, model._meta.basequery_all_fields)
        # Each query set begins with a copy of this query, which nobody else has: it may be built in place.
        query.immutable = False
        if not isinstance(query._selects[0], Columns):
            query._selects = [Columns(query._selects)]
