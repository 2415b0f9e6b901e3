"""The scopes of the search box, a page of search results with its records, and suggestions."""

from __future__ import annotations

import dataclasses
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from starlette.datastructures import QueryParams
from starlette.requests import Request

from market.accounts.actors import Actor
from market.accounts.models import BrokerProfile, Organisation, OrganisationStatus
from market.accounts.web import optional_actor
from market.deps import Deps
from market.kit.clock import local_date
from market.kit.errors import SearchUnavailable
from market.kit.i18n import Lazy, lazy
from market.kit.pagination import Page
from market.kit.web import deps
from market.listings.kinds import NEED, OUTCOME
from market.listings.queries import list_rows_by_ids
from market.matching.queries import has_matches, list_by_match_score
from market.pages.identifiers import find_listings, find_organisation, list_own_listings_of
from market.pages.policy_order import order_policies
from market.policies.queries import list_by_ids as list_policies
from market.programmes.models import Programme, ProgrammeTerms
from market.programmes.states import TermsStatus
from market.search import filters, search_params
from market.search.engine import Hits, Query, SearchEngine, Searcher
from market.search.filters import SearchPage
from market.search.highlight import mark
from market.search.normalise import fold, query_words, tokens
from market.search.query_planner import Identified, PinnedResults, QueryPlanner, is_foreign
from market.search.search_params import SearchParams
from market.search.spelling import speller_of

FEW = 5
"""With fewer hits on the whole, related ones are shown below them."""
MOST_RELATED = 6
COMMON_WORDS = 2
"""Words that a related record of the same field shares with the best hit."""
_GENERAL = "技术 系统 方法 工艺 装置 设备 研究 应用 制备 材料 产品 生产 检测 处理 利用 开发 及其 高效 新型"
GENERAL_WORDS = frozenset(_GENERAL.split())
"""Words of titles that do not tell what they are about."""
MAX_SUGGESTIONS = 8
MAX_WORDS = 5
"""Words suggested for what may be pinyin, before titles."""
MIN_TYPED = 2
"""Characters typed before titles are suggested."""


@dataclass(frozen=True)
class Scope:
    """One kind of record that can be searched."""

    key: str
    label: Lazy
    unit: Lazy
    """What follows the number of hits."""
    example: Lazy
    load: Callable[[Sequence[UUID]], Awaitable[list[Any]]]
    """Loads those of these records that the public may see, in this order."""

    @property
    def page(self) -> SearchPage:
        return filters.PAGES[self.key]

    @property
    def route(self) -> str:
        return f"pages:{self.key}"


async def _outcomes(ids: Sequence[UUID]) -> list[Any]:
    return list(await list_rows_by_ids(OUTCOME, ids))


async def _needs(ids: Sequence[UUID]) -> list[Any]:
    return list(await list_rows_by_ids(NEED, ids))


async def _organisations(ids: Sequence[UUID]) -> list[Any]:
    return _in_order(ids, await Organisation.filter(id__in=list(ids), status=OrganisationStatus.VERIFIED))


async def _brokers(ids: Sequence[UUID]) -> list[Any]:
    profiles = BrokerProfile.filter(id__in=list(ids), is_verified=True, user__is_active=True)
    return _in_order(ids, await profiles.select_related("user"))


async def _policies(ids: Sequence[UUID]) -> list[Any]:
    """Load policies, and programmes with the moment their newest terms were released, which a feed shows."""
    programmes = await Programme.filter(id__in=list(ids))
    released = ProgrammeTerms.filter(programme_id__in=list(ids), status=TermsStatus.RELEASED)
    rows = await released.order_by("released_at").values_list("programme_id", "released_at")
    moments: dict[UUID, datetime] = dict(rows)
    for programme in programmes:
        programme.released_at = moments.get(programme.id)
    return _in_order(ids, [*programmes, *await list_policies(ids)])


def _in_order(ids: Sequence[UUID], records: Sequence[Any]) -> list[Any]:
    by_id = {record.id: record for record in records}
    return [by_id[identity] for identity in ids if identity in by_id]


