"""What a winner who does not sign owes, and what becomes of their deposit. Pure; amounts in fen."""

from __future__ import annotations

from dataclasses import dataclass

from market.auctions.states import DefaultRule


@dataclass(frozen=True, slots=True)
class Settlement:
    """The account of a default (悔约)."""

    shortfall: int
    """By how much the later price is lower."""
    owed: int
    """The shortfall and the costs of the new auction."""
    covered: int
    """What of it the deposit covers."""
    claim: int
    """What is left to claim beyond the deposit."""
    kept: int
    """What of the deposit is not returned."""
    returned: int


def settle(price: int, deposit: int, resale: int, costs: int, rule: DefaultRule) -> Settlement:
    """Return the account of a default after the lot was sold again for `resale` at `costs`.

    The deposit comes first. What is left of it is kept or returned as the published terms say.
    """
    shortfall = max(0, price - resale)
    owed = shortfall + costs
    covered = min(owed, deposit)
    kept = deposit if rule is DefaultRule.ALL else covered
    return Settlement(shortfall, owed, covered, owed - covered, kept, deposit - kept)
