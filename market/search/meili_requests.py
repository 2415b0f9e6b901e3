"""Bodies of requests to Meilisearch and documents as it takes them, in its own vocabulary. Pure."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping, Sequence
from hashlib import blake2b
from typing import Any
from uuid import UUID

from market.search.candidates import FACTS, Candidates, record_of
from market.search.documents import Prepared
from market.search.engine import AnyOf, Filter, Hits, NoneOf, Query, Range, Vector
from market.search.indexes import fields_of
from market.search.meili_http import Json
from market.search.normalise import query_words, spaced
from market.search.rescoring import FIRST, Hit, reordered

MOSTLY = 0.5
"""From here on meaning is asked for beside the words."""


def search_queries(query: Query, uid: str, words: str) -> tuple[list[Json], list[list[str]]]:
    """Return the search, then one query for each facet that is itself filtered on; and their facets."""
    filtered = {limit.field for limit in query.filters}
    free = [name for name in query.facets if name not in filtered]
    page, size = _page(query)
    common: Json = {"indexUid": uid, "q": words, "matchingStrategy": "frequency"}
    if words:
        common["locales"] = ["cmn", "eng"]
    if query.sort:
        common["sort"] = [f"{query.sort.field}:{'desc' if query.sort.is_descending else 'asc'}"]
    # Short questions are the home of the server's own ranking; a foreign language is not.
    model = next(iter(query.vectors), None)
    is_hybrid = model is not None and query.meaning >= MOSTLY and not query.sort
    if model is not None and is_hybrid:
        common["vector"] = [float(number) for number in query.vectors[model]]
        common["hybrid"] = {"semanticRatio": query.meaning, "embedder": model}

    def build(filters: Sequence[Filter], facets: list[str], page: int, size: int) -> Json:
        body = {**common, "page": page, "hitsPerPage": size, "attributesToRetrieve": ["id"]}
        if filters:
            body["filter"] = [filter_of(limit) for limit in filters]
        if facets:
            body["facets"] = facets
        return body

    main = build(query.filters, free, page, size)
    is_reordered = "is_stale" in fields_of(query.index).numbers and query.offset < FIRST
    if words and is_reordered and not is_hybrid and not query.sort:
        main |= {
            "page": 1,
            "hitsPerPage": max(query.offset + query.limit, FIRST),
            "attributesToRetrieve": ["id", "record", "is_stale"],
            "showRankingScore": True,
        }
    queries, facets = [main], [free]
    for name in query.facets:
        if name in filtered:
            others = [limit for limit in query.filters if limit.field != name]
            queries.append(build(others, [name], 1, 1))
            facets.append([name])
    return queries, facets


def hits_of(
    query: Query, folded: str, ids: Sequence[UUID], answers: Sequence[Json], facets: Sequence[Sequence[str]]
) -> Hits:
    """Return the hits, their total from the first answer and the facets of each from its own."""
    counts: dict[str, dict[str, int]] = {}
    for answer, names in zip(answers, facets, strict=True):
        distribution = answer.get("facetDistribution") or {}
        counts |= {name: distribution.get(name, {}) for name in names}
    return Hits(
        ids=tuple(ids),
        total=answers[0].get("totalHits") or 0,
        facets={name: counts[name] for name in query.facets},
        terms=tuple(query_words(folded)),
    )


def in_order(hits: Sequence[Json], text: str, most: int = FIRST) -> list[Json]:
    """Return hits with the first of them looked at again."""
    if not all("record" in one for one in hits):
        return list(hits)  # of an index that waits to be built anew by this release
    records = Candidates.of([from_text(one["record"]) for one in hits[:most]])
    counts = records.heads["counts"].tolist()
    first = [
        Hit(one["_rankingScore"], marks, each, bool(one.get("is_stale")))
        for one, marks, each in zip(hits, records.marks, counts, strict=False)
    ]
    return [*(hits[at] for at in reordered(text, first)), *hits[most:]]


def _page(query: Query) -> tuple[int, int]:
    """Return page and size that hold the wanted hits; only numbered pages have an exact total."""
    if query.limit and query.offset % query.limit == 0:
        return query.offset // query.limit + 1, query.limit
    return 1, query.offset + query.limit or 1


def filter_of(limit: Filter) -> str:
    if isinstance(limit, AnyOf):
        return f"{limit.field} IN {listed(limit.values)}"
    if isinstance(limit, NoneOf):
        return f"{limit.field} NOT IN {listed(limit.values)}"
    return _range(limit)


def _range(limit: Range) -> str:
    bounds = [
        f"{limit.field} {sign} {bound}"
        for sign, bound in ((">=", limit.least), ("<=", limit.most))
        if bound is not None
    ]
    kept = " AND ".join(bounds) or f"{limit.field} EXISTS"
    return f"(({kept}) OR {limit.field} NOT EXISTS)" if limit.or_missing else f"({kept})"


def listed(values: Sequence[str]) -> str:
    return "[" + ", ".join(json.dumps(value, ensure_ascii=False) for value in values) + "]"


def filter_query(uid: str, filters: Sequence[str], limit: int, fields: Sequence[str]) -> Json:
    """Return a query for what passes the filters, in no order of relevance."""
    return {"indexUid": uid, "q": "", "filter": list(filters), "limit": limit, "attributesToRetrieve": fields}


def vector_query(
    uid: str, filters: Sequence[str], limit: int, fields: Sequence[str], model: str, vector: Vector
) -> Json:
    """Return a query for the documents nearest to a vector of this model."""
    body = {
        "indexUid": uid,
        "q": "",
        "limit": limit,
        "attributesToRetrieve": fields,
        "vector": [float(number) for number in vector],
        "hybrid": {"semanticRatio": 1.0, "embedder": model},
        "showRankingScore": True,
    }
    return {**body, "filter": list(filters)} if filters else body


def names_in(settings: Mapping[str, Any]) -> tuple[set[str], set[str]]:
    """Return what the settings of an index let filter by and what they show; without ours, neither."""
    groups = settings["filterableAttributes"]
    filterable = {name for one in groups if isinstance(one, dict) for name in one["attributePatterns"]}
    return filterable, set(settings["displayedAttributes"])


def fingerprint_of(settings: Mapping[str, Any]) -> str:
    """Return a hash that differs for other settings."""
    text = json.dumps(settings, sort_keys=True, ensure_ascii=False)
    return blake2b(text.encode(), digest_size=16).hexdigest()


def document_of(index: str, one: Prepared) -> dict[str, Any]:
    facts = one.facts()
    record = record_of(index, facts)
    del facts["marks"], facts["counts"]
    if index in FACTS:
        facts |= {"record": as_text(record), "stamp": stamp_of(record)}
    return {
        **facts,
        "terms": one.indexed_terms(),
        "s_title": spaced(one.title.folded),
        "s_keywords": spaced(one.keywords.folded),
        "s_text": spaced(one.text.folded),
        "s_english": spaced(one.english.folded),
        "s_names": spaced(one.names.folded),
        "pinyin": " ".join(one.pinyin),
    }


def stamp_of(record: bytes) -> int:
    """Return a number that no other record of a document has: short to ask for and to compare.

    Within 2**48, since the server counts in floating point.
    """
    return int.from_bytes(blake2b(record, digest_size=6).digest(), "big")


def as_text(record: bytes) -> str:
    """Return a record for a server that keeps texts only."""
    return base64.b64encode(record).decode()


def from_text(text: str) -> bytes:
    """Return what `as_text` was given."""
    return base64.b64decode(text)
