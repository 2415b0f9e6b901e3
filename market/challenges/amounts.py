"""What the money of a challenge comes to: instalments, shares of a team, public co-funding. Pure; in fen."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise

from market.kit.money import allocate, round_half_up

HUNDRED = 10_000
"""One hundred percent in basis points."""


def instalments(price: int, shares: Sequence[int]) -> list[int]:
    """Return the parts of a price by the shares of its milestones, to the fen; they add up to the price.

    Raises:
        ValueError: the shares do not make the whole.
    """
    if sum(shares) != HUNDRED:
        raise ValueError("the shares of the milestones do not make 100 %")
    return allocate(price, shares)


def team_amounts(price: int, shares: Sequence[int]) -> list[int]:
    """Return what each unit of a team gets of a price; as for milestones."""
    return instalments(price, shares)


def public_amount(price: int, share: int, most: int | None) -> int:
    """Return the part of a contract that is paid from public funds: a share, rounded once, up to a most."""
    amount = round_half_up(Fraction(price * share, HUNDRED))
    return amount if most is None else min(amount, most)


def public_parts(prices: Sequence[int], share: int, most: int | None) -> list[int]:
    """Return what of each contract of a list is paid from public funds, in the order of the awards.

    They add up to what the list promises for all of them; a later award moves no earlier one's part.
    """
    whole = [public_amount(sum(prices[:count]), share, most) for count in range(len(prices) + 1)]
    return [later - earlier for earlier, later in pairwise(whole)]
