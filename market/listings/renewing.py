"""Renewal of a listing."""

from __future__ import annotations

from market.audit.models import AuditEvent
from market.kit.clock import local_date
from market.kit.errors import Conflict
from market.kit.i18n import gettext as _
from market.listings.kinds import OUTCOME, Listing
from market.listings.models import Need, Outcome
from market.listings.moves import mark_verified, transition_listing
from market.listings.states import ListingAction, OutcomeStatus
from market.records.by import By


async def renew(listing: Listing, *, by: By, way: str) -> Listing:
    """Renew a locked listing for twelve months; `way` is written to the audit log.

    Raises:
        Conflict: a need's deadline has passed, or the status does not allow it.
    """
    if isinstance(listing, Need) and listing.deadline_on and listing.deadline_on < local_date(by.now):
        raise Conflict(_("这条需求的截止日期已过。请先修改截止日期，再续期。"))
    is_licensed_again = (
        isinstance(listing, Outcome)
        and listing.status is OutcomeStatus.EXPIRED
        and await _was_licensed(listing)
    )
    await transition_listing(
        listing, ListingAction.RENEW_LICENSED if is_licensed_again else ListingAction.RENEW, by=by, way=way
    )
    mark_verified(listing, by.now)
    await listing.save(update_fields=["verified_on", "expires_on"])
    return listing


async def _was_licensed(outcome: Outcome) -> bool:
    """Return whether the outcome was licensed before it expired, by the audit log."""
    return await AuditEvent.exists(
        subject_kind=OUTCOME.key, subject_id=outcome.id, action=ListingAction.LICENSE.value
    )
