"""Which deeds are examined: all large ones, a share of the others, a least number of each city. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from market.kit.draws import shuffled

WHOLE = 10_000


class Candidate(NamedTuple):
    """A deed that may be drawn; its amount in fen."""

    number: str
    city: str
    amount: int


def pick(candidates: Sequence[Candidate], seed: str, *, all_from: int, share: int, least: int) -> list[str]:
    """Return the numbers of the deeds drawn, in the order of their numbers.

    Of each city every deed of `all_from` fen or more, and of the rest `share` basis points, rounded up, or as
    many as make `least` together with the large ones.
    """
    picked: list[str] = []
    for city in sorted({candidate.city for candidate in candidates}):
        own = sorted(candidate for candidate in candidates if candidate.city == city)
        large = [candidate.number for candidate in own if candidate.amount >= all_from]
        rest = [candidate.number for candidate in own if candidate.amount < all_from]
        wanted = max(-(-len(rest) * share // WHOLE), least - len(large))
        picked += [*large, *shuffled(rest, f"{seed}:{city}")[: max(wanted, 0)]]
    return sorted(picked)


def may_pass_rest(*, sampled: int, waiting: int, errors: int, most_errors: int) -> bool:
    """Return whether what was not drawn of a city passes: all drawn are decided, with few errors."""
    return sampled > 0 and waiting == 0 and errors * WHOLE <= most_errors * sampled
