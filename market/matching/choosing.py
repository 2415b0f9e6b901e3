"""Which of the pairs that were scored are worth showing. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import islice, takewhile
from uuid import UUID

from market.matching.finding import Pair
from market.matching.scoring import WEIGHTS, Score, Weights, scores
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
    """Return the best pairs of a listing that are worth showing, and beside them those of `kept` that are.

    `pairs` come the best first, and hardly more of them are looked at than are chosen.
    """
    chosen: dict[tuple[UUID, UUID], Chosen] = {}
    worth = takewhile(lambda one: one.value >= weights.threshold, pairs)
    while some := list(islice(worth, BEST - len(chosen))):
        _add(chosen, some, idf, weights)
    _add(chosen, [one for one in kept if one.value >= weights.threshold], idf, weights)
    return list(chosen.values())


def _add(
    chosen: dict[tuple[UUID, UUID], Chosen], pairs: Iterable[Pair], idf: Rarity, weights: Weights
) -> None:
    new = [one for one in pairs if (one.need.id, one.outcome.id) not in chosen]
    results = scores([(one.need, one.outcome, one.meaning) for one in new], idf, weights)
    for pair, result in zip(new, results, strict=True):
        if result.parts["wording"] + result.parts["meaning"] >= weights.least_content:
            chosen[pair.need.id, pair.outcome.id] = Chosen(pair, result.lowered(pair.lowered))
