"""A bid is one statement: the database judges it under the lock of its auction, see the migration."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from market.auctions.states import Refusal
from market.kit.database import connection

ACCEPTED = "accepted"
MOST_AMOUNT = 10**15
"""No amount of more fen is asked of the database."""


@dataclass(frozen=True)
class Answer:
    """What became of one offered price."""

    refusal: Refusal | None
    sequence: int
    """Of the bid where it counts, else of the last one that does."""
    price: int | None
    """The present price; none of sealed bidding."""
    ends_at: datetime | None
    at: datetime | None
    """When the bid counted."""
    is_repeated: bool = False
    """The same form had been sent before: this is what was answered then."""

    @property
    def is_accepted(self) -> bool:
        return self.refusal is None


async def offer_price(
    auction_id: UUID,
    enrolment_id: UUID,
    amount: int,
    *,
    arrived_at: datetime,
    form_key: str,
    wants_priority: bool = False,
    address_hash: str = "",
) -> Answer:
    """Offer a price by one statement, which is its own transaction unless the caller has one.

    `arrived_at` is when the request arrived, `form_key` names the form: sent again it is answered as before,
    whatever has happened since.
    """
    rows: list[Any] = await connection().execute_query_dict(
        "SELECT * FROM auction_bid($1, $2, $3, $4, $5, $6, $7)",
        [auction_id, enrolment_id, amount, wants_priority, arrived_at, form_key, address_hash],
    )
    row = rows[0]
    return Answer(
        None if row["code"] == ACCEPTED else Refusal(row["code"]),
        row["bid_sequence"],
        row["bid_price"],
        row["bid_ends_at"],
        row["bid_at"],
        row["is_repeated"],
    )
