"""The rules of an auction: the worked examples, and what holds of every log."""

from __future__ import annotations

import random
import time
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from market.auctions.chain import bid_hash
from market.auctions.fold import (
    Bid,
    Config,
    Course,
    Entry,
    Pause,
    Resumption,
    begin,
    fold,
    judge,
    least,
    premium,
    ranking,
)
from market.auctions.lot_terms import LotTerms
from market.auctions.settlement import Settlement, settle
from market.auctions.states import AuctionStatus, BidKind, DefaultRule, Format, Refusal, Right, shown_status
from market.kit.clock import SHANGHAI

WAN = 1_000_000
"""10,000 yuan in fen."""
BIDDERS = [UUID(int=n) for n in range(1, 6)]


def clock(text: str) -> datetime:
    """Return a time of the day of the auction, such as 14:56:59."""
    hour, minute, second = [*map(int, text.split(":")), 0][:3]
    return datetime(2026, 11, 30, hour, minute, second, tzinfo=SHANGHAI)


CONFIG = Config(
    format=Format.ASCENDING,
    start=80 * WAN,
    step=2 * WAN,
    opens_at=clock("14:00"),
    planned_end=clock("15:00"),
    hard_end=clock("17:00"),
    window=timedelta(seconds=180),
    extension=timedelta(seconds=180),
    bidders={bidder: number in (4, 5) for number, bidder in enumerate(BIDDERS, 1)},
)


def bid(at: str, bidder: int, wan: int, *, priority: bool = False) -> Bid:
    return Bid(clock(at), UUID(int=bidder), wan * WAN, priority)


WORKED = [
    bid("14:00", 1, 80),
    bid("14:30", 2, 84),
    bid("14:56:59", 3, 86),
    bid("14:57:00", 1, 88),
    bid("14:58:00", 2, 88),
    bid("14:58:30", 2, 91),
    bid("14:59:59", 2, 90),
    bid("15:01:30", 4, 90, priority=True),
    bid("15:02:00", 5, 90, priority=True),
    bid("15:04:29", 3, 92),
    bid("15:07:28", 4, 92, priority=True),
    bid("15:10:28", 2, 94),
]
ENDS = ["15:00", "15:00", "15:00", "15:00", "15:02:59", "15:04:30", "15:07:29", "15:10:28"]


def test_the_worked_auction() -> None:
    course = fold(CONFIG, WORKED)

    assert [accepted.ends_at for accepted in course.accepted] == [clock(end) for end in ENDS]
    assert [(WORKED.index(refused), code) for refused, code in course.refused] == [
        (4, Refusal.LOW),
        (5, Refusal.STEP),
        (8, Refusal.LOW),
        (11, Refusal.CLOSED),
    ]
    state = course.state
    assert (state.price, state.leader, state.extensions) == (92 * WAN, UUID(int=4), 4)
    assert premium(CONFIG.start, 92 * WAN) == 1500
    assert [accepted.kind for accepted in course.accepted if accepted.bidder == UUID(int=4)] == [
        BidKind.EQUAL,
        BidKind.EQUAL,
    ]
    assert [place.bidder.int for place in ranking(CONFIG, course.accepted)] == [4, 3, 2, 1]


def test_no_extension_goes_beyond_the_last_possible_end() -> None:
    config = replace(CONFIG, hard_end=clock("15:05"))
    log = [
        bid("14:59:00", 1, 80),
        bid("15:01:00", 2, 82),
        bid("15:03:00", 1, 84),
        bid("15:04:59", 2, 86),
        bid("15:05:00", 1, 88),
    ]
    course = fold(config, log)

    ends = [accepted.ends_at for accepted in course.accepted]
    assert ends == [clock("15:02"), clock("15:04"), clock("15:05"), clock("15:05")]
    assert course.refused == [(log[4], Refusal.CLOSED)]
    assert course.state.extensions == 3


@pytest.mark.parametrize(
    ("resale", "rule", "expected"),
    [
        (105, DefaultRule.ALL, Settlement(15, 16, 12, 4, 12, 0)),
        (105, DefaultRule.DAMAGE, Settlement(15, 16, 12, 4, 12, 0)),
        (125, DefaultRule.ALL, Settlement(0, 1, 1, 0, 12, 0)),
        (125, DefaultRule.DAMAGE, Settlement(0, 1, 1, 0, 1, 11)),
    ],
)
def test_who_does_not_sign_owes_the_difference_and_the_costs(
    resale: int, rule: DefaultRule, expected: Settlement
) -> None:
    assert settle(120, 12, resale, 1, rule) == expected


