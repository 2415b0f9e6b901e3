"""Pages for others while a job writes all outcomes into a workbook, beside the same pages without it.

Guests read lists, outcomes and home with pauses in a market of 124,000 outcomes; then one who is signed in
asks for all of them as a workbook. Prints p50, p95 and p99 of the pages in both spells and their ratio, the
seconds and bytes of the export, and the memory of the site's processes. `SIZE=…` for another market.
"""

from __future__ import annotations

import asyncio
import os
import random
import re
import sys
import time

import httpx
import psutil

from tests.bench.markets import copy_market, make_market
from tests.bench.servers import Server, free_port, serve_market
from tests.bench.signing_in import csrf_of, sign_in

SIZE = int(os.environ.get("SIZE") or 124_000)
READERS, PAUSE = 16, (0.3, 1.0)
ALONE = 30.0
"""Seconds for which pages are read without an export, after the same as a warm-up."""
PATIENCE = 600.0
NICENESS = 5
PATHS = ("/", "/outcomes", "/outcomes?q=电池", "/needs", "{outcome}")
_OUTCOME = re.compile(r'href="(/outcomes/CG-[^"?]+)"')
_FILE = re.compile(r'href="(/exports/[^"]+/file)"')


async def _read(
    client: httpx.AsyncClient, outcomes: list[str], until: asyncio.Event, times: list[float]
) -> None:
    while not until.is_set():
        path = random.choice(PATHS).replace("{outcome}", random.choice(outcomes))
        start = time.perf_counter()
        answer = await client.get(path)
        answer.raise_for_status()
        times.append(time.perf_counter() - start)
        await asyncio.sleep(random.uniform(*PAUSE))


async def _spell(address: str, outcomes: list[str], until: asyncio.Event) -> list[float]:
    """Return the seconds of all pages that guests read until the event."""
    times: list[float] = []
    async with httpx.AsyncClient(base_url=address, timeout=120) as client:
        await asyncio.gather(*(_read(client, outcomes, until, times) for _reader in range(READERS)))
    return sorted(times)


async def _export(address: str, cookie: str) -> tuple[float, int]:
    """Have the workbook written and return the seconds that took, and its bytes."""
    headers = {"origin": address, "cookie": cookie}
    async with httpx.AsyncClient(base_url=address, headers=headers, timeout=120) as client:
        token = csrf_of((await client.get("/exports/list/outcomes")).text)
        start = time.perf_counter()
        answer = await client.post("/exports/list/outcomes", data={"csrf_token": token, "query": ""})
        page = answer.headers.get("location", "")
        if answer.status_code != 303:
            raise SystemExit(f"the export was refused: {answer.status_code}")
        while time.perf_counter() - start < PATIENCE:
            if link := _FILE.search((await client.get(page)).text):
                seconds = time.perf_counter() - start
                return seconds, len((await client.get(link.group(1))).content)
            await asyncio.sleep(1)
    raise SystemExit("the export was not written in time")


async def _with_export(
    address: str, outcomes: list[str], cookie: str, server: Server
) -> tuple[list[float], float, int, int]:
    until, most = asyncio.Event(), 0

    async def watch() -> None:
        nonlocal most
        while not until.is_set():
            most = max(most, _memory(server))
            await asyncio.sleep(0.5)

    reading, watching = asyncio.create_task(_spell(address, outcomes, until)), asyncio.create_task(watch())
    try:
        seconds, size = await _export(address, cookie)
    finally:
        until.set()
    await watching
    return await reading, seconds, size, most


async def _alone(address: str, outcomes: list[str]) -> list[float]:
    until = asyncio.Event()
    asyncio.get_running_loop().call_later(ALONE, until.set)
    return await _spell(address, outcomes, until)


def _memory(server: Server) -> int:
    """Return the bytes that the server's processes hold, without PostgreSQL."""
    top = psutil.Process(server.process.pid)
    return sum(
        process.memory_info().rss
        for process in (top, *top.children(recursive=True))
        if "postgres" not in process.name()
    )


def _quantiles(times: list[float]) -> list[float]:
    return [times[min(int(len(times) * part), len(times) - 1)] * 1000 for part in (0.5, 0.95, 0.99)]


def main() -> None:
    """Read pages without and with an export."""
    market = make_market(SIZE)
    folder = market.with_name("long-export")
    copy_market(market, folder)
    with serve_market(folder, free_port()) as server:
        os.nice(NICENESS)
        address = f"http://127.0.0.1:{server.port}"
        outcomes = sorted(set(_OUTCOME.findall(httpx.get(f"{address}/outcomes", timeout=120).text)))
        cookie = sign_in(server.port, "enterprise")
        asyncio.run(_alone(address, outcomes))
        before = _memory(server)
        alone = asyncio.run(_alone(address, outcomes))
        beside, seconds, size, most = asyncio.run(_with_export(address, outcomes, cookie, server))
    quiet, busy = _quantiles(alone), _quantiles(beside)
    for name, values, count in (("alone", quiet, len(alone)), ("beside", busy, len(beside))):
        p50, p95, p99 = values
        sys.stdout.write(
            f"{name:<8} {count:>5} pages  p50 {p50:.0f} ms  p95 {p95:.0f} ms  p99 {p99:.0f} ms\n"
        )
    ratios = "  ".join(f"{b / a:.2f} ×" for a, b in zip(quiet, busy, strict=True))
    sys.stdout.write(
        f"beside ÷ alone  {ratios}\n"
        f"export of all outcomes: {seconds:.0f} s, {size / 1e6:.1f} MB; "
        f"memory of site and worker {before / 1e6:.0f} MB before, {most / 1e6:.0f} MB at most\n"
    )


if __name__ == "__main__":
    main()
