"""One page of a search, joined with the records in the database."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from starlette.requests import Request

from market.accounts.web import optional_actor
from market.kit.clock import local_date
from market.kit.errors import SearchUnavailable
from market.kit.pagination import Page
from market.kit.web import deps
from market.matching.match_order import has_matches, list_by_match_score
from market.pages.scopes import SCOPES, Scope
from market.search import search_params
from market.search.engine import Hits, Query, SearchEngine, Searcher
from market.search.highlight import mark
from market.search.pinned import PinnedResults
from market.search.query_planner import QueryPlanner
from market.search.search_params import SearchParams
from market.search.spelling import speller_of

FEW = 5
"""With fewer hits on the whole, related ones are shown below them."""
MOST_RELATED = 6


@dataclass(frozen=True)
class Found:
    """What a search page shows; `is_away` when the engine does not answer."""

    scope: Scope
    asked: SearchParams
    page: Page[Any]
    hits: Hits
    related: Sequence[Any] = ()
    meant: str | None = None
    """A better spelling of the words, if there is one."""
    is_away: bool = False

    @property
    def status(self) -> int:
        return 503 if self.is_away else 200

    def context(self) -> dict[str, Any]:
        """Return what every search page shows."""
        return {
            **search_params.page_context(self.asked, self.hits),
            "scope": self.scope,
            "scopes": list(SCOPES.values()),
            "page": self.page,
            "related": self.related,
            "meant": self.meant,
            "is_away": self.is_away,
            "marked": lambda text: mark(text, self.hits.terms),
        }


async def asked_of(request: Request, scope: Scope) -> SearchParams:
    """Return what the address of this request asks of a scope."""
    path = str(request.app.url_path_for(scope.route))
    today = local_date(deps(request).clock())
    is_matched = await has_matches(optional_actor(request), scope.key)
    return search_params.parse(scope.page, path, request.query_params, today, is_matched=is_matched)


async def searcher_of(request: Request, asked: SearchParams) -> Searcher:
    """Return who answers what this person asks: with models, and what fits them best first if they wish."""
    box = QueryPlanner(deps(request).search, deps(request).embedders)
    if not asked.is_by_match:
        return box
    return PinnedResults(box, await list_by_match_score(optional_actor(request), asked.page.index))


async def search(engine: SearchEngine, searches: Searcher, asked: SearchParams, scope: Scope) -> Found:
    """Ask the engine. When it is away the rest of the page is still shown, with a notice."""
    try:
        hits = await searches.search(asked.query())
        meant = await speller_of(engine).did_you_mean(scope.key, asked.words)
        related = await _related(engine, asked, hits, meant) if hits.total < FEW else []
    except SearchUnavailable:
        nothing = Hits(ids=(), total=0)
        return Found(scope, asked, asked.page_request.page([], 0), nothing, is_away=True)
    items = await scope.load(hits.ids)
    return Found(
        scope, asked, asked.page_request.page(items, hits.total), hits, await scope.load(related), meant
    )


async def _related(engine: SearchEngine, asked: SearchParams, hits: Hits, meant: str | None) -> list[UUID]:
    """Return what is near: without the conditions, what the words may mean, what is like the best hit."""
    found: dict[UUID, None] = {}
    texts = [asked.words] if asked.words and asked.chosen else []
    texts += [meant] if meant else []
    if hits.ids and asked.words and (best := await _title_of(asked.page.index, hits.ids[0])):
        texts.append(best)
    for text in texts:
        query = Query(index=asked.page.index, text=text, limit=MOST_RELATED + FEW)
        found |= dict.fromkeys((await engine.search(query)).ids)
        if len(found.keys() - set(hits.ids)) >= MOST_RELATED:
            break
    return [identity for identity in found if identity not in hits.ids][:MOST_RELATED]


async def _title_of(index: str, identity: UUID) -> str:
    for each in await SCOPES[index].load([identity]):
        return title_of(each)
    return ""


def title_of(record: Any) -> str:
    """Return what a record of any scope is called."""
    for name in ("title", "name"):
        if text := getattr(record, name, ""):
            return str(text)
    return str(record.user.name)


async def every_hit(searches: Searcher, asked: SearchParams, scope: Scope, batch: int = 1000) -> Any:
    """Yield all records of a search, batch by batch, in the order of the list."""
    query = dataclasses.replace(asked.query(), facets=(), offset=0, limit=batch)
    while True:
        hits = await searches.search(query)
        yield await scope.load(hits.ids)
        query = dataclasses.replace(query, offset=query.offset + batch)
        if query.offset >= hits.total:
            return
