"""Reasons of a match: how much each common word contributes to the score."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from uuid import UUID

from market.matching.facts import text_without
from market.matching.scoring import WEIGHTS, Weights, term_contributions
from market.matching.text_similarity import Rarity
from market.matching.top_matches import TopMatch
from market.search.documents import WithoutWord
from market.search.engine import Document

MAX_REASONS = 3
"""Words of a match whose contribution is computed, by scoring the need without each."""


def add_reasons(
    matches: Sequence[TopMatch], needs: Mapping[UUID, Document], rarity: Rarity, weights: Weights = WEIGHTS
) -> list[TopMatch]:
    """Return the matches with the contributions of their heaviest words. `needs` are public documents."""
    positions: dict[UUID, dict[str, list[int]]] = {}
    for at, match in enumerate(matches):
        for word in match.score.terms[:MAX_REASONS] if match.need_id in needs else ():
            positions.setdefault(match.need_id, {}).setdefault(word, []).append(at)
    points_of: dict[tuple[int, str], int] = {}
    for need_id, words in positions.items():
        variants = WithoutWord(needs[need_id])
        for word, places in words.items():
            contributions = term_contributions(
                text_without(variants, word),
                [(matches[at].pair.outcome.text, matches[at].score) for at in places],
                rarity,
                weights,
                meanings=[matches[at].pair.meaning for at in places],
            )
            points_of |= {(at, word): points for at, points in zip(places, contributions, strict=True)}
    return [
        replace(
            match,
            reasons={
                word: points_of[at, word]
                for word in match.score.terms[:MAX_REASONS]
                if points_of.get((at, word), 0) > 0
            },
        )
        for at, match in enumerate(matches)
    ]
