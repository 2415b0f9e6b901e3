"""Exports of lists: short ones are answered at once, long ones are written by a job and kept for a day."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any
from uuid import UUID, uuid4

from starlette.datastructures import QueryParams
from tortoise.exceptions import DoesNotExist

from market.accounts.actors import Actor, load_actor
from market.accounts.messages import notify
from market.deps import Deps
from market.kit.database import atomic, in_transaction
from market.kit.errors import NotFound
from market.kit.i18n import Lazy, get_locale, set_locale
from market.kit.i18n import gettext as _
from market.kit.jobs import enqueue, job
from market.kit.room import rooms
from market.kit.workbooks.writing import Cell, Table, save_workbook
from market.pages import search_exports, search_results
from market.pages.models import ListExport
from market.pages.search_results import SCOPES, Scope
from market.search.search_params import SearchParams

DIRECT = 5000
"""Most rows of a list that is answered at once; a longer one is written by a job."""
KEPT = timedelta(hours=24)
"""How long a workbook may be fetched."""
WRITE = "pages.write_export"


async def count_rows(deps: Deps, actor: Actor | None, params: SearchParams) -> int:
    """Return how many rows the list has with these parameters."""
    return await search_results.count(await search_results.searcher_for(deps, actor, params), params)


def table_of(deps: Deps, actor: Actor | None, scope: Scope, batches: AsyncIterator[Sequence[Any]]) -> Table:
    """Return the rows of a list as a sheet of a workbook, loaded a batch at a time."""
    return search_exports.table(scope, batches, actor, deps.settings.base_url)


@atomic()
async def start_export(key: str, query: str, total: int, *, actor: Actor | None, now: datetime) -> ListExport:
    """Have a job write a list, by the key of its scope or source.

    One that the person asked for just now and that is not done is theirs.
    """
    if actor is not None:
        unfinished = await ListExport.filter(
            user_id=actor.user_id, scope=key, query=query, size__isnull=True, expires_at__gt=now
        ).first()
        if unfinished is not None:
            return unfinished
    export = await ListExport.create(
        id=uuid4(),
        user_id=actor.user_id if actor else None,
        organisation_id=actor.organisation_id if actor else None,
        scope=key,
        query=query,
        locale=get_locale(),
        total=total,
        created_at=now,
        expires_at=now + KEPT,
    )
    # One after another, whoever asked: the workbook of a long list takes a core.
    await enqueue(WRITE, lock=WRITE, export_id=export.id)
    return export


async def get_export_for(actor: Actor | None, export_id: UUID, *, now: datetime) -> ListExport:
    """Return an export of this person, or one that a guest asked for.

    Raises:
        NotFound: there is none, it is another person's, or it has expired.
    """
    export = await ListExport.get_or_none(id=export_id, expires_at__gt=now)
    is_own = export is not None and (
        export.user_id is None or (actor is not None and actor.user_id == export.user_id)
    )
    if export is None or not is_own:
        raise NotFound(_("没有这份导出，或者它已经过期。"))
    return export


def file_name(export: ListExport) -> str:
    """Return under which name the store holds a workbook."""
    return f"{export.id}.xlsx"


@job(WRITE, attempts=3)
async def write_export(deps: Deps, *, export_id: str) -> None:
    """Write a list into its workbook. A run that was interrupted begins anew."""
    export = await ListExport.get_or_none(id=UUID(export_id), size__isnull=True, expires_at__gt=deps.clock())
    if export is None:
        return
    locale = get_locale()
    set_locale(export.locale)
    try:
        await _write(deps, export)
    except Exception:
        await ListExport.filter(id=export.id).update(has_failed=True)
        raise
    finally:
        set_locale(locale)


async def _write(deps: Deps, export: ListExport) -> None:
    try:
        actor = await load_actor(export.user_id, export.organisation_id) if export.user_id else None
    except DoesNotExist:
        return
    try:
        sheet = await _table(deps, actor, export)
    except NotFound:  # the person may not read the list any more
        return
    counted = replace(sheet, rows=_counted(export, sheet))
    with NamedTemporaryFile(suffix=".xlsx") as file:
        path = Path(file.name)
        await save_workbook(path, counted)
        size = await asyncio.to_thread(lambda: path.stat().st_size)
        await deps.store.keep(file_name(export), path)
    now = deps.clock()
    async with in_transaction():
        await ListExport.filter(id=export.id).update(size=size, finished_at=now, has_failed=False)
        if export.user_id is not None:
            await notify(
                _(
                    "%(list)s的导出完成，共 %(rows)s 行，一天内可以下载。",
                    list=label_of(export.scope),
                    rows=f"{export.done:,}",
                ),
                now=now,
                address=f"/exports/{export.id}",
                user_ids=[export.user_id],
            )


async def _table(deps: Deps, actor: Actor | None, export: ListExport) -> Table:
    """Return the sheet of a list that a room declares, or of a search.

    Raises:
        NotFound: the person may not read it any more.
    """
    query = QueryParams(export.query)
    if source := rooms().exports.get(export.scope):
        if actor is None:
            raise NotFound(_("没有这份导出，或者它已经过期。"))
        return await source.table(actor, query)
    scope = SCOPES[export.scope]
    params = await search_results.params_for(deps, actor, scope, f"/{scope.key}", query)
    searcher = await search_results.searcher_for(deps, actor, params)
    return table_of(deps, actor, scope, search_results.iterate_records(searcher, params, scope))


def label_of(key: str) -> Lazy:
    """Return what people call a list."""
    return rooms().exports[key].label if key in rooms().exports else SCOPES[key].label


async def _counted(export: ListExport, sheet: Table) -> AsyncIterator[Sequence[Sequence[Cell | None]]]:
    """Yield the rows, and write how many they are so far, for the page to show."""
    export.done = 0
    async for portion in sheet.rows:
        yield portion
        export.done += len(portion)
        await ListExport.filter(id=export.id).update(done=export.done)


@job("pages.drop_exports", cron="20 * * * *")
async def drop_expired_exports(deps: Deps) -> None:
    """Drop the exports that have expired, with their workbooks."""
    for export in await ListExport.filter(expires_at__lte=deps.clock()):
        await deps.store.drop(file_name(export))
        await export.delete()


JOBS = (write_export, drop_expired_exports)
