"""How well a need and an outcome fit: a pure function of the pair, the same from both sides.

The score is 0-1000, the sum of its parts. A part gives points only for what is known to fit, so a
fuller listing may score higher; what is known not to fit is named. No part is scaled by what else
is in a list: the constants belong to the weights and to their version.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from market.codes import regions
from market.matching.facts import NeedFacts, OutcomeFacts, Text
from market.matching.wording import Rarity, Scales, Texts, common
from market.search.candidates import Numbers
from market.search.normalise import is_word

PARTS = ("wording", "meaning", "field", "budget", "region", "maturity", "mode")
"""Called by `codes.labels`, kind match_part."""
MISFITS = (
    "field_differs",
    "budget_below_price",
    "region_far",
    "maturity_too_low",
    "mode_not_offered",
    "exclusive_not_possible",
)
"""Called by `codes.labels`, kind misfit."""
FEEDBACK, LIKE_REFUSED = "feedback", "like_refused"
"""The part and the misfit that come from what people said, likewise named."""
MOST_TERMS = 12
TELLING = 0.03
"""A term with a smaller share of the likeness is no reason."""
WHOLE = 1000


@dataclass(frozen=True)
class Calibration:
    """How the cosine of one model is read."""

    low: float
    """Texts that have nothing to do with each other."""
    high: float
    """Texts that say the same."""
    share: float
    """How much this model counts beside wording, which counts 1."""


@dataclass(frozen=True)
class Weights:
    """How much each part counts, of 1000, and the constants that turn likeness into points."""

    version: str
    content: int
    """Shared by wording and meaning, by how many models know the pair; without any, wording has it all."""
    field: int
    budget: int
    region: int
    maturity: int
    mode: int
    scales: Scales
    models: Mapping[str, Calibration]
    """By the model's name; the empty name stands for all others."""
    near: float
    """A price up to so many times the budget can be talked about."""
    refused: int
    """What a pair loses for each reason for which one like it was refused; see `refusals`."""
    threshold: int
    """The score from which a pair is shown to people."""
    least_content: int
    """Without so many points for words and meaning, nothing else makes a pair worth showing."""

    def model(self, name: str) -> Calibration:
        """Return how the cosines of a model are read."""
        return self.models.get(name) or self.models[""]

    @classmethod
    def read(cls, path: Path) -> Weights:
        """Read weights from a file."""
        told = json.loads(path.read_text("utf-8"))
        models = {name: Calibration(**one) for name, one in told.pop("models").items()}
        return cls(scales=Scales(**told.pop("scales")), models=models, **told)


WEIGHTS = Weights.read(Path(__file__).with_name("weights.json"))
Meaning = Mapping[str, float]
"""The cosine of need and outcome by each model that knows both."""


@dataclass(frozen=True)
class Score:
    value: int
    parts: dict[str, int]
    """Add up to `value`."""
    terms: list[str]
    """Words that stand in both texts, the heaviest first."""
    misfits: list[str]

    def lowered(self, points: int) -> Score:
        """Return the score of a pair that is like what one of its sides refused."""
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
    """Score a pair. `rarity` says how rare a term is on the market."""
    return scores([(need, outcome, meaning or {})], rarity, weights)[0]


def scores(
    pairs: Sequence[tuple[NeedFacts, OutcomeFacts, Meaning]], rarity: Rarity, weights: Weights = WEIGHTS
) -> list[Score]:
    """Score pairs of one listing, each by itself."""
    if not pairs:
        return []
    texts = [_subject(need, outcome) for need, outcome, _ in pairs]
    both = common(texts[0][0], Texts.of_each([other for _, other in texts]), rarity, weights.scales)
    found = []
    for (need, outcome, meaning), wording, terms in zip(
        pairs, _fit(both.likeness()).tolist(), both.terms(), strict=True
    ):
        fits = _fits(need, outcome, wording, weights, meaning)
        parts = {name: round(fits[name][0] * points) for name, points in _points(weights, meaning)}
        misfits = [misfit for _, misfit in fits.values() if misfit]
        found.append(Score(sum(parts.values()), parts, shown_terms(terms), misfits))
    return found