OUTCOMES = Scope("outcomes", lazy("成果"), lazy("项成果"), lazy("例如：铝合金 导电率、甘蔗 切割"), _outcomes)
NEEDS = Scope("needs", lazy("需求"), lazy("条需求"), lazy("例如：导电率、电池 均温、香气 检测"), _needs)
ORGANISATIONS = Scope("organisations", lazy("单位"), lazy("个单位"), lazy("单位名称或专长"), _organisations)
BROKERS = Scope("brokers", lazy("经纪人"), lazy("位经纪人"), lazy("姓名或专长"), _brokers)
POLICIES = Scope("policies", lazy("政策"), lazy("项政策"), lazy("例如：后补助、创新券"), _policies)
SCOPES: Mapping[str, Scope] = {
    scope.key: scope for scope in (OUTCOMES, NEEDS, ORGANISATIONS, BROKERS, POLICIES)
}


@dataclass(frozen=True)
class SearchResults:
    """One page of a search with its records; `is_away` when the engine does not answer."""

    scope: Scope
    params: SearchParams
    page: Page[Any]
    hits: Hits
    related: Sequence[Any] = ()
    suggestion: str | None = None
    """A better spelling of the words, if there is one."""
    repaired: str | None = None
    """What was searched for instead of the mistyped words."""
    is_away: bool = False

    @property
    def is_by_meaning(self) -> bool:
        """Whether no listing has these foreign words, so that their meaning was looked for."""
        return bool(self.hits.total) and not self.hits.terms and is_foreign(self.params.words)

    @property
    def status(self) -> int:
        return 503 if self.is_away else 200

    def context(self) -> dict[str, Any]:
        """Return what every search page shows."""
        return {
            **search_params.page_context(self.params, self.hits),
            "scope": self.scope,
            "scopes": list(SCOPES.values()),
            "page": self.page,
            "related": self.related,
            "suggestion": self.suggestion,
            "repaired": self.repaired,
            "is_by_meaning": self.is_by_meaning,
            "is_away": self.is_away,
            "marked": lambda text: mark(text, self.hits.terms),
        }


async def parse_params(request: Request, scope: Scope) -> SearchParams:
    """Parse the search parameters of a scope from the address of the request."""
    path = str(request.app.url_path_for(scope.route))
    return await params_for(deps(request), optional_actor(request), scope, path, request.query_params)


async def params_for(
    deps: Deps, actor: Actor | None, scope: Scope, path: str, query: QueryParams
) -> SearchParams:
    """Parse the search parameters of a scope from a query string, for this person."""
    is_matched = await has_matches(actor, scope.key)
    return search_params.parse(scope.page, path, query, local_date(deps.clock()), is_matched=is_matched)


async def searcher_of(request: Request, params: SearchParams) -> Searcher:
    """Return the searcher for these parameters and the person who asks."""
    return await searcher_for(deps(request), optional_actor(request), params)


async def searcher_for(deps: Deps, actor: Actor | None, params: SearchParams) -> Searcher:
    """Return the searcher for these parameters: with models, by match score where that is asked for."""
    box: Searcher = QueryPlanner(deps.search, deps.embedders)
    if params.words:
        if named := await find_listings(params.page.index, params.words):
            return Identified(box, named)
        if organisation := await find_organisation(params.words):
            return PinnedResults(box, await list_own_listings_of(params.page.index, organisation))
    if params.page.index == POLICIES.key and not params.words:
        return PinnedResults(box, await order_policies(actor))
    if not params.is_by_match:
        return box
    return PinnedResults(box, await list_by_match_score(actor, params.page.index))


