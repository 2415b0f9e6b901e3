"""Search pages: parse the query string and build the filters, chips and sort links beside the hits. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cached_property
from typing import Any
from urllib.parse import quote_plus, urlencode

import orjson
from starlette.datastructures import QueryParams

from market.kit.i18n import gettext as _
from market.kit.pagination import PageRequest
from market.search.documents import as_number
from market.search.engine import AnyOf, Filter, Hits, Query, Range
from market.search.filters import MATCH, ChoiceFilter, RangeFilter, SearchPage

LONGEST_TEXT = 200
MAX_VALUES = 30
DAYS = ("verified_on", "published_on", "deadline_on")
"""Date fields, whose ranges are relative to today."""


@dataclass(frozen=True)
class Option:
    """One value of a filter: its facet count, and the URL that toggles it."""

    words: str
    count: int | None
    is_chosen: bool
    address: str


@dataclass(frozen=True)
class Facet:
    """One filter of the sidebar."""

    words: str
    options: list[Option]
    help: str = ""

    @property
    def is_open(self) -> bool:
        return any(option.is_chosen for option in self.options)


def _counts(hits: Hits, definition: ChoiceFilter | RangeFilter) -> Mapping[str, int]:
    return hits.facets.get(definition.field, {})


@dataclass(frozen=True)
class SearchParams:
    """Parsed query string of a search page; invalid parameters are dropped."""

    page: SearchPage
    path: str
    words: str
    chosen: dict[str, list[str]]
    sort: str
    page_request: PageRequest
    today: date
    has_size: bool = field(default=False)
    is_matched: bool = field(default=False)
    """Whether the order by match score with the viewer's own listings is offered."""

    is_exact: bool = field(default=False)
    """Whether mistyped words are left as they are."""

    @property
    def is_by_match(self) -> bool:
        return self.sort == MATCH

    def query(self) -> Query:
        """Build the engine's query."""
        return Query(
            index=self.page.index,
            text=self.words,
            filters=tuple(self._filters()),
            facets=self._facet_fields(),
            sort=self.page.sorts[self.sort][1],
            offset=self.page_request.offset,
            limit=self.page_request.size,
        )

    def facets(self, hits: Hits) -> list[Facet]:
        """Return the filters with exact counts, without values that have no hits, unless chosen."""
        choices = {
            choice.name: self._choice_facet(choice, _counts(hits, choice)) for choice in self.page.choices
        }
        ranges = {step.name: self._range_facet(step, _counts(hits, step)) for step in self.page.steps}
        facets = choices | ranges
        names = dict.fromkeys([name for name in self.page.lead if name in facets] + list(facets))
        ordered = [facets[name] for name in names]
        return [facet for facet in ordered if facet.options and (hits.total or facet.is_open)]

    def filters_key(self, hits: Hits) -> tuple[Any, ...] | None:
        """Return what the filters are drawn from; None where words were typed, which are never the same."""
        if self.words:
            return None
        counts = orjson.dumps(hits.facets, option=orjson.OPT_SORT_KEYS)
        return "filters", self.page.index, self.address(), self.today, hits.total > 0, counts

    def chips(self) -> list[Option]:
        """Return the active filters, each with the URL that removes it."""
        chips = [Option(f"“{self.words}”", None, True, self.address(q=[]))] if self.words else []
        chosen = self.chosen.keys()
        names = {
            choice.name: {
                value: f"{choice.words}：{words}" if choice.is_named else words
                for value, words in choice.values()
            }
            for choice in self.page.choices
            if choice.name in chosen
        }
        names |= {
            step.name: {key: f"{step.words}：{of[0]}" for key, of in step.steps.items()}
            for step in self.page.steps
            if step.name in chosen
        }
        return chips + [
            Option(names[name].get(value, value), None, True, self._toggled(name, value))
            for name, values in self.chosen.items()
            for value in values
        ]

    def sorts(self) -> list[Option]:
        """Return the sort options."""
        return [
            Option(str(words), None, key == self.sort, self.address(sort=[key] if key else []))
            for key, (words, _sort) in self.page.sorts.items()
            if key != MATCH or self.is_matched
        ]

    def sizes(self) -> list[Option]:
        """Return the page size options."""
        return [
            Option(str(size), None, size == self.page_request.size, self.address(size=[str(size)]))
            for size in (20, 50, 100)
        ]

    def hidden(self) -> list[tuple[str, str]]:
        """Return the hidden form fields that a new search keeps: filters and order."""
        fields = [(name, value) for name, values in self.chosen.items() for value in values]
        return [*fields, ("sort", self.sort)] if self.sort else fields

    def address(self, **changes: list[str]) -> str:
        """Return the URL of the first page with some parameters changed."""
        params: dict[str, list[str]] = {"q": [self.words] if self.words else [], **self.chosen}
        params["sort"] = [self.sort] if self.sort else []
        params["size"] = [str(self.page_request.size)] if self.has_size else []
        params |= changes
        pairs = [(name, value) for name, values in params.items() for value in values]
        return self.path + ("?" + urlencode(pairs) if pairs else "")

    @cached_property
    def _start(self) -> str:
        """Return the URL prefix to which `name=value` of an additional filter is appended."""
        address = self.address()
        return address + ("&" if "?" in address else "?")

    def _facet_fields(self) -> tuple[str, ...]:
        fields = [choice.field for choice in self.page.choices] + [choice.field for choice in self.page.steps]
        return tuple(dict.fromkeys(fields))

    def _filters(self) -> list[Filter]:
        filters: list[Filter] = [
            AnyOf(choice.field, tuple(self.chosen[choice.name]))
            for choice in self.page.choices
            if choice.name in self.chosen
        ]
        for step in self.page.steps:
            for value in self.chosen.get(step.name, []):
                _words, least, most = step.steps[value]
                filters.append(Range(step.field, *_bounds(step.field, least, most, self.today)))
        return filters

    def _choice_facet(self, choice: ChoiceFilter, counts: Mapping[str, int]) -> Facet:
        chosen = self.chosen.get(choice.name, [])
        options = [
            Option(words, counts.get(value, 0), value in chosen, self._toggled(choice.name, value))
            for value, words in choice.values()
            if counts.get(value) or value in chosen
        ]
        if choice.most < len(options):
            options.sort(key=lambda option: (not option.is_chosen, -(option.count or 0)))
        return Facet(str(choice.words), options[: choice.most], str(self.page.helps.get(choice.name, "")))

    def _range_facet(self, ranges: RangeFilter, counts: Mapping[str, int]) -> Facet:
        chosen = self.chosen.get(ranges.name, [])
        numbers = [(int(number), n) for number, n in counts.items()]
        options = []
        for value, (words, least, most) in ranges.steps.items():
            bounds = _bounds(ranges.field, least, most, self.today)
            count = sum(n for number, n in numbers if _is_between(number, *bounds))
            if count == 0 and value not in chosen:
                continue
            address = self._toggled(ranges.name, value, is_single=True)
            options.append(Option(str(words), count, value in chosen, address))
        return Facet(str(ranges.words), options)

    def _toggled(self, name: str, value: str, *, is_single: bool = False) -> str:
        chosen = self.chosen.get(name)
        if not chosen:
            return f"{self._start}{name}={quote_plus(value)}"
        if value in chosen:
            return self.address(**{name: [other for other in chosen if other != value]})
        return self.address(**{name: [value] if is_single else [*chosen, value]})


