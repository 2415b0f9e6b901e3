"""Forty people who sign in at once, with right passwords, while three at the same address type wrong ones.

Passwords are checked by Argon2 a few at a time, so this is a queue: the last must be in within three seconds.
Prints p50, p95 and p99 of the sign-in and how many were let in; `PEOPLE=…` for another number.
"""

from __future__ import annotations

import asyncio
import os
import sys
import time

import httpx

from market.accounts.demo_logins import DOMAIN, EMAILS, PASSWORD
from tests.bench.markets import SMALL, copy_market, make_market
from tests.bench.servers import free_port, serve_market
from tests.bench.signing_in import csrf_of

PEOPLE, ROUNDS = int(os.environ.get("PEOPLE") or 40), int(os.environ.get("ROUNDS") or 5)
STRANGERS = 3
NICENESS = 5


async def _sign_in(port: int, email: str, password: str, start: asyncio.Event) -> tuple[float, int]:
    address = f"http://127.0.0.1:{port}"
    async with httpx.AsyncClient(base_url=address, headers={"origin": address}, timeout=120) as client:
        values = {"csrf_token": csrf_of((await client.get("/login")).text)}
        await start.wait()
        started = time.perf_counter()
        answer = await client.post("/login", data={**values, "email": email, "password": password})
        return time.perf_counter() - started, answer.status_code


async def _storm(port: int) -> tuple[list[float], int]:
    """Return the seconds of those with right passwords, and how many of them were let in."""
    start = asyncio.Event()
    right = [_sign_in(port, EMAILS[n % len(EMAILS)], PASSWORD, start) for n in range(PEOPLE)]
    wrong = [_sign_in(port, f"nobody{n}{DOMAIN}", "wrong", start) for n in range(STRANGERS)]
    tasks = [asyncio.create_task(one) for one in (*right, *wrong)]
    await asyncio.sleep(5)
    start.set()
    answers = (await asyncio.gather(*tasks))[:PEOPLE]
    return [seconds for seconds, _status in answers], sum(status == 303 for _seconds, status in answers)


def main() -> None:
    """Let people sign in several times over, on a copy of the bench's market."""
    folder = make_market(SMALL).with_name("sign-ins")
    copy_market(folder.with_name(str(SMALL)), folder)
    with serve_market(folder, free_port()) as server:
        os.nice(NICENESS)
        times: list[float] = []
        let_in, before = 0, server.processor_seconds()
        for _round in range(ROUNDS):
            seconds, count = asyncio.run(_storm(server.port))
            times, let_in = [*times, *seconds], let_in + count
        taken = server.processor_seconds() - before
    times.sort()
    p50, p95, p99 = (times[min(int(len(times) * part), len(times) - 1)] for part in (0.5, 0.95, 0.99))
    sys.stdout.write(
        f"{PEOPLE} sign in at once, {ROUNDS} times: {let_in} of {len(times)} let in, "
        f"p50 {p50:.2f} s, p95 {p95:.2f} s, p99 {p99:.2f} s, "
        f"{taken / len(times) * 1000:.0f} ms of processor each\n"
    )


if __name__ == "__main__":
    main()
