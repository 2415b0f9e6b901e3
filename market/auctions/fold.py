"""The rules of an auction as a fold over its log: the specification of the database's function. Pure.

The order of the log is the order in which the database took the bids up (以系统受理顺序为准); a bid is
judged by the time at which it arrived, before it waited for anything.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from fractions import Fraction
from uuid import UUID

from market.auctions.states import BidKind, Format, Refusal
from market.kit.money import round_half_up

MOST_TIMES = 10
"""A price over so many times the present one, or the starting price, is a slip of the finger."""


@dataclass(frozen=True, slots=True)
class Config:
    """What was published of an auction, and who was admitted. Amounts in fen."""

    format: Format
    start: int
    step: int
    opens_at: datetime
    planned_end: datetime
    hard_end: datetime | None
    """No extension goes beyond it."""
    window: timedelta
    """A bid so near to the end, or nearer, extends it."""
    extension: timedelta
    """The end moves so far from the arrival of the bid."""
    bidders: Mapping[UUID, bool]
    """The admitted, each with whether their priority at equal price is confirmed."""


@dataclass(frozen=True, slots=True)
class Bid:
    """An offered price as it arrived."""

    arrived_at: datetime
    bidder: UUID
    amount: int
    wants_priority: bool = False


@dataclass(frozen=True, slots=True)
class Pause:
    """The operator suspends the auction at this moment."""

    at: datetime


@dataclass(frozen=True, slots=True)
class Resumption:
    """It goes on from this moment, with the time that was left."""

    at: datetime


Entry = Bid | Pause | Resumption


@dataclass(frozen=True, slots=True)
class Accepted:
    """A bid that counts."""

    sequence: int
    bidder: UUID
    amount: int
    kind: BidKind
    arrived_at: datetime
    at: datetime
    """The arrival, but never before that of the bid ahead of it in the log."""
    ends_at: datetime
    """The end of the auction after this bid."""


@dataclass(frozen=True, slots=True)
class State:
    """Where an auction stands after a part of its log."""

    bids_from: datetime
    ends_at: datetime
    hard_end: datetime | None
    last_at: datetime
    sequence: int = 0
    price: int | None = None
    """Of an ascending auction; sealed prices are opened at the end."""
    leader: UUID | None = None
    is_equal: bool = False
    """The present price was taken by priority already."""
    extensions: int = 0
    paused_at: datetime | None = None
    sealed: frozenset[UUID] = frozenset()
    """Who has offered a sealed price."""


@dataclass(slots=True)
class Course:
    """What became of a whole log."""

    state: State
    accepted: list[Accepted] = field(default_factory=list)
    refused: list[tuple[Bid, Refusal]] = field(default_factory=list)


def begin(config: Config) -> State:
    """Return the state of an auction before its first bid."""
    return State(config.opens_at, config.planned_end, config.hard_end, config.opens_at)


def fold(config: Config, log: Iterable[Entry]) -> Course:
    """Judge a log entry by entry."""
    course = Course(begin(config))
    for entry in log:
        if isinstance(entry, Bid):
            verdict = judge(config, course.state, entry)
            if isinstance(verdict, Refusal):
                course.refused.append((entry, verdict))
            else:
                accepted, course.state = accept(config, course.state, entry, verdict)
                course.accepted.append(accepted)
        else:
            course.state = turn(course.state, entry)
    return course


def judge(config: Config, state: State, bid: Bid) -> BidKind | Refusal:
    """Return as what a bid counts, or why it does not."""
    if bid.bidder not in config.bidders:
        return Refusal.NOT_ENROLLED
    if state.paused_at is not None:
        return Refusal.SUSPENDED
    if bid.arrived_at < state.bids_from:
        return Refusal.NOT_OPEN
    if max(bid.arrived_at, state.last_at) >= state.ends_at:
        return Refusal.CLOSED
    if config.format is Format.SEALED:
        return _judge_sealed(config, state, bid)
    return _judge_ascending(config, state, bid)


def _judge_ascending(config: Config, state: State, bid: Bid) -> BidKind | Refusal:
    if bid.bidder == state.leader:
        return Refusal.LEADER
    if bid.wants_priority and not config.bidders[bid.bidder]:
        return Refusal.PRIORITY
    if bid.wants_priority and bid.amount == state.price and not state.is_equal:
        return BidKind.EQUAL
    if bid.amount < least(config, state):
        return Refusal.LOW
    if bid.amount > MOST_TIMES * (config.start if state.price is None else state.price):
        return Refusal.TOO_HIGH
    if (bid.amount - config.start) % config.step:
        return Refusal.STEP
    return BidKind.BID


def _judge_sealed(config: Config, state: State, bid: Bid) -> BidKind | Refusal:
    if bid.bidder in state.sealed:
        return Refusal.REPEATED
    if bid.amount < config.start:
        return Refusal.LOW
    if bid.amount > MOST_TIMES * config.start:
        return Refusal.TOO_HIGH
    return BidKind.SEALED


def least(config: Config, state: State) -> int:
    """Return the lowest price that can be offered now without a priority."""
    return config.start if state.price is None else state.price + config.step


def accept(config: Config, state: State, bid: Bid, kind: BidKind) -> tuple[Accepted, State]:
    """Return the bid as it counts and the state after it."""
    at = max(bid.arrived_at, state.last_at)
    sequence = state.sequence + 1
    if kind is BidKind.SEALED:
        state = replace(state, sequence=sequence, last_at=at, sealed=state.sealed | {bid.bidder})
    else:
        ends_at = extended_end(config, state, at)
        state = replace(
            state,
            sequence=sequence,
            last_at=at,
            price=bid.amount,
            leader=bid.bidder,
            is_equal=kind is BidKind.EQUAL,
            ends_at=ends_at,
            extensions=state.extensions + (ends_at > state.ends_at),
        )
    return Accepted(sequence, bid.bidder, bid.amount, kind, bid.arrived_at, at, state.ends_at), state


def extended_end(config: Config, state: State, at: datetime) -> datetime:
    """Return the end after a bid at this moment: never earlier, never beyond the last possible one."""
    if state.ends_at - at > config.window:
        return state.ends_at
    moved = at + config.extension
    if state.hard_end is not None:
        moved = min(moved, state.hard_end)
    return max(moved, state.ends_at)


def turn(state: State, entry: Pause | Resumption) -> State:
    """Stop the clock, or let it go on with the time that was left."""
    if isinstance(entry, Pause):
        return replace(state, paused_at=entry.at)
    if state.paused_at is None:
        raise ValueError("what was not suspended does not go on")
    stood = entry.at - max(state.paused_at, state.bids_from)
    return replace(
        state,
        paused_at=None,
        bids_from=entry.at,
        last_at=max(state.last_at, entry.at),
        ends_at=state.ends_at + stood,
        hard_end=None if state.hard_end is None else state.hard_end + stood,
    )


def ranking(config: Config, accepted: Sequence[Accepted]) -> list[Accepted]:
    """Return the best bid of each bidder, the winner's first.

    Sealed: the highest price; at equal prices a confirmed priority, then the earlier arrival.
    """
    best = {bid.bidder: bid for bid in accepted}
    if config.format is Format.ASCENDING:
        return sorted(best.values(), key=lambda bid: -bid.sequence)
    return sorted(
        best.values(), key=lambda bid: (-bid.amount, not config.bidders[bid.bidder], bid.at, bid.sequence)
    )


def premium(start: int, price: int) -> int:
    """Return by how much a price exceeds the starting price, in basis points of it."""
    return round_half_up(Fraction((price - start) * 10_000, start))
