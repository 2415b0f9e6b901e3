"""Lists of changes to published listings, for the operator and for the author."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from tortoise.functions import Count

from market.accounts.actors import Actor
from market.kit.errors import NotFound
from market.kit.i18n import gettext as _
from market.kit.pagination import Page, PageRequest
from market.listings.differences import FieldDifference, differences
from market.listings.kinds import KINDS, Kind, Listing
from market.listings.models import ListingChange
from market.listings.queries import is_owner
from market.listings.states import ChangeStatus, ListingAct


@dataclass(frozen=True)
class ChangeRow:
    """A change with its listing and what it changes, in words."""

    change: ListingChange
    kind: Kind
    listing: Listing
    fields: Sequence[FieldDifference]


async def get_change(change_id: UUID) -> ChangeRow:
    """Return a change, for the operator.

    Raises:
        NotFound: there is none.
    """
    change = await ListingChange.get_or_none(id=change_id).select_related("proposed_by", "decided_by")
    if change is None:
        raise NotFound(_("没有这个页面，或者您不能查看它。"))
    return (await _rows([change]))[0]


async def list_changes(statuses: Sequence[ChangeStatus], page_request: PageRequest) -> Page[ChangeRow]:
    """Return changes in these statuses: those that wait oldest first, those decided newest first."""
    changes = ListingChange.filter(status__in=list(statuses)).select_related("proposed_by", "decided_by")
    order = "-decided_at" if ChangeStatus.ACCEPTED in statuses else "proposed_at"
    items = await changes.order_by(order, "id").offset(page_request.offset).limit(page_request.size)
    return page_request.page(await _rows(items), await changes.count())


async def count_changes() -> dict[str, int]:
    """Return the number of changes by status."""
    rows = await ListingChange.annotate(n=Count("id")).group_by("status").values("status", "n")
    return {str(row["status"].value): int(row["n"]) for row in rows}


async def find_own_change(actor: Actor | None, kind: Kind, listing: Listing) -> ChangeRow | None:
    """Return the pending change of a listing for its owner and the operator; None for others."""
    if actor is None or not (is_owner(actor, listing) or actor.may(ListingAct.MODERATE)):
        return None
    change = await ListingChange.get_or_none(
        subject_kind=kind.key, subject_id=listing.id, status=ChangeStatus.PENDING
    ).select_related("proposed_by", "decided_by")
    return _row(change, kind, listing) if change else None


async def find_last_refusal(kind: Kind, listing: Listing) -> ChangeRow | None:
    """Return the last change of a listing, where it was rejected or ended with the listing."""
    change = (
        await ListingChange.filter(subject_kind=kind.key, subject_id=listing.id)
        .exclude(status__in=[ChangeStatus.APPLIED, ChangeStatus.SEEN, ChangeStatus.REVERTED])
        .order_by("-proposed_at", "-base_revision")
        .select_related("proposed_by", "decided_by")
        .first()
    )
    is_refused = change and change.status in (ChangeStatus.REJECTED, ChangeStatus.CLOSED)
    return _row(change, kind, listing) if change and is_refused else None


async def _rows(changes: Sequence[ListingChange]) -> list[ChangeRow]:
    listings: dict[UUID, Any] = {}
    for kind in KINDS.values():
        ids = [change.subject_id for change in changes if change.subject_kind == kind.key]
        if ids:
            for listing in await kind.model.filter(id__in=ids).select_related("organisation"):
                listings[listing.id] = listing
    return [_row(change, KINDS[change.subject_kind], listings[change.subject_id]) for change in changes]


def _row(change: ListingChange, kind: Kind, listing: Listing) -> ChangeRow:
    return ChangeRow(change, kind, listing, differences(kind.key, change.before, change.values))
