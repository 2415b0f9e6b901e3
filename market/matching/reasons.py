"""Why a need and an outcome fit: what each of the words in common gave."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from uuid import UUID

from market.matching.choosing import Chosen
from market.matching.facts import Text, text_without
from market.matching.scoring import WEIGHTS, Weights, worth_of
from market.matching.wording import Rarity
from market.search.engine import Document

MOST = 3
"""Words of a match whose worth is told; each is tried by reading the need without it."""


def with_reasons(
    chosen: Sequence[Chosen], needs: Mapping[UUID, Document], rarity: Rarity, weights: Weights = WEIGHTS
) -> list[Chosen]:
    """Return the pairs with the worth of their heaviest words. Needs are given as readers find them."""
    read: dict[tuple[UUID, str], Text] = {}
    found = []
    for one in chosen:
        need, outcome = one.pair.need, one.pair.outcome
        reasons = {}
        for word in one.score.terms[:MOST] if need.id in needs else ():
            key = (need.id, word)
            if key not in read:
                read[key] = text_without(needs[need.id], word)
            worth = worth_of(read[key], outcome.text, one.score, rarity, weights, meaning=one.pair.meaning)
            if worth > 0:
                reasons[word] = worth
        found.append(replace(one, reasons=reasons))
    return found
