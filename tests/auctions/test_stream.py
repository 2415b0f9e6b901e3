"""The stream of a live auction: the newest state, one listener, nothing sealed, an end at the stop."""

from __future__ import annotations

import asyncio
import json
from datetime import timedelta
from itertools import count
from typing import Any

import httpx
import pytest

from market.auctions.bidding import offer_price
from market.auctions.hub import MOST_EACH, RETRY, TICK, Hub
from market.auctions.models import Auction
from market.auctions.states import Format
from market.deps import Deps
from market.kit.errors import TooMany
from market.kit.shutdown import Shutdown
from tests.auctions.factories import make_ready
from tests.auctions.test_fold import clock

pytestmark = [pytest.mark.committed, pytest.mark.long]


async def frames(hub: Hub, auction: Auction, count: int) -> list[dict[str, Any]]:
    """Return the first states that a stream sends."""
    got: list[dict[str, Any]] = []
    stream = hub.stream(auction.id, "visitor")
    async for frame in stream:
        if b"data: " in frame:
            assert len(frame) <= 220
            got.append(json.loads(frame.split(b"data: ")[1]))
            if len(got) == count:
                break
    await stream.aclose()
    return got


async def test_a_bid_reaches_everybody_who_watches_and_nobody_holds_a_connection() -> None:
    lot = await make_ready()
    hub = Hub(lambda: clock("14:30"), Shutdown())
    watchers = [asyncio.create_task(frames(hub, lot.auction, 2)) for _watcher in range(MOST_EACH)]
    await asyncio.sleep(0.4)
    assert hub.count == MOST_EACH
    with pytest.raises(TooMany):
        hub.require_room("visitor")
    hub.require_room("another")
    await offer_price(lot.auction.id, lot.bidders[1].id, 80_000_000, arrived_at=clock("14:30"), form_key="a")

    seen = await asyncio.wait_for(asyncio.gather(*watchers), 5)
    assert all([state["seq"] for state in states] == [0, 1] for states in seen)
    assert seen[0][1] | {"now": ""} == {
        "seq": 1,
        "price": 80_000_000,
        "leader": 2,
        "ends": lot.auction.planned_end.isoformat(),
        "ext": 0,
        "status": "live",
        "now": "",
    }
    # A frame is made once for all.
    assert hub.sent <= 4
    await asyncio.sleep(0.3)
    assert hub.count == 0


async def test_who_is_slow_skips_to_the_newest_and_who_comes_later_sees_it_at_once() -> None:
    lot = await make_ready()
    hub = Hub(lambda: clock("14:30"), Shutdown())
    slow = hub.stream(lot.auction.id, "slow")
    assert await anext(slow) == RETRY  # nobody has looked at the auction yet
    assert b'"seq":0' in await anext(slow)
    for turn in range(3):
        amount = lot.auction.start + turn * lot.auction.step
        bidder = lot.bidders[turn % 2].id
        await offer_price(lot.auction.id, bidder, amount, arrived_at=clock("14:30"), form_key=f"{turn}")
        await asyncio.sleep(2 * TICK)

    assert b'"seq":3' in await asyncio.wait_for(anext(slow), 1)
    late = hub.stream(lot.auction.id, "late")
    assert (await anext(late)).startswith(RETRY + b"id: 3\n")
    for stream in (slow, late):
        await stream.aclose()


async def test_a_quiet_auction_is_sent_again_so_that_its_page_knows_it_is_connected() -> None:
    lot = await make_ready()
    seconds = count()
    hub = Hub(lambda: clock("14:30") + timedelta(seconds=next(seconds)), Shutdown(), look=0.1, heartbeat=0.2)

    first, second = await asyncio.wait_for(frames(hub, lot.auction, 2), 5)
    assert first["now"] < second["now"]
    assert first | {"now": ""} == second | {"now": ""}


async def test_a_sealed_auction_streams_not_even_a_count() -> None:
    lot = await make_ready(format=Format.SEALED, hard_end=None)
    hub = Hub(lambda: clock("14:30"), Shutdown())
    await offer_price(lot.auction.id, lot.bidders[1].id, 91_000_000, arrived_at=clock("14:20"), form_key="a")

    states = await asyncio.wait_for(frames(hub, lot.auction, 1), 5)
    assert (states[0]["seq"], states[0]["price"], states[0]["leader"]) == (None, None, None)
    hub.notify("nonsense")


async def test_streams_end_at_once_when_the_site_stops() -> None:
    lot, shutdown = await make_ready(), Shutdown()
    hub = Hub(lambda: clock("14:30"), shutdown)

    async def watch(visitor: str) -> int:
        return sum([1 async for _frame in hub.stream(lot.auction.id, visitor)])

    watching = [asyncio.create_task(watch(str(number))) for number in range(100)]
    await asyncio.sleep(0.3)
    assert hub.count == 100
    shutdown.begin()
    counts = await asyncio.wait_for(asyncio.gather(*watching), 1)
    assert all(number >= 2 for number in counts)
    assert hub.count == 0
    assert await watch("late") == 0


async def test_the_page_of_the_stream_is_open_to_guests(client: httpx.AsyncClient, deps: Deps) -> None:
    hall = await make_ready()
    deps.shutdown.begin()
    answer = await client.get(f"/auctions/{hall.auction.number}/events")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/event-stream")
    assert (await client.get("/auctions/JJ-2026-999999/events")).status_code == 404
