"""Models that turn a text into a vector: texts that mean the like have vectors that point alike."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Protocol

import numpy as np
import numpy.typing as npt

from market.search.normalise import DENSE

Vectors = npt.NDArray[np.float32]
"""One a row, each of length 1."""
LONGEST = 400
"""Characters of a text that a model is given."""
_GAPS = re.compile(rf"(?<=[{DENSE}])\s+(?=[{DENSE}])")


class Unusable(Exception):
    """A model cannot be used; says which and why."""


class Embedder(Protocol):
    """One model. Its calls block, so callers run them in threads."""

    name: str
    """Kept beside every vector it made; of `[a-z0-9_-]`."""

    @property
    def dimensions(self) -> int:
        """How long its vectors are."""

    def embed(self, texts: Sequence[str], *, is_query: bool) -> Vectors:
        """Return the vector of each text. What is looked for is a query, what may be found is not.

        Raises:
            Unusable: the model does not answer.
        """


def tidied(text: str) -> str:
    """Return a text as models are given it: short, and without the gaps of a word list."""
    return _GAPS.sub("", " ".join(text.split()))[:LONGEST]


def normalised(vectors: Vectors) -> Vectors:
    """Return the vectors with length 1."""
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.asarray(vectors / np.maximum(lengths, 1e-9), dtype=np.float32)
