"""What auctions keep of a person: the enrolments they act in, with what they bid."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from market.auctions.models import Auction, BidRow, Enrolment
from market.auctions.states import OVER, Format
from market.records.by import By


async def export_enrolments(user_id: UUID) -> list[dict[str, Any]]:
    """Return the enrolments in which a person is the authorised agent, with their own bids."""
    rows = Enrolment.filter(person_id=user_id).order_by("applied_at").select_related("auction")
    return [
        {
            "auction": enrolment.auction.number,
            "status": enrolment.status,
            "bidder_number": enrolment.bidder_number,
            "priority_claim": enrolment.priority_claim,
            "priority_reason": enrolment.priority_reason,
            "applied_at": enrolment.applied_at,
            "bids": [
                bid | ({"sequence": None} if _is_sealed(enrolment.auction) else {})
                for bid in await BidRow.filter(enrolment_id=enrolment.id)
                .order_by("sequence")
                .values("sequence", "amount", "kind", "arrived_at")
            ],
        }
        for enrolment in await rows
    ]


def _is_sealed(auction: Auction) -> bool:
    """Return whether a number would tell how many others have offered a sealed price."""
    return auction.format is Format.SEALED and auction.status not in OVER


async def keep_enrolments(_user_id: UUID, _by: By) -> None:
    """Keep everything: the bids are a contract's ground, and the name stands on the user alone."""
