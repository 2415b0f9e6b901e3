"""Penalties from feedback (不感兴趣): a refusal lowers similar pairs. Pure.

A reason that generalises lowers other matches of the same listing that share the refused trait: at least as
expensive as what was too expensive, in the field that did not fit, no more mature than what was not mature
enough, from the region that was too far. The penalty is subtracted from the score and listed as a misfit.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from market.matching.facts import NeedFacts, OutcomeFacts

GENERAL = frozenset({"price", "field", "maturity", "region"})
"""Reasons of `codes.lists.DROP_REASONS` that generalise to other listings."""


@dataclass(frozen=True)
class ListingTraits:
    """The traits of a listing that a reason can refer to."""

    field: str = ""
    amount: int | None = None
    """An outcome's price or a need's highest budget, in fen."""
    trl: int | None = None
    region: str = ""


@dataclass(frozen=True)
class Refusal:
    """A refusal of a match by one side, with the traits of the other."""

    reason: str
    by_need: bool
    traits: ListingTraits


def applies_to(refusal: Refusal, need: NeedFacts, outcome: OutcomeFacts) -> bool:
    """Return whether a pair of the refusing listing has the refused trait."""
    refused = refusal.traits
    if refusal.by_need:
        traits = ListingTraits(outcome.field, outcome.price, outcome.trl, outcome.region)
    else:
        traits = ListingTraits(need.field, need.budget_most, need.trl_least, need.region)
    if refusal.reason == "field":
        return bool(traits.field) and traits.field == refused.field
    if refusal.reason == "region":
        return bool(traits.region) and traits.region[:4] == refused.region[:4]
    # A need refuses high prices and low maturity; an outcome low budgets and high demands.
    ours, theirs = (traits.amount, refused.amount) if refusal.reason == "price" else (traits.trl, refused.trl)
    if ours is None or theirs is None or refusal.reason not in GENERAL:
        return False
    is_more_refused = (refusal.reason == "price") == refusal.by_need
    return ours >= theirs if is_more_refused else ours <= theirs


def count_applicable(refusals: Iterable[Refusal], need: NeedFacts, outcome: OutcomeFacts) -> int:
    """Count the distinct reasons, by side, whose refusals apply to a pair."""
    return len(
        {(refusal.reason, refusal.by_need) for refusal in refusals if applies_to(refusal, need, outcome)}
    )
