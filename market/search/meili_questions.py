"""What is asked of a Meilisearch and what it is given, in its own words. Pure."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping, Sequence
from hashlib import blake2b
from typing import Any
from uuid import UUID

from meilisearch_python_sdk.models.search import Hybrid, SearchParams

from market.search.candidates import FACTS, Candidates, record_of
from market.search.documents import Prepared
from market.search.engine import AnyOf, Filter, Hits, NoneOf, Query, Range, Vector
from market.search.indexes import fields_of
from market.search.normalise import query_words, spaced
from market.search.rescoring import FIRST, Hit, reordered

MOSTLY = 0.5
"""From here on meaning is asked for beside the words."""


def search_questions(query: Query, uid: str, words: str) -> tuple[list[SearchParams], list[list[str]]]:
    """Return the search, and one question beside it for each facet that is itself filtered on."""
    filtered = {one.field for one in query.filters}
    free = [name for name in query.facets if name not in filtered]
    page, size = _page(query)
    sort = None
    if query.sort:
        sort = [f"{query.sort.field}:{'desc' if query.sort.is_descending else 'asc'}"]

    # Short questions are the home of the server's own ranking; a foreign language is not.
    name = next(iter(query.vectors), None)
    beside: dict[str, Any] = {}
    if name is not None and query.meaning >= MOSTLY and not query.sort:
        beside["vector"] = [float(one) for one in query.vectors[name]]
        beside["hybrid"] = Hybrid(semantic_ratio=query.meaning, embedder=name)

    def ask(filters: Sequence[Filter], facets: list[str], page: int, size: int) -> SearchParams:
        return SearchParams(
            index_uid=uid,
            q=words,
            filter=[filter_of(one) for one in filters] or None,
            facets=facets or None,
            sort=sort,
            matching_strategy="frequency",
            locales=["cmn", "eng"] if words else None,
            page=page,
            hits_per_page=size,
            attributes_to_retrieve=["id"],
            **beside,
        )

    asked = [ask(query.filters, free, page, size)]
    if (
        words
        and not beside
        and not query.sort
        and query.offset < FIRST
        and "is_stale" in fields_of(query.index).numbers
    ):
        asked[0].page, asked[0].hits_per_page = 1, max(query.offset + query.limit, FIRST)
        asked[0].attributes_to_retrieve = ["id", "record", "is_stale"]
        asked[0].show_ranking_score = True
    counted = [free]
    for name in query.facets:
        if name in filtered:
            asked.append(ask([one for one in query.filters if one.field != name], [name], 1, 1))
            counted.append([name])
    return asked, counted


def hits_of(
    query: Query, folded: str, ids: Sequence[UUID], answers: Sequence[Any], counted: Sequence[Sequence[str]]
) -> Hits:
    facets: dict[str, dict[str, int]] = {}
    for answer, names in zip(answers, counted, strict=True):
        found = answer.facet_distribution or {}
        facets |= {name: found.get(name, {}) for name in names}
    return Hits(
        ids=tuple(ids),
        total=answers[0].total_hits or 0,
        facets={name: facets[name] for name in query.facets},
        terms=tuple(query_words(folded)),
    )


def in_order(hits: Sequence[dict[str, Any]], text: str, most: int = FIRST) -> list[dict[str, Any]]:
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


def plain(uid: str, kept: Sequence[str], limit: int, fields: list[str]) -> SearchParams:
    return SearchParams(index_uid=uid, q="", filter=list(kept), limit=limit, attributes_to_retrieve=fields)


def near(
    uid: str, kept: Sequence[str], limit: int, fields: list[str], name: str, vector: Vector
) -> SearchParams:
    return SearchParams(
        index_uid=uid,
        q="",
        filter=list(kept) or None,
        limit=limit,
        attributes_to_retrieve=fields,
        vector=[float(one) for one in vector],
        hybrid=Hybrid(semantic_ratio=1.0, embedder=name),
        show_ranking_score=True,
    )


def names_in(settings: Mapping[str, Any]) -> tuple[set[str], set[str]]:
    """Return what the settings of an index let filter by and what they show; without ours, neither."""
    groups = settings["filterableAttributes"]
    filterable = {name for one in groups if isinstance(one, dict) for name in one["attributePatterns"]}
    return filterable, set(settings["displayedAttributes"])


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