def test_at_equal_sealed_prices_the_priority_wins_then_who_came_first() -> None:
    config = replace(CONFIG, format=Format.SEALED, start=40 * WAN)
    log = [
        bid("14:10", 1, 50),
        bid("14:15", 2, 60),
        bid("14:14", 3, 60),
        bid("14:19", 4, 60),
        bid("14:20", 4, 70),
        bid("14:20", 5, 39),
        bid("14:20", 5, 401),
    ]
    course = fold(config, log)

    # The log has the second before the third, which arrived earlier: it counts at the second's time.
    assert [place.bidder.int for place in ranking(config, course.accepted)] == [4, 2, 3, 1]
    assert (course.state.price, course.state.leader) == (None, None)
    assert [code for _bid, code in course.refused] == [Refusal.REPEATED, Refusal.LOW, Refusal.TOO_HIGH]
    in_order = fold(config, [log[0], log[2], log[1], log[3]])
    nobody = replace(config, bidders=dict.fromkeys(config.bidders, False))
    assert ranking(config, in_order.accepted)[0].bidder.int == 4
    assert [place.bidder.int for place in ranking(nobody, in_order.accepted)] == [3, 2, 4, 1]


def test_each_refusal_has_its_reason() -> None:
    stranger = UUID(int=9)
    state = fold(CONFIG, [bid("14:10", 1, 80)]).state

    def refused(offered: Bid, at: Config = CONFIG) -> BidKind | Refusal:
        return judge(at, state, offered)

    assert refused(Bid(clock("14:20"), stranger, 90 * WAN)) is Refusal.NOT_ENROLLED
    assert refused(bid("13:59:59", 2, 82)) is Refusal.NOT_OPEN
    assert refused(bid("15:00", 2, 82)) is Refusal.CLOSED
    assert refused(bid("14:20", 1, 82)) is Refusal.LEADER
    assert refused(bid("14:20", 2, 80, priority=True)) is Refusal.PRIORITY
    assert refused(bid("14:20", 2, 81)) is Refusal.LOW
    assert refused(bid("14:20", 2, 83)) is Refusal.STEP
    assert refused(bid("14:20", 2, 802)) is Refusal.TOO_HIGH
    assert refused(bid("14:20", 2, 800)) is BidKind.BID
    assert refused(bid("14:20", 4, 84, priority=True)) is BidKind.BID
    assert judge(CONFIG, begin(CONFIG), bid("14:20", 2, 802)) is Refusal.TOO_HIGH
    assert least(CONFIG, state) == 82 * WAN


def test_a_suspended_auction_goes_on_with_the_time_that_was_left() -> None:
    before: list[Entry] = [bid("14:10", 1, 80), Pause(clock("14:50"))]
    log: list[Entry] = [
        *before,
        bid("14:55", 2, 82),
        Resumption(clock("16:00")),
        bid("15:59:59", 2, 82),
        bid("16:00", 2, 82),
        bid("16:10", 1, 84),
    ]
    course = fold(CONFIG, log)

    assert [code for _bid, code in course.refused] == [Refusal.SUSPENDED, Refusal.NOT_OPEN, Refusal.CLOSED]
    assert (course.state.ends_at, course.state.hard_end) == (clock("16:10"), clock("18:10"))
    whole = replace(CONFIG, hard_end=None)
    assert fold(whole, [bid("14:59", 1, 80)]).state.ends_at == clock("15:02")
    early = fold(whole, [Pause(clock("13:00")), Resumption(clock("16:00"))])
    assert (early.state.ends_at, early.state.hard_end) == (clock("17:00"), None)
    with pytest.raises(ValueError, match="not suspended"):
        fold(CONFIG, [Resumption(clock("16:00"))])


def test_a_log_of_ten_thousand_bids_is_replayed_within_a_second() -> None:
    long = replace(CONFIG, hard_end=None, planned_end=CONFIG.opens_at + timedelta(days=1))
    log = [
        Bid(CONFIG.opens_at + timedelta(seconds=n), BIDDERS[n % 5], CONFIG.start + n * CONFIG.step)
        for n in range(10_000)
    ]
    started = time.process_time()
    course = fold(long, log)

    assert len(course.accepted) == 10_000
    assert time.process_time() - started < 1


