"""How two organisations hang together by shareholdings and common people. Pure.

The bounds are our own (A): shares of a quarter and more link two parties, over at most four links.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

TYING_SHARE = 2_500
LONGEST_PATH = 4


@dataclass(frozen=True)
class PartyLink:
    """An edge between an organisation's code and a shareholder's code or a person's hash."""

    code: str
    other: str
    words: str
    is_person: bool = False
    share: int | None = None


def path_between(first: str, second: str, links: Iterable[PartyLink]) -> list[PartyLink] | None:
    """Return the shortest path of links between two codes, at most four long, or None.

    A shareholding below a quarter is no link.
    """
    near: dict[str, list[tuple[str, PartyLink]]] = {}
    for link in links:
        if link.share is not None and link.share < TYING_SHARE:
            continue
        near.setdefault(link.code, []).append((link.other, link))
        near.setdefault(link.other, []).append((link.code, link))
    queue: deque[tuple[str, list[PartyLink]]] = deque([(first, [])])
    seen = {first}
    while queue:
        node, path = queue.popleft()
        if node == second:
            return path
        if len(path) == LONGEST_PATH:
            continue
        for other, link in near.get(node, ()):
            if other not in seen:
                seen.add(other)
                queue.append((other, [*path, link]))
    return None


def describe_path(path: Sequence[PartyLink]) -> str:
    """Return a path of links in words."""
    return " → ".join(link.words for link in path)
