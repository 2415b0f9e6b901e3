"""The page on which a bidder confirms a price, or reads why it does not count; of lots and of the trial."""

from __future__ import annotations

import secrets

from starlette.requests import Request
from starlette.responses import Response

from market.auctions.board import Standing
from market.auctions.forms import BidForm
from market.auctions.models import Auction
from market.auctions.refusals import exact_in
from market.auctions.states import Format
from market.kit.templating import render


def bid_page(
    request: Request,
    auction: Auction,
    standing: Standing,
    form: BidForm,
    words: str,
    status: int,
    *,
    lot: str = "",
) -> Response:
    """Show a validated form; `words` say why its price does not count; without any it may be confirmed.

    `lot` is what the way to the page calls the lot, if not by its number.
    """
    amount = None if form.amount.errors else form.amount.data
    return render(
        request,
        "auctions/bid.html",
        status,
        form=form,
        auction=auction,
        lot=lot or auction.number,
        board=standing,
        words=words,
        is_asked=request.method != "POST",
        key=secrets.token_hex(16),
        amount=amount,
        steps=_steps(auction, amount),
        exact=exact_in(auction),
    )


def _steps(auction: Auction, amount: int | None) -> int:
    """Return how many steps a price is above the present one; a slip of the finger shows so."""
    if amount is None or auction.format is Format.SEALED:
        return 0
    return max(0, int((amount - (auction.price or auction.start)) // auction.step))
