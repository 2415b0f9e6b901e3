"""Twelve bidders of a lot that is live on a running market: prices that count, and many that are refused."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from itertools import count, cycle, islice
from uuid import UUID

from market.auctions.bidding import offer_price
from tests.auctions.crowd import BIDDERS, Bidder, Line, Lot

LATE_LINES, FUNCTION_LINES = 24, 4
"""Connections of those whose price is refused: to the site, to the database."""
WRONG_STEP = 10
"""One in so many refused prices is high enough but off the steps, for which the database takes its lock."""
OFF = 100
"""Fen by which such a price is off."""


@dataclass(frozen=True)
class Rates:
    """How many a second: prices that count, all attempts, and those of them that the page's form sends."""

    accepted: float
    attempts: float
    by_form: float


@dataclass
class Tally:
    """What became of the attempts that went one way."""

    answers: Counter[str] = field(default_factory=Counter)
    seconds: list[float] = field(default_factory=list)

    @property
    def count(self) -> int:
        return len(self.seconds)

    def note(self, answer: str, started: float) -> None:
        self.answers[answer] += 1
        self.seconds.append(time.monotonic() - started)


class Bidding:
    """What the bidders of one lot do for some seconds."""

    def __init__(self, lot: Lot, port: int, seconds: float, rates: Rates) -> None:
        self.lot, self.seconds, self.rates = lot, seconds, rates
        self.raises, self.late, self.function = Tally(), Tally(), Tally()
        self.accepted: dict[int, float] = {}
        """When each price that counted was sent, in seconds of the monotonic clock."""
        self._lines = [Line(port, bidder.cookie) for bidder in lot.bidders]
        self._late = [
            (Line(port, bidder.cookie), bidder) for bidder in islice(cycle(lot.bidders), LATE_LINES)
        ]
        self._price, self._refused, self._began = lot.start, count(1), 0.0

    @property
    def tallies(self) -> dict[str, Tally]:
        return {
            "bids": self.raises,
            "refused by the form": self.late,
            "refused by the function": self.function,
        }

    async def run(self) -> None:
        """Bid until the time is over and everything is answered.

        Raises:
            SystemExit: the first bid did not count.
        """
        await self._raise(0)  # until then no price is too low
        if not self.accepted:
            raise SystemExit(f"The first bid was answered with {dict(self.raises.answers)}")
        self._began = time.monotonic()
        enrolments = cycle(bidder.enrolment_id for bidder in self.lot.bidders)
        late = self._turns(self.rates.by_form - self.rates.accepted)
        function = self._turns(self.rates.attempts - self.rates.by_form)
        async with asyncio.TaskGroup() as group:
            for turn, due in enumerate(self._turns(self.rates.accepted), 1):
                group.create_task(self._raise(turn, due))
            for line, bidder in self._late:
                group.create_task(self._repeat(late, partial(self._lag, line, bidder)))
            for _line in range(FUNCTION_LINES):
                group.create_task(self._repeat(function, partial(self._call, enrolments)))
        for line in (*self._lines, *(line for line, _bidder in self._late)):
            line.close()

    def _turns(self, rate: float) -> Iterator[float]:
        """Yield when each attempt is due, so many a second."""
        return (self._began + turn / rate for turn in range(1, int(rate * self.seconds) + 1))

    async def _repeat(self, turns: Iterator[float], attempt: Callable[[], Awaitable[None]]) -> None:
        """Attempt at each turn that no other connection has taken; behind time, at once."""
        for due in turns:
            await _sleep_until(due)
            if time.monotonic() > self._began + self.seconds:
                return
            await attempt()

    async def _raise(self, turn: int, due: float = 0.0) -> None:
        """Offer the price of this turn, by the bidder whose turn it is, whatever became of those before."""
        await _sleep_until(due)
        place, amount = turn % BIDDERS, self.lot.start + turn * self.lot.step
        line = self._lines[place]
        async with line.lock:
            sent = time.monotonic()
            if due and sent > self._began + self.seconds:
                return
            status, location = await line.post(*self._form(amount, self.lot.bidders[place]))
        is_accepted = status == 303 and location.endswith(self.lot.address)
        self.raises.note("accepted" if is_accepted else str(status), sent)
        if is_accepted:
            self.accepted[amount] = sent
            self._price = max(self._price, amount)

    async def _lag(self, line: Line, bidder: Bidder) -> None:
        """Offer by the form what is too low by now, or off the steps."""
        sent = time.monotonic()
        status, location = await line.post(*self._form(self._refused_amount(), bidder))
        self.late.note(f"{status} {location}".strip(), sent)

    async def _call(self, enrolments: Iterator[UUID]) -> None:
        """Offer such a price to the database's function at once."""
        sent = time.monotonic()
        answer = await offer_price(
            self.lot.id,
            next(enrolments),
            self._refused_amount(),
            arrived_at=datetime.now(UTC),
            form_key=secrets.token_hex(16),
        )
        self.function.note(answer.refusal.value if answer.refusal else "accepted", sent)

    def _refused_amount(self) -> int:
        """Return a price that is refused whatever others have offered meanwhile."""
        is_off = next(self._refused) % WRONG_STEP == 0
        return self._price + 2 * self.lot.step + OFF if is_off else self._price

    def _form(self, amount: int, bidder: Bidder) -> tuple[str, dict[str, str]]:
        typed = {"amount": f"{amount / 100:.2f}", "form_key": secrets.token_hex(16)}
        return f"{self.lot.address}/bid", {"csrf_token": bidder.token, **typed}


async def _sleep_until(due: float) -> None:
    if (rest := due - time.monotonic()) > 0:
        await asyncio.sleep(rest)
