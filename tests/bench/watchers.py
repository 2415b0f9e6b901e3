"""500 people watch one lot while 12 bid: how long until their screens show a bid, and what a frame costs.

`WATCHERS=500 SECONDS=60 ACCEPTED=20 ATTEMPTS=200 HTTP=40` are the defaults. Of `ATTEMPTS` a second `ACCEPTED`
are prices that count, sent by the page's own form by people who are signed in; all others are refused. `HTTP`
attempts a second, those that count among them, go by that form, the others to the database's function at
once: the form's answer to a refused price is a page, and two cores do not make 200 of them a second. The last
run sends all by the form, as fast as they are answered up to `ATTEMPTS`, and says how many that were.

The generator is this process, on the same cores at lower priority. Each run has a lot of its own: a short one
to warm up, one that nobody watches, one that is watched, and the last one, watched too. What the server takes
for a send is the difference between the second and the third, divided by the frames that came. The site takes
600 streams from one address. With `BOARDS=1` the watchers' pages also ask for table and drawing, as their
script does, which is counted among what a send takes.
"""

from __future__ import annotations

import asyncio
import os
import time
from array import array
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

from market.auctions.models import Auction, BidRow
from market.auctions.replay import replay
from market.kit.database_roles import as_application
from market.kit.embedded_postgres import EmbeddedPostgres
from market.tables import database
from tests.auctions.crowd import Lot, Screen, make_lot, open_screens
from tests.bench.lot_bidders import FUNCTION_LINES, Bidding, Rates
from tests.bench.markets import SMALL, copy_market, make_market
from tests.bench.mixed import say
from tests.bench.servers import Server, database_seconds, free_port, serve_market
from tests.factories import number_from

WATCHERS = int(os.environ.get("WATCHERS") or 500)
SECONDS = float(os.environ.get("SECONDS") or 60)
ACCEPTED = float(os.environ.get("ACCEPTED") or 20)
ATTEMPTS = float(os.environ.get("ATTEMPTS") or 200)
BY_FORM = float(os.environ.get("HTTP") or 2 * ACCEPTED)
ASKS_FOR_BOARD = os.environ.get("BOARDS") == "1"
WARM_UP, SETTLE = 5.0, 2.0
"""Seconds of bidding before anything is measured, and after the last bid until every screen has it."""
IDLE, IDLE_FOR, MOST_WAIT = 0.1, 5.0, 180.0
"""Part of a core below which the server rests, over so many seconds; waited for so long at most."""
NICENESS = 5
FIRST_NUMBER = 700_000
"""Of the records that are made beside the market's own."""


@dataclass(frozen=True)
class Taken:
    """What one run took: seconds of the processor, attempts, frames."""

    server: float
    database: float
    attempts: int
    frames: int


@dataclass(frozen=True)
class Bench:
    """The market that runs, and where it lies."""

    server: Server
    folder: Path

    async def measure(self, words: str, seconds: float, rates: Rates, *, is_watched: bool) -> Taken:
        """Bid on a lot of its own, watched or not, and say what was seen."""
        lot = await make_lot(self.server.port)
        screens = await self._watch(lot) if is_watched else []
        await asyncio.sleep(SETTLE)
        for screen in screens:
            del screen.times[:], screen.prices[:]
        bidding = Bidding(lot, self.server.port, seconds, rates)
        memory, load = [self._memory()], os.getloadavg()[0]
        server, store, started = *self._processor(), time.monotonic()
        running = asyncio.create_task(bidding.run())
        await asyncio.wait([running], timeout=seconds / 2)
        memory.append(self._memory())
        await running
        took = time.monotonic() - started
        memory.append(self._memory())
        await asyncio.sleep(SETTLE)
        server_after, store_after = self._processor()
        taken = Taken(
            server_after - server,
            store_after - store,
            sum(tally.count for tally in bidding.tallies.values()),
            sum(len(screen.times) for screen in screens),
        )
        say(f"{words}: {took:.0f} s, load {load:.2f} before and {os.getloadavg()[0]:.2f} after")
        _tell_attempts(bidding, took)
        say(f"  processor: site and worker {taken.server:.1f} s, database {taken.database:.1f} s")
        say(f"  memory of the site at start, middle, end: {' '.join(f'{part:.1f}' for part in memory)} MB")
        if screens:
            _tell_screens(bidding.accepted, screens, took)
        for screen in screens:
            screen.close()
        await _require_whole(lot, bidding)
        await asyncio.sleep(SETTLE)
        return taken

    async def _watch(self, lot: Lot) -> list[Screen]:
        return await open_screens(lot, self.server.port, WATCHERS, asks_for_board=ASKS_FOR_BOARD)

    async def rest(self) -> None:
        """Wait until the server has done what a start leaves to do."""
        deadline = time.monotonic() + MOST_WAIT
        while time.monotonic() < deadline:
            before = self._processor()
            await asyncio.sleep(IDLE_FOR)
            if sum(self._processor()) - sum(before) < IDLE * IDLE_FOR:
                return
        say(f"The server did not come to rest in {MOST_WAIT:.0f} s")

    def _processor(self) -> tuple[float, float]:
        return self.server.processor_seconds(), database_seconds(self.folder)

    def _memory(self) -> float:
        return float(psutil.Process(self.server.process.pid).memory_info().rss) / 2**20


