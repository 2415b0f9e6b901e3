"""Vectors of listings: computed by background jobs, stored with the model's name and a hash of the text."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping, Sequence
from uuid import UUID

from market.kit.database import atomic
from market.search import outbox
from market.search.embedders import Embedder
from market.search.engine import Document, Vector
from market.search.indexes import WITH_VECTORS
from market.search.models import ListingVector
from market.search.text_embedding import (
    attach_vectors,
    embed_documents,
    pack_vector,
    text_hash,
    unpack_vector,
)

BATCH = 64
"""Listings embedded before they are saved."""


async def load_vectors(index: str, ids: Collection[UUID]) -> dict[UUID, dict[str, Vector]]:
    """Load the vectors of these listings by model."""
    vectors: dict[UUID, dict[str, Vector]] = {}
    rows = ListingVector.filter(index_name=index, document_id__in=list(ids))
    for document_id, model, packed in await rows.values_list("document_id", "model", "vector"):
        vectors.setdefault(document_id, {})[model] = unpack_vector(bytes(packed))
    return vectors


async def with_vectors(index: str, documents: Collection[Document]) -> list[Document]:
    """Return documents with their vectors, without those of a text that has changed since."""
    if index not in WITH_VECTORS or not documents:
        return list(documents)
    rows = ListingVector.filter(index_name=index, document_id__in=[document["id"] for document in documents])
    stored: dict[tuple[UUID, str], dict[str, Vector]] = {}
    for id_, model, hash_, vector in await rows.values_list("document_id", "model", "text_hash", "vector"):
        stored.setdefault((id_, hash_), {})[model] = unpack_vector(bytes(vector))
    if not stored:
        return list(documents)
    return [
        attach_vectors(document, stored.get((document["id"], text_hash(index, document)), {}))
        for document in documents
    ]


async def make_vectors(index: str, ids: Collection[UUID], *, embedders: Sequence[Embedder]) -> int:
    """Embed listings whose text is new or changed with every model, and return how many they were.

    Outbox entries for them are enqueued batch by batch.
    """
    source = outbox.source_of(index)
    if source is None or index not in WITH_VECTORS:
        return 0
    count = 0
    ids = list(ids)
    for start in range(0, len(ids), BATCH):
        current = await source.build(ids[start : start + BATCH])
        documents = [document for document in current.values() if document]
        changes = [await _embed_changed(index, documents, embedder) for embedder in embedders]
        if changed := set[UUID]().union(*changes):
            await outbox.enqueue_many(index, changed)
        count += len(changed)
    return count


async def _embed_changed(index: str, documents: Sequence[Document], embedder: Embedder) -> set[UUID]:
    hashes = {document["id"]: text_hash(index, document) for document in documents}
    rows = ListingVector.filter(index_name=index, model=embedder.name, document_id__in=list(hashes))
    stored = dict(await rows.values_list("document_id", "text_hash"))
    new = [document for document in documents if stored.get(document["id"]) != hashes[document["id"]]]
    if not new:
        return set()
    vectors = await asyncio.to_thread(embed_documents, index, new, embedder)
    embedded = {
        document["id"]: vector for document, vector in zip(new, vectors, strict=True) if vector is not None
    }
    await _save(index, embedder.name, embedded, hashes)
    return set(embedded)


@atomic()
async def _save(index: str, model: str, vectors: Mapping[UUID, Vector], hashes: Mapping[UUID, str]) -> None:
    await ListingVector.bulk_create(
        [
            ListingVector(
                index_name=index,
                document_id=id_,
                model=model,
                text_hash=hashes[id_],
                vector=pack_vector(vector),
            )
            for id_, vector in sorted(vectors.items())
        ],
        on_conflict=("index_name", "document_id", "model"),
        update_fields=("text_hash", "vector"),
    )
