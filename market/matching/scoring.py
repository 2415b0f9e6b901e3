"""The match score: a pure, symmetric function of a need and an outcome.

The score is 0-1000, the sum of its parts. A part gives points only for known facts that fit, so a fuller
listing may score higher; known facts that do not fit are listed as misfits. No part is normalised over a
list: the constants belong to the versioned weights.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from market.codes import regions
from market.matching.facts import NeedFacts, OutcomeFacts, Text
from market.matching.text_similarity import Rarity, Scales, Texts, overlap_of
from market.search.candidates import Numbers
from market.search.normalise import is_word

PARTS = ("wording", "meaning", "field", "budget", "region", "maturity", "mode")
"""Labelled in `codes.labels`, kind match_part."""
MISFITS = (
    "field_differs",
    "budget_below_price",
    "region_far",
    "maturity_too_low",
    "mode_not_offered",
    "exclusive_not_possible",
)
"""Labelled in `codes.labels`, kind misfit."""
FEEDBACK, LIKE_REFUSED = "feedback", "like_refused"
"""Keys of the part and the misfit of a feedback penalty, likewise labelled."""
MAX_TERMS = 12
MIN_TERM_SHARE = 0.03
"""Share of the similarity below which a term is not shown."""
MAX_SCORE = 1000


@dataclass(frozen=True)
class Calibration:
    """Linear calibration of one model's cosine."""

    low: float
    """Cosine of unrelated texts."""
    high: float
    """Cosine of equivalent texts."""
    share: float
    """Share of this model, relative to wording with 1."""


@dataclass(frozen=True)
class Weights:
    """Points of each part, of 1000, and the constants that convert similarity to points."""

    version: str
    content: int
    """Points of wording and meaning together, divided by the models that have vectors of the pair."""
    field: int
    budget: int
    region: int
    maturity: int
    mode: int
    scales: Scales
    models: Mapping[str, Calibration]
    """By model; the empty name is the default."""
    near: float
    """Multiple of the budget up to which a price counts as negotiable."""
    refused: int
    """Penalty for each applicable refusal, see `feedback`."""
    threshold: int
    """Least score of a match."""
    least_content: int
    """Least points of wording and meaning together of a match."""

    def model(self, name: str) -> Calibration:
        """Return the calibration of a model."""
        return self.models.get(name) or self.models[""]

    @classmethod
    def read(cls, path: Path) -> Weights:
        """Load weights from a file."""
        content = json.loads(path.read_text("utf-8"))
        models = {name: Calibration(**calibration) for name, calibration in content.pop("models").items()}
        return cls(scales=Scales(**content.pop("scales")), models=models, **content)


WEIGHTS = Weights.read(Path(__file__).with_name("weights.json"))
Meaning = Mapping[str, float]
"""Cosines of need and outcome, by each model that has vectors of both."""


@dataclass(frozen=True)
class Score:
    value: int
    parts: dict[str, int]
    """Points by part; they add up to `value`."""
    terms: list[str]
    """Words in both texts, the heaviest first."""
    misfits: list[str]

    def penalised(self, points: int) -> Score:
        """Return the score with a feedback penalty, listed as a part and a misfit."""
        if not points:
            return self
        return Score(
            self.value - points, {**self.parts, FEEDBACK: -points}, self.terms, [*self.misfits, LIKE_REFUSED]
        )


def score(
    need: NeedFacts,
    outcome: OutcomeFacts,
    rarity: Rarity,
    weights: Weights = WEIGHTS,
    *,
    meaning: Meaning | None = None,
) -> Score:
    """Score a pair. `rarity` returns the rarity of a term among all listings."""
    return scores([(need, outcome, meaning or {})], rarity, weights)[0]


def scores(
    pairs: Sequence[tuple[NeedFacts, OutcomeFacts, Meaning]], rarity: Rarity, weights: Weights = WEIGHTS
) -> list[Score]:
    """Score pairs of one listing, independently of each other."""
    if not pairs:
        return []
    texts = [_subject(need, outcome) for need, outcome, _ in pairs]
    overlap = overlap_of(texts[0][0], Texts.of_texts([other for _, other in texts]), rarity, weights.scales)
    results = []
    for (need, outcome, meaning), wording, terms in zip(
        pairs, _fit(overlap.similarities()).tolist(), overlap.terms(), strict=True
    ):
        fits = _fits(need, outcome, wording, weights, meaning)
        parts = {name: round(fits[name][0] * points) for name, points in _points(weights, meaning)}
        misfits = [misfit for _, misfit in fits.values() if misfit]
        results.append(Score(sum(parts.values()), parts, shown_terms(terms), misfits))
    return results


