"""What review rounds keep of a person as an expert: handed out whole, kept where conclusions rest on it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from market.panels.fee_models import RoundFee
from market.panels.panel_seats import leave_seats
from market.panels.round_models import Seat, SeatOpinion, SeatScore, Solicitation
from market.panels.round_states import SeatStatus
from market.records.by import By


async def export_expert(user_id: UUID) -> dict[str, Any]:
    """Return a person's seats and fees."""
    fees = RoundFee.filter(user_id=user_id).order_by("proposed_at")
    return {
        "seats": await _seats(user_id),
        "fees": await fees.values(
            "round__number",
            "title_rank",
            "form",
            "quantity",
            "per_unit",
            "amount",
            "clause",
            "verdict",
            "decided_at",
        ),
    }


async def _seats(user_id: UUID) -> list[dict[str, Any]]:
    """Return a person's seats with every version of their scores and opinions, and what they reported."""
    seats = (
        await Seat.filter(user_id=user_id)
        .exclude(status=SeatStatus.RESERVE)
        .order_by("item__round__number", "item__place")
        .select_related("item__round")
    )
    return [
        {
            "round": seat.item.round.number,
            "item": seat.item.place,
            "status": seat.status,
            "note": seat.note,
            "draft": seat.draft,
            "scores": await SeatScore.filter(seat_id=seat.id)
            .order_by("version", "heading")
            .values("version", "heading", "score", "reason"),
            "opinions": await SeatOpinion.filter(seat_id=seat.id)
            .order_by("version")
            .values("version", "for_applicant", "for_organiser", "submitted_at"),
            "solicitations": await Solicitation.filter(seat_id=seat.id)
            .order_by("reported_at")
            .values("text", "reported_at"),
        }
        for seat in seats
    ]


async def erase_seats(user_id: UUID, by: By) -> None:
    """Take a person off panels where they have not scored; submitted sheets stay for the conclusions."""
    await leave_seats(user_id, by)
