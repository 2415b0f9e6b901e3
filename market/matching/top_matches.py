"""Top matches of a listing: selection among scored pairs, and the reasons of each. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice, takewhile
from uuid import UUID

from market.matching.facts import text_without
from market.matching.ranking import Pair
from market.matching.scoring import WEIGHTS, Score, Weights, scores, term_contributions
from market.matching.text_similarity import Rarity
from market.search.documents import WithoutWord
from market.search.engine import Document

MAX_MATCHES = 20
"""Most matches of one listing, beside those that are in the other side's top."""
MAX_REASONS = 3
"""Words of a match whose contribution is computed, by scoring the need without each."""


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
