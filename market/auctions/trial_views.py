"""Pages of the trial lot (竞价演练): board, record and confirmation as of a real lot, open to everybody.

What was bid is in a signed cookie of the browser; nothing is stored, and nobody signs in.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

from itsdangerous import BadSignature, URLSafeSerializer
from starlette.requests import Request
from starlette.responses import Response

from market.auctions.bid_pages import bid_page
from market.auctions.bidding import MOST_AMOUNT
from market.auctions.board import STEPS, BidLine, Board
from market.auctions.fold import Course, least, premium
from market.auctions.forms import BidForm
from market.auctions.models import Auction, Enrolment
from market.auctions.refusals import STATUS, exact_in, refusal_words
from market.auctions.stairs import stairs
from market.auctions.states import AuctionStatus, EnrolmentStatus, Format, PriorityMode, Refusal, Right
from market.auctions.trial import LASTS, LONGEST, ME, START, STEP, WINDOW, Trial, play
from market.auctions.visibility import Phase, Viewer
from market.kit.cookies import read_cookie, set_cookie
from market.kit.flash import flash
from market.kit.formats import yuan
from market.kit.i18n import gettext as _
from market.kit.routing import GUEST_FORM, Route
from market.kit.templating import render
from market.kit.web import deps, form_data_or_none, redirect_to, wants_partial

COOKIE = "trial"
KEPT_SECONDS = 86_400
NUMBER = "trial"
"""Stands in addresses where a lot has its number."""
SEEDS = 1_000_000
"""How many there are."""


async def show(request: Request) -> Response:
    """Show the trial of this browser, or what a trial is; sent, begin one."""
    now = deps(request).clock()
    if request.method == "POST":
        trial = Trial(now.replace(microsecond=0), secrets.randbelow(SEEDS))
        return _keep(request, redirect_to(request, "auctions:trial"), trial)
    kept = _kept(request)
    shown = _shown(kept, now) if kept is not None else {}
    if shown and wants_partial(request):
        return render(request, "auctions/moved.html", **shown, is_partial=True)
    return render(
        request,
        "auctions/trial.html",
        **({"board": None} | shown),
        is_partial=False,
        start=START,
        step=STEP,
        lasts=LASTS // timedelta(minutes=1),
        longest=LONGEST // timedelta(minutes=1),
        window=WINDOW // timedelta(seconds=1),
    )


async def bid(request: Request) -> Response:
    """Ask once more before a price counts, then offer it."""
    arrived_at, trial = deps(request).clock(), _kept(request)
    if trial is None:
        return redirect_to(request, "auctions:trial")
    data = await form_data_or_none(request)
    form = BidForm(data if data is not None else request.query_params)
    lot, board = _lot_and_board(trial, arrived_at)
    page = partial(bid_page, request, lot, board, form, lot=_("竞价演练"))
    if not form.validate():
        return page("", 422)
    amount = min(int(form.amount.data), MOST_AMOUNT)
    offered = trial.offer(amount, arrived_at)
    if isinstance(offered, Refusal):
        words = refusal_words(lot, offered, arrived_at, amount)
        return page(words, STATUS.get(offered, 409))
    if data is None or not form.form_key.data:
        return page("", 200)
    words = _("报价 %(amount)s 有效。", amount=yuan(amount))
    return _keep(request, flash(request, redirect_to(request, "auctions:trial"), words), offered)


def _shown(trial: Trial, now: datetime) -> dict[str, Any]:
    lot, board = _lot_and_board(trial, now)
    bids = [(bid.at, bid.amount, bid.is_mine) for bid in board.bids]
    ends_at = lot.ends_at or lot.planned_end
    return {
        "auction": lot,
        "board": board,
        "course": stairs(bids, lot.opens_at, lot.planned_end, ends_at, now if board.is_live else None),
        "exact": exact_in(lot),
        "premium": premium,
        "upto": 0,
        "is_replayable": False,
        "is_trial": True,
    }


def _lot_and_board(trial: Trial, now: datetime) -> tuple[Auction, Board]:
    """Return the trial as pages show lots: records that are never written."""
    course = play(trial, now)
    state, config = course.state, trial.config
    is_live = now < state.ends_at
    lot = Auction(
        number=NUMBER,
        title=_("演练标的：甘蔗渣可降解餐具专利包"),
        status=AuctionStatus.LIVE if is_live else AuctionStatus.CONFIRMING,
        format=Format.ASCENDING,
        right=Right.EXCLUSIVE,
        start=START,
        step=STEP,
        deposit=0,
        opens_at=config.opens_at,
        planned_end=config.planned_end,
        hard_end=config.hard_end,
        window_s=WINDOW // timedelta(seconds=1),
        extension_s=WINDOW // timedelta(seconds=1),
        min_bidders=2,
        priority=PriorityMode.NONE,
        sign_days=10,
        bids_from=state.bids_from,
        ends_at=state.ends_at,
        last_at=state.last_at,
        sequence=state.sequence,
        price=state.price,
        leader_id=state.leader,
        extensions=state.extensions,
    )
    lines = _lines(course, config.planned_end)
    next_price = least(config, state)
    board = Board(
        status=lot.status,
        price=state.price,
        my_last=next((line.amount for line in reversed(lines) if line.is_mine), None),
        offers=[next_price + turn * STEP for turn in range(STEPS)] if is_live and state.leader != ME else (),
        left=max(timedelta(), state.ends_at - now),
        phase=Phase.DURING if is_live else Phase.AFTER,
        viewer=Viewer.PUBLIC,
        bids=lines,
        total=len(lines),
        leader=_number(state.leader) if state.leader else None,
        mine=Enrolment(status=EnrolmentStatus.QUALIFIED, bidder_number=_number(ME)),
        may_equal=False,
        admitted=len(config.bidders),
    )
    return lot, board


def _lines(course: Course, planned_end: datetime) -> Sequence[BidLine]:
    lines: list[BidLine] = []
    before, end = None, planned_end
    for bid in course.accepted:
        lines.append(
            BidLine(
                sequence=bid.sequence,
                at=bid.arrived_at,
                bidder=_number(bid.bidder),
                amount=bid.amount,
                rise=None if before is None else bid.amount - before,
                kind=bid.kind,
                extended_to=bid.ends_at if bid.ends_at > end else None,
                is_mine=bid.bidder == ME,
            )
        )
        before, end = bid.amount, bid.ends_at
    return lines


def _number(bidder: UUID) -> int:
    return bidder.int


def _signer(request: Request) -> URLSafeSerializer:
    return URLSafeSerializer(deps(request).settings.secret_key, salt=COOKIE)


def _kept(request: Request) -> Trial | None:
    """Return the trial of this browser; None: it has none, or one of another release."""
    raw = read_cookie(request, COOKIE)
    if not raw:
        return None
    try:
        began, seed, bids = _signer(request).loads(raw)
        pairs = tuple((int(late), int(amount)) for late, amount in bids)
        return Trial(datetime.fromtimestamp(int(began), UTC), int(seed), pairs)
    except (BadSignature, ValueError, TypeError):
        return None


def _keep(request: Request, response: Response, trial: Trial) -> Response:
    value = _signer(request).dumps([int(trial.began_at.timestamp()), trial.seed, trial.bids])
    set_cookie(request, response, COOKIE, value, max_age=KEPT_SECONDS)
    return response


routes = [
    Route("/auctions/trial", show, name="auctions:trial", methods=["GET", "POST"], body=GUEST_FORM),
    Route("/auctions/trial/bid", bid, name="auctions:trial_bid", methods=["GET", "POST"], body=GUEST_FORM),
]
