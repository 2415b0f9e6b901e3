"""Reranking of Meilisearch's first hits by weighted term overlap. Pure.

Meilisearch sorts by rules, one after another, with little regard for the rarity of words. For queries of
several words, the overlap weighted by rarity and place ranks better. Shares were tuned on known answers.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Any

from market.search.normalise import STOP_WORDS, fold, read, term_hash
from market.search.query_planner import QueryKind, query_kind

RERANKED = 100
"""First hits that are reranked."""
SHARE = {QueryKind.WORDS: 0.35, QueryKind.TOPIC: 0.2, QueryKind.FOREIGN: 0.35}
"""Share of the overlap beside the engine's own score, by kind of query."""
LITERAL = 0.1
"""Bonus of a listing that contains a single topic literally."""
PLACES = (1.6, 1.4, 1.0)
"""Weights of title, keywords and text."""
LETTER = 0.3
"""Weight of a single character relative to a bigram or word."""
STALE = 0.75
"""Factor on the score of a listing that was not confirmed in time, as on the embedded engine."""


@dataclass(frozen=True)
class ScoredHit:
    """A hit to rerank: the engine's score from 0 to 1 and its term hashes."""

    score: float
    hashes: bytes
    counts: Sequence[int]
    is_stale: bool = False


def rerank(text: str, hits: Sequence[ScoredHit]) -> list[int]:
    """Return the positions of the hits in their new order; the sort is stable."""
    query = _query_weights(text)
    matched = [_matched_weights(query, hit) for hit in hits]
    counts = Counter(term for weights in matched for term in weights)
    rarity = {term: 1 + math.log((len(hits) + 1) / (count + 0.5)) for term, count in counts.items()}
    overlaps = [sum(weight * rarity[term] for term, weight in weights.items()) for weights in matched]
    best = max(overlaps, default=0.0) or 1.0
    kind = query_kind(text)
    share, topic = SHARE[kind], _topic(text) if kind is QueryKind.TOPIC else set()
    total = [
        (
            share * overlap / best
            + (1 - share) * hit.score
            + (LITERAL if topic and topic <= terms.keys() else 0)
        )
        * (STALE if hit.is_stale else 1.0)
        for overlap, terms, hit in zip(overlaps, matched, hits, strict=True)
    ]
    return sorted(range(len(hits)), key=lambda at: -total[at])


def _query_weights(text: str) -> Mapping[int, float]:
    """Return the weights of the query's terms by hash."""
    reading = read(fold(text))
    words = [term for term in reading.words if len(term) > 2 and not term.isascii()]
    counts = Counter(term for term in (*reading.pairs, *words, *reading.singles) if term not in STOP_WORDS)
    return {term_hash(term): times * (LETTER if len(term) == 1 else 1.0) for term, times in counts.items()}


def _topic(text: str) -> set[int]:
    """Return the hashes of a topic's bigrams; a listing with all of them contains it."""
    return {term_hash(term) for term in read(fold(text)).pairs if term not in STOP_WORDS}


def _matched_weights(query: Mapping[int, float], hit: ScoredHit) -> dict[int, float]:
    ends = list(accumulate(hit.counts))
    hashes: Any = memoryview(hit.hashes).cast("I")
    return {
        hash_: query[hash_] * PLACES[bisect_right(ends, at) % len(PLACES)]
        for at, hash_ in enumerate(hashes.tolist())
        if hash_ in query and at < ends[-1]
    }
