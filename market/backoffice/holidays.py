"""Confirming a year of holidays: the ends of notices move, and all whom a notice concerns are told."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from uuid import UUID

from market.accounts.messages import notify
from market.claims.models import Claim
from market.deals.models import Deal
from market.kit.database import atomic
from market.notices import holiday_years
from market.notices.ends import moved_words
from market.notices.models import Notice
from market.records.by import By

Parties = dict[UUID, set[UUID]]
"""The organisations that a record concerns, by the record's id."""


async def _parties_of_deals(ids: Collection[UUID]) -> Parties:
    deals = await Deal.filter(id__in=list(ids)).only("id", "seller_id", "buyer_id")
    return {deal.id: {deal.seller_id, deal.buyer_id} for deal in deals}


async def _applicants_on_lists(ids: Collection[UUID]) -> Parties:
    parties: Parties = {}
    for claim in await Claim.filter(batch_id__in=list(ids)).only("id", "batch_id", "applicant_id"):
        if claim.batch_id is not None:
            parties.setdefault(claim.batch_id, set()).add(claim.applicant_id)
    return parties


PARTIES: Mapping[str, Callable[[Collection[UUID]], Awaitable[Parties]]] = {
    "deal": _parties_of_deals,
    "batch": _applicants_on_lists,
}
"""Whom a notice concerns beside the unit that published it, by the kind of its subject."""


@atomic()
async def confirm_year(version_id: UUID, *, accepts_provisional: bool, by: By) -> Sequence[Notice]:
    """Confirm a year that another person entered; return the notices whose end moved.

    Raises:
        SamePerson: the person entered the year.
        Conflict: it was decided before.
    """
    notices = await holiday_years.confirm_year(version_id, accepts_provisional=accepts_provisional, by=by)
    for kind, parties_of in PARTIES.items():
        concerned = [notice for notice in notices if notice.subject_kind == kind]
        parties = await parties_of([notice.subject_id for notice in concerned]) if concerned else {}
        for notice in concerned:
            for organisation_id in parties.get(notice.subject_id, set()) - {notice.organisation_id}:
                await notify(
                    moved_words(notice),
                    now=by.now,
                    address=f"/notices/{notice.number}",
                    organisation_id=organisation_id,
                )
    return notices
