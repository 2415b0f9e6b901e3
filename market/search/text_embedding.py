"""Embedding of listings and queries: which texts a model reads, and how their vectors are combined.

The vectors of a multilingual model share a dominant direction, and those of one language even more so.
Subtracting the mean vector of a text's script separates texts better and aligns them across languages.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from pathlib import Path

import numpy as np

from market.search.embedders import Embedder, Vectors, normalise, tidy
from market.search.engine import Document, Vector
from market.search.record_files import KEY, VectorFile

VERSION = "1"
"""Part of the text hash: another version re-embeds all listings, since centred vectors are not comparable."""


def subtract_means(model: str, texts: Sequence[str], vectors: Vectors) -> Vectors:
    """Subtract the mean of each text's script and normalise to length 1.

    Return vectors unchanged for a model whose means were not measured.
    """
    means = _means().get(model)
    if means is None or not len(texts) or len(means["han"]) != vectors.shape[1]:
        return vectors
    return normalise(vectors - np.stack([means[_script(text)] for text in texts]))


def _script(text: str) -> str:
    return "han" if any("\u4e00" <= char <= "\u9fff" for char in text) else "latin"


@lru_cache(maxsize=1)
def _means() -> Mapping[str, Mapping[str, Vector]]:
    """Load the measured means: of 12,399 Chinese titles as passages and 1,500 English ones as queries."""
    encoded = json.loads(Path(__file__).with_name("mean_centering.json").read_text("utf-8"))
    return {
        model: {
            script: np.frombuffer(base64.b64decode(text), dtype="<f2").astype(np.float32)
            for script, text in of.items()
        }
        for model, of in encoded.items()
    }


TITLE_SHARE = 0.4
"""Weight of a need's title vector; the rest is that of title and beginning of the text."""
TEXT_PREFIX = 300
"""Characters of a need's text that are embedded."""
BATCH = 256
"""Texts embedded before they are written to the cache."""
Progress = Callable[[int, int], None]
EmbedTexts = Callable[[Embedder, Sequence[str], bool], Vectors]
"""Embeds texts; the flag says whether they are queries."""


def texts_of(index: str, document: Document) -> tuple[str, ...]:
    """Return the texts to embed of a listing; none without a title."""
    title = tidy(str(document.get("title") or ""))
    if not title:
        return ()
    if index != "needs":
        return (title,)
    text = str(document.get("text") or "")[:TEXT_PREFIX]
    return (title, tidy(f"{title}。{text}")) if text else (title, title)


def text_hash(index: str, document: Document) -> str:
    """Return a hash that changes when a listing has to be embedded again."""
    parts = (VERSION, *texts_of(index, document))
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def embed_uncached(embedder: Embedder, texts: Sequence[str], is_query: bool) -> Vectors:
    """Embed every text, without a cache."""
    return embedder.embed(texts, is_query=is_query)


def embed_documents(
    index: str, documents: Sequence[Document], embedder: Embedder, *, reader: EmbedTexts = embed_uncached
) -> list[Vector | None]:
    """Return a vector for each listing, None for one without a title. Blocking."""
    texts = [texts_of(index, document) for document in documents]
    flat = [text for own in texts for text in own]
    embedded = reader(embedder, flat, index == "needs") if flat else None
    vectors: list[Vector | None] = []
    at = 0
    for own in texts:
        if embedded is None or not own:
            vectors.append(None)
            continue
        rows = embedded[at : at + len(own)]
        at += len(own)
        vector = rows if len(own) == 1 else _weighted_mean(rows)
        vectors.append(subtract_means(embedder.name, own[-1:], vector)[0])
    return vectors


class VectorCache:
    """Embeds texts through a cache on disk, one file a model."""

    def __init__(self, directory: Path, on_progress: Callable[[str, int, int], None]) -> None:
        self._directory = directory
        self._on_progress = on_progress
        self._files: dict[str, VectorFile] = {}

    def __call__(self, embedder: Embedder, texts: Sequence[str], is_query: bool) -> Vectors:
        path = self._directory / f"{embedder.name}.vectors"
        file = self._files.setdefault(embedder.name, VectorFile(path))
        keys = [_key(text, is_query) for text in texts]
        vectors = file.get(keys)
        missing = {key: text for key, text in zip(keys, texts, strict=True) if key not in vectors}
        # Long texts last: batches pad less, and the estimated time left never grows.
        pending = sorted(missing.items(), key=lambda item: len(item[1]))
        for start in range(0, len(pending), BATCH):
            batch = pending[start : start + BATCH]
            embedded = embedder.embed([text for _, text in batch], is_query=is_query)
            file.put({key: row for (key, _), row in zip(batch, embedded, strict=True)})
            if len(pending) > 1:
                self._on_progress(f"vectors by {embedder.name}", start + len(batch), len(pending))
        vectors |= file.get(missing)
        return np.stack([vectors[key] for key in keys])


def embed_query(embedder: Embedder, text: str, *, reader: EmbedTexts = embed_uncached) -> Vector:
    """Return the vector of a query. Blocking."""
    text = tidy(text)
    vector: Vector = subtract_means(embedder.name, [text], reader(embedder, [text], True))[0]
    return vector


def pack_vector(vector: Vector) -> bytes:
    """Serialise a vector with half precision."""
    return vector.astype("<f2").tobytes()


def unpack_vector(packed: bytes) -> Vector:
    """Deserialise what `pack_vector` returned."""
    return np.frombuffer(packed, dtype="<f2").astype(np.float32)


def _weighted_mean(rows: Vectors) -> Vectors:
    mean = TITLE_SHARE * rows[0] + (1 - TITLE_SHARE) * rows[1]
    return normalise(mean[None, :])


def _key(text: str, is_query: bool) -> bytes:
    return hashlib.sha256(f"{'query' if is_query else 'passage'}: {text}".encode()).digest()[:KEY]


def attach_vectors(document: Document, vectors: Mapping[str, Vector]) -> Document:
    """Return a copy of the document with its vectors."""
    return {**document, "vectors": vectors}
