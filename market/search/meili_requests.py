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
from market.search.meili_client import Json
from market.search.normalise import LONGEST_QUERY, fold, query_words, spaced, tokens
from market.search.reranking import RERANKED, ScoredHit, rerank

HYBRID_FROM = 0.5
"""Share of vector similarity from which a search is hybrid."""


def search_queries(query: Query, uid: str, words: str) -> tuple[list[Json], list[list[str]]]:
    """Return the search, then one query for each facet that is itself filtered on; and their facets."""
    filtered = {limit.field for limit in query.filters}
    free = [name for name in query.facets if name not in filtered]
    page, size = _page(query)
    common: Json = {"indexUid": uid, "q": words, "matchingStrategy": _strategy(query.text)}
    if words:
        common["locales"] = ["cmn", "eng"]
    if query.sort:
        common["sort"] = [f"{query.sort.field}:{'desc' if query.sort.is_descending else 'asc'}"]
    # The server's own ranking serves short queries best; foreign languages need vectors.
    model = next(iter(query.vectors), None)
    is_hybrid = model is not None and query.meaning >= HYBRID_FROM and not query.sort
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
    is_reordered = "is_stale" in fields_of(query.index).numbers and query.offset < RERANKED
    if words and is_reordered and not is_hybrid and not query.sort:
        main |= {
            "page": 1,
            "hitsPerPage": max(query.offset + query.limit, RERANKED),
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


def _strategy(text: str) -> str:
    """Return how many of the words a hit must have.

    The server cuts a single word into smaller ones. A hit must have them all, or 免烧砖 finds 免热处理.
    """
    return "all" if len(query_words(fold(text, LONGEST_QUERY))) == 1 else "frequency"


def code_phrases(folded: str) -> list[str]:
    """Return the phrases of which a hit has one, if the query is a single code or measure; else none.

    GX-BR600 is written with and without its hyphen, 3.5kW with and without a space; parts alone name others.
    """
    words = list(tokens(folded))
    if len(words) != 1 or not words[0].pieces:
        return []
    return [f'"{words[0].text}"', f'"{" ".join(words[0].pieces)}"']


def hits_of(
    query: Query, folded: str, ids: Sequence[UUID], answers: Sequence[Json], facets: Sequence[Sequence[str]]
) -> Hits:
    """Combine the answers: total from the first, each facet from the answer that counted it."""
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


def reranked(hits: Sequence[Json], text: str, most: int = RERANKED) -> list[Json]:
    """Return the hits with the first of them reranked."""
    if not all("record" in hit for hit in hits):
        return list(hits)  # of an index that this release will rebuild
    records = Candidates.of([decode_record(hit["record"]) for hit in hits[:most]])
    counts = records.heads["counts"].tolist()
    first = [
        ScoredHit(hit["_rankingScore"], hashes, count, bool(hit.get("is_stale")))
        for hit, hashes, count in zip(hits, records.hashes, counts, strict=False)
    ]
    return [*(hits[at] for at in rerank(text, first)), *hits[most:]]


def _page(query: Query) -> tuple[int, int]:
    """Return a page number and size that cover the hits; only numbered pages have an exact total."""
    if query.limit and query.offset % query.limit == 0:
        return query.offset // query.limit + 1, query.limit
    return 1, query.offset + query.limit or 1


def filter_of(limit: Filter) -> str:
    if isinstance(limit, AnyOf):
        return f"{limit.field} IN {value_list(limit.values)}"
    if isinstance(limit, NoneOf):
        return f"{limit.field} NOT IN {value_list(limit.values)}"
    return _range(limit)


def _range(limit: Range) -> str:
    bounds = [
        f"{limit.field} {sign} {bound}"
        for sign, bound in ((">=", limit.least), ("<=", limit.most))
        if bound is not None
    ]
    in_range = " AND ".join(bounds) or f"{limit.field} EXISTS"
    return f"(({in_range}) OR {limit.field} NOT EXISTS)" if limit.or_missing else f"({in_range})"


def value_list(values: Sequence[str]) -> str:
    return "[" + ", ".join(json.dumps(value, ensure_ascii=False) for value in values) + "]"


def filter_query(uid: str, filters: Sequence[str], limit: int, fields: Sequence[str]) -> Json:
    """Build a query for what passes the filters, unranked."""
    return {"indexUid": uid, "q": "", "filter": list(filters), "limit": limit, "attributesToRetrieve": fields}


def vector_query(
    uid: str, filters: Sequence[str], limit: int, fields: Sequence[str], model: str, vector: Vector
) -> Json:
    """Build a query for the documents nearest to a vector of this model."""
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


def field_names(settings: Mapping[str, Any]) -> tuple[set[str], set[str]]:
    """Return the filterable and the displayed field names of an index's settings."""
    groups = settings["filterableAttributes"]
    filterable = {name for group in groups if isinstance(group, dict) for name in group["attributePatterns"]}
    return filterable, set(settings["displayedAttributes"])


def fingerprint_of(settings: Mapping[str, Any]) -> str:
    """Return a hash that differs for other settings."""
    text = json.dumps(settings, sort_keys=True, ensure_ascii=False)
    return blake2b(text.encode(), digest_size=16).hexdigest()


def document_of(index: str, prepared: Prepared) -> dict[str, Any]:
    facts = prepared.facts()
    record = record_of(index, facts)
    del facts["hashes"], facts["counts"]
    if index in FACTS:
        facts |= {"record": encode_record(record), "stamp": stamp_of(record)}
    return {
        **facts,
        "terms": prepared.indexed_terms(),
        "s_title": spaced(prepared.title.folded),
        "s_keywords": spaced(prepared.keywords.folded),
        "s_text": spaced(prepared.text.folded),
        "s_english": spaced(prepared.english.folded),
        "s_names": spaced(prepared.names.folded),
        "pinyin": " ".join(prepared.pinyin),
    }


def stamp_of(record: bytes) -> int:
    """Return a short hash of a record, below 2**48, since the server stores numbers as floats."""
    return int.from_bytes(blake2b(record, digest_size=6).digest(), "big")


def encode_record(record: bytes) -> str:
    """Encode a record as text, since the server stores no bytes."""
    return base64.b64encode(record).decode()


def decode_record(text: str) -> bytes:
    """Decode what `encode_record` returned."""
    return base64.b64decode(text)