@dataclass(frozen=True, slots=True)
class CandidateColumns:
    """Columns of the listings that a subject is compared with."""

    texts: Texts
    facts: Sequence[NeedFacts | OutcomeFacts]
    """Facts of each without its text; the same object for equal facts."""
    cosines: Mapping[str, Numbers]
    """Cosines by model; NaN without vectors of both."""

    @classmethod
    def of_pairs(
        cls, facts: Sequence[NeedFacts | OutcomeFacts], meanings: Sequence[Meaning]
    ) -> CandidateColumns:
        names = {name for item in meanings for name in item}
        return cls(
            Texts.of_texts([item.text for item in facts]),
            facts,
            {name: np.array([item.get(name, np.nan) for item in meanings]) for name in names},
        )


def score_many(
    subject: NeedFacts | OutcomeFacts, others: CandidateColumns, rarity: Rarity, weights: Weights = WEIGHTS
) -> Numbers:
    """Return the unrounded scores of a listing with many counterparts, without terms and misfits.

    Each equals that of `score` for the pair alone, but for the rounding of its parts.
    """
    wording = fit_of_wording(subject.text, others.texts, rarity, weights)
    meaning, shares = np.zeros(len(wording)), np.zeros(len(wording))
    for name, cosines in others.cosines.items():
        model = weights.model(name)
        fits = np.clip((cosines - model.low) / (model.high - model.low), 0.0, 1.0)
        meaning += model.share * np.nan_to_num(fits)
        shares += model.share * ~np.isnan(cosines)
    # Divided as in `_points`.
    content = weights.content * (wording + meaning) / (1 + shares)
    points = dict(_points(weights, {}))
    cache: dict[int, float] = {}
    for facts in others.facts:
        if id(facts) not in cache:
            cache[id(facts)] = sum(_fact_points(subject, facts, points, weights))
    totals: Numbers = content + np.array([cache[id(facts)] for facts in others.facts])
    return totals


def _fact_points(
    subject: NeedFacts | OutcomeFacts,
    other: NeedFacts | OutcomeFacts,
    points: Mapping[str, float],
    weights: Weights,
) -> list[float]:
    if isinstance(subject, NeedFacts) and isinstance(other, OutcomeFacts):
        need, outcome = subject, other
    elif isinstance(subject, OutcomeFacts) and isinstance(other, NeedFacts):
        need, outcome = other, subject
    else:
        raise TypeError("a need fits outcomes, and an outcome needs")
    return [fit(need, outcome, weights)[0] * points[name] for name, fit in _FACTS.items()]


def term_contributions(
    without: Text,
    pairs: Sequence[tuple[Text, Score]],
    rarity: Rarity,
    weights: Weights = WEIGHTS,
    *,
    meanings: Sequence[Meaning],
) -> list[int]:
    """Return a word's contribution to each pair: the drop of the score with the need's text `without` it.

    Vectors are held fixed. A pair is given by the outcome's text and its score.
    """
    texts = Texts.of_texts([outcome for outcome, _ in pairs])
    remaining = fit_of_wording(without, texts, rarity, weights).tolist()
    return [
        score_.parts["wording"] - round(fit * dict(_points(weights, meaning))["wording"])
        for fit, (_, score_), meaning in zip(remaining, pairs, meanings, strict=True)
    ]


def fit_of_wording(subject: Text, others: Texts, rarity: Rarity, weights: Weights) -> Numbers:
    """Return the fit of each text with the subject in words, from 0 to 1."""
    return _fit(overlap_of(subject, others, rarity, weights.scales).similarities())


def _fit(similarity: Numbers) -> Numbers:
    fit: Numbers = similarity / (similarity + 1)
    return fit


