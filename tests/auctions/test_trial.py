"""The trial lot: rivals by a seed, the real rules, nothing written, the same page with and without script."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import httpx
import pytest

from market.auctions.fold import Bid, Course, fold, least
from market.auctions.models import Auction, BidRow
from market.auctions.states import Refusal
from market.auctions.trial import FEWEST, LASTS, LONGEST, ME, MOST_BIDS, MOST_STEPS, START, STEP, Trial, play
from market.deps import Deps
from tests.auctions.test_fold import clock
from tests.auctions.test_pages import set_clock
from tests.visitor import post

BEGAN = clock("14:00")
AFTER = BEGAN + LONGEST


def at(seconds: float) -> datetime:
    return BEGAN + timedelta(seconds=seconds)


def bidding(trial: Trial, seconds: float) -> Trial:
    """Offer the lowest price at a moment, which must count."""
    amount = least(trial.config, play(trial, at(seconds)).state)
    offered = trial.offer(amount, at(seconds))
    assert isinstance(offered, Trial)
    return offered


def follows_the_rules(trial: Trial, course: Course) -> bool:
    log = [Bid(bid.arrived_at, bid.bidder, bid.amount) for bid in course.accepted]
    return not course.refused and fold(trial.config, log).state == course.state


@pytest.mark.parametrize("seed", range(8))
def test_rivals_bid_up_to_their_limits_alone_and_in_time(seed: int) -> None:
    trial = Trial(BEGAN, seed)
    course = play(trial, AFTER)

    assert course == play(trial, AFTER)
    assert follows_the_rules(trial, course)
    steps = ((course.state.price or 0) - START) // STEP
    assert FEWEST - 1 <= steps <= MOST_STEPS
    assert {bid.bidder for bid in course.accepted} <= trial.config.bidders.keys() - {ME}
    assert all(bid.arrived_at > BEGAN for bid in course.accepted)
    # What is shown later goes on where it stood earlier.
    earlier = play(trial, at(30)).accepted
    assert 0 < len(earlier) < len(course.accepted)
    assert course.accepted[: len(earlier)] == earlier


def test_own_bids_stay_rivals_answer_them_and_a_late_one_moves_the_end() -> None:
    trial = bidding(Trial(BEGAN, 7), 1.25)
    assert trial.bids == ((1250, START),)
    assert play(trial, at(1.25)).state.leader == ME
    assert play(trial, at(60)).state.leader != ME
    trial = bidding(trial, 170)
    course = play(trial, at(170))
    assert (course.state.extensions, course.state.ends_at) == (1, at(230))
    while (now := play(trial, AFTER).state).leader != ME:
        trial = bidding(trial, (now.last_at - BEGAN).total_seconds() + 1)
    assert follows_the_rules(trial, play(trial, AFTER))
    assert play(trial, AFTER).state.ends_at <= AFTER


def test_what_does_not_count_has_the_reason_of_a_real_lot() -> None:
    trial = bidding(Trial(BEGAN, 7), 1)
    price = START + STEP
    for amount, seconds, refusal in (
        (price, 2, Refusal.LEADER),
        (START, 60, Refusal.LOW),
        (50 * START, 60, Refusal.TOO_HIGH),
        (2 * START + 100, 60, Refusal.STEP),
        (2 * START, LONGEST.total_seconds(), Refusal.CLOSED),
    ):
        assert trial.offer(amount, at(seconds)) is refusal
    full = replace(trial, bids=((1000, START),) * MOST_BIDS)
    assert full.offer(2 * START, at(60)) is Refusal.CLOSED
    assert trial.offer(2 * START, at(LASTS.total_seconds() - 1)) != trial


async def test_anybody_tries_a_whole_auction_and_nothing_of_it_is_written(
    client: httpx.AsyncClient, deps: Deps
) -> None:
    set_clock(deps, BEGAN)
    page = await client.get("/auctions/trial")
    assert "开始演练" in page.text
    assert "/auctions/trial" in (await client.get("/auctions")).text
    assert (await client.get("/auctions/trial/bid?amount=800000")).headers["location"] == "/auctions/trial"
    begun = await post(client, "/auctions/trial", follow=False)
    assert (begun.status_code, begun.headers["location"]) == (303, "/auctions/trial")

    set_clock(deps, at(1))
    live = (await client.get("/auctions/trial")).text
    assert "还没有人报价" in live
    assert "/auctions/trial/bid?amount=800000.0" in live
    assert "data-stream" not in live
    question = await client.get("/auctions/trial/bid?amount=800000")
    assert question.status_code == 200
    assert "确认后不能撤回" in question.text
    assert ">trial<" not in question.text
    # Asked, not offered: only the confirmation counts.
    assert "还没有人报价" in (await client.get("/auctions/trial")).text
    confirmed = await post(client, "/auctions/trial/bid", {"amount": "800000", "form_key": "a"})
    assert "报价 ￥800,000.00 有效" in confirmed.text
    assert "领先" in confirmed.text
    for amount, status in (("800000", 409), ("1e6", 422), ("", 422), ("900000.01", 409)):
        answer = await post(client, "/auctions/trial/bid", {"amount": amount, "form_key": "b"})
        assert answer.status_code == status, amount

    set_clock(deps, at(40))
    part = await client.get("/auctions/trial", headers={"hx-request": "true"})
    assert "<html" not in part.text
    assert "已被超过" in part.text
    set_clock(deps, AFTER)
    over = (await client.get("/auctions/trial")).text
    assert "演练结束" in over
    assert "data-ends" not in over
    closed = await post(client, "/auctions/trial/bid", {"amount": "5000000", "form_key": "c"})
    assert (closed.status_code, "竞价已于" in closed.text) == (409, True)
    assert not await Auction.exists()
    assert not await BidRow.exists()
    client.cookies.set("trial", "forged", domain=client.base_url.host)
    assert "开始演练" in (await client.get("/auctions/trial")).text
