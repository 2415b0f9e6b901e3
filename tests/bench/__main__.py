"""`make bench`: ratios side by side in one run, on listings made here or from `DATA=folder`.

page         our page against a bare Starlette handler that returns the same HTML
import       rows checked and written, and documents indexed, a second
match list   the page of one need's matches, and computing them anew
assess       the subsidy engine against a plain loop of the same arithmetic
races        fifty confirmations on the last of a budget, fifty approvals of one list
desk         the queue over 10,000 claims, and the estimate while somebody types
"""

from __future__ import annotations

import asyncio
import gzip
import json
import logging
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path

import httpx
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from market.app import create_app
from market.deps import Deps
from market.imports.command_import import import_file
from market.listings.models import Need, Outcome
from market.matching.rematch import rematch_need
from market.runtime import build_deps, running
from market.search.relay import relay
from market.settings import Settings
from market.tables import migrate
from tests.bench import desk, races, rule_engine

MADE = 2000
ROUNDS = 200
NOW = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)
WORDS = "铝合金 导线 甘蔗 糖蜜 电池 热管理 淬火 赤泥 膜分离 传感器 机器人 焊接 发酵 荔枝 保鲜 轻量化".split()  # noqa: SIM905


async def main() -> None:
    """The desk has a market of its own: what tests make there is numbered as what was imported is."""
    logging.disable(logging.WARNING)
    rule_engine.main()
    for bench in (_listings, _desk):
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            secret = "a secret that is long enough for a bench"
            deps = build_deps(Settings(folder, secret, "http://bench.test", is_demo=True))
            async with running(deps, prepare=migrate):
                await deps.search.apply_settings()
                await bench(folder, deps)


async def _listings(folder: Path, deps: Deps) -> None:
    outcomes, needs = _files(folder)
    for kind, path in (("outcomes", outcomes), ("needs", needs)):
        started = time.perf_counter()
        report = await import_file(path, kind, publish=True, deps=deps, now=NOW)
        rows = time.perf_counter() - started
        started = time.perf_counter()
        documents = await relay(kind, search=deps.search)
        indexing = time.perf_counter() - started
        _say(
            f"import {kind}",
            f"{report.created / rows:,.0f} rows/s",
            f"{documents / indexing:,.0f} documents/s",
        )
        _say("", f"{rows + indexing:.1f} s in all for {report.created:,}", "")
    need = await Need.all().order_by("number").first()
    outcome = await Outcome.all().order_by("number").first()
    if need is None or outcome is None:
        raise SystemExit("nothing was imported")
    anew = await _times(lambda: rematch_need(need.id, search=deps.search, now=NOW), 30)
    _say("match one need anew", f"p50 {_ms(anew)}", f"p95 {_ms(anew, 0.95)}")
    app = create_app(deps)
    pages = {
        "outcome page": f"/outcomes/{outcome.number}",
        "list page": "/outcomes",
        "list page, searched": "/outcomes?q=铝合金",
        "need with its matches": f"/needs/{need.number}",
    }
    for words, address in pages.items():
        await _compare(app, words, address)


async def _desk(folder: Path, deps: Deps) -> None:
    await races.main()
    await desk.main(create_app(deps))


async def _compare(app: Starlette, words: str, address: str) -> None:
    async with _client(app) as ours:
        html = (await ours.get(address)).text

        async def bare(request: Request) -> Response:
            return HTMLResponse(html)

        async with _client(Starlette(routes=[Route("/", bare)])) as plain:
            mine: list[float] = []
            theirs: list[float] = []
            for _round in range(ROUNDS):
                mine += await _times(lambda: ours.get(address), 1)
                theirs += await _times(lambda: plain.get("/"), 1)
    ratio = statistics.median(mine) / statistics.median(theirs)
    _say(words, f"p50 {_ms(mine)}  bare {_ms(theirs)}", f"{ratio:.1f} ×")


def _client(app: Starlette) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://bench.test")


async def _times(act: Callable[[], Awaitable[object]], count: int) -> list[float]:
    found = []
    for _turn in range(count):
        started = time.perf_counter()
        await act()
        found.append(time.perf_counter() - started)
    return found


def _files(folder: Path) -> tuple[Path, Path]:
    if data := os.environ.get("DATA"):
        return Path(data) / "outcomes.jsonl.gz", Path(data) / "graded_needs.jsonl.gz"
    outcomes, needs = folder / "outcomes.jsonl.gz", folder / "needs.jsonl.gz"
    with gzip.open(outcomes, "wt", encoding="utf-8") as file:
        for n in range(MADE):
            a, b, c = (WORDS[(n * k + n // 7) % len(WORDS)] for k in (1, 3, 7))
            row = {"id": f"b-{n}", "title": f"{a}{b}工艺{n}", "abstract": f"针对{b}的{c}问题，{a}。" * 8}
            file.write(json.dumps(row | {"keywords": [a, b, c]}, ensure_ascii=False) + "\n")
    with gzip.open(needs, "wt", encoding="utf-8") as file:
        for n in range(50):
            row = {
                "id": f"n-{n}",
                "title": f"求{WORDS[n % 16]}与{WORDS[(n + 5) % 16]}",
                "text": f"{WORDS[n % 16]}成本高。" * 5,
            }
            file.write(json.dumps(row, ensure_ascii=False) + "\n")
    return outcomes, needs


def _ms(times: list[float], quantile: float = 0.5) -> str:
    ordered = sorted(times)
    return f"{ordered[min(int(len(ordered) * quantile), len(ordered) - 1)] * 1000:.1f} ms"


def _say(words: str, figure: str, beside: str) -> None:
    sys.stdout.write(f"{words:<26}{figure:<34}{beside}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    asyncio.run(main())