def fit_of_meaning(meaning: Meaning, weights: Weights) -> float:
    """Return the fit of a pair by vectors, from 0 to 1."""
    total = shares = 0.0
    for name, cosine in meaning.items():
        model = weights.model(name)
        fit = (cosine - model.low) / (model.high - model.low)
        total += model.share * min(max(fit, 0.0), 1.0)
        shares += model.share
    return total / shares if shares else 0.0


def _subject(need: NeedFacts, outcome: OutcomeFacts) -> tuple[Text, Text]:
    if need.text.words or not need.text.hashes:
        return need.text, outcome.text
    return outcome.text, need.text


def shown_terms(points: Mapping[str, float]) -> list[str]:
    """Return the common terms worth showing, the heaviest first.

    They must be words, not part of a longer one, and contribute to the similarity.
    """
    least = MIN_TERM_SHARE * sum(points.values())
    terms = sorted(points, key=lambda term: (-points[term], term))[: 5 * MAX_TERMS]
    words = [term for term in terms if points[term] >= least and is_word(term)]
    return [word for word in words if not any(word != other and word in other for other in words)][:MAX_TERMS]


Fits = dict[str, tuple[float, str | None]]
"""By part: the fit from 0 to 1, and the misfit, if any."""


def _fits(need: NeedFacts, outcome: OutcomeFacts, wording: float, weights: Weights, meaning: Meaning) -> Fits:
    return {
        "wording": (wording, None),
        "meaning": (fit_of_meaning(meaning, weights), None),
        **{name: fit(need, outcome, weights) for name, fit in _FACTS.items()},
    }


def _points(weights: Weights, meaning: Meaning) -> tuple[tuple[str, float], ...]:
    """Return the maximal points of each part."""
    shares = sum([weights.model(name).share for name in meaning])
    wording = weights.content / (1 + shares)
    return (
        ("wording", wording),
        ("meaning", weights.content - wording),
        ("field", weights.field),
        ("budget", weights.budget),
        ("region", weights.region),
        ("maturity", weights.maturity),
        ("mode", weights.mode),
    )


def _field(need: NeedFacts, outcome: OutcomeFacts, weights: Weights) -> tuple[float, str | None]:
    same_field = bool(need.field) and need.field == outcome.field
    overlap_of = bool(need.industries & outcome.industries)
    if same_field or overlap_of:
        return 0.6 * same_field + 0.4 * overlap_of, None
    return 0.0, "field_differs" if need.field and outcome.field else None


def _budget(need: NeedFacts, outcome: OutcomeFacts, weights: Weights) -> tuple[float, str | None]:
    if need.budget_most is None or outcome.price is None:
        return 0.5, None
    if outcome.price <= need.budget_most:
        return 1.0, None
    return 0.3 if outcome.price <= need.budget_most * weights.near else 0.0, "budget_below_price"


def _region(need: NeedFacts, outcome: OutcomeFacts, weights: Weights) -> tuple[float, str | None]:
    if not need.region or not outcome.region:
        return 0.0, None
    if need.region[:4] == outcome.region[:4]:
        return 1.0, None
    if regions.is_within(outcome.region, need.region[:2]):
        return 0.7, None
    return 0.0, "region_far"


def _maturity(need: NeedFacts, outcome: OutcomeFacts, weights: Weights) -> tuple[float, str | None]:
    if need.trl_least is None or outcome.trl is None:
        return 0.0, None
    if outcome.trl >= need.trl_least:
        return 1.0, None
    return 0.5 if outcome.trl == need.trl_least - 1 else 0.0, "maturity_too_low"


_EXCLUSIVE = frozenset({"exclusive_licence", "assignment"})


def _mode(need: NeedFacts, outcome: OutcomeFacts, weights: Weights) -> tuple[float, str | None]:
    if need.modes and need.modes <= _EXCLUSIVE and not outcome.is_exclusive_possible:
        return 0.0, "exclusive_not_possible"
    if not need.modes or not outcome.modes:
        return 0.0, None
    return (1.0, None) if need.modes & outcome.modes else (0.0, "mode_not_offered")


_FACTS = {"field": _field, "budget": _budget, "region": _region, "maturity": _maturity, "mode": _mode}
"""The parts beside wording and meaning, in the order of summation."""
