"""Lifecycle of a listing: locks, transitions, renewal, and the effects of contracts, deals and time."""

from __future__ import annotations

from datetime import datetime
from typing import Any, cast
from uuid import UUID

from market.accounts import messages
from market.accounts.actors import Actor
from market.accounts.models import MemberRole
from market.audit.log import record
from market.audit.models import AuditEvent
from market.kit.clock import local_date
from market.kit.database import atomic
from market.kit.errors import Conflict, NotFound
from market.kit.i18n import gettext as _
from market.listings import rules
from market.listings.deadlines import set_deadlines
from market.listings.kinds import NEED, OUTCOME, Kind, Listing, kind_of
from market.listings.models import ListingChange, Need, Outcome
from market.listings.review_digest import is_as_reviewed
from market.listings.states import (
    LIVE,
    ChangeAction,
    ChangeStatus,
    FileVerb,
    ListingAct,
    ListingAction,
    ListingVerb,
    NeedStatus,
    OutcomeStatus,
    workflow_of,
)
from market.records.by import By
from market.records.transitions import transition
from market.search import outbox

_EDITS = [
    verb.value
    for verb in (ListingVerb.EDITED, ListingVerb.IMPORTED_AGAIN, FileVerb.ADDED, FileVerb.OPENED_TO)
]
AUTHORS = {MemberRole.ADMIN, MemberRole.AGENT}
"""Roles that write listings and are notified about them."""


async def lock(kind: Kind, number: str) -> Listing:
    listing = await kind.model.filter(number=number).select_for_update().first()
    if listing is None:
        raise NotFound(_("没有这个页面，或者您不能查看它。"))
    return cast(Listing, listing)


async def lock_by_id(kind: Kind, identity: UUID) -> Listing:
    return cast(Listing, await kind.model.filter(id=identity).select_for_update().get())


async def lock_own(
    kind: Kind, number: str, actor: Actor, act: ListingAct = ListingAct.WRITE_LISTING
) -> Listing:
    """Lock a listing of the organisation the person acts for."""
    actor.require(act)
    listing = await lock(kind, number)
    if actor.organisation_id != listing.organisation_id:
        raise NotFound(_("没有这个页面，或者您不能查看它。"))
    return listing


async def transition_listing(listing: Listing, action: ListingAction, *, by: By, **data: Any) -> None:
    """Transition a listing and, if it is or was on offer, enqueue it for the search index."""
    before = listing.status
    await transition(listing, action, by=by, revision=listing.revision, before=before.value, **data)
    await set_deadlines(listing)
    if listing.status not in LIVE:
        await _close_pending_change(listing, by=by)
    await reindex_if_live(kind_of(listing), listing, was_live=before in LIVE)


async def _close_pending_change(listing: Listing, *, by: By) -> None:
    """Close the change that waits for review: the listing is taken down, has ended or has lapsed."""
    pending = ListingChange.filter(
        subject_kind=kind_of(listing).key, subject_id=listing.id, status=ChangeStatus.PENDING
    )
    for change in await pending:
        decided = {"decided_by_id": by.user_id, "decided_at": by.now}
        await transition(change, ChangeAction.CLOSE, by=by, changes=decided)


async def reindex_if_live(kind: Kind, listing: Listing, *, was_live: bool = False) -> None:
    if was_live or listing.status in LIVE:
        await outbox.enqueue(kind.index, listing.id)


def mark_verified(listing: Listing, now: datetime) -> None:
    listing.verified_on = local_date(now)
    listing.expires_on = expiry_date(listing)


def expiry_date(listing: Listing) -> Any:
    if listing.verified_on is None:
        return None
    return rules.expires_on(listing.verified_on, listing.deadline_on if isinstance(listing, Need) else None)


def edit_address(listing: Listing) -> str:
    return f"/my/{kind_of(listing).index}/{listing.number}"


async def renew_locked(listing: Listing, *, by: By, way: str) -> Listing:
    """Renew a locked listing for twelve months; `way` is written to the audit log.

    Raises:
        Conflict: a need's deadline has passed, or the status does not allow it.
    """
    if isinstance(listing, Need) and listing.deadline_on and listing.deadline_on < local_date(by.now):
        raise Conflict(_("这条需求的截止日期已过。请先修改截止日期，再续期。"))
    is_licensed_again = (
        isinstance(listing, Outcome)
        and listing.status is OutcomeStatus.EXPIRED
        and await _has(listing, ListingAction.LICENSE)
    )
    await transition_listing(
        listing, ListingAction.RENEW_LICENSED if is_licensed_again else ListingAction.RENEW, by=by, way=way
    )
    mark_verified(listing, by.now)
    await listing.save(update_fields=["verified_on", "expires_on"])
    await set_deadlines(listing)
    return listing


