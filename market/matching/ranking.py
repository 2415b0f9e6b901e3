"""Ranking of the candidates for a listing: retrieval by the engine, scoring by us. Reads no database."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, NamedTuple
from uuid import UUID

from market.matching.facts import NeedFacts, OutcomeFacts, need_facts, outcome_facts
from market.matching.scoring import WEIGHTS, CandidateColumns, Meaning, Weights, score_many
from market.matching.term_frequencies import Frequencies
from market.matching.text_similarity import Texts
from market.search.candidates import Candidates
from market.search.engine import SearchEngine, Vector

MAX_QUERY_TERMS = 96
"""Most terms of a listing that are considered for retrieval, those of the title first."""
MAX_CANDIDATES = 1000
NEAREST = 200
"""Nearest neighbours by vector that are candidates, for each model."""
CACHE_SIZE = 1 << 14
"""Parsed field combinations that are cached; many listings share one."""
NO_ID = UUID(int=0)


@dataclass(slots=True)
class Pair:
    """A candidate pair of need and outcome."""

    need: NeedFacts
    outcome: OutcomeFacts
    meaning: Meaning = field(default_factory=dict)
    value: float = 0.0
    """The unrounded score, once computed."""
    penalty: int = 0
    """Points subtracted because of refusals."""


Subject = NeedFacts | OutcomeFacts


@dataclass(frozen=True, slots=True)
class Ranking:
    """The scored candidates for a listing. Pairs are constructed lazily."""

    subject: Subject
    candidates: Candidates
    others: Sequence[Subject]
    """The facts of each candidate without its text."""
    values: Sequence[float]
    order: Sequence[int]
    """Positions in the columns, the best first, without those below the threshold."""

    def scores(self) -> dict[UUID, float]:
        """Return the scores by the id of the other listing, the best first."""
        return {UUID(bytes=key): self.values[at] for at, key in self.keys().items()}

    def keys(self) -> dict[int, bytes]:
        """Return the ids of the other listings by position, the best first."""
        keys = self.candidates.keys
        return {at: keys[at] for at in self.order}

    def pairs(self) -> Iterator[Pair]:
        """Yield pairs, the best first."""
        return (self.pair(at) for at in self.order)

    def pair(self, at: int, penalty: int = 0) -> Pair:
        """Construct the pair at a position. `penalty` is subtracted from its score."""
        other = _COUNTERPARTS[type(self.subject)].parse_all(self.candidates.facts(at))
        return Pair(
            *_sides(self.subject, other), self.candidates.meaning(at), self.values[at] - penalty, penalty
        )

    def sides(self, at: int) -> tuple[NeedFacts, OutcomeFacts]:
        """Return need and outcome at a position, the candidate without its text."""
        return _sides(self.subject, self.others[at])


async def rank(
    subject: Subject,
    *,
    vectors: Mapping[str, Vector],
    frequencies: Frequencies,
    search: SearchEngine,
    weights: Weights = WEIGHTS,
    least: float = 0.0,
) -> Ranking:
    """Rank the candidates for a listing that score `least` or more.

    `vectors` are the listing's own, by model; without any, words alone decide.
    """
    counterpart = _COUNTERPARTS[type(subject)]
    candidates = await find_candidates(
        counterpart.name,
        subject.text.words[: sum(subject.text.counts[:3])],
        vectors=vectors,
        frequencies=frequencies,
        search=search,
    )
    texts = Texts.of(candidates.hashes, candidates.heads["counts"])
    facts = [counterpart.parse_fields(fields_json) for fields_json in candidates.fields_json]
    scores = score_many(
        subject, CandidateColumns(texts, facts, candidates.cosines), frequencies.idf, weights
    ).tolist()
    keys = candidates.keys
    order = [at for at, score in enumerate(scores) if score >= least]
    order.sort(key=lambda at: (-scores[at], keys[at]))
    return Ranking(subject, candidates, facts, scores, order)


def score_pairs(pairs: Sequence[Pair], frequencies: Frequencies, weights: Weights = WEIGHTS) -> list[Pair]:
    """Score the pairs of one listing, which must have words, and sort them, the best first."""
    if not pairs:
        return []
    is_of_need = bool(pairs[0].need.text.words) or not pairs[0].need.text.hashes
    others = [pair.outcome if is_of_need else pair.need for pair in pairs]
    scores = score_many(
        pairs[0].need if is_of_need else pairs[0].outcome,
        CandidateColumns.of_pairs(others, [pair.meaning for pair in pairs]),
        frequencies.idf,
        weights,
    )
    for pair, value in zip(pairs, scores.tolist(), strict=True):
        pair.value = value
    return sorted(pairs, key=lambda pair: (-pair.value, pair.need.id, pair.outcome.id))


async def find_candidates(
    index: str,
    terms: Sequence[str],
    *,
    vectors: Mapping[str, Vector],
    frequencies: Frequencies,
    search: SearchEngine,
) -> Candidates:
    """Retrieve the listings of an index that share a rare term or are near by vector."""
    query_terms = rarest_terms(terms, index, frequencies)
    return await search.candidates(
        index, query_terms, limit=MAX_CANDIDATES, vectors=vectors, nearest=NEAREST if vectors else 0
    )


def rarest_terms(terms: Sequence[str], index: str, frequencies: Frequencies) -> list[str]:
    """Return the rarest terms, at least one, up to `MAX_CANDIDATES` documents in total."""
    by_frequency = sorted(terms[:MAX_QUERY_TERMS], key=lambda term: (frequencies.count_in(index, term), term))
    rarest: list[str] = []
    room = MAX_CANDIDATES
    for term in by_frequency:
        room -= frequencies.count_in(index, term)
        if room < 0 and rarest:
            break
        rarest.append(term)
    return rarest


def _sides(subject: Subject, other: Subject) -> tuple[NeedFacts, OutcomeFacts]:
    if isinstance(subject, NeedFacts) and isinstance(other, OutcomeFacts):
        return subject, other
    if isinstance(subject, OutcomeFacts) and isinstance(other, NeedFacts):
        return other, subject
    raise TypeError("a need fits outcomes, and an outcome needs")


@lru_cache(CACHE_SIZE)
def _parse_outcome_fields(fields_json: bytes) -> OutcomeFacts:
    return outcome_facts({**json.loads(fields_json), "id": NO_ID, "revision": 0})


@lru_cache(CACHE_SIZE)
def _parse_need_fields(fields_json: bytes) -> NeedFacts:
    return need_facts({**json.loads(fields_json), "id": NO_ID, "revision": 0})


class _Kind(NamedTuple):
    """A kind of listing: its index, and parsers of its fields alone and of whole facts."""

    name: str
    parse_fields: Callable[[bytes], Subject]
    parse_all: Callable[[Mapping[str, Any]], Subject]


_COUNTERPARTS: dict[type, _Kind] = {
    NeedFacts: _Kind("outcomes", _parse_outcome_fields, outcome_facts),
    OutcomeFacts: _Kind("needs", _parse_need_fields, need_facts),
}
"""The counterpart kind by type of listing."""
