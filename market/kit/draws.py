"""A seeded draw that everybody can repeat from what was stored of it. Pure.

The seed orders the candidates, sorted before, by a partial Fisher-Yates shuffle over
`random.Random(seed).random()`: of all of Python's generator only this sequence is promised to stay the same.
"""

from __future__ import annotations

import hashlib
import random
from collections.abc import Iterable
from typing import TypeVar

T = TypeVar("T")


def seed_of(number: str, chain_head: str, salt: str) -> str:
    """Return the seed of a draw as 64 hexadecimal digits.

    It is SHA-256 of the record's number, the head of its audit chain and a salt.
    """
    return hashlib.sha256(f"{number}|{chain_head}|{salt}".encode()).hexdigest()


def shuffled(candidates: Iterable[T], seed: str) -> list[T]:
    """Return the candidates, which come sorted, in the order of the draw."""
    order = list(candidates)
    numbers = random.Random(seed)  # noqa: S311 -- a draw that is replayed from its published seed
    for place in range(len(order) - 1):
        other = place + int(numbers.random() * (len(order) - place))
        order[place], order[other] = order[other], order[place]
    return order
