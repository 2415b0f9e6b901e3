"""What everybody sees of auctions: the hall, a lot with its board, its bids as data."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from market.accounts.web import optional_actor
from market.auctions import logs, queries
from market.auctions.board import MOST_LISTED, Board, board_of, drawn_bids
from market.auctions.default_settlements import sees_default
from market.auctions.deposits import balance_of
from market.auctions.fold import premium
from market.auctions.models import Auction
from market.auctions.refusals import exact_in
from market.auctions.replay import replay
from market.auctions.results import next_in_line
from market.auctions.stairs import stairs
from market.auctions.states import AuctionAct, AuctionStatus, Format, shown_status
from market.auctions.visibility import Phase
from market.kit.pagination import PageRequest
from market.kit.routing import Route
from market.kit.templating import render
from market.kit.web import deps, wants_partial
from market.notices.queries import list_notices_of
from market.records.transitions import history

SHOWN_EVENTS = ("suspend", "resume", "abort", "fail", "default")
"""Acts whose note is public."""
KEPT_SECONDS = 1.0
"""How long guests are sent the same board: those who watch ask for it one after another."""


async def index(request: Request) -> Response:
    """Show the hall: what runs, what is about to, what is over."""
    now = deps(request).clock()
    page = await queries.list_auctions(PageRequest.from_query(request.query_params))
    return render(
        request,
        "auctions/index.html",
        page=page,
        states={
            auction.id: shown_status(auction.status, auction.bids_from, auction.ends_at, now)
            for auction in page.items
        },
        premium=premium,
    )


async def show(request: Request) -> Response:
    """Show a lot; asked by htmx, its board alone."""
    actor, now = optional_actor(request), deps(request).clock()
    auction = await queries.get_auction_for(actor, request.path_params["number"])
    phase = queries.phase_at(auction, now)
    board = await board_of(auction, actor, now, last=None if phase is Phase.AFTER else MOST_LISTED)
    if wants_partial(request):
        if actor is None:
            request.state.kept_seconds = KEPT_SECONDS
        shown = await _shown(auction, board, now)
        return render(request, "auctions/moved.html", **shown, is_partial=True)
    is_over = phase is Phase.AFTER and auction.sequence > 0
    upto = _replayed_bid(request, board) if is_over else 0
    return render(
        request,
        "auctions/show.html",
        **await _shown(auction, board, now, upto=upto),
        is_partial=False,
        notices={notice.kind.value: notice for notice in await list_notices_of("auction", auction.id)},
        replayed=await replay(auction) if is_over and (auction.winner_id or board.bids) else None,
        events=[
            event
            for event in await history("auction", auction.id)
            if event.action in SHOWN_EVENTS and event.note
        ],
        my_deposit=(await balance_of(board.mine.id)).lies if board.mine else 0,
        organises=actor is not None
        and (
            queries.organises(actor, auction)
            or queries.decides(actor, auction)
            or queries.audits(actor, auction)
        ),
        sees_default=auction.winner_id is not None and await sees_default(actor, auction),
        is_next=board.mine is not None
        and (second := await next_in_line(auction)) is not None
        and second.id == board.mine.id,
        is_holder=actor is not None and actor.acts_for(auction.holder_id),
        may_enrol=auction.status is AuctionStatus.ENROLLING
        and now < auction.enrol_until
        and board.mine is None
        and (
            actor is None
            or (actor.may(AuctionAct.ENROL) and actor.organisation_id not in queries.sides_of(auction))
        ),
    )


def _replayed_bid(request: Request, board: Board) -> int:
    """Return the number of the bid up to which the address replays the course; 0: nothing is replayed."""
    number = request.query_params.get("bid", "")
    return min(max(int(number), 1), len(board.bids)) if number.isdecimal() and len(number) < 9 else 0


async def _shown(auction: Auction, board: Board, now: datetime, *, upto: int = 0) -> dict[str, Any]:
    is_ascending = auction.format is Format.ASCENDING
    drawn = [(bid.at, bid.amount, bid.is_mine) for bid in board.bids]
    if is_ascending and len(drawn) < board.total:
        drawn = await drawn_bids(auction, board.mine)
    course = stairs(
        drawn,
        auction.opens_at,
        auction.planned_end,
        auction.ends_at or auction.planned_end,
        now if board.is_live else None,
    )
    return {
        "upto": upto,
        "is_trial": False,
        "is_replayable": board.phase is Phase.AFTER and bool(board.bids),
        "auction": auction,
        "board": board,
        "course": course if is_ascending else None,
        "exact": exact_in(auction),
        "premium": premium,
    }


async def bids_json(request: Request) -> Response:
    """Return the bids as JSON, those after a number where one is asked for."""
    after = request.query_params.get("after", "")
    first = int(after) if after.isdecimal() and len(after) < 9 else 0
    _auction, board = await _read(request, after=first)
    etag = f'"{board.total}-{board.status.value}-{first}"'
    if request.headers.get("if-none-match") == etag:
        return Response(status_code=304, headers={"etag": etag})
    rows = logs.bid_rows([bid for bid in board.bids if bid.sequence > first])
    return JSONResponse({"bids": rows, "status": board.status.value}, headers={"etag": etag})


async def bids_csv(request: Request) -> Response:
    auction, board = await _read(request)
    headers = {"content-disposition": f'attachment; filename="{auction.number}.csv"'}
    return Response(logs.bids_csv(board.bids), media_type="text/csv; charset=utf-8", headers=headers)


async def log(request: Request) -> Response:
    """Return all that is needed to replay the auction, for whoever wants to check it."""
    auction, board = await _read(request)
    headers = {"content-disposition": f'attachment; filename="{auction.number}.json"'}
    return JSONResponse(await logs.whole_log(auction, board), headers=headers)


async def _read(request: Request, *, after: int = 0) -> tuple[Auction, Board]:
    actor = optional_actor(request)
    auction = await queries.get_auction_for(actor, request.path_params["number"])
    last = max(0, auction.sequence - after)
    return auction, await board_of(auction, actor, deps(request).clock(), last=last)


routes = [
    Route("/auctions", index, name="auctions:index"),
    Route("/auctions/{number}", show, name="auctions:show"),
    Route("/auctions/{number}/bids", bids_json, name="auctions:bids"),
    Route("/auctions/{number}/bids.csv", bids_csv, name="auctions:bids_csv"),
    Route("/auctions/{number}/log", log, name="auctions:log"),
]
