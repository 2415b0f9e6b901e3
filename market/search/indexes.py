"""The five indexes and their fields, read from `search_config`, for both engines."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from market.search.engine import Query, Range

INDEXES = ("outcomes", "needs", "organisations", "brokers", "policies")
WITH_VECTORS = ("outcomes", "needs")
"""The indexes whose documents have vectors."""
CONFIG_DIRECTORY = Path(__file__).parent.parent.parent / "search_config"
_OWN = ("id", "revision", "terms")


@dataclass(frozen=True)
class Fields:
    """The fields that documents of one index may have beside their texts."""

    exact: frozenset[str]
    """Keys and codes: any-of filters and facets."""
    numbers: frozenset[str]
    """Amounts, levels and days: ranges, facets and order."""
    sortable: frozenset[str]
    newest_first: str
    """The number field by which a search without words is sorted."""

    def check(self, query: Query) -> None:
        """Raise ValueError if the query names a field that the index does not have."""
        for limit in query.filters:
            filterable = self.numbers if isinstance(limit, Range) else self.exact | {"id"}
            if limit.field not in filterable:
                raise ValueError(f"no filter on {limit.field}")
        for name in query.facets:
            if name not in self.exact | self.numbers:
                raise ValueError(f"no facet {name}")
        if query.sort and query.sort.field not in self.sortable:
            raise ValueError(f"no order by {query.sort.field}")


@lru_cache
def settings_of(index: str) -> dict[str, Any]:
    """Return the index's settings in Meilisearch's format."""
    if index not in INDEXES:
        raise ValueError(f"no index {index}")
    body: dict[str, Any] = json.loads((CONFIG_DIRECTORY / f"{index}.json").read_text("utf-8"))
    return body


@lru_cache
def fields_of(index: str) -> Fields:
    """Return the fields of an index."""
    settings = settings_of(index)
    exact: set[str] = set()
    numbers: set[str] = set()
    for group in settings["filterableAttributes"]:
        kind = numbers if group["features"]["filter"]["comparison"] else exact
        kind.update(name for name in group["attributePatterns"] if name not in _OWN)
    return Fields(
        exact=frozenset(exact),
        numbers=frozenset(numbers),
        sortable=frozenset(settings["sortableAttributes"]),
        newest_first=str(settings["rankingRules"][-1]).removesuffix(":desc"),
    )
