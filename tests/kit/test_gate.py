"""The limit of requests in hand, and of the bodies that are read for them."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest
from starlette.requests import Request
from starlette.types import Message, Receive

from market.kit.errors import Overloaded
from market.kit.gate import Gate
from market.kit.request_bodies import BodyBudget, TooLarge, TooSlow, bounded, read_body


async def test_requests_beyond_those_in_hand_wait_and_come_in_the_order_of_their_arrival() -> None:
    gate, order, is_done = Gate(1), [], asyncio.Event()

    async def work(name: str) -> None:
        async with gate.enter():
            order.append(name)
            await is_done.wait()

    tasks = [asyncio.create_task(work(name)) for name in ("first", "second", "third")]
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert (order, gate.waiting) == (["first"], 2)

    is_done.set()
    await asyncio.gather(*tasks)

    assert order == ["first", "second", "third"]


async def test_an_answer_that_has_begun_gives_up_its_place_once() -> None:
    gate = Gate(1, patience=0.01)

    async with gate.enter() as place:
        place.leave()
        async with gate.enter():
            place.leave()
            with pytest.raises(Overloaded):
                async with gate.enter():
                    pass
    async with gate.enter():
        pass


async def test_who_waits_too_long_or_in_too_long_a_queue_is_sent_away() -> None:
    gate = Gate(1, waiting=1, patience=0.05)

    async with gate.enter():
        waiter = asyncio.create_task(gate.enter().__aenter__())
        await asyncio.sleep(0)
        with pytest.raises(Overloaded):
            async with gate.enter():
                pass
        with pytest.raises(Overloaded):
            await waiter

    assert gate.waiting == 0


def request_of(chunks: Sequence[bytes], *, length: str | None = None, pause: float = 0) -> Request:
    """A request whose body comes in these chunks."""
    parts = list(chunks)
    headers = [(b"content-length", length.encode())] if length is not None else []

    async def receive() -> Message:
        if pause:
            await asyncio.sleep(pause)
        return {"type": "http.request", "body": parts.pop(0), "more_body": bool(parts)}

    scope = {"type": "http", "method": "POST", "path": "/", "headers": headers, "query_string": b""}
    return Request(scope, receive)


async def test_a_body_is_read_whole_and_counted_until_it_is_given_back() -> None:
    budget = BodyBudget(10)

    body = await read_body(request_of([b"abc", b"de", b""]), budget, limit=5)

    assert (body, budget.held) == (b"abcde", 5)
    budget.give_back(len(body))
    assert budget.held == 0


@pytest.mark.parametrize(
    ("request_", "limit", "error"),
    [
        (request_of([b""], length="6"), 5, TooLarge),
        (request_of([b""], length="9" * 5000), 5, TooLarge),
        (request_of([b"abc", b"def"]), 5, TooLarge),
        (request_of([b"abc", b"def", b"ghi", b"jkl"]), 50, Overloaded),
        (request_of([b"a", b"b"], pause=0.2), 5, TooSlow),
    ],
    ids=["announced", "announced in 5,000 digits", "sent", "with all others", "slow"],
)
async def test_a_body_that_is_too_long_or_does_not_come_is_refused_and_leaves_nothing_behind(
    request_: Request, limit: int, error: type[Exception]
) -> None:
    budget = BodyBudget(10)

    with pytest.raises(error):
        await read_body(request_, budget, limit=limit, silence=0.05)

    assert budget.held == 0


async def test_a_body_that_trickles_is_refused_after_its_start() -> None:
    with pytest.raises(TooSlow):
        await read_body(request_of([b"a"] * 9, pause=0.02), BodyBudget(), limit=50, start=0.05)


async def _read_all(receive: Receive) -> None:
    while (await receive())["more_body"]:
        pass


async def test_a_streamed_body_is_bounded_and_is_not_slow_while_it_waits_for_its_turn() -> None:
    receive = bounded(request_of([b"abc", b"de", b""]), limit=5, start=0.05)
    await asyncio.sleep(0.1)
    assert [(await receive())["body"] for _piece in range(3)] == [b"abc", b"de", b""]

    for request_, limit, error in (
        (request_of([b"abc", b"def"]), 5, TooLarge),
        (request_of([b"a", b"b"], pause=0.2), 5, TooSlow),
        (request_of([b"a"] * 9, pause=0.02), 50, TooSlow),
    ):
        receive = bounded(request_, limit=limit, silence=0.05, start=0.05)
        with pytest.raises(error):
            await _read_all(receive)
    with pytest.raises(TooLarge):
        bounded(request_of([b""], length="6"), limit=5)
