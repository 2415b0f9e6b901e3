"""The hash chain of an auction's bids; the database computes the same. Pure."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from uuid import UUID

from market.auctions.fold import Accepted


def bid_hash(previous: str, auction_id: UUID, bid: Accepted) -> str:
    """Return the SHA-256 of a bid with the hash of the one before it, of the first with that of the terms."""
    return hashlib.sha256(bid_text(previous, auction_id, bid).encode()).hexdigest()


def bid_text(previous: str, auction_id: UUID, bid: Accepted) -> str:
    """Return what is hashed of a bid."""
    parts = (
        previous,
        auction_id,
        bid.sequence,
        bid.bidder,
        bid.amount,
        bid.kind.value,
        _stamp(bid.arrived_at),
        _stamp(bid.at),
        _stamp(bid.ends_at),
    )
    return "|".join(map(str, parts))


def _stamp(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
