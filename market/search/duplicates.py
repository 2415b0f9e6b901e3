"""How alike two texts are, letter for letter. Pure; the same for the site and for measuring it.

A text is read as the set of its runs of three letters, folded as for search, so that spaces, punctuation,
widths and traditional characters make no difference. Two sets are compared by their cosine.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Hashable, Sequence
from typing import TypeVar

from market.search.normalise import fold

Id = TypeVar("Id", bound=Hashable)
THRESHOLD = 0.7
"""From here on two texts count as the same one posted twice. Texts that only share a form of words, as
needs of one enterprise do, reach about .5; the same text with a sentence changed stays above .8."""
RUN = 3


def similarity(a: str, b: str) -> float:
    """Return 0 for texts without a common run of letters, 1 for the same text; symmetric."""
    return _cosine(runs(a), runs(b))


def runs(text: str) -> frozenset[str]:
    """Return the runs of three letters of a text; a shorter text is one run itself."""
    letters = "".join(char for char in fold(text) if char.isalnum())
    if len(letters) < RUN:
        return frozenset([letters]) if letters else frozenset()
    return frozenset(letters[at : at + RUN] for at in range(len(letters) - RUN + 1))


def groups(texts: Sequence[tuple[Id, str]]) -> list[set[Id]]:
    """Return the groups of texts that are alike, each like another of its group.

    Exact, without comparing all pairs: two sets as alike as the threshold share one of their rarest runs.
    """
    sets = [runs(text) for _id, text in texts]
    spread = Counter(run for one in sets for run in one)
    holders: defaultdict[str, list[int]] = defaultdict(list)
    above = list(range(len(texts)))
    for at, one in enumerate(sets):
        rarest = sorted(one, key=lambda run: (spread[run], run))
        needed = math.ceil(THRESHOLD**2 * len(one))
        prefix = rarest[: len(one) - needed + 1] if one else []
        for other in {number for run in prefix for number in holders[run]}:
            if _top(above, at) != _top(above, other) and _cosine(one, sets[other]) >= THRESHOLD:
                above[_top(above, at)] = _top(above, other)
        for run in prefix:
            holders[run].append(at)
    found: defaultdict[int, set[Id]] = defaultdict(set)
    for at, (identity, _text) in enumerate(texts):
        found[_top(above, at)].add(identity)
    return [group for group in found.values() if len(group) > 1]


def _cosine(a: frozenset[str], b: frozenset[str]) -> float:
    return len(a & b) / math.sqrt(len(a) * len(b)) if a and b else 0.0


def _top(above: list[int], at: int) -> int:
    while above[at] != at:
        above[at] = above[above[at]]
        at = above[at]
    return at
