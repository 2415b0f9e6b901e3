"""What fits a listing: candidates from the engine, scores from us. Reads no database."""

from __future__ import annotations

from collections.abc import Sequence

from market.matching.facts import NeedFacts, OutcomeFacts, outcome_facts
from market.matching.frequencies import Frequencies
from market.matching.scoring import WEIGHTS, Weights, value
from market.search.engine import Candidate, SearchEngine

ASKED_TERMS = 96
"""The terms that may find candidates: those of the title first."""
MOST_CANDIDATES = 1000


async def candidates(
    index: str, terms: Sequence[str], frequencies: Frequencies, search: SearchEngine
) -> list[Candidate]:
    """Return the listings of an index that share a rare term."""
    asked = rarest(terms, index, frequencies)
    return await search.candidates(index, asked, limit=MOST_CANDIDATES) if asked else []


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


async def rank_outcomes(
    need: NeedFacts, *, frequencies: Frequencies, search: SearchEngine, weights: Weights = WEIGHTS
) -> list[tuple[float, OutcomeFacts]]:
    """Return the candidates for a need with their scores, the best first."""
    found = await candidates("outcomes", list(need.terms), frequencies, search)
    outcomes = [outcome_facts(one.facts, among=need.terms) for one in found]
    scored = [(float(value(need, one, frequencies.idf, weights)), one) for one in outcomes]
    scored.sort(key=lambda one: (-one[0], one[1].id))
    return scored
