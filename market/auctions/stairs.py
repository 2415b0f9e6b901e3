"""The price over time as stairs, for a drawing: x in per cent, y in pixels. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

HEIGHT = 190
TOP, BASE = 34, HEIGHT - 26


@dataclass(frozen=True)
class Point:
    """A bid in the drawing."""

    x: float
    y: float
    until: float
    """Where the next bid begins, or the drawing ends."""
    next_y: float
    is_mine: bool
    amount: int


@dataclass(frozen=True)
class Stairs:
    """The whole drawing."""

    points: Sequence[Point]
    planned_x: float
    """Where the planned end was."""
    until: datetime
    """Where the drawing ends."""
    is_widened: bool
    """The end has more width than its time."""
    height: int = HEIGHT
    base: int = BASE


def stairs(
    bids: Sequence[tuple[datetime, int, bool]],
    opens_at: datetime,
    planned_end: datetime,
    ends_at: datetime,
    now: datetime | None = None,
) -> Stairs | None:
    """Return the drawing of bids (when, amount in fen, whether own); None where nobody has bid.

    The last tenth before the planned end has a third of the width, what was extended another: there the bids
    crowd. Before that tenth the drawing of a running auction ends now.
    """
    if not bids:
        return None
    late = planned_end - (planned_end - opens_at) / 10
    last = max(ends_at, planned_end)
    scale = [(opens_at, 0.0), (late, 40.0), (planned_end, 70.0 if last > planned_end else 100.0)]
    if last > planned_end:
        scale.append((last, 100.0))
    is_early = now is not None and opens_at < now < late
    if now is not None and is_early:
        last, scale = now, [(opens_at, 0.0), (now, 96.0)]
    low, high = bids[0][1], max(amount for _at, amount, _mine in bids)

    def x_of(moment: datetime) -> float:
        for (begin, left), (end, right) in pairwise(scale):
            if moment <= end:
                return left + (right - left) * max(0.0, (moment - begin) / (end - begin))
        return 100.0

    def y_of(amount: int) -> float:
        return BASE - 8 - (BASE - TOP - 8) * (amount - low) / ((high - low) or 1)

    xs = [x_of(at) for at, _amount, _mine in bids]
    ys = [y_of(amount) for _at, amount, _mine in bids]
    points = [
        Point(x, y, following, next_y, is_mine, amount)
        for x, y, following, next_y, (_at, amount, is_mine) in zip(
            xs, ys, [*xs[1:], 100.0], [*ys[1:], ys[-1]], bids, strict=True
        )
    ]
    return Stairs(points, x_of(planned_end), last, is_widened=not is_early)
