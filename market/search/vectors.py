"""Vectors of listings: made in batches behind, kept with the model's name and the hash of what was read."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping, Sequence
from uuid import UUID

from market.kit.database import atomic
from market.search import outbox
from market.search.embedders import Embedder
from market.search.engine import Document, Vector
from market.search.indexes import WITH_VECTORS
from market.search.meaning import attached, restored, stored, text_hash, vectors_of
from market.search.models import ListingVector

BATCH = 64
"""Listings that are read before they are kept."""


async def load_vectors(index: str, ids: Collection[UUID]) -> dict[UUID, dict[str, Vector]]:
    """Return the vectors of these listings by model."""
    found: dict[UUID, dict[str, Vector]] = {}
    rows = ListingVector.filter(index_name=index, document_id__in=list(ids))
    for document_id, model, vector in await rows.values_list("document_id", "model", "vector"):
        found.setdefault(document_id, {})[model] = restored(bytes(vector))
    return found


async def with_vectors(index: str, documents: Collection[Document]) -> list[Document]:
    """Return documents with those of their vectors that tell what their texts say now."""
    if index not in WITH_VECTORS or not documents:
        return list(documents)
    rows = ListingVector.filter(index_name=index, document_id__in=[one["id"] for one in documents])
    known: dict[tuple[UUID, str], dict[str, Vector]] = {}
    for id_, model, seen, vector in await rows.values_list("document_id", "model", "text_hash", "vector"):
        known.setdefault((id_, seen), {})[model] = restored(bytes(vector))
    if not known:
        return list(documents)
    return [attached(one, known.get((one["id"], text_hash(index, one)), {})) for one in documents]


async def make_vectors(index: str, ids: Collection[UUID], *, embedders: Sequence[Embedder]) -> int:
    """Have every model read the listings that it has not read as they are, and return how many those were.

    The index is told of them afterwards, batch by batch.
    """
    source = outbox.source_of(index)
    if source is None or index not in WITH_VECTORS:
        return 0
    done = 0
    ids = list(ids)
    for start in range(0, len(ids), BATCH):
        built = await source.build(ids[start : start + BATCH])
        documents = [one for one in built.values() if one]
        made = [await _make(index, documents, embedder) for embedder in embedders]
        if changed := set[UUID]().union(*made):
            await outbox.changed_many(index, changed)
        done += len(changed)
    return done


async def _make(index: str, documents: Sequence[Document], embedder: Embedder) -> set[UUID]:
    hashes = {one["id"]: text_hash(index, one) for one in documents}
    rows = ListingVector.filter(index_name=index, model=embedder.name, document_id__in=list(hashes))
    known = dict(await rows.values_list("document_id", "text_hash"))
    new = [one for one in documents if known.get(one["id"]) != hashes[one["id"]]]
    if not new:
        return set()
    vectors = await asyncio.to_thread(vectors_of, index, new, embedder)
    found = {one["id"]: vector for one, vector in zip(new, vectors, strict=True) if vector is not None}
    await _keep(index, embedder.name, found, hashes)
    return set(found)


@atomic()
async def _keep(index: str, model: str, vectors: Mapping[UUID, Vector], hashes: Mapping[UUID, str]) -> None:
    await ListingVector.bulk_create(
        [
            ListingVector(
                index_name=index, document_id=id_, model=model, text_hash=hashes[id_], vector=stored(vector)
            )
            for id_, vector in sorted(vectors.items())
        ],
        on_conflict=("index_name", "document_id", "model"),
        update_fields=("text_hash", "vector"),
    )
