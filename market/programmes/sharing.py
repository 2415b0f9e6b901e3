"""Sharing a sum by largest remainder, and a programme's pot among its claims."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

SCALE = 10_000
"""Exact amounts are whole ten-thousandths of a fen: every rate is a number of basis points."""


def to_fen(exact: int) -> int:
    """Round an exact amount (not negative) to the fen, half up."""
    return (2 * exact + SCALE) // (2 * SCALE)


def share(total: int, weights: Sequence[int], rank: Sequence[Any] | None = None) -> list[int]:
    """Divide `total` in proportion to whole weights; the parts add up to it.

    Each part is rounded down and the units left go to the largest remainders; among equal remainders
    the smaller `rank` comes first, else the earlier part. In whole numbers only, unlike
    `kit.money.allocate`, since a year run shares a hundred thousand times.
    """
    whole = sum(weights)
    if not whole:
        return [total, *([0] * (len(weights) - 1))] if weights else []
    parts, rests = [], []
    for weight in weights:
        part, rest = divmod(total * weight, whole)
        parts.append(part)
        rests.append(rest)
    undistributed = total - sum(parts)
    if undistributed:
        ties = range(len(parts)) if rank is None else rank
        for place in sorted(range(len(parts)), key=lambda at: (-rests[at], ties[at]))[:undistributed]:
            parts[place] += 1
    return parts


def fill(total: int, amounts: Sequence[int], rank: Sequence[Any]) -> list[int]:
    """Serve by `rank`, each in full while there is enough; the one that straddles gets the rest."""
    parts = [0] * len(amounts)
    for place in sorted(range(len(amounts)), key=lambda at: rank[at]):
        parts[place] = min(amounts[place], total)
        total -= parts[place]
    return parts


def share_pot(pot: int, awards: Sequence[int], mode: str, rank: Sequence[Any] | None = None) -> list[int]:
    """Scale a list's awards to the year's pot, after all caps.

    `none` leaves them; `pro_rata` reduces all alike when they exceed the pot; `ranked` serves by rank and
    lets the claim that straddles have the rest; `hard_stop` serves by rank and ends at the first that
    does not fit in full. Without a rank the order of the list stands.

    Raises:
        ValueError: the mode is not one of these.
    """
    order = list(range(len(awards))) if rank is None else rank
    if mode == "none" or (mode in {"pro_rata", "ranked", "hard_stop"} and sum(awards) <= pot):
        return list(awards)
    if mode == "pro_rata":
        return share(pot, awards, order)
    if mode not in {"ranked", "hard_stop"}:
        raise ValueError(f"no such way to share a pot: {mode}")
    parts = fill(pot, awards, order)
    if mode == "hard_stop":
        stopped = False
        for place in sorted(range(len(awards)), key=lambda at: order[at]):
            stopped = stopped or parts[place] < awards[place]
            if stopped:
                parts[place] = 0
    return parts


def number_rank(no: str | None) -> tuple[int, int, str]:
    """Order contract numbers: by value where they are digits, else by characters, the unnumbered last."""
    if no is None:
        return (2, 0, "")
    if no.isascii() and no.isdigit():
        digits = no.lstrip("0")
        return (0, len(digits), digits)
    return (1, 0, no)
