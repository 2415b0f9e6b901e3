"""Why a need and an outcome fit: what each of the words in common gave."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from uuid import UUID

from market.matching.choosing import Chosen
from market.matching.facts import text_without
from market.matching.scoring import WEIGHTS, Weights, worths_of
from market.matching.wording import Rarity
from market.search.documents import WithoutWord
from market.search.engine import Document

MOST = 3
"""Words of a match whose worth is told; each is tried by reading the need without it."""


def with_reasons(
    chosen: Sequence[Chosen], needs: Mapping[UUID, Document], rarity: Rarity, weights: Weights = WEIGHTS
) -> list[Chosen]:
    """Return the pairs with the worth of their heaviest words. Needs are given as readers find them."""
    asked: dict[UUID, dict[str, list[int]]] = {}
    for at, one in enumerate(chosen):
        for word in one.score.terms[:MOST] if one.need_id in needs else ():
            asked.setdefault(one.need_id, {}).setdefault(word, []).append(at)
    worth: dict[tuple[int, str], int] = {}
    for need_id, words in asked.items():
        trial = WithoutWord(needs[need_id])
        for word, places in words.items():
            found = worths_of(
                text_without(trial, word),
                [(chosen[at].pair.outcome.text, chosen[at].score) for at in places],
                rarity,
                weights,
                meanings=[chosen[at].pair.meaning for at in places],
            )
            worth |= {(at, word): points for at, points in zip(places, found, strict=True)}
    return [
        replace(
            one,
            reasons={
                word: worth[at, word] for word in one.score.terms[:MOST] if worth.get((at, word), 0) > 0
            },
        )
        for at, one in enumerate(chosen)
    ]