@dataclass(frozen=True, slots=True)
class Others:
    """Listings that one of the other kind is held to, column by column."""

    texts: Texts
    beside: Sequence[NeedFacts | OutcomeFacts]
    """What is told of each beside its text: the same object where the same is told."""
    cosines: Mapping[str, Numbers]
    """By each model; NaN where it does not know both."""

    @classmethod
    def of_each(cls, facts: Sequence[NeedFacts | OutcomeFacts], meanings: Sequence[Meaning]) -> Others:
        names = {name for one in meanings for name in one}
        return cls(
            Texts.of_each([one.text for one in facts]),
            facts,
            {name: np.array([one.get(name, np.nan) for one in meanings]) for name in names},
        )


def values(
    subject: NeedFacts | OutcomeFacts, others: Others, rarity: Rarity, weights: Weights = WEIGHTS
) -> Numbers:
    """Return the scores of a listing with many of the other kind, not rounded and without the reasons.

    Each is what `score` gives for that pair alone, but for the rounding of its parts.
    """
    wording = fit_of_wording(subject.text, others.texts, rarity, weights)
    meaning, shares = np.zeros(len(wording)), np.zeros(len(wording))
    for name, cosines in others.cosines.items():
        model = weights.model(name)
        fits = np.clip((cosines - model.low) / (model.high - model.low), 0.0, 1.0)
        meaning += model.share * np.nan_to_num(fits)
        shares += model.share * ~np.isnan(cosines)
    # As `_points` shares them out.
    content = weights.content * (wording + meaning) / (1 + shares)
    points = dict(_points(weights, {}))
    known: dict[int, float] = {}
    for one in others.beside:
        if id(one) not in known:
            known[id(one)] = sum(_beside(subject, one, points, weights))
    found: Numbers = content + np.array([known[id(one)] for one in others.beside])
    return found


def _beside(
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


def worths_of(
    without: Text,
    pairs: Sequence[tuple[Text, Score]],
    rarity: Rarity,
    weights: Weights = WEIGHTS,
    *,
    meanings: Sequence[Meaning],
) -> list[int]:
    """Return what a word gave each pair: by so much the score falls when the need's text is `without` it.

    What the pair means is held fixed. A pair is told by the outcome's text and its score.
    """
    texts = Texts.of_each([outcome for outcome, _ in pairs])
    left = fit_of_wording(without, texts, rarity, weights).tolist()
    return [
        whole.parts["wording"] - round(fit * dict(_points(weights, meaning))["wording"])
        for fit, (_, whole), meaning in zip(left, pairs, meanings, strict=True)
    ]


def fit_of_wording(subject: Text, others: Texts, rarity: Rarity, weights: Weights) -> Numbers:
    """Return how far each fits the subject in words, from 0 to 1."""
    return _fit(common(subject, others, rarity, weights.scales).likeness())


def _fit(likeness: Numbers) -> Numbers:
    fit: Numbers = likeness / (likeness + 1)
    return fit


def fit_of_meaning(meaning: Meaning, weights: Weights) -> float:
    """Return how far the meaning of a pair fits, from 0 to 1."""
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
    """Return the common terms that say something, the heaviest first.

    They must be words to a reader, no part of a longer one, and add something to the likeness.
    """
    least = TELLING * sum(points.values())
    terms = sorted(points, key=lambda term: (-points[term], term))[: 5 * MOST_TERMS]
    words = [term for term in terms if points[term] >= least and is_word(term)]
    return [one for one in words if not any(one != other and one in other for other in words)][:MOST_TERMS]


Fits = dict[str, tuple[float, str | None]]
"""For each part how far it fits, from 0 to 1, and the misfit if it does not."""


def _fits(need: NeedFacts, outcome: OutcomeFacts, wording: float, weights: Weights, meaning: Meaning) -> Fits:
    return {
        "wording": (wording, None),
        "meaning": (fit_of_meaning(meaning, weights), None),
        **{name: fit(need, outcome, weights) for name, fit in _FACTS.items()},
    }


def _points(weights: Weights, meaning: Meaning) -> tuple[tuple[str, float], ...]:
    """Return how many points each part can give."""
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
    common = bool(need.industries & outcome.industries)
    if same_field or common:
        return 0.6 * same_field + 0.4 * common, None
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
"""The parts beside wording and meaning, in the order in which they are added up."""
