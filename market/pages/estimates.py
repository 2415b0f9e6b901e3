"""Subsidy estimates of outcomes, for their pages and cards."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from market.accounts.actors import Actor
from market.accounts.models import Organisation
from market.claims.award_estimates import CalculatorInput, Estimate, calculate, estimate_for_outcome
from market.kit.clock import local_date
from market.kit.i18n import gettext as _
from market.kit.money import MisplacedComma, Money
from market.listings.models import Outcome

MOST_AMOUNT = 10**16
EXAMPLE = 120_000_000
"""What the calculator on the home page begins with, in fen."""
_badges: dict[tuple[UUID, int, str], int | None] = {}


def amount_of(text: str, otherwise: int | None) -> tuple[int | None, str]:
    """Return the fen of an amount typed in 万元, `otherwise` of nothing; and what is wrong with it."""
    if not text.strip():
        return otherwise, ""
    try:
        amount = Money.parse(text, unit=10_000).amount
    except MisplacedComma as error:
        return None, error.question
    except ValueError:
        return None, _("请填金额，最细到分，如 120.50。")
    if not 0 < amount <= MOST_AMOUNT:
        return None, _("请填金额，应大于零，也不能过大。")
    return amount, ""


async def estimates(
    outcome: Outcome, amount: int | None, actor: Actor | None, now: datetime
) -> list[Estimate]:
    """Return what programmes might award, the best first, by the facts of the enterprise that asks."""
    if amount is None:
        return []
    buyer = None
    if actor is not None and actor.may_buy and actor.organisation_id:
        buyer = await Organisation.get(id=actor.organisation_id)
    return await estimate_for_outcome(outcome, amount, None, now, buyer=buyer, is_told=True)


async def example(now: datetime) -> Estimate | None:
    """Return the best programme for the calculator's example amount."""
    awards = await calculate(CalculatorInput(amount=EXAMPLE), now)
    return awards[0] if awards else None


async def badges(outcomes: Iterable[Outcome], now: datetime) -> dict[UUID, int | None]:
    """Return, for cards in lists, the best amount at the asking price; None where it depends on the contract.

    Kept in memory by outcome, revision and minute: a list of a hundred cards must not compute each anew.
    """
    if len(_badges) > 5000:
        _badges.clear()
    amounts: dict[UUID, int | None] = {}
    for outcome in outcomes:
        key = (outcome.id, outcome.revision, f"{local_date(now)} {now:%H:%M}")
        if key not in _badges:
            _badges[key] = await _best(outcome, now)
        amounts[outcome.id] = _badges[key]
    return amounts


async def _best(outcome: Outcome, now: datetime) -> int | None:
    if outcome.price_amount is None:
        return None
    awards = await estimate_for_outcome(outcome, outcome.price_amount, None, now, seller=outcome.organisation)
    return next((award.amount for award in awards), None)
