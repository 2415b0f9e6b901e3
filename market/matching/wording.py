"""How alike two listings are in words and letters. Many are held to one at once, each by itself.

A term in common counts by how rare it is and by where it stands; long texts, which share some by
chance, are held down. Single characters count beside the terms, since 水稻 and 稻米 say the same.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from market.matching.facts import Text

Numbers = npt.NDArray[np.float64]
Rarity = Callable[[str], float]
"""How rare a term or letter is on the market, 0 for one that stands everywhere."""
PLACES = np.array([3.0, 2.0, 1.0, 3.0, 2.0, 1.0])
"""How much a term or letter weighs by where it stands: title, keywords, text."""
_TERMS = np.array([True, True, True, False, False, False])
DIGITS = 9
"""Sums are rounded to so many, because they depend on the order in the last."""


@dataclass(frozen=True)
class Scales:
    """The constants of likeness; they belong to the weights."""

    rarity: float
    """The power of rarity for terms; letters have the square."""
    length: float
    """How much long texts are held against: 0 not at all, 0.5 as the cosine does."""
    terms: float
    """The likeness in terms at which wording has half its points, if letters are not alike at all."""
    letters: float


def likeness(subject: Text, others: Sequence[Text], rarity: Rarity, scales: Scales) -> Numbers:
    """Return how alike each of the others is to the subject, whose words are known; 0 is not at all."""
    marks, places, worth, is_term = _worth(subject, rarity, scales)
    found, owner, place = _common(marks, others)
    points = worth[found] * places[found] * PLACES[place]
    total = np.zeros(len(others))
    for kind, scale in ((True, scales.terms), (False, scales.letters)):
        chosen = is_term[found] == kind
        sums = np.bincount(owner[chosen], points[chosen], minlength=len(others))
        own, theirs = _size(subject, kind), np.array([_size(one, kind) for one in others])
        total += sums / (np.maximum(own * theirs, 1.0) ** scales.length) / scale
    return np.round(total, DIGITS)


def common_terms(subject: Text, other: Text, rarity: Rarity, scales: Scales) -> dict[str, float]:
    """Return the terms (not letters) of both with what each adds to their likeness."""
    words = dict(zip(_read(subject.marks).tolist(), subject.words, strict=True))
    marks, places, worth, is_term = _worth(subject, rarity, scales)
    found, _owner, place = _common(marks, [other])
    points = worth[found] * places[found] * PLACES[place]
    return {
        words[int(marks[at])]: float(one)
        for at, one in zip(found.tolist(), points.tolist(), strict=True)
        if is_term[at]
    }


Worth = tuple[npt.NDArray[np.uint32], Numbers, Numbers, npt.NDArray[np.bool_]]
_last: tuple[Text, Rarity, Scales, Worth] | None = None
"""One listing is held to many, in turns by all and by one."""


def _worth(subject: Text, rarity: Rarity, scales: Scales) -> Worth:
    """Return the subject's marks in order, and for each its place, its worth and whether it is a term."""
    global _last
    if _last and _last[0] is subject and _last[1] == rarity and _last[2] == scales:
        return _last[3]
    marks = _read(subject.marks)
    rare = np.array([rarity(word) for word in subject.words], dtype=np.float64)
    is_term = np.repeat(_TERMS, subject.counts)
    worth = np.where(is_term, np.maximum(rare, 0.0) ** scales.rarity, rare**2)
    places = np.repeat(PLACES, subject.counts)
    order = np.argsort(marks, kind="stable")
    found = marks[order], places[order], worth[order], is_term[order]
    _last = subject, rarity, scales, found
    return found


def _common(
    marks: npt.NDArray[np.uint32], others: Sequence[Text]
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Return for each mark in common which it is of the subject's, who else has it, and where there."""
    whole = _read(b"".join([one.marks for one in others]))
    nothing = np.zeros(0, dtype=np.int64)
    if not len(whole) or not len(marks):
        return nothing, nothing, nothing
    # A look at half of the bits rules nearly all out, which is much quicker than to search for each.
    maybe = np.zeros(1 << 16, dtype=np.bool_)
    maybe[marks & 0xFFFF] = True
    at = np.flatnonzero(maybe[whole & 0xFFFF])
    found = np.minimum(np.searchsorted(marks, whole[at]), len(marks) - 1)
    same = marks[found] == whole[at]
    at, found = at[same], found[same]
    ends = np.cumsum(np.array([one.counts for one in others], dtype=np.int64).ravel())
    segment = np.searchsorted(ends, at, side="right")
    return found, segment // len(PLACES), segment % len(PLACES)


def _size(text: Text, is_term: bool) -> float:
    title, keywords, words = text.counts[:3] if is_term else text.counts[3:]
    return title * 9.0 + keywords * 4.0 + words


def _read(marks: bytes) -> npt.NDArray[np.uint32]:
    return np.frombuffer(marks, dtype=np.uint32)
