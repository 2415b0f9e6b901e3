"""What people said when they were not interested (不感兴趣) tells something of what is like it. Pure.

A reason that is about more than one match lowers those of the same listing that are alike in just that:
at least as dear as what was too dear, in the field that did not fit, no riper than what was not ripe
enough, from the place that was too far. It is one number off the score, told beside the misfits.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from market.matching.facts import NeedFacts, OutcomeFacts

GENERAL = frozenset({"price", "field", "maturity", "region"})
"""Reasons, of `codes.lists.DROP_REASONS`, that say something of other listings."""


@dataclass(frozen=True)
class Told:
    """What of a listing a reason can be about."""

    field: str = ""
    amount: int | None = None
    """An outcome's price or a need's highest budget, in fen."""
    trl: int | None = None
    region: str = ""


@dataclass(frozen=True)
class Refusal:
    """One side of a match did not want the other, which was like this."""

    reason: str
    by_need: bool
    refused: Told


def is_alike(refusal: Refusal, need: NeedFacts, outcome: OutcomeFacts) -> bool:
    """Tell whether a pair of who refused is like what was refused, in what it was refused for."""
    before = refusal.refused
    if refusal.by_need:
        now = Told(outcome.field, outcome.price, outcome.trl, outcome.region)
    else:
        now = Told(need.field, need.budget_most, need.trl_least, need.region)
    if refusal.reason == "field":
        return bool(now.field) and now.field == before.field
    if refusal.reason == "region":
        return bool(now.region) and now.region[:4] == before.region[:4]
    # Who asks finds it too dear or too raw; who offers finds too little paid or too much asked.
    ours, theirs = (now.amount, before.amount) if refusal.reason == "price" else (now.trl, before.trl)
    if ours is None or theirs is None or refusal.reason not in GENERAL:
        return False
    is_more_refused = (refusal.reason == "price") == refusal.by_need
    return ours >= theirs if is_more_refused else ours <= theirs


def count_alike(refusals: Iterable[Refusal], need: NeedFacts, outcome: OutcomeFacts) -> int:
    """Return for how many reasons, of both sides, a pair is like what was refused; each counts once."""
    return len({(one.reason, one.by_need) for one in refusals if is_alike(one, need, outcome)})
