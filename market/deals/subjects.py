"""The subject of a deal: what is sold, named by kind and id and described by the room that owns it."""

from __future__ import annotations

from collections.abc import Sequence

from market.deals.models import Deal
from market.kit.room import rooms
from market.listings.models import Outcome
from market.listings.queries import outcome_subject


async def attach_subjects(deals: Sequence[Deal]) -> None:
    """Set `subject` of these deals: a fetched outcome as it is, else one query for each kind.

    Raises:
        LookupError: no room describes the kind, or it does not know the id.
    """
    unresolved = []
    for deal in deals:
        if isinstance(deal.outcome, Outcome):
            deal.subject = outcome_subject(deal.outcome)
        else:
            unresolved.append(deal)
    for kind in {deal.subject_kind for deal in unresolved}:
        of_kind = [deal for deal in unresolved if deal.subject_kind == kind]
        describe = rooms().subjects[kind].describe
        if describe is None:
            raise LookupError(f"no room describes {kind} as the subject of a deal")
        subjects = await describe({deal.subject_id for deal in of_kind})
        for deal in of_kind:
            deal.subject = subjects[deal.subject_id]
