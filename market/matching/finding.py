"""What fits a listing: candidates from the engine, scores from us. Reads no database."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, NamedTuple
from uuid import UUID

from market.matching.facts import NeedFacts, OutcomeFacts, need_facts, outcome_facts
from market.matching.frequencies import Frequencies
from market.matching.scoring import WEIGHTS, Meaning, Others, Weights, values
from market.matching.wording import Texts
from market.search.candidates import Candidates
from market.search.engine import SearchEngine, Vector

ASKED_TERMS = 96
"""The terms that may find candidates: those of the title first."""
MOST_CANDIDATES = 1000
NEAREST = 200
"""So many are candidates because they mean the like, by each model."""
KNOWN = 1 << 14
"""Ways of what listings tell beside their texts that stay read; many tell the same."""
NOBODY = UUID(int=0)


@dataclass(slots=True)
class Pair:
    """A need and an outcome that may fit."""

    need: NeedFacts
    outcome: OutcomeFacts
    meaning: Meaning = field(default_factory=dict)
    value: float = 0.0
    """The score, not rounded, once it is known."""
    lowered: int = 0
    """What of it was taken off, because a pair like it was refused."""


Subject = NeedFacts | OutcomeFacts


@dataclass(frozen=True, slots=True)
class Ranking:
    """The candidates for a listing by their scores. A pair is made only when it is looked at."""

    subject: Subject
    found: Candidates
    beside: Sequence[Subject]
    """What is told of each beside its text."""
    values: Sequence[float]
    order: Sequence[int]
    """Places in the columns, the best first; without those that score less than was asked for."""

    def scores(self) -> dict[UUID, float]:
        """Return the scores by the id of the other listing, the best first."""
        return {UUID(bytes=key): self.values[at] for at, key in self.keys().items()}

    def keys(self) -> dict[int, bytes]:
        """Return the ids of the other listings by their places, the best first."""
        keys = self.found.keys
        return {at: keys[at] for at in self.order}

    def pairs(self) -> Iterator[Pair]:
        """Make pairs one by one, the best first."""
        return (self.pair(at) for at in self.order)

    def pair(self, at: int, lowered: int = 0) -> Pair:
        """Make the pair at a place. `lowered` is taken off its score."""
        other = _OTHERS[type(self.subject)].whole(self.found.facts(at))
        return Pair(*_sides(self.subject, other), self.found.meaning(at), self.values[at] - lowered, lowered)

    def sides(self, at: int) -> tuple[NeedFacts, OutcomeFacts]:
        """Return need and outcome of a place, the other one without its text."""
        return _sides(self.subject, self.beside[at])


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

    `vectors` are the listing's own, by model; with none, words alone decide.
    """
    others = _OTHERS[type(subject)]
    found = await candidates(
        others.name,
        subject.text.words[: sum(subject.text.counts[:3])],
        vectors=vectors,
        frequencies=frequencies,
        search=search,
    )
    texts = Texts.of(found.hashes, found.heads["counts"])
    beside = [others.parse_fields(one) for one in found.fields_json]
    scores = values(subject, Others(texts, beside, found.cosines), frequencies.idf, weights).tolist()
    keys = found.keys
    order = [at for at, score in enumerate(scores) if score >= least]
    order.sort(key=lambda at: (-scores[at], keys[at]))
    return Ranking(subject, found, beside, scores, order)


def scored(pairs: Sequence[Pair], frequencies: Frequencies, weights: Weights = WEIGHTS) -> list[Pair]:
    """Return pairs of one listing, whose words are known, with their scores, the best first."""
    if not pairs:
        return []
    is_of_need = bool(pairs[0].need.text.words) or not pairs[0].need.text.hashes
    others = [one.outcome if is_of_need else one.need for one in pairs]
    found = values(
        pairs[0].need if is_of_need else pairs[0].outcome,
        Others.of_each(others, [one.meaning for one in pairs]),
        frequencies.idf,
        weights,
    )
    for one, value in zip(pairs, found.tolist(), strict=True):
        one.value = value
    return sorted(pairs, key=lambda one: (-one.value, one.need.id, one.outcome.id))


async def candidates(
    index: str,
    terms: Sequence[str],
    *,
    vectors: Mapping[str, Vector],
    frequencies: Frequencies,
    search: SearchEngine,
) -> Candidates:
    """Return the listings of an index that share a rare term or mean the like."""
    asked = rarest(terms, index, frequencies)
    return await search.candidates(
        index, asked, limit=MOST_CANDIDATES, vectors=vectors, nearest=NEAREST if vectors else 0
    )


def rarest(terms: Sequence[str], index: str, frequencies: Frequencies) -> list[str]:
    """Return the rarest of the terms, as many as keep the candidates within bounds, one at least."""
    asked = sorted(terms[:ASKED_TERMS], key=lambda term: (frequencies.count_in(index, term), term))
    chosen: list[str] = []
    room = MOST_CANDIDATES
    for term in asked:
        room -= frequencies.count_in(index, term)
        if room < 0 and chosen:
            break
        chosen.append(term)
    return chosen


def _sides(subject: Subject, other: Subject) -> tuple[NeedFacts, OutcomeFacts]:
    if isinstance(subject, NeedFacts) and isinstance(other, OutcomeFacts):
        return subject, other
    if isinstance(subject, OutcomeFacts) and isinstance(other, NeedFacts):
        return other, subject
    raise TypeError("a need fits outcomes, and an outcome needs")


@lru_cache(KNOWN)
def _outcome_told(told: bytes) -> OutcomeFacts:
    return outcome_facts({**json.loads(told), "id": NOBODY, "revision": 0})


@lru_cache(KNOWN)
def _need_told(told: bytes) -> NeedFacts:
    return need_facts({**json.loads(told), "id": NOBODY, "revision": 0})


class _Kind(NamedTuple):
    """Listings of one kind: the name of their index, and how they are read without their text, and whole."""

    name: str
    parse_fields: Callable[[bytes], Subject]
    whole: Callable[[Mapping[str, Any]], Subject]


_OTHERS: dict[type, _Kind] = {
    NeedFacts: _Kind("outcomes", _outcome_told, outcome_facts),
    OutcomeFacts: _Kind("needs", _need_told, need_facts),
}
"""What may fit a listing."""
