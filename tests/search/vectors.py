"""Vectors for tests and benches."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from market.search.embedders import normalise
from market.search.engine import Vector


def unit_vector(numbers: Sequence[float]) -> Vector:
    """Return numbers as a vector of length 1."""
    vector: Vector = normalise(np.array([numbers], dtype=np.float32))[0]
    return vector
