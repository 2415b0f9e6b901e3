"""Search pages: what the address asks for, and the filters beside the results. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cached_property
from typing import Any
from urllib.parse import quote_plus, urlencode

from starlette.datastructures import QueryParams

from market.kit.i18n import gettext as _
from market.kit.pagination import Cut
from market.search.documents import as_number
from market.search.engine import AnyOf, Filter, Hits, Query, Range
from market.search.filters import MATCH, Multi, SearchPage, Steps

MOST_WORDS = 200
MOST_VALUES = 30
DAYS = ("verified_on", "published_on", "deadline_on")
"""Numbers that are days, whose steps are counted from today."""


@dataclass(frozen=True)
class Option:
    """One value of a filter: how many hits it would leave, and the address that chooses or drops it."""

    words: str
    count: int | None
    is_chosen: bool
    address: str


@dataclass(frozen=True)
class Facet:
    """One filter of the left column."""

    words: str
    options: list[Option]
    help: str = ""

    @property
    def is_open(self) -> bool:
        return any(option.is_chosen for option in self.options)


@dataclass(frozen=True)
class Asked:
    """What an address asks for; nonsense in it is dropped."""

    page: SearchPage
    path: str
    words: str
    chosen: dict[str, list[str]]
    sort: str
    cut: Cut
    today: date
    size_given: bool = field(default=False)
    is_matched: bool = field(default=False)
    """Whether the order by how well a listing fits the viewer's own is offered."""

    @property
    def by_match(self) -> bool:
        return self.sort == MATCH

    def query(self) -> Query:
        """Return the search for the engine."""
        return Query(
            index=self.page.index,
            text=self.words,
            filters=tuple(self._filters()),
            facets=self._counted(),
            sort=self.page.sorts[self.sort][1],
            offset=self.cut.offset,
            limit=self.cut.size,
        )

    def facets(self, hits: Hits) -> list[Facet]:
        """Return the filters with exact counts; a value without hits is left out unless it is chosen."""
        found = [self._multi(each, hits.facets.get(each.field, {})) for each in self.page.multi]
        found += [self._steps(each, hits.facets.get(each.field, {})) for each in self.page.steps]
        return [each for each in found if each.options and (hits.total or each.is_open)]

    def chips(self) -> list[Option]:
        """Return what is chosen, each with the address that drops it."""
        chips = [Option(f"“{self.words}”", None, True, self.address(q=[]))] if self.words else []
        chosen = self.chosen.keys()
        names = {
            each.name: {
                value: f"{each.words}：{words}" if each.is_named else words for value, words in each.values()
            }
            for each in self.page.multi
            if each.name in chosen
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
        """Return the orders of the list."""
        return [
            Option(str(words), None, key == self.sort, self.address(sort=[key] if key else []))
            for key, (words, _sort) in self.page.sorts.items()
            if key != MATCH or self.is_matched
        ]

    def sizes(self) -> list[Option]:
        """Return the sizes of a page."""
        return [
            Option(str(size), None, size == self.cut.size, self.address(size=[str(size)]))
            for size in (20, 50, 100)
        ]

    def hidden(self) -> list[tuple[str, str]]:
        """Return what a new search in the box keeps: the filters and the order."""
        kept = [(name, value) for name, values in self.chosen.items() for value in values]
        return [*kept, ("sort", self.sort)] if self.sort else kept

    def address(self, **changes: list[str]) -> str:
        """Return the address of this list with some of it changed, from its first page on."""
        asked: dict[str, list[str]] = {"q": [self.words] if self.words else [], **self.chosen}
        asked["sort"] = [self.sort] if self.sort else []
        asked["size"] = [str(self.cut.size)] if self.size_given else []
        asked |= changes
        pairs = [(name, value) for name, values in asked.items() for value in values]
        return self.path + ("?" + urlencode(pairs) if pairs else "")

    @cached_property
    def _start(self) -> str:
        """The address of this list up to the value of a filter that is not chosen yet."""
        address = self.address()
        return address + ("&" if "?" in address else "?")

    def _counted(self) -> tuple[str, ...]:
        fields = [each.field for each in self.page.multi] + [each.field for each in self.page.steps]
        return tuple(dict.fromkeys(fields))

    def _filters(self) -> list[Filter]:
        found: list[Filter] = [
            AnyOf(each.field, tuple(self.chosen[each.name]))
            for each in self.page.multi
            if each.name in self.chosen
        ]
        for step in self.page.steps:
            for value in self.chosen.get(step.name, []):
                _words, least, most = step.steps[value]
                found.append(Range(step.field, *_bounds(step.field, least, most, self.today)))
        return found

    def _multi(self, each: Multi, counts: Mapping[str, int]) -> Facet:
        chosen = self.chosen.get(each.name, [])
        options = [
            Option(words, counts.get(value, 0), value in chosen, self._toggled(each.name, value))
            for value, words in each.values()
            if counts.get(value) or value in chosen
        ]
        if each.most < len(options):
            options.sort(key=lambda option: (not option.is_chosen, -(option.count or 0)))
        return Facet(str(each.words), options[: each.most], str(self.page.helps.get(each.name, "")))

    def _steps(self, each: Steps, counts: Mapping[str, int]) -> Facet:
        chosen = self.chosen.get(each.name, [])
        numbers = [(int(number), n) for number, n in counts.items()]
        options = []
        for value, (words, least, most) in each.steps.items():
            bounds = _bounds(each.field, least, most, self.today)
            count = sum(n for number, n in numbers if _is_between(number, *bounds))
            if count == 0 and value not in chosen:
                continue
            address = self._toggled(each.name, value, is_single=True)
            options.append(Option(str(words), count, value in chosen, address))
        return Facet(str(each.words), options)

    def _toggled(self, name: str, value: str, *, is_single: bool = False) -> str:
        chosen = self.chosen.get(name)
        if not chosen:
            return f"{self._start}{name}={quote_plus(value)}"
        if value in chosen:
            return self.address(**{name: [each for each in chosen if each != value]})
        return self.address(**{name: [value] if is_single else [*chosen, value]})


def read(page: SearchPage, path: str, asked: QueryParams, today: date, *, is_matched: bool = False) -> Asked:
    """Read an address; whatever it does not know, or does not offer this viewer, is dropped."""
    chosen: dict[str, list[str]] = {}
    for each in page.multi:
        given = dict.fromkeys(asked.getlist(each.name))
        known = dict(each.values()) if given else {}
        values = [value for value in given if value in known][:MOST_VALUES]
        if values:
            chosen[each.name] = values
    for step in page.steps:
        if (value := asked.get(step.name, "")) in step.steps:
            chosen[step.name] = [value]
    sort = asked.get("sort", "")
    words = " ".join(asked.get("q", "").replace("\x00", " ").split())
    words = "".join(c for c in words[:MOST_WORDS] if not "\ud800" <= c <= "\udfff")
    return Asked(
        page=page,
        path=path,
        words=words,
        chosen=chosen,
        sort=sort if sort in page.sorts and (sort != MATCH or is_matched) else "",
        cut=Cut.of(asked),
        today=today,
        size_given="size" in asked,
        is_matched=is_matched,
    )


def _is_between(value: int, least: int | None, most: int | None) -> bool:
    return (least is None or value >= least) and (most is None or value <= most)


def _bounds(field: str, least: int | None, most: int | None, today: date) -> tuple[int | None, int | None]:
    """Turn days counted from today into the index's numbers; other numbers stay as they are."""
    if field not in DAYS:
        return least, most

    def number(days: int | None) -> int | None:
        return None if days is None else as_number(today + timedelta(days=days))

    return number(least), number(most)


def empty_words(asked: Asked) -> str:
    """Return what to say when nothing was found."""
    if asked.chosen:
        return _("没有符合全部条件的结果。去掉一两个条件再试。")
    if asked.words:
        return _("没有找到。换一个说法，或只用一两个关键词再试。")
    return _("现在还没有可看的。")


def context(asked: Asked, hits: Hits) -> dict[str, Any]:
    """Return what every list page shows beside its rows."""
    return {
        "asked": asked,
        "facets": asked.facets(hits),
        "chips": asked.chips(),
        "sorts": asked.sorts(),
        "sort_help": str(asked.page.helps.get(asked.sort, "")),
        "sizes": asked.sizes(),
        "hidden": asked.hidden(),
        "total": hits.total,
        "empty_words": empty_words(asked),
    }