async def search(
    engine: SearchEngine, searches: Searcher, params: SearchParams, scope: Scope
) -> SearchResults:
    """Query the engine and load the records; when it is away the rest of the page is still shown.

    Words that nothing has and that sound like others are repaired, unless the person insists.
    """
    repaired = None
    try:
        suggestion = await speller_of(engine).did_you_mean(scope.key, params.words)
        if suggestion and not params.is_exact and _is_repair(params.words):
            repaired, suggestion = suggestion, None
        query = params.query() if repaired is None else dataclasses.replace(params.query(), text=repaired)
        hits = await searches.search(query)
        related = await _related(engine, params, hits, repaired or suggestion) if hits.total < FEW else []
    except SearchUnavailable:
        nothing = Hits(ids=(), total=0)
        return SearchResults(scope, params, params.page_request.page([], 0), nothing, is_away=True)
    return SearchResults(
        scope,
        params,
        params.page_request.page(await scope.load(hits.ids), hits.total),
        hits,
        await _near(scope, related, f"{params.words} {repaired or suggestion or ''}", hits),
        suggestion,
        repaired,
    )


def _is_repair(text: str) -> bool:
    """Return whether a correction is made without asking: of Chinese words only."""
    return any(token.is_dense for token in tokens(fold(text)))


async def _related(
    engine: SearchEngine, params: SearchParams, hits: Hits, suggestion: str | None
) -> list[UUID]:
    """Return related records: without the filters, by the suggested spelling, and similar to the best hit."""
    nearby: dict[UUID, None] = {}
    texts = [params.words] if params.words and params.chosen else []
    texts += [suggestion] if suggestion else []
    if hits.ids and params.words and (best := await _title_of(params.page.index, hits.ids[0])):
        texts.append(best)
    for text in texts:
        query = Query(index=params.page.index, text=text, limit=MOST_RELATED + FEW)
        nearby |= dict.fromkeys((await engine.search(query)).ids)
    return [identity for identity in nearby if identity not in hits.ids]


async def _near(scope: Scope, ids: Sequence[UUID], text: str, hits: Hits) -> list[Any]:
    """Return those of the records that have a word of the query, or two of the best hit and its field."""
    if not ids:
        return []
    best = next(iter(await scope.load(hits.ids[:1])), None)
    typed, wanted = _content_words(text), _content_words(title_of(best)) if best else set()
    field = getattr(best, "field", "")
    near = []
    for record in await scope.load(ids):
        words = _content_words(" ".join([title_of(record), *(getattr(record, "keywords", None) or [])]))
        is_of_field = bool(field) and field == getattr(record, "field", "")
        if words & typed or (is_of_field and len(words & wanted) >= COMMON_WORDS):
            near.append(record)
    return near[:MOST_RELATED]


def _content_words(text: str) -> set[str]:
    """Return the words of a text that say what it is about."""
    return {word for word in query_words(fold(text)) if len(word) > 1 and word not in GENERAL_WORDS}


async def _title_of(index: str, identity: UUID) -> str:
    for record in await SCOPES[index].load([identity]):
        return title_of(record)
    return ""


def title_of(record: Any) -> str:
    """Return what a record of any scope is called."""
    for name in ("title", "name"):
        if text := getattr(record, name, ""):
            return str(text)
    return str(record.user.name)


async def count(searches: Searcher, params: SearchParams) -> int:
    """Return the number of records of a search."""
    return (await searches.search(dataclasses.replace(params.query(), facets=(), offset=0, limit=1))).total


async def iterate_records(searches: Searcher, params: SearchParams, scope: Scope, batch: int = 1000) -> Any:
    """Yield all records of a search, batch by batch, in the order of the list."""
    query = dataclasses.replace(params.query(), facets=(), offset=0, limit=batch)
    while True:
        hits = await searches.search(query)
        yield await scope.load(hits.ids)
        query = dataclasses.replace(query, offset=query.offset + batch)
        if query.offset >= hits.total:
            return


async def find_suggestions(engine: SearchEngine, index: str, typed: str) -> list[str]:
    """Return up to eight titles for what is typed so far; none when the engine is away."""
    scope = SCOPES.get(index, OUTCOMES)
    text = " ".join(typed.replace("\x00", " ").split())
    if len(text) < MIN_TYPED:
        return []
    try:
        words = await speller_of(engine).complete(scope.key, text, MAX_WORDS)
        hits = await engine.search(Query(index=scope.key, text=text, limit=MAX_SUGGESTIONS - len(words)))
    except SearchUnavailable:
        return []
    return list(dict.fromkeys([*words, *(title_of(record) for record in await scope.load(hits.ids))]))
