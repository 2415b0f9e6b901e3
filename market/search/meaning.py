"""What a listing means: which of its texts a model reads, and how their vectors become one."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np

from market.search import centres
from market.search.embedders import Embedder, Vectors, normalised, tidied
from market.search.engine import Document, Vector
from market.search.vector_file import KEY, VectorFile

TITLE_SHARE = 0.4
"""A need is read twice, by its title and with the beginning of its text; so much the first counts."""
BEGINNING = 300
"""Characters of a need's text that are read."""
PORTION = 256
"""Texts that are read before they are kept."""
Progress = Callable[[int, int], None]
Reader = Callable[[Embedder, Sequence[str], bool], Vectors]
"""Returns the vectors of texts, of queries or not."""


def texts_of(index: str, document: Document) -> tuple[str, ...]:
    """Return what models read of a listing; nothing if it has no title."""
    title = tidied(str(document.get("title") or ""))
    if not title:
        return ()
    if index != "needs":
        return (title,)
    text = str(document.get("text") or "")[:BEGINNING]
    return (title, tidied(f"{title}。{text}")) if text else (title, title)


def text_hash(index: str, document: Document) -> str:
    """Return what changes when a listing has to be read anew."""
    told = (centres.VERSION, *texts_of(index, document))
    return hashlib.sha256("\n".join(told).encode()).hexdigest()


def read_directly(embedder: Embedder, texts: Sequence[str], is_query: bool) -> Vectors:
    """Ask the model for every text."""
    return embedder.embed(texts, is_query=is_query)


def vectors_of(
    index: str, documents: Sequence[Document], embedder: Embedder, *, reader: Reader = read_directly
) -> list[Vector | None]:
    """Return one vector for each listing, None for one without a title. Blocks."""
    texts = [texts_of(index, one) for one in documents]
    flat = [text for some in texts for text in some]
    found = reader(embedder, flat, index == "needs") if flat else None
    vectors: list[Vector | None] = []
    at = 0
    for some in texts:
        if found is None or not some:
            vectors.append(None)
            continue
        rows = found[at : at + len(some)]
        at += len(some)
        joined = rows if len(some) == 1 else _joined(rows)
        vectors.append(centres.centred(embedder.name, some[-1:], joined)[0])
    return vectors


class KeptVectors:
    """Reads texts by models and keeps every vector in a folder, so that nothing is read twice."""

    def __init__(self, directory: Path, on_progress: Callable[[str, int, int], None]) -> None:
        self._directory = directory
        self._on_progress = on_progress
        self._files: dict[str, VectorFile] = {}

    def __call__(self, embedder: Embedder, texts: Sequence[str], is_query: bool) -> Vectors:
        path = self._directory / f"{embedder.name}.vectors"
        file = self._files.setdefault(embedder.name, VectorFile(path))
        keys = [_key(text, is_query) for text in texts]
        known = file.get(keys)
        missing = {key: text for key, text in zip(keys, texts, strict=True) if key not in known}
        # Long texts last, so that those of a batch are alike and the estimate errs on the good side.
        waiting = sorted(missing.items(), key=lambda one: len(one[1]))
        for start in range(0, len(waiting), PORTION):
            part = waiting[start : start + PORTION]
            found = embedder.embed([text for _, text in part], is_query=is_query)
            file.put({key: row for (key, _), row in zip(part, found, strict=True)})
            if len(waiting) > 1:
                self._on_progress(f"vectors by {embedder.name}", start + len(part), len(waiting))
        known |= file.get(missing)
        return np.stack([known[key] for key in keys])


def one_vector(embedder: Embedder, text: str, *, reader: Reader = read_directly) -> Vector:
    """Return the vector of what somebody looks for. Blocks."""
    text = tidied(text)
    vector: Vector = centres.centred(embedder.name, [text], reader(embedder, [text], True))[0]
    return vector


def stored(vector: Vector) -> bytes:
    """Return a vector as it is kept in a table."""
    return vector.astype("<f2").tobytes()


def restored(kept: bytes) -> Vector:
    """Return what `stored` was given."""
    return np.frombuffer(kept, dtype="<f2").astype(np.float32)


def _joined(rows: Vectors) -> Vectors:
    mixed = TITLE_SHARE * rows[0] + (1 - TITLE_SHARE) * rows[1]
    return normalised(mixed[None, :])


def _key(text: str, is_query: bool) -> bytes:
    return hashlib.sha256(f"{'query' if is_query else 'passage'}: {text}".encode()).digest()[:KEY]


def attached(document: Document, vectors: Mapping[str, Vector]) -> Document:
    """Return the document with its vectors."""
    return {**document, "vectors": vectors}