def logs(most: int = 40, fewest: int = 0) -> st.SearchStrategy[list[Bid]]:
    """Return bids around the end, in the order of the log, which need not be that of their arrival."""
    offered = st.builds(
        lambda second, bidder, steps, odd, priority: Bid(
            clock("14:55") + timedelta(milliseconds=second),
            UUID(int=bidder),
            CONFIG.start + steps * CONFIG.step + odd,
            priority,
        ),
        st.integers(0, 900_000),
        st.integers(1, 6),
        st.integers(-1, 30),
        st.sampled_from([0, 0, 0, 1]),
        st.booleans(),
    )
    return st.lists(offered, min_size=fewest, max_size=most).map(
        lambda bids: sorted(bids, key=lambda one: one.arrived_at + timedelta(seconds=one.amount % 7))
    )


SHORT = replace(CONFIG, hard_end=clock("15:08"))


@settings(max_examples=40)
@given(logs())
def test_what_holds_of_every_log(log: list[Bid]) -> None:
    course = fold(SHORT, log)

    ends_before = SHORT.planned_end
    for accepted in course.accepted:
        assert SHORT.opens_at <= accepted.arrived_at < ends_before <= accepted.ends_at <= clock("15:08")
        ends_before = accepted.ends_at
    for earlier, later in pairwise(course.accepted):
        assert later.sequence == earlier.sequence + 1
        assert later.at >= earlier.at
        assert later.bidder != earlier.bidder
        if later.kind is BidKind.EQUAL:
            assert later.amount == earlier.amount
            assert earlier.kind is BidKind.BID
        else:
            assert later.amount >= earlier.amount + SHORT.step
    assert len(course.accepted) + len(course.refused) == len(log)
    if course.accepted:
        winner = ranking(SHORT, course.accepted)[0]
        assert (winner.bidder, winner.amount) == (course.state.leader, course.state.price)


@settings(max_examples=40)
@given(logs())
def test_what_is_refused_changes_nothing(log: list[Bid]) -> None:
    course = fold(SHORT, log)
    counted = [
        Bid(one.arrived_at, one.bidder, one.amount, one.kind is BidKind.EQUAL) for one in course.accepted
    ]

    assert outcome(fold(SHORT, counted)) == outcome(course)


@settings(max_examples=40)
@given(logs(), st.randoms(use_true_random=False))
def test_the_order_of_what_is_refused_between_two_bids_that_count_does_not_matter(
    log: list[Bid], chance: random.Random
) -> None:
    refused = {id(one) for one, _code in fold(SHORT, log).refused}
    permuted: list[Entry] = []
    waiting: list[Bid] = []
    for offered in log:
        if id(offered) in refused:
            waiting.append(offered)
        else:
            chance.shuffle(waiting)
            permuted += [*waiting, offered]
            waiting = []
    chance.shuffle(waiting)

    assert outcome(fold(SHORT, [*permuted, *waiting])) == outcome(fold(SHORT, log))


def outcome(course: Course) -> tuple[object, ...]:
    return course.state, course.accepted


def test_the_hash_of_a_bid_holds_all_that_counts_and_the_terms_keep_their_hash_in_any_zone() -> None:
    accepted = fold(CONFIG, [bid("14:00", 1, 80)]).accepted[0]
    lot = UUID(int=7)
    others = [
        replace(accepted, sequence=2),
        replace(accepted, bidder=UUID(int=2)),
        replace(accepted, amount=81 * WAN),
        replace(accepted, kind=BidKind.EQUAL),
        replace(accepted, at=clock("14:01")),
        replace(accepted, ends_at=clock("15:01")),
    ]

    hashes = {bid_hash("0", lot, each) for each in [accepted, *others]} | {bid_hash("1", lot, accepted)}
    assert len(hashes) == 8
    terms = LotTerms(
        "t", Format.SEALED, Right.TRANSFER, 1, 1, 0, clock("10:00"), clock("14:00"), clock("15:00")
    )
    moved = replace(terms, opens_at=terms.opens_at.astimezone(SHANGHAI))
    assert moved.content_hash == terms.content_hash != replace(terms, start=2).content_hash


def test_beginning_and_end_are_facts_of_the_clock() -> None:
    opens, ends = clock("14:00"), clock("15:00")

    def shown(status: AuctionStatus, at: str) -> str:
        return shown_status(status, opens, ends, clock(at)).value

    assert [shown(AuctionStatus.READY, at) for at in ("13:59:59", "14:00", "15:00")] == [
        "ready",
        "live",
        "ending",
    ]
    assert shown(AuctionStatus.FAILED, "14:30") == "failed"
    assert shown_status(AuctionStatus.READY, None, None, opens) is AuctionStatus.READY
