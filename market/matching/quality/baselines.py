"""Baselines of the evaluation: BM25 on character bigrams, and chance."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import numpy.typing as npt

SATURATION, LENGTH = 1.5, 0.75
Scores = npt.NDArray[np.float32]


class PlainKeywords:
    """BM25 on character bigrams and Latin words."""

    def __init__(self, texts: Sequence[str]) -> None:
        counted = [Counter(_pieces(text)) for text in texts]
        lengths = np.array([max(sum(pieces.values()), 1) for pieces in counted], dtype=np.float32)
        self.size = len(texts)
        self._norms = SATURATION * (1 - LENGTH + LENGTH * lengths / max(float(lengths.mean()), 1.0))
        places: dict[str, list[int]] = {}
        counts: dict[str, list[int]] = {}
        for at, pieces in enumerate(counted):
            for piece, count in pieces.items():
                places.setdefault(piece, []).append(at)
                counts.setdefault(piece, []).append(count)
        self._postings = {
            piece: (np.array(ids, dtype=np.int32), np.array(counts[piece], dtype=np.float32))
            for piece, ids in places.items()
        }

    def scores(self, text: str) -> Scores:
        """Return the score of every text for this query."""
        total = np.zeros(self.size, dtype=np.float32)
        for piece, times in Counter(_pieces(text)).items():
            if piece in self._postings:
                ids, counts = self._postings[piece]
                rarity = np.log1p((self.size - len(ids) + 0.5) / (len(ids) + 0.5))
                total[ids] += times * rarity * counts * (SATURATION + 1) / (counts + self._norms[ids])
        return total


def by_chance(question: str, ids: Iterable[str]) -> Mapping[str, float]:
    """Return pseudo-random scores, the same in every run."""
    return {
        id_: float(int.from_bytes(hashlib.sha256(f"{question} {id_}".encode()).digest()[:6], "big"))
        for id_ in ids
    }


def _pieces(text: str) -> list[str]:
    pieces: list[str] = []
    for run in "".join(char if char.isalnum() else " " for char in text.lower()).split():
        if run.isascii():
            pieces.append(run)
        else:
            pieces += [run[at : at + 2] for at in range(len(run) - 1)] or [run]
    return pieces
