"""The log of an auction as data: what everybody downloads to replay it."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from typing import Any

from market.auctions.board import BidLine, Board
from market.auctions.chain import bid_text
from market.auctions.models import Auction, AuctionPause, AuctionTerms, BidRow, NumberDraw
from market.auctions.replay import as_accepted
from market.auctions.visibility import Phase
from market.kit.clock import local
from market.kit.i18n import gettext as _


def bid_rows(bids: Sequence[BidLine]) -> list[dict[str, Any]]:
    """Return bids as JSON values: numbers, never names."""
    return [
        {
            "sequence": bid.sequence,
            "arrived_at": bid.at.isoformat(),
            "bidder": bid.bidder,
            "amount": bid.amount,
            "kind": bid.kind.value,
            "ends_at": bid.extended_to.isoformat() if bid.extended_to else None,
            "hash": bid.hash,
        }
        for bid in bids
    ]


def bids_csv(bids: Sequence[BidLine]) -> str:
    """Return bids as a table for a spreadsheet program."""
    text = io.StringIO()
    text.write("\ufeff")
    writer = csv.writer(text)
    writer.writerow(
        [_("序"), _("到达时间"), _("竞价号"), _("报价（元）"), _("方式"), _("延时至"), _("校验值")]
    )
    for bid in bids:
        writer.writerow(
            [
                bid.sequence,
                f"{local(bid.at):%Y-%m-%d %H:%M:%S.%f}",
                f"{bid.bidder or 0:02d}",
                f"{bid.amount / 100:.2f}",
                str(bid.kind.label),
                f"{local(bid.extended_to):%Y-%m-%d %H:%M:%S}" if bid.extended_to else "",
                bid.hash,
            ]
        )
    return text.getvalue()


async def whole_log(auction: Auction, board: Board) -> dict[str, Any]:
    """Return terms, bids and suspensions; once all is open also the draw and what each hash is of.

    Enough to run the rules again, to repeat the draw and to compute the chain by no more than SHA-256. The
    bidders are ids of their enrolments, in the order of their numbers; never names.
    """
    pauses = await AuctionPause.filter(auction_id=auction.id).order_by("id")
    terms = await AuctionTerms.filter(auction_id=auction.id).order_by("-version").first()
    return {
        "number": auction.number,
        "terms": terms.content if terms else {},
        "terms_hash": auction.terms_hash,
        "status": auction.status.value,
        "ends_at": auction.ends_at.isoformat() if auction.ends_at else None,
        "chain_head": auction.chain_head if board.bids else "",
        "is_whole": board.phase is Phase.AFTER,
        "bids": bid_rows(board.bids),
        **(await _proofs(auction) if board.phase is Phase.AFTER else {}),
        "suspensions": [
            {
                # How many sealed prices there were, nobody knows.
                "after": min(pause.after_sequence, board.total),
                "paused_at": pause.paused_at.isoformat() if pause.paused_at else None,
                "resumes_at": pause.resumes_at.isoformat() if pause.resumes_at else None,
            }
            for pause in pauses
        ],
    }


async def _proofs(auction: Auction) -> dict[str, Any]:
    """Return the draw of the numbers, and of each bid the text whose SHA-256 its hash is."""
    draw = await NumberDraw.get_or_none(auction_id=auction.id)
    rows = await BidRow.filter(auction_id=auction.id).order_by("sequence")
    return {
        "draw": draw
        and {"chain_head": draw.chain_head, "salt": draw.salt, "seed": draw.seed, "drawn": draw.drawn},
        "hashed": [bid_text(row.previous_hash, auction.id, as_accepted(row)) for row in rows],
    }
