"""What fits a listing: candidates from the engine, scores from us. Reads no database."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from market.matching.facts import NeedFacts, OutcomeFacts, need_facts, outcome_facts
from market.matching.frequencies import Frequencies
from market.matching.scoring import WEIGHTS, Meaning, Weights, values
from market.search.engine import Candidate, SearchEngine, Vector

ASKED_TERMS = 96
"""The terms that may find candidates: those of the title first."""
MOST_CANDIDATES = 1000
NEAREST = 200
"""So many are candidates because they mean the like, by each model."""


@dataclass(frozen=True)
class Pair:
    """A need and an outcome that may fit."""

    need: NeedFacts
    outcome: OutcomeFacts
    meaning: Meaning = field(default_factory=dict)
    value: float = 0.0
    """The score, not rounded."""


async def rank(
    subject: NeedFacts | OutcomeFacts,
    *,
    vectors: Mapping[str, Vector],
    frequencies: Frequencies,
    search: SearchEngine,
    weights: Weights = WEIGHTS,
    allow: Callable[[Sequence[Candidate]], Awaitable[Sequence[Candidate]]] | None = None,
) -> list[Pair]:
    """Return the candidates for a listing with their scores, the best first.

    `vectors` are the listing's own, by model; with none, words alone decide.
    """
    is_need = isinstance(subject, NeedFacts)
    found = await candidates(
        "outcomes" if is_need else "needs",
        subject.text.words[: sum(subject.text.counts[:3])],
        vectors=vectors,
        frequencies=frequencies,
        search=search,
    )
    if allow is not None:
        found = list(await allow(found))
    pairs = [_pair(subject, one) for one in found]
    return scored(pairs, frequencies, weights)


def scored(pairs: Sequence[Pair], frequencies: Frequencies, weights: Weights = WEIGHTS) -> list[Pair]:
    """Return pairs of one listing with their scores, the best first."""
    found = values(
        [(one.need, one.outcome) for one in pairs],
        frequencies.idf,
        weights,
        meanings=[one.meaning for one in pairs],
    )
    valued = [
        Pair(one.need, one.outcome, one.meaning, value) for one, value in zip(pairs, found, strict=True)
    ]
    return sorted(valued, key=lambda one: (-one.value, one.need.id, one.outcome.id))


async def candidates(
    index: str,
    terms: Sequence[str],
    *,
    vectors: Mapping[str, Vector],
    frequencies: Frequencies,
    search: SearchEngine,
) -> list[Candidate]:
    """Return the listings of an index that share a rare term or mean the like."""
    asked = rarest(terms, index, frequencies)
    if not asked and not vectors:
        return []
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


def _pair(subject: NeedFacts | OutcomeFacts, candidate: Candidate) -> Pair:
    facts: Mapping[str, Any] = candidate.facts
    if isinstance(subject, NeedFacts):
        return Pair(subject, outcome_facts(facts), candidate.cosines)
    return Pair(need_facts(facts), subject, candidate.cosines)
