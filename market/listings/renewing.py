"""What renewing a listing does, whoever asks for it."""

from __future__ import annotations

from market.audit.models import AuditEvent
from market.kit.clock import local_date
from market.kit.errors import Conflict
from market.kit.i18n import gettext as _
from market.listings.kinds import OUTCOME, Listing
from market.listings.models import Need, Outcome
from market.listings.moves import move, verify
from market.listings.states import Move, OutcomeStatus
from market.records.by import By


async def renew(listing: Listing, *, by: By, way: str) -> Listing:
    """Confirm that a locked listing still holds, for another twelve months; `way` stands in the log.

    Raises:
        Conflict: a need's deadline has passed, or the state does not allow it.
    """
    if isinstance(listing, Need) and listing.deadline_on and listing.deadline_on < local_date(by.now):
        raise Conflict(_("这条需求的截止日期已过。请先修改截止日期，再续期。"))
    is_licensed_again = (
        isinstance(listing, Outcome)
        and listing.status is OutcomeStatus.EXPIRED
        and await _was_licensed(listing)
    )
    await move(listing, Move.RENEW_LICENSED if is_licensed_again else Move.RENEW, by=by, way=way)
    verify(listing, by.now)
    await listing.save(update_fields=["verified_on", "expires_on"])
    return listing


async def _was_licensed(outcome: Outcome) -> bool:
    """The log remembers what the status forgot when the listing lapsed."""
    return await AuditEvent.exists(subject_kind=OUTCOME.key, subject_id=outcome.id, action=Move.LICENSE.value)