def parse(
    page: SearchPage, path: str, query: QueryParams, today: date, *, is_matched: bool = False
) -> SearchParams:
    """Parse a query string; drop what is unknown or not offered to this viewer."""
    chosen: dict[str, list[str]] = {}
    for choice in page.choices:
        requested = dict.fromkeys(query.getlist(choice.name))
        labels = dict(choice.values()) if requested else {}
        values = [value for value in requested if value in labels][:MAX_VALUES]
        if values:
            chosen[choice.name] = values
    for step in page.steps:
        if (value := query.get(step.name, "")) in step.steps:
            chosen[step.name] = [value]
    sort = query.get("sort", "")
    words = " ".join(query.get("q", "").replace("\x00", " ").split())
    words = "".join(c for c in words[:LONGEST_TEXT] if not "\ud800" <= c <= "\udfff")
    return SearchParams(
        page=page,
        path=path,
        words=words,
        chosen=chosen,
        sort=sort if sort in page.sorts and (sort != MATCH or is_matched) else "",
        page_request=PageRequest.from_query(query),
        today=today,
        has_size="size" in query,
        is_matched=is_matched,
        is_exact=query.get("exact") == "1",
    )


def _is_between(value: int, least: int | None, most: int | None) -> bool:
    return (least is None or value >= least) and (most is None or value <= most)


def _bounds(field: str, least: int | None, most: int | None, today: date) -> tuple[int | None, int | None]:
    """Convert days relative to today into the index's day numbers; return other bounds unchanged."""
    if field not in DAYS:
        return least, most

    def number(days: int | None) -> int | None:
        return None if days is None else as_number(today + timedelta(days=days))

    return number(least), number(most)


def empty_text(params: SearchParams) -> str:
    """Return the message for an empty result."""
    if params.chosen:
        return _("没有符合全部条件的结果。去掉一两个条件再试。")
    if params.words:
        return _("没有找到。换一个说法，或只用一两个关键词再试。")
    return _("现在还没有可看的。")


def page_context(params: SearchParams, hits: Hits) -> dict[str, Any]:
    """Return the template context that all search pages share."""
    return {
        "params": params,
        "hits": hits,
        "filters_key": params.filters_key(hits),
        "chips": params.chips(),
        "sorts": params.sorts(),
        "sort_help": str(params.page.helps.get(params.sort, "")),
        "sizes": params.sizes(),
        "hidden": params.hidden(),
        "total": hits.total,
        "empty_words": empty_text(params),
    }