async def _has(listing: Listing, action: ListingAction) -> bool:
    """Return whether the audit log tells of this action on the listing."""
    return await AuditEvent.exists(
        subject_kind=kind_of(listing).key, subject_id=listing.id, action=action.value
    )


async def publication_of(listing: Listing) -> ListingAction:
    """Return the action that shows a reviewed listing: what was sold or solved meanwhile is not on offer."""
    after_contract = {
        ListingAction.SELL: ListingAction.PUBLISH_SOLD,
        ListingAction.SOLVE: ListingAction.PUBLISH_SOLVED,
        ListingAction.LICENSE: ListingAction.PUBLISH_LICENSED,
    }
    for contract, publication in after_contract.items():
        if workflow_of(listing.status).allows(listing.status, publication) and await _has(listing, contract):
            return publication
    return ListingAction.PUBLISH


async def mark_licensed(outcome_id: UUID, *, is_sold: bool, by: By) -> Outcome:
    """Mark an outcome as licensed (still on offer) or sold, when its contract is signed. Idempotent."""
    action = ListingAction.SELL if is_sold else ListingAction.LICENSE
    return cast(Outcome, await _mark_contract(OUTCOME, outcome_id, action, by=by))


async def mark_solved(need_id: UUID, *, by: By) -> Need:
    """Mark a need as solved, when a contract about it is signed. Idempotent."""
    return cast(Need, await _mark_contract(NEED, need_id, ListingAction.SOLVE, by=by))


@atomic()
async def _mark_contract(kind: Kind, listing_id: UUID, action: ListingAction, *, by: By) -> Listing:
    """Mark what a contract makes of a listing, or only log it where everybody would read the unreviewed.

    What was taken down and rewritten since, or is a draft again, stays where it is; when it is submitted and
    reviewed, it is shown as sold, licensed or solved (`publication_of`).
    """
    listing = await lock_by_id(kind, listing_id)
    if listing.status in (OutcomeStatus.SOLD, NeedStatus.SOLVED):
        return listing
    if workflow_of(listing.status).allows(listing.status, action) and not await _is_rewritten(kind, listing):
        await transition_listing(listing, action, by=by)
    elif not await _has(listing, action):
        await record(kind.key, listing.id, action, by=by, revision=listing.revision)
    return listing


async def _is_rewritten(kind: Kind, listing: Listing) -> bool:
    """Return whether a listing that was taken down was edited, or given other files, since."""
    if listing.status not in (OutcomeStatus.UNLISTED, NeedStatus.CLOSED):
        return False
    events = AuditEvent.filter(subject_kind=kind.key, subject_id=listing.id)
    last = await events.filter(action=ListingAction.UNLIST.value).order_by("-sequence").first()
    since = last.sequence if last else 0
    is_touched = await events.filter(sequence__gt=since, action__in=_EDITS).exists()
    return is_touched or not await is_as_reviewed(kind, listing.id)


@atomic()
async def mark_matching(need_id: UUID, *, by: By) -> Need:
    """Mark a published need as being matched, when a deal about it begins."""
    listing = await lock_by_id(NEED, need_id)
    if listing.status is NeedStatus.PUBLISHED:
        await transition_listing(listing, ListingAction.MATCH, by=by)
    return cast(Need, listing)


@atomic()
async def expire(kind: Kind, identity: UUID, *, now: datetime) -> bool:
    """Expire a listing that was not renewed in time; return whether it expired. Idempotent."""
    listing = await lock_by_id(kind, identity)
    if listing.status not in LIVE or not listing.expires_on or listing.expires_on >= local_date(now):
        return False
    await transition_listing(listing, ListingAction.EXPIRE, by=By.job(now))
    await messages.notify(
        _("《%(title)s》已过期，续期后恢复展示。", title=listing.title[:60]),
        now=now,
        address=edit_address(listing),
        organisation_id=listing.organisation_id,
        roles=AUTHORS,
    )
    return True
