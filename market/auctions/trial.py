"""A trial lot (竞价演练): a visitor bids against two rivals and the clock by the rules; nothing is stored.

Where it stands is computed anew for every page from when it began, a seed and the own bids, all of which the
visitor's browser keeps. The rivals are a function of the seed and of what was bid. Pure.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from market.auctions.fold import (
    Bid,
    Config,
    Course,
    State,
    accept,
    begin,
    judge,
    least,
)
from market.auctions.states import BidKind, Format, Refusal

START, STEP = 80_000_000, 2_000_000
"""Fen: 80 万元 and 2 万元."""
LASTS, LONGEST = timedelta(minutes=3), timedelta(minutes=8)
"""From the beginning to the planned end, and to the end beyond which nothing extends."""
WINDOW = timedelta(seconds=60)
"""A bid so near to the end moves it so far from its arrival."""
QUICKEST, SLOWEST = 5, 22
"""Seconds that a rival thinks, at least and at most."""
FEWEST, MOST_STEPS = 4, 11
"""Steps above the start up to which rivals go, between these."""
LAST_SECONDS = timedelta(seconds=4)
"""So long before the end a rival offers who would think longer."""
MOST_BIDS = 60
"""Own bids of one trial: the browser keeps them all."""
ME, *RIVALS = (UUID(int=number) for number in (3, 1, 2))
"""Bidders; the number of each is its bidder number."""


@dataclass(frozen=True)
class Trial:
    """What the browser keeps: when it began, in whole seconds, the seed, and the own bids that counted."""

    began_at: datetime
    seed: int
    bids: Sequence[tuple[int, int]] = ()
    """Milliseconds from the beginning, and fen."""

    @property
    def config(self) -> Config:
        return Config(
            format=Format.ASCENDING,
            start=START,
            step=STEP,
            opens_at=self.began_at,
            planned_end=self.began_at + LASTS,
            hard_end=self.began_at + LONGEST,
            window=WINDOW,
            extension=WINDOW,
            bidders=dict.fromkeys((ME, *RIVALS), False),
        )

    def offer(self, amount: int, now: datetime) -> Trial | Refusal:
        """Offer a price; return the trial with it, or why it does not count."""
        course = play(self, now)
        # In whole milliseconds, as it is kept.
        late = (now - self.began_at) // timedelta(milliseconds=1)
        bid = Bid(self.began_at + timedelta(milliseconds=late), ME, amount)
        verdict = judge(self.config, course.state, bid)
        if isinstance(verdict, Refusal):
            return verdict
        if len(self.bids) == MOST_BIDS:
            return Refusal.CLOSED
        return replace(self, bids=(*self.bids, (late, amount)))


def play(trial: Trial, now: datetime) -> Course:
    """Return the course of a trial up to now: the own bids as they came, the rivals' between them."""
    config = trial.config
    course = Course(begin(config))
    own = [Bid(trial.began_at + timedelta(milliseconds=late), ME, amount) for late, amount in trial.bids]
    while True:
        rival = _next_of_rivals(trial.seed, config, course.state)
        bid = own[0] if own and (rival is None or own[0].arrived_at <= rival.arrived_at) else rival
        if bid is None or bid.arrived_at > now:
            return course
        if bid is not rival:
            own.pop(0)
        verdict = judge(config, course.state, bid)
        if isinstance(verdict, BidKind):
            accepted, course.state = accept(config, course.state, bid, verdict)
            course.accepted.append(accepted)
        else:
            course.refused.append((bid, verdict))


def _next_of_rivals(seed: int, config: Config, state: State) -> Bid | None:
    """Return what a rival offers next if nobody offers before; None: the rivals have enough."""
    amount = least(config, state)
    bids = [
        Bid(moment, rival, amount)
        for rival in RIVALS
        if rival != state.leader
        and amount <= START + _steps(seed, rival) * STEP
        and (moment := _moment(seed, rival, state)) > state.last_at
    ]
    return min(bids, key=lambda bid: (bid.arrived_at, bid.bidder), default=None)


def _moment(seed: int, rival: UUID, state: State) -> datetime:
    """Return when a rival has thought about the present price, or must offer before the end."""
    thought = timedelta(seconds=QUICKEST + _chance(seed, rival.int, state.sequence, SLOWEST - QUICKEST))
    return min(state.last_at + thought, state.ends_at - LAST_SECONDS)


def _steps(seed: int, rival: UUID) -> int:
    return FEWEST + _chance(seed, rival.int, -1, MOST_STEPS - FEWEST)


def _chance(seed: int, rival: int, turn: int, below: int) -> int:
    """Return a number below another, the same for the same seed, rival and turn."""
    digest = hashlib.sha256(f"{seed}|{rival}|{turn}".encode()).digest()
    return int.from_bytes(digest[:4], "big") % below