def _tell_attempts(bidding: Bidding, took: float) -> None:
    by_form = bidding.raises.count + bidding.late.count
    function = bidding.function.count
    say(
        f"  {len(bidding.accepted) / took:.1f} accepted/s, {(by_form + function) / took:.1f} attempts/s: "
        f"{by_form / took:.1f} by the form, {function / took:.1f} by the function "
        f"(wanted {bidding.rates.accepted:g}, {bidding.rates.attempts:g}, {bidding.rates.by_form:g})"
    )
    for name, tally in bidding.tallies.items():
        if tally.count:
            told = " ".join(f"{answer}×{times}" for answer, times in tally.answers.most_common(6))
            say(f"  {name:<24}answered in {_quantiles(tally.seconds)}   {told}")


def _tell_screens(accepted: Mapping[int, float], screens: Sequence[Screen], took: float) -> None:
    """Say how long it was until a screen showed a bid, or a higher one, over all bids and screens."""
    waits, unseen = array("d"), 0
    for screen in screens:
        place = 0
        for amount in sorted(accepted):
            while place < len(screen.prices) and screen.prices[place] < amount:
                place += 1
            if place == len(screen.prices):
                unseen += 1
            else:
                waits.append(screen.times[place] - accepted[amount])
    frames = sum(len(screen.times) for screen in screens)
    over = sum(screen.over_at is not None for screen in screens)
    say(
        f"  bid → screens           {_quantiles(waits)}   {len(screens)} screens, "
        f"{frames / len(screens) / took:.1f} frames/s each, {frames} in all"
    )
    say(f"  streams that ended {over}, bids that a screen never showed {unseen}")
    if boards := [screen.board for screen in screens if screen.board is not None]:
        answered, refused = (
            sum(getattr(board, what) for board in boards) for what in ("answered", "refused")
        )
        say(f"  boards asked for {answered / took:.1f}/s, refused {refused}")


async def _require_whole(lot: Lot, bidding: Bidding) -> None:
    """Require that every bid that was answered as accepted is in the log, and that the log is sound.

    Raises:
        SystemExit: it is not.
    """
    stored = set(await BidRow.filter(auction_id=lot.id).values_list("amount", flat=True))
    if missing := set(bidding.accepted) - stored:
        raise SystemExit(f"{len(missing)} accepted bids of {lot.number} are not in its log")
    if bidding.function.answers["accepted"] or not (await replay(await Auction.get(id=lot.id))).is_sound:
        raise SystemExit(f"{lot.number} does not stand where its log leads")


def _quantiles(seconds: Sequence[float]) -> str:
    ordered = sorted(seconds)
    if not ordered:
        return "never"
    return ", ".join(
        f"p{round(part * 100)} {1000 * ordered[min(int(len(ordered) * part), len(ordered) - 1)]:.0f} ms"
        for part in (0.5, 0.95, 0.99)
    )


async def _run(bench: Bench) -> None:
    rates = Rates(ACCEPTED, ATTEMPTS, min(BY_FORM, ATTEMPTS))
    await bench.rest()
    await bench.measure("warming up, nobody watches", WARM_UP, rates, is_watched=False)
    alone = await bench.measure("nobody watches", SECONDS, rates, is_watched=False)
    watched = await bench.measure(f"{WATCHERS} watch", SECONDS, rates, is_watched=True)
    # Attempts that were not reached would have taken their part.
    part = watched.attempts / alone.attempts
    say(f"frames {watched.frames}, attempts beside those of the run without watchers {part:.3f}")
    for name, more in (
        ("server", watched.server - alone.server * part),
        ("database", watched.database - alone.database * part),
    ):
        say(f"{name}: {1e6 * more / max(1, watched.frames):.1f} µs of processor per send")
    whole = Rates(ACCEPTED, ATTEMPTS, ATTEMPTS)
    await bench.measure(f"{WATCHERS} watch, all by the form", max(10.0, SECONDS / 3), whole, is_watched=True)


async def _attach_and_run(bench: Bench) -> None:
    postgres = EmbeddedPostgres(bench.folder / "postgres")
    url = await asyncio.to_thread(postgres.start)
    try:
        async with database(as_application(url), pool_size=FUNCTION_LINES + 2):
            await _run(bench)
    finally:
        await asyncio.to_thread(postgres.stop)


def main() -> None:
    """Run on a copy of the bench's market, since people write."""
    market = make_market(SMALL)
    folder = market.with_name("watchers")
    copy_market(market, folder)
    number_from(FIRST_NUMBER)
    with serve_market(folder, free_port()) as server:
        os.nice(NICENESS)  # the server is at work already
        asyncio.run(_attach_and_run(Bench(server, folder)))


if __name__ == "__main__":
    main()
