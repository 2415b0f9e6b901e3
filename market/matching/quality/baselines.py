"""What the figures are held against: a plain keyword search (BM25 on pairs of characters) and chance."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import numpy.typing as npt

SATURATION, LENGTH = 1.5, 0.75
Scores = npt.NDArray[np.float32]


class PlainKeywords:
    """BM25 on pairs of neighbouring characters and on Latin words, without any of our own ideas."""

    def __init__(self, texts: Sequence[str]) -> None:
        found = [Counter(_pieces(text)) for text in texts]
        lengths = np.array([max(sum(one.values()), 1) for one in found], dtype=np.float32)
        self.size = len(texts)
        self._norms = SATURATION * (1 - LENGTH + LENGTH * lengths / max(float(lengths.mean()), 1.0))
        places: dict[str, list[int]] = {}
        counts: dict[str, list[int]] = {}
        for at, one in enumerate(found):
            for piece, count in one.items():
                places.setdefault(piece, []).append(at)
                counts.setdefault(piece, []).append(count)
        self._postings = {
            piece: (np.array(ids, dtype=np.int32), np.array(counts[piece], dtype=np.float32))
            for piece, ids in places.items()
        }

    def scores(self, text: str) -> Scores:
        """Return the score of every text for this question."""
        total = np.zeros(self.size, dtype=np.float32)
        for piece, times in Counter(_pieces(text)).items():
            if piece in self._postings:
                ids, counts = self._postings[piece]
                rarity = np.log1p((self.size - len(ids) + 0.5) / (len(ids) + 0.5))
                total[ids] += times * rarity * counts * (SATURATION + 1) / (counts + self._norms[ids])
        return total


def by_chance(question: str, ids: Iterable[str]) -> Mapping[str, float]:
    """Return scores that mean nothing, the same in every run."""
    return {
        one: float(int.from_bytes(hashlib.sha256(f"{question} {one}".encode()).digest()[:6], "big"))
        for one in ids
    }


def _pieces(text: str) -> list[str]:
    pieces: list[str] = []
    for run in "".join(char if char.isalnum() else " " for char in text.lower()).split():
        if run.isascii():
            pieces.append(run)
        else:
            pieces += [run[at : at + 2] for at in range(len(run) - 1)] or [run]
    return pieces
