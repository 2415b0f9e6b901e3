"""Which of the pairs that were scored are worth showing. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from uuid import UUID

from market.matching.finding import Pair
from market.matching.scoring import WEIGHTS, Score, Weights, score
from market.matching.wording import Rarity

BEST = 20
"""Matches that are kept for one listing; more stay when they are among the other side's best."""


@dataclass(frozen=True)
class Chosen:
    """A pair that is worth showing, with its score."""

    pair: Pair
    score: Score
    reasons: Mapping[str, int] = field(default_factory=dict)
    """What each of the heaviest common words gave, of the score."""

    @property
    def need_id(self) -> UUID:
        return self.pair.need.id

    @property
    def outcome_id(self) -> UUID:
        return self.pair.outcome.id


def choose(
    pairs: Iterable[Pair], idf: Rarity, weights: Weights = WEIGHTS, *, kept: Iterable[Pair] = ()
) -> list[Chosen]:
    """Return the best pairs that are worth showing, and beside them those of `kept` that are.

    `pairs` come the best first, and no more of them are looked at than is needed.
    """
    chosen: dict[tuple[UUID, UUID], Chosen] = {}
    for pair in pairs:
        if pair.value < weights.threshold or len(chosen) >= BEST:
            break
        _add(chosen, pair, idf, weights)
    for pair in kept:
        if pair.value >= weights.threshold and (pair.need.id, pair.outcome.id) not in chosen:
            _add(chosen, pair, idf, weights)
    return list(chosen.values())


def _add(chosen: dict[tuple[UUID, UUID], Chosen], pair: Pair, idf: Rarity, weights: Weights) -> None:
    result = score(pair.need, pair.outcome, idf, weights, meaning=pair.meaning).lowered(pair.lowered)
    if result.parts["wording"] + result.parts["meaning"] >= weights.least_content:
        chosen[pair.need.id, pair.outcome.id] = Chosen(pair, result)
