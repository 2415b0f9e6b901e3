"""`python -m tests.crash.auction_run`: the site is killed while people bid, and stopped while 500 watch.

The site is the real `serve`. A bidder whose form is not answered sends the same form again, as people do.
At the end the log has every bid that was answered as accepted, once, and none that was refused. At SIGTERM
all streams end within a second, what was sent before is answered, and the site exits with 0.
"""

from __future__ import annotations

import asyncio
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

from market.auctions.models import Auction, BidRow
from market.auctions.replay import replay
from market.kit.database_roles import as_application
from market.kit.embedded_postgres import EmbeddedPostgres
from market.ledger.checks import run_checks
from market.tables import database
from tests.auctions.crowd import Bidder, Line, Lot, make_lot, open_screens
from tests.crash.faults import Site, environ
from tests.crash.processes import PATIENCE, until_up, wait_until

KILLS, WATCHERS = 12, 500
END = 1.0
"""Seconds after SIGTERM in which every stream has ended."""


@dataclass
class Sent:
    """One sending of a form, in seconds of the monotonic clock; status 0: it was not answered."""

    at: float
    status: int


@dataclass
class Hall:
    """A lot with its bidders, who offer one price after another while the site is there."""

    lot: Lot
    port: int
    answers: dict[int, bool] = field(default_factory=dict)
    """By the offered amount, whether it counted."""
    sent: list[Sent] = field(default_factory=list)
    over: asyncio.Event = field(default_factory=asyncio.Event)
    turns: Iterator[int] = field(default_factory=count)

    @property
    def accepted(self) -> int:
        return sum(self.answers.values())

    async def bid(self, bidder: Bidder) -> None:
        """Offer the next price until it is answered, then the one after it, until the bidding is over."""
        line = Line(self.port, bidder.cookie)
        for turn in self.turns:
            amount = self.lot.start + turn * self.lot.step
            form = {
                "csrf_token": bidder.token,
                "amount": f"{amount / 100:.2f}",
                "form_key": secrets.token_hex(16),
            }
            deadline = time.monotonic() + PATIENCE
            while amount not in self.answers:
                at = time.monotonic()
                status, location = await line.post(f"{self.lot.address}/bid", form)
                self.sent.append(Sent(at, status))
                if 0 < status < 500:
                    self.answers[amount] = status == 303 and location.endswith(self.lot.address)
                elif at > deadline:
                    raise TimeoutError(f"a bid was not answered in {PATIENCE:.0f} s: {status}")
                else:
                    await asyncio.sleep(0.05)
            if self.over.is_set():
                break
        line.close()

    async def one_more(self) -> None:
        """Wait until one more bid has counted."""
        before = self.accepted

        async def is_there() -> bool:
            return self.accepted > before

        await wait_until(is_there, "a bid that counts", pause=0.02)


async def crash(folder: Path, kills: int, watchers: int, seed: int) -> list[str]:
    """Bid, kill, watch, stop; return what is wrong."""
    _prepare(folder)
    site, dice, wrong = Site(folder), Random(seed), list[str]()
    postgres = EmbeddedPostgres(folder / "data" / "postgres")
    url = await asyncio.to_thread(postgres.start)
    try:
        async with database(as_application(url), pool_size=3):
            await _start(site)
            hall = Hall(await make_lot(site.port), site.port)
            async with asyncio.TaskGroup() as group:
                for bidder in hall.lot.bidders:
                    group.create_task(hall.bid(bidder))
                for _kill in range(kills):
                    await hall.one_more()
                    await asyncio.sleep(dice.uniform(0, 0.5))
                    await asyncio.to_thread(site.end, signal.SIGKILL)
                    await _start(site)
                await hall.one_more()
                _tell(f"killed {kills} times: {hall.accepted} of {len(hall.answers)} bids have counted")
                wrong += await _stop(site, hall, watchers)
                await _start(site)
                await hall.one_more()
                hall.over.set()
            wrong += await _look(hall)
    finally:
        if site.process is not None and site.process.poll() is None:
            with suppress(subprocess.TimeoutExpired):
                await asyncio.to_thread(site.end, signal.SIGTERM)
        await asyncio.to_thread(postgres.stop)
    return wrong


def _prepare(folder: Path) -> None:
    """Make an empty market, which no demo fills."""
    for command in (["release"], ["create-operator", "operator@example.test", "管理员"]):
        subprocess.run(  # noqa: S603
            [sys.executable, "-m", "market", *command],
            env=environ(folder, 1),
            check=True,
            input=b"a long enough password\n" * 2,
            stdout=subprocess.DEVNULL,
        )


async def _start(site: Site) -> None:
    site.start()
    await until_up(site.address + "/healthz")


async def _stop(site: Site, hall: Hall, watchers: int) -> list[str]:
    """Stop the site while people bid and watch; return what did not end as it should."""
    assert site.process is not None
    screens, first = await open_screens(hall.lot, site.port, watchers), len(hall.sent)
    await hall.one_more()
    told = time.monotonic()
    await asyncio.to_thread(site.end, signal.SIGTERM)
    ended = time.monotonic() - told
    await asyncio.sleep(0)  # what the sockets still hold is read
    late = max((screen.over_at or float("inf")) - told for screen in screens)
    torn = sum(not screen.is_whole for screen in screens)
    lost = sum(sent.at < told and not sent.status for sent in hall.sent[first:])
    _tell(f"SIGTERM with {watchers} streams: the last ended after {late:.2f} s, the site after {ended:.2f} s")
    wrong = [f"the last stream ended after {late:.2f} s"] if late > END else []
    wrong += [f"{torn} streams were torn off"] if torn else []
    wrong += [f"{lost} bids in hand were not answered"] if lost else []
    wrong += [f"the site exited with {site.process.returncode}"] if site.process.returncode else []
    return wrong


async def _look(hall: Hall) -> list[str]:
    """Return what is lost, doubled or broken in the log."""
    amounts = await BidRow.filter(auction_id=hall.lot.id).values_list("amount", flat=True)
    stored, counted = sorted(int(str(amount)) for amount in amounts), hall.answers
    accepted = sorted(amount for amount, is_accepted in counted.items() if is_accepted)
    wrong = [f"answered as accepted {len(accepted)}, in the log {len(stored)}"] if stored != accepted else []
    if not (await replay(await Auction.get(id=hall.lot.id))).is_sound:
        wrong.append("the lot does not stand where its log leads")
    wrong += [f"{checked.name}: {finding}" for checked in await run_checks() for finding in checked.findings]
    _tell(f"{len(accepted)} bids counted, {len(counted) - len(accepted)} did not; the log has {len(stored)}")
    return wrong


def _tell(words: str) -> None:
    sys.stdout.write(f"{words}\n")
    sys.stdout.flush()


def main() -> int:
    kills = int(sys.argv[1]) if len(sys.argv) > 1 else KILLS
    watchers = int(sys.argv[2]) if len(sys.argv) > 2 else WATCHERS
    seed = int(sys.argv[3]) if len(sys.argv) > 3 else int(time.time())
    with TemporaryDirectory(prefix="auctions") as name:
        folder = Path(name)
        folder.chmod(0o755)
        wrong = asyncio.run(crash(folder, kills, watchers, seed))
    for line in wrong:
        _tell(f"WRONG  {line}")
    _tell(f"seed {seed}: {'' if wrong else 'no bid lost or doubled, every stream ended in time'}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
