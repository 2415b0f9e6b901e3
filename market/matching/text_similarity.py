"""Text similarity of one listing with many, each independently, by common terms and letters.

A common term counts by rarity and place; long texts, which share terms by chance, are normalised by length.
Single characters count beside terms, since 水稻 and 稻米 mean the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from market.matching.facts import Text
from market.search.candidates import Numbers

Rarity = Callable[[str], float]
"""Returns the rarity of a term or letter on the market, 0 for one in every listing."""
PLACES = np.array([3.0, 2.0, 1.0, 3.0, 2.0, 1.0])
"""Weights of terms, then letters, by place: title, keywords, text."""
_SIZES = np.array([9.0, 4.0, 1.0])
"""Contribution of a term or letter to the length of its text, by place."""
_TERMS = np.array([True, True, True, False, False, False])
DIGITS = 9
"""Decimals to which sums are rounded, since the last ones depend on the order of summation."""


@dataclass(frozen=True)
class Scales:
    """Constants of text similarity, part of the weights."""

    rarity: float
    """Exponent of rarity for terms; letters have 2."""
    length: float
    """Exponent of length normalisation: 0 for none, 0.5 for that of the cosine."""
    terms: float
    """Similarity in terms that gives half the points of wording, without common letters."""
    letters: float


@dataclass(frozen=True, slots=True)
class Texts:
    """The texts of many listings: concatenated term hashes, and the counts of each as a row."""

    hashes: npt.NDArray[np.uint32]
    counts: npt.NDArray[np.int64]

    @classmethod
    def of(cls, hashes: Iterable[bytes], counts: npt.ArrayLike) -> Texts:
        return cls(_read(b"".join(hashes)), np.asarray(counts, dtype=np.int64).reshape(-1, len(PLACES)))

    @classmethod
    def of_texts(cls, texts: Sequence[Text]) -> Texts:
        return cls.of((text.hashes for text in texts), [text.counts for text in texts])


@dataclass(frozen=True, slots=True)
class Overlap:
    """The common terms of a subject with many others, one entry for each occurrence."""

    subject: Text
    others: Texts
    scales: Scales
    is_term: npt.NDArray[np.bool_]
    term_index: npt.NDArray[np.int64]
    """Position among the subject's terms."""
    owner: npt.NDArray[np.int64]
    """Position among the others; ascending."""
    points: Numbers

    def similarities(self) -> Numbers:
        """Return the similarity of each of the others with the subject, from 0 on."""
        counts = self.others.counts
        total = np.zeros(len(counts))
        for kind, scale, columns in (
            (True, self.scales.terms, slice(0, 3)),
            (False, self.scales.letters, slice(3, 6)),
        ):
            is_kind = self.is_term == kind
            sums = np.bincount(self.owner[is_kind], self.points[is_kind], minlength=len(total))
            sizes = (np.array(self.subject.counts[columns]) @ _SIZES) * (counts[:, columns] @ _SIZES)
            total += sums / (np.maximum(sizes, 1.0) ** self.scales.length) / scale
        return np.round(total, DIGITS)

    def terms(self) -> list[dict[str, float]]:
        """Return for each of the others the common terms (not letters) with their points."""
        terms: list[dict[str, float]] = [{} for _ in self.others.counts]
        columns = (column[self.is_term].tolist() for column in (self.owner, self.term_index, self.points))
        for owner, term_index, points in zip(*columns, strict=True):
            terms[owner][self.subject.words[term_index]] = points
        return terms


def overlap_of(subject: Text, others: Texts, rarity: Rarity, scales: Scales) -> Overlap:
    """Compare many texts with one."""
    weights, hashes = _term_weights(subject, rarity, scales), others.hashes
    # A bitmap of the low 16 bits rules out nearly all hashes, much quicker than a binary search for each.
    at = np.flatnonzero(weights.low_bits[hashes.astype(np.uint16)])
    index = np.minimum(np.searchsorted(weights.hashes, hashes[at]), len(weights.hashes) - 1)
    same = weights.hashes[index] == hashes[at] if len(weights.hashes) else np.zeros(0, dtype=np.bool_)
    at, index = at[same], index[same]
    segment = np.searchsorted(np.cumsum(others.counts.ravel()), at, side="right")
    return Overlap(
        subject,
        others,
        scales,
        weights.is_term[index],
        weights.order[index],
        segment // len(PLACES),
        weights.points[index] * PLACES[segment % len(PLACES)],
    )


@dataclass(frozen=True, slots=True)
class _TermWeights:
    """The points of each term of the subject, by ascending hash."""

    hashes: npt.NDArray[np.uint32]
    order: npt.NDArray[np.int64]
    """Position among the subject's terms."""
    points: Numbers
    is_term: npt.NDArray[np.bool_]
    low_bits: npt.NDArray[np.bool_]
    """Bitmap of the low 16 bits of the hashes."""


_cached: tuple[Text, Rarity, Scales, _TermWeights] | None = None
"""The last result: a subject is compared several times in a row."""


def _term_weights(subject: Text, rarity: Rarity, scales: Scales) -> _TermWeights:
    global _cached
    if _cached and _cached[0] is subject and _cached[1] == rarity and _cached[2] == scales:
        return _cached[3]
    hashes = _read(subject.hashes)
    rarities = np.array([rarity(word) for word in subject.words], dtype=np.float64)
    is_term = np.repeat(_TERMS, subject.counts)
    worth = np.where(is_term, np.maximum(rarities, 0.0) ** scales.rarity, rarities**2)
    points = worth * np.repeat(PLACES, subject.counts)
    order = np.argsort(hashes, kind="stable")
    low_bits = np.zeros(1 << 16, dtype=np.bool_)
    low_bits[hashes.astype(np.uint16)] = True
    weights = _TermWeights(hashes[order], order, points[order], is_term[order], low_bits)
    _cached = subject, rarity, scales, weights
    return weights


def _read(hashes: bytes) -> npt.NDArray[np.uint32]:
    return np.frombuffer(hashes, dtype=np.uint32)
