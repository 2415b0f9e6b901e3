"""How alike two listings are in words and letters. Many are held to one at once, each by itself.

A term in common counts by how rare it is and by where it stands; long texts, which share some by
chance, are held down. Single characters count beside the terms, since 水稻 and 稻米 say the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from market.matching.facts import Text
from market.search.candidates import Numbers

Rarity = Callable[[str], float]
"""How rare a term or letter is on the market, 0 for one that stands everywhere."""
PLACES = np.array([3.0, 2.0, 1.0, 3.0, 2.0, 1.0])
"""How much a term or letter weighs by where it stands: title, keywords, text."""
_SIZES = np.array([9.0, 4.0, 1.0])
"""How much a term or letter adds to the size of its text, likewise."""
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


@dataclass(frozen=True, slots=True)
class Texts:
    """The wording of many listings: all their marks in turn, and the counts of each as a row."""

    hashes: npt.NDArray[np.uint32]
    counts: npt.NDArray[np.int64]

    @classmethod
    def of(cls, marks: Iterable[bytes], counts: npt.ArrayLike) -> Texts:
        return cls(_read(b"".join(marks)), np.asarray(counts, dtype=np.int64).reshape(-1, len(PLACES)))

    @classmethod
    def of_each(cls, texts: Sequence[Text]) -> Texts:
        return cls.of((one.hashes for one in texts), [one.counts for one in texts])


@dataclass(frozen=True, slots=True)
class Common:
    """What a listing, whose words are known, has in common with others, mark by mark."""

    subject: Text
    others: Texts
    scales: Scales
    is_term: npt.NDArray[np.bool_]
    which: npt.NDArray[np.int64]
    """Which of the subject's marks it is."""
    owner: npt.NDArray[np.int64]
    """Which of the others has it; ascending."""
    points: Numbers

    def likeness(self) -> Numbers:
        """Return how alike each of the others is to the subject; 0 is not at all."""
        counts = self.others.counts
        total = np.zeros(len(counts))
        for kind, scale, columns in (
            (True, self.scales.terms, slice(0, 3)),
            (False, self.scales.letters, slice(3, 6)),
        ):
            chosen = self.is_term == kind
            sums = np.bincount(self.owner[chosen], self.points[chosen], minlength=len(total))
            sizes = (np.array(self.subject.counts[columns]) @ _SIZES) * (counts[:, columns] @ _SIZES)
            total += sums / (np.maximum(sizes, 1.0) ** self.scales.length) / scale
        return np.round(total, DIGITS)

    def terms(self) -> list[dict[str, float]]:
        """Return for each other the terms (not letters) in common, with what each adds to likeness."""
        found: list[dict[str, float]] = [{} for _ in self.others.counts]
        columns = (one[self.is_term].tolist() for one in (self.owner, self.which, self.points))
        for owner, which, points in zip(*columns, strict=True):
            found[owner][self.subject.words[which]] = points
        return found


def common(subject: Text, others: Texts, rarity: Rarity, scales: Scales) -> Common:
    """Hold many texts to one."""
    worth, whole = _worth(subject, rarity, scales), others.hashes
    # A look at half of the bits rules nearly all out, which is much quicker than to search for each.
    at = np.flatnonzero(worth.maybe[whole.astype(np.uint16)])
    found = np.minimum(np.searchsorted(worth.hashes, whole[at]), len(worth.hashes) - 1)
    same = worth.hashes[found] == whole[at] if len(worth.hashes) else np.zeros(0, dtype=np.bool_)
    at, found = at[same], found[same]
    segment = np.searchsorted(np.cumsum(others.counts.ravel()), at, side="right")
    return Common(
        subject,
        others,
        scales,
        worth.is_term[found],
        worth.order[found],
        segment // len(PLACES),
        worth.points[found] * PLACES[segment % len(PLACES)],
    )


@dataclass(frozen=True, slots=True)
class _Worth:
    """What each mark of the subject can give, by ascending marks."""

    hashes: npt.NDArray[np.uint32]
    order: npt.NDArray[np.int64]
    """Which of the subject's marks it is."""
    points: Numbers
    is_term: npt.NDArray[np.bool_]
    maybe: npt.NDArray[np.bool_]
    """For each of the lower halves that a mark may have, whether one of these has it."""


_last: tuple[Text, Rarity, Scales, _Worth] | None = None
"""One listing is held to many, in turns by all and by one."""


def _worth(subject: Text, rarity: Rarity, scales: Scales) -> _Worth:
    global _last
    if _last and _last[0] is subject and _last[1] == rarity and _last[2] == scales:
        return _last[3]
    marks = _read(subject.hashes)
    rare = np.array([rarity(word) for word in subject.words], dtype=np.float64)
    is_term = np.repeat(_TERMS, subject.counts)
    worth = np.where(is_term, np.maximum(rare, 0.0) ** scales.rarity, rare**2)
    points = worth * np.repeat(PLACES, subject.counts)
    order = np.argsort(marks, kind="stable")
    maybe = np.zeros(1 << 16, dtype=np.bool_)
    maybe[marks.astype(np.uint16)] = True
    found = _Worth(marks[order], order, points[order], is_term[order], maybe)
    _last = subject, rarity, scales, found
    return found


def _read(marks: bytes) -> npt.NDArray[np.uint32]:
    return np.frombuffer(marks, dtype=np.uint32)
