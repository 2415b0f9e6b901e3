"""Selection of the top matches of a listing among scored pairs. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import islice, takewhile
from uuid import UUID

from market.matching.ranking import Pair
from market.matching.scoring import WEIGHTS, Score, Weights, scores
from market.matching.text_similarity import Rarity

MAX_MATCHES = 20
"""Most matches of one listing, beside those that are in the other side's top."""


@dataclass(frozen=True)
class TopMatch:
    """A selected pair with its score."""

    pair: Pair
    score: Score
    reasons: Mapping[str, int] = field(default_factory=dict)
    """Contributions of the heaviest common words to the score."""

    @property
    def need_id(self) -> UUID:
        return self.pair.need.id

    @property
    def outcome_id(self) -> UUID:
        return self.pair.outcome.id


def select_top_matches(
    pairs: Iterable[Pair], idf: Rarity, weights: Weights = WEIGHTS, *, existing: Iterable[Pair] = ()
) -> list[TopMatch]:
    """Return the best pairs of a listing above the thresholds, and those of `existing` that still are.

    `pairs` must come the best first; they are consumed lazily.
    """
    matches: dict[tuple[UUID, UUID], TopMatch] = {}
    above_threshold = takewhile(lambda pair: pair.value >= weights.threshold, pairs)
    while batch := list(islice(above_threshold, MAX_MATCHES - len(matches))):
        _add(matches, batch, idf, weights)
    _add(matches, [pair for pair in existing if pair.value >= weights.threshold], idf, weights)
    return list(matches.values())


def _add(
    matches: dict[tuple[UUID, UUID], TopMatch], pairs: Iterable[Pair], idf: Rarity, weights: Weights
) -> None:
    new = [pair for pair in pairs if (pair.need.id, pair.outcome.id) not in matches]
    results = scores([(pair.need, pair.outcome, pair.meaning) for pair in new], idf, weights)
    for pair, result in zip(new, results, strict=True):
        if result.parts["wording"] + result.parts["meaning"] >= weights.least_content:
            matches[pair.need.id, pair.outcome.id] = TopMatch(pair, result.penalised(pair.penalty))
