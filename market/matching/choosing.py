"""Which of the pairs that were scored are worth showing. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
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
    pairs: Iterable[Pair], idf: Rarity, weights: Weights = WEIGHTS, *, kept: Collection[UUID] = ()
) -> list[Chosen]:
    """Return the best pairs that are worth showing, and of the others those with a listing in `kept`.

    They come with their scores, the best first.
    """
    chosen: list[Chosen] = []
    best = 0
    for pair in pairs:
        if pair.value < weights.threshold:
            break
        is_kept = pair.need.id in kept or pair.outcome.id in kept
        if best >= BEST and not is_kept:
            continue
        result = score(pair.need, pair.outcome, idf, weights, meaning=pair.meaning).lowered(pair.lowered)
        if result.parts["wording"] + result.parts["meaning"] >= weights.least_content:
            best += 1
            chosen.append(Chosen(pair, result))
    return chosen
