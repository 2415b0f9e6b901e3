"""What fits a listing: candidates from the engine, scores from us. Reads no database."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from market.matching.facts import NeedFacts, OutcomeFacts, need_facts, outcome_facts
from market.matching.frequencies import Frequencies
from market.matching.scoring import WEIGHTS, Meaning, Weights, values
from market.search.engine import Candidate, Facts, SearchEngine, Vector

T = TypeVar("T", NeedFacts, OutcomeFacts)

ASKED_TERMS = 96
"""The terms that may find candidates: those of the title first."""
MOST_CANDIDATES = 1000
NEAREST = 200
"""So many are candidates because they mean the like, by each model."""


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


async def rank(
    subject: Subject,
    *,
    vectors: Mapping[str, Vector],
    frequencies: Frequencies,
    search: SearchEngine,
    weights: Weights = WEIGHTS,
) -> list[Pair]:
    """Return the candidates for a listing with their scores, the best first.

    `vectors` are the listing's own, by model; with none, words alone decide.
    """
    found = await candidates(
        "outcomes" if isinstance(subject, NeedFacts) else "needs",
        subject.text.words[: sum(subject.text.counts[:3])],
        vectors=vectors,
        frequencies=frequencies,
        search=search,
    )
    return scored(_pairs(subject, found), frequencies, weights)


def scored(pairs: Sequence[Pair], frequencies: Frequencies, weights: Weights = WEIGHTS) -> list[Pair]:
    """Return pairs of one listing, whose words are known, with their scores, the best first."""
    if not pairs:
        return []
    is_of_need = bool(pairs[0].need.text.words) or not pairs[0].need.text.marks
    found = values(
        pairs[0].need if is_of_need else pairs[0].outcome,
        [one.outcome if is_of_need else one.need for one in pairs],
        frequencies.idf,
        weights,
        meanings=[one.meaning for one in pairs],
    )
    for one, value in zip(pairs, found, strict=True):
        one.value = value
    return sorted(pairs, key=lambda one: (-one.value, one.need.id, one.outcome.id))


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


def _pairs(subject: Subject, found: Sequence[Candidate]) -> list[Pair]:
    if isinstance(subject, NeedFacts):
        return [Pair(subject, _read(one, outcome_facts, OutcomeFacts), one.cosines) for one in found]
    return [Pair(_read(one, need_facts, NeedFacts), subject, one.cosines) for one in found]


def _read(candidate: Candidate, read: Callable[[Mapping[str, Any]], T], kind: type[T]) -> T:
    """Return a candidate's facts, read once for as long as the engine keeps them."""
    kept = getattr(candidate.facts, "read", None)
    if isinstance(kept, kind):
        return kept
    made = read(candidate.facts)
    if isinstance(candidate.facts, Facts):
        candidate.facts.read = made
    return made
