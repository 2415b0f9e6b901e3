"""What a seat opens to its expert, and who sits there is told to whom."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from tortoise.expressions import Q

from market.accounts.actors import Actor
from market.files.models import StoredFile
from market.panels.models import ExpertReview
from market.panels.round_models import Round, Seat
from market.panels.round_states import OVER, RUNNING, SeatStatus
from market.panels.rounds import viewer_of
from market.panels.states import PanelAct
from market.panels.visibility import Part, sees


async def reads_originals(actor: Actor, subject_kind: str, subject_id: UUID) -> bool:
    """Return whether the person has accepted to judge a record in a round that runs and is not blind."""
    seats = await Seat.filter(
        user_id=actor.user_id,
        status__in=[SeatStatus.ACCEPTED, SeatStatus.SUBMITTED, SeatStatus.RETURNED, SeatStatus.FINAL],
        item__subject_id=subject_id,
        item__round__subject_kind=subject_kind,
        item__round__status__in=list(RUNNING),
    ).select_related("item__round")
    return any(not seat.item.round.is_blind for seat in seats)


async def sealed_openers(actor: Actor, file: StoredFile) -> set[UUID]:
    """Return the experts of a round whose names a person may not see, though they opened its papers."""
    seats = Seat.filter(
        Q(item__round_id=file.subject_id)
        if file.subject_kind == Round.record_kind
        else Q(item__subject_id=file.subject_id, item__round__subject_kind=file.subject_kind)
    )
    experts = {
        seat.user_id
        for seat in await seats.select_related("item__round")
        if not sees(viewer_of(actor, seat.item.round), Part.NAMES, seat.item.round.status)
    }
    if not actor.may(PanelAct.AUDIT_ROUNDS):
        reviews = ExpertReview.filter(subject_kind=file.subject_kind, subject_id=file.subject_id)
        experts |= {review.reviewer_id for review in await reviews}
    return experts


async def sealed_seats(seat_ids: Collection[UUID]) -> set[UUID]:
    """Return those of these seats whose round is not over: who sits there is sealed."""
    seats = await Seat.filter(id__in=list(seat_ids)).exclude(item__round__status__in=list(OVER))
    return {seat.id for seat in seats}
