"""The protocol of embedding models."""

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
"""Characters of a text that are embedded."""
_GAPS = re.compile(rf"(?<=[{DENSE}])\s+(?=[{DENSE}])")


class EmbedderUnavailable(Exception):
    """An embedder cannot be used; names it and says why."""


class Embedder(Protocol):
    """An embedding model. Its calls block, so callers run them in threads."""

    name: str
    """Stored with every vector; of `[a-z0-9_-]`."""

    @property
    def dimensions(self) -> int:
        """Return the dimensions of its vectors."""

    def embed(self, texts: Sequence[str], *, is_query: bool) -> Vectors:
        """Return the vector of each text, as queries or as passages.

        Raises:
            EmbedderUnavailable: the model does not answer.
        """


def tidy(text: str) -> str:
    """Truncate a text and remove spaces between Chinese characters."""
    return _GAPS.sub("", " ".join(text.split()))[:LONGEST]


def normalise(vectors: Vectors) -> Vectors:
    """Scale vectors to length 1."""
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.asarray(vectors / np.maximum(lengths, 1e-9), dtype=np.float32)
