"""Near-duplicate detection by character trigrams. Pure; used by the site and by `evaluate`.

A text is the set of its trigrams, folded as for search, so that spaces, punctuation, widths and traditional
characters make no difference. Similarity is the cosine of two sets.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Hashable, Sequence
from typing import TypeVar

from market.search.normalise import fold

Id = TypeVar("Id", bound=Hashable)
THRESHOLD = 0.7
"""Similarity from which two texts are duplicates. Texts that only share boilerplate, as needs of one
enterprise do, reach about .5; the same text with a sentence changed stays above .8."""
RUN = 3


def similarity(a: str, b: str) -> float:
    """Return 0 for texts without a common trigram, 1 for the same text; symmetric."""
    return _cosine(trigrams(a), trigrams(b))


def trigrams(text: str) -> frozenset[str]:
    """Return the trigrams of a text; a shorter text is one by itself."""
    letters = "".join(char for char in fold(text) if char.isalnum())
    if len(letters) < RUN:
        return frozenset([letters]) if letters else frozenset()
    return frozenset(letters[at : at + RUN] for at in range(len(letters) - RUN + 1))


def duplicate_groups(texts: Sequence[tuple[Id, str]]) -> list[set[Id]]:
    """Group texts that are duplicates, each of another of its group.

    Exact without comparing all pairs, by prefix filtering: sets above the threshold share one of their
    rarest trigrams.
    """
    sets = [trigrams(text) for _id, text in texts]
    frequency = Counter(trigram for own in sets for trigram in own)
    holders: defaultdict[str, list[int]] = defaultdict(list)
    parents = list(range(len(texts)))
    for at, own in enumerate(sets):
        rarest = sorted(own, key=lambda trigram: (frequency[trigram], trigram))
        needed = math.ceil(THRESHOLD**2 * len(own))
        prefix = rarest[: len(own) - needed + 1] if own else []
        for other in {number for trigram in prefix for number in holders[trigram]}:
            if _root(parents, at) != _root(parents, other) and _cosine(own, sets[other]) >= THRESHOLD:
                parents[_root(parents, at)] = _root(parents, other)
        for trigram in prefix:
            holders[trigram].append(at)
    members: defaultdict[int, set[Id]] = defaultdict(set)
    for at, (identity, _text) in enumerate(texts):
        members[_root(parents, at)].add(identity)
    return [group for group in members.values() if len(group) > 1]


def _cosine(a: frozenset[str], b: frozenset[str]) -> float:
    return len(a & b) / math.sqrt(len(a) * len(b)) if a and b else 0.0


def _root(parents: list[int], at: int) -> int:
    while parents[at] != at:
        parents[at] = parents[parents[at]]
        at = parents[at]
    return at
