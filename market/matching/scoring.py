"""How well a need and an outcome fit: a pure function of the pair, the same from both sides.

The score is 0-1000, the sum of its parts. A part gives points only for what is known to fit, so a
fuller listing may score higher; what is known not to fit is named. No part is scaled by what else
is in a list: the constants belong to the weights and to their version.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

from market.codes import regions
from market.matching.facts import NeedFacts, OutcomeFacts
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
MOST_TERMS = 12
TELLING = 0.03
"""A term with a smaller share of the likeness is no reason."""
WHOLE = 1000


@dataclass(frozen=True)
class Weights:
    """How much each part counts, of 1000, and the constants that turn likeness into points."""

    version: str = "1"
    wording: int = 420
    meaning: int = 200
    """Without vectors the other parts share it in proportion."""
    field: int = 140
    budget: int = 80
    region: int = 50
    maturity: int = 60
    mode: int = 50
    half: float = 15.0
    """Likeness in words at which the part gives half its points."""
    length: float = 0.4
    """How much long texts are held against: 0 not at all, 0.5 as the cosine does."""
    near: float = 1.3
    """A price up to so many times the budget can be talked about."""
    threshold: int = 200
    """The score from which a pair is shown to people."""
    least_wording: int = 80
    """Without so many points for words, nothing else makes a pair worth showing."""


WEIGHTS = Weights()


@dataclass(frozen=True)
class Score:
    value: int
    parts: dict[str, int]
    """Add up to `value`."""
    terms: list[str]
    """Words that stand in both texts, the heaviest first."""
    misfits: list[str]


def score(
    need: NeedFacts,
    outcome: OutcomeFacts,
    idf: Callable[[str], float],
    weights: Weights = WEIGHTS,
    *,
    meaning: float | None = None,
) -> Score:
    """Score a pair. `idf` says how rare a term is on the market; `meaning` is a likeness from 0 to 1."""
    common = _common(need, outcome, idf)
    fits = _fits(need, outcome, common.values(), weights, meaning)
    parts = _parts(fits, weights, meaning is not None)
    return Score(
        value=sum(parts.values()),
        parts=parts,
        terms=shown_terms(common),
        misfits=[misfit for _, misfit in fits.values() if misfit],
    )


def value(
    need: NeedFacts,
    outcome: OutcomeFacts,
    idf: Callable[[str], float],
    weights: Weights = WEIGHTS,
    *,
    meaning: float | None = None,
) -> int:
    """Return `score(…).value` without the reasons, for choosing the best of many."""
    common = _common(need, outcome, idf)
    fits = _fits(need, outcome, common.values(), weights, meaning)
    return sum(_parts(fits, weights, meaning is not None).values())


def shown_terms(points: Mapping[str, float]) -> list[str]:
    """Return the common terms that say something, the heaviest first.

    They must be words to a reader, no part of a longer one, and add something to the likeness.
    """
    least = TELLING * sum(points.values())
    terms = sorted(points, key=lambda term: (-points[term], term))[: 5 * MOST_TERMS]
    words = [term for term in terms if points[term] >= least and is_word(term)]
    return [one for one in words if not any(one != other and one in other for other in words)][:MOST_TERMS]


def _common(need: NeedFacts, outcome: OutcomeFacts, idf: Callable[[str], float]) -> dict[str, float]:
    """Return the terms of both texts with what each adds to their likeness."""
    return {
        term: idf(term) ** 2 * need.terms[term] * outcome.terms[term]
        for term in need.terms.keys() & outcome.terms.keys()
    }


Fits = dict[str, tuple[float, str | None]]
"""For each part how far it fits, from 0 to 1, and the misfit if it does not."""


def _fits(
    need: NeedFacts,
    outcome: OutcomeFacts,
    points: Collection[float],
    weights: Weights,
    meaning: float | None,
) -> Fits:
    return {
        "wording": (_wording(points, need.size * outcome.size, weights), None),
        "meaning": (meaning or 0.0, None),
        "field": _field(need, outcome),
        "budget": _budget(need, outcome, weights.near),
        "region": _region(need, outcome),
        "maturity": _maturity(need, outcome),
        "mode": _mode(need, outcome),
    }


def _parts(fits: Fits, weights: Weights, has_meaning: bool) -> dict[str, int]:
    whole = WHOLE - (0 if has_meaning else weights.meaning)
    return {name: round(fit * getattr(weights, name) * WHOLE / whole) for name, (fit, _) in fits.items()}


def _wording(points: Collection[float], sizes: float, weights: Weights) -> float:
    if not points:
        return 0.0
    # fsum does not depend on the order, so both directions get the very same number.
    likeness: float = math.fsum(points) / math.pow(sizes, weights.length)
    return likeness / (likeness + weights.half)


def _field(need: NeedFacts, outcome: OutcomeFacts) -> tuple[float, str | None]:
    same_field = bool(need.field) and need.field == outcome.field
    common = bool(need.industries & outcome.industries)
    if same_field or common:
        return 0.6 * same_field + 0.4 * common, None
    return 0.0, "field_differs" if need.field and outcome.field else None


def _budget(need: NeedFacts, outcome: OutcomeFacts, near: float) -> tuple[float, str | None]:
    if need.budget_most is None or outcome.price is None:
        return 0.5, None
    if outcome.price <= need.budget_most:
        return 1.0, None
    return 0.3 if outcome.price <= need.budget_most * near else 0.0, "budget_below_price"


def _region(need: NeedFacts, outcome: OutcomeFacts) -> tuple[float, str | None]:
    if not need.region or not outcome.region:
        return 0.0, None
    if need.region[:4] == outcome.region[:4]:
        return 1.0, None
    if regions.is_within(outcome.region, need.region[:2]):
        return 0.7, None
    return 0.0, "region_far"


def _maturity(need: NeedFacts, outcome: OutcomeFacts) -> tuple[float, str | None]:
    if need.trl_least is None or outcome.trl is None:
        return 0.0, None
    if outcome.trl >= need.trl_least:
        return 1.0, None
    return 0.5 if outcome.trl == need.trl_least - 1 else 0.0, "maturity_too_low"


_EXCLUSIVE = frozenset({"exclusive_licence", "assignment"})


def _mode(need: NeedFacts, outcome: OutcomeFacts) -> tuple[float, str | None]:
    if need.modes and need.modes <= _EXCLUSIVE and not outcome.is_exclusive_possible:
        return 0.0, "exclusive_not_possible"
    if not need.modes or not outcome.modes:
        return 0.0, None
    return (1.0, None) if need.modes & outcome.modes else (0.0, "mode_not_offered")
