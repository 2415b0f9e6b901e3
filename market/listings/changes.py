"""Changes to published listings: what people decide by waits for review, the rest goes live at once."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID, uuid4

from market.accounts import messages
from market.accounts.models import StaffRole
from market.accounts.relations import require_unrelated
from market.audit.log import record
from market.files.models import StoredFile, Tier
from market.kit.database import atomic
from market.kit.errors import Conflict, Invalid, NotFound
from market.kit.i18n import gettext as _
from market.listings.change_rules import (
    FILES,
    REVIEWED_FIELDS,
    changed_fields,
    fields_of,
    file_entry,
    from_json,
    to_json,
    values_of,
)
from market.listings.deadlines import set_deadlines
from market.listings.kinds import Kind, Listing, get_kind
from market.listings.lifecycle import (
    AUTHORS,
    edit_address,
    expiry_date,
    lock_by_id,
    lock_own,
    reindex_if_live,
)
from market.listings.models import ListingChange
from market.listings.review_digest import mark_reviewed
from market.listings.states import (
    LIVE,
    SHOWN_AS_REVIEWED,
    ChangeAction,
    ChangeStatus,
    ListingAct,
    ListingVerb,
)
from market.listings.submission import Incomplete, require_complete
from market.listings.wording import wording_faults
from market.records.by import By
from market.records.transitions import begin, transition


async def find_pending(kind: Kind, listing_id: UUID) -> ListingChange | None:
    """Return the change of a listing that waits for review."""
    return await ListingChange.get_or_none(
        subject_kind=kind.key, subject_id=listing_id, status=ChangeStatus.PENDING
    )


def with_change(listing: Listing, change: ListingChange | None) -> Listing:
    """Return a copy of the listing as it would be with the change; it is not to be saved."""
    changed = copy.copy(listing)
    for name, value in fields_of(change.values if change else {}).items():
        setattr(changed, name, from_json(name, value))
    return changed


async def save_published(kind: Kind, listing: Listing, values: Mapping[str, Any], *, by: By) -> Listing:
    """Save an edit of a locked, published listing: small fields at once, reviewed ones as a pending change.

    A further edit replaces the pending change; one that takes everything back withdraws it. Each saved edit
    is a new revision of the listing.

    Raises:
        Incomplete: the listing would lack a required field, or a changed text holds what it may not.
    """
    pending, reviewed = await find_pending(kind, listing.id), REVIEWED_FIELDS[kind.key]
    files = pending.values.get(FILES) if pending else None
    proposed = fields_of(pending.values) if pending else {}
    proposed |= {name: to_json(values[name]) for name in reviewed if name in values}
    proposed = {name: proposed[name] for name in changed_fields(listing, proposed)}
    draft_values = dict(proposed)
    if files:
        proposed[FILES] = files
    small = [name for name in changed_fields(listing, values) if name not in reviewed]
    if not small and proposed == (pending.values if pending else {}):
        return listing
    before = values_of(listing, small)
    for name in small:
        setattr(listing, name, values[name])
    draft = with_change(listing, ListingChange(values=draft_values))
    if listing.status in LIVE or draft_values:
        await require_complete(kind, draft, by.now, changed=(*small, *draft_values))
    elif faults := wording_faults(draft, small):
        raise Incomplete(faults)
    if listing.status in LIVE:
        listing.expires_on = expiry_date(listing)
    await _save(kind, listing, small, by=by)
    if small:
        await record(
            kind.key, listing.id, ListingVerb.EDITED, by=by, revision=listing.revision, fields=sorted(small)
        )
        after = values_of(listing, small)
        await _create(kind, listing, after, before, ChangeStatus.APPLIED, by=by)
    await _propose(kind, listing, pending, proposed, by=by)
    return listing


async def _propose(
    kind: Kind, listing: Listing, pending: ListingChange | None, proposed: dict[str, Any], *, by: By
) -> None:
    """Write what waits for review: create, replace or withdraw the pending change."""
    if proposed == (pending.values if pending else {}):
        return
    if pending and not proposed:
        await _decide(pending, ChangeAction.WITHDRAW, by=by)
        return
    before = values_of(listing, fields_of(proposed))
    if files := proposed.get(FILES):
        before[FILES] = {file_id: entry | {"tier": Tier.PARTIES.value} for file_id, entry in files.items()}
    if pending:
        pending.values, pending.before = proposed, before
        pending.base_revision = listing.revision
        pending.proposed_by_id, pending.proposed_at = by.user_id, by.now
        await pending.save(
            update_fields=["values", "before", "base_revision", "proposed_by_id", "proposed_at"]
        )
        change = pending
    else:
        change = await _create(kind, listing, proposed, before, ChangeStatus.PENDING, by=by)
    await record(
        kind.key,
        listing.id,
        ListingVerb.CHANGE_PROPOSED,
        by=by,
        revision=listing.revision,
        fields=sorted(proposed),
    )
    if not pending:
        await messages.notify_staff(
            StaffRole.OPERATOR,
            _("%(kind)s《%(title)s》的变更待审核。", kind=kind.words, title=listing.title[:60]),
            now=by.now,
            address=f"/backoffice/changes/{change.id}",
        )


async def propose_files(kind: Kind, listing: Listing, files: Sequence[StoredFile], *, by: By) -> None:
    """Have these files of a locked, published listing wait for review before everybody may open them."""
    pending = await find_pending(kind, listing.id)
    proposed = dict(pending.values) if pending else {}
    entries = {str(file.id): file_entry(file.name, file.kind, Tier.PUBLIC.value) for file in files}
    proposed[FILES] = proposed.get(FILES, {}) | entries
    await _save(kind, listing, [], by=by)
    await _propose(kind, listing, pending, proposed, by=by)


async def take_back_files(kind: Kind, listing: Listing, files: Sequence[StoredFile], *, by: By) -> None:
    """Take files out of what waits for review, where they are in it."""
    pending = await find_pending(kind, listing.id)
    waiting = pending.values.get(FILES, {}) if pending else {}
    removed = {str(file.id) for file in files}
    remaining = {file_id: entry for file_id, entry in waiting.items() if file_id not in removed}
    if pending is None or remaining == waiting:
        return
    proposed = fields_of(pending.values) | ({FILES: remaining} if remaining else {})
    await _save(kind, listing, [], by=by)
    await _propose(kind, listing, pending, proposed, by=by)


async def _open_files(change: ListingChange, kind: Kind) -> None:
    """Open the files of an accepted change to everybody."""
    files = StoredFile.filter(
        id__in=list(change.values.get(FILES, {})), subject_kind=kind.key, subject_id=change.subject_id
    )
    await files.update(tier=Tier.PUBLIC)


async def _create(
    kind: Kind,
    listing: Listing,
    values: dict[str, Any],
    before: dict[str, Any],
    status: ChangeStatus,
    *,
    by: By,
) -> ListingChange:
    change = await ListingChange.create(
        id=uuid4(),
        subject_kind=kind.key,
        subject_id=listing.id,
        base_revision=listing.revision,
        values=values,
        before=before,
        status=status,
        proposed_by_id=by.user_id,
        proposed_at=by.now,
    )
    await begin(change, by=by)
    return change


async def _save(kind: Kind, listing: Listing, names: Sequence[str], *, by: By) -> None:
    """Save these fields of a listing as its next revision."""
    listing.revision += 1
    listing.updated_at = by.now
    listing.completeness = kind.completeness(listing)[0]
    columns = {"revision", "updated_at", "completeness", "expires_on"}
    await listing.save(update_fields=[*names, *columns - set(names)])
    await set_deadlines(listing)
    await reindex_if_live(kind, listing)


@atomic()
async def accept(change_id: UUID, *, seen_revision: int, by: By) -> Listing:
    """Show a change to everybody.

    Raises:
        Conflict: it was decided, or the author saved another draft of it since the operator saw it.
        Forbidden: the listing belongs to the operator's own organisation.
    """
    kind, listing, change = await _lock_to_review(change_id, by=by)
    _require_seen(change, seen_revision)
    if listing.status not in SHOWN_AS_REVIEWED:
        raise Conflict(_("这条信息已经不在公开状态，变更不能生效。"))
    names = list(fields_of(change.values))
    before = values_of(listing, names) | {key: change.before[key] for key in change.before if key == FILES}
    for name in names:
        setattr(listing, name, from_json(name, change.values[name]))
    await _save(kind, listing, names, by=by)
    await _open_files(change, kind)
    await mark_reviewed(kind, [listing.id])
    await _decide(change, ChangeAction.ACCEPT, by=by, before=before)
    await record(
        kind.key,
        listing.id,
        ListingVerb.EDITED,
        by=by,
        revision=listing.revision,
        fields=sorted(change.values),
        change=change.id,
    )
    text = _("《%(title)s》的变更已通过，公开页面已更新。", title=listing.title[:60])
    await _notify_authors(listing, text, by=by)
    return listing


@atomic()
async def reject(change_id: UUID, reason: str, *, seen_revision: int, by: By) -> Listing:
    """Leave the listing as it is, with a reason for the author.

    Raises:
        Conflict: it was decided, or the author saved another draft of it since the operator saw it.
        Forbidden: the listing belongs to the operator's own organisation.
        Invalid: no reason is given.
    """
    _kind, listing, change = await _lock_to_review(change_id, by=by)
    _require_seen(change, seen_revision)
    await _decide(change, ChangeAction.REJECT, by=by, reason=_required(reason))
    text = _("《%(title)s》的变更没有通过：%(reason)s", title=listing.title[:60], reason=change.reason)
    await _notify_authors(listing, text, by=by)
    return listing


@atomic()
async def withdraw(kind: Kind, number: str, *, by: By) -> Listing:
    """Withdraw the pending change of one's own listing.

    Raises:
        Conflict: none is pending.
    """
    listing = await lock_own(kind, number, by.actor)
    pending = await find_pending(kind, listing.id)
    if pending is None:
        raise Conflict(_("没有等待审核的变更，可能刚刚处理过。请刷新后再看。"))
    await _decide(pending, ChangeAction.WITHDRAW, by=by)
    return listing


@atomic()
async def mark_seen(change_ids: Sequence[UUID], *, by: By) -> int:
    """Mark changes that went live at once as seen by the operator; return how many were."""
    by.actor.require(ListingAct.MODERATE)
    changes = ListingChange.filter(id__in=list(change_ids), status=ChangeStatus.APPLIED)
    seen = await changes.order_by("id").select_for_update()
    for change in seen:
        await _decide(change, ChangeAction.SEE, by=by)
    return len(seen)


@atomic()
async def revert(change_id: UUID, reason: str, *, by: By) -> Listing:
    """Restore what a change that went live at once has changed.

    Raises:
        Conflict: it was handled, or a field was changed again since.
        Forbidden: the listing belongs to the operator's own organisation.
        Invalid: no reason is given.
    """
    kind, listing, change = await _lock_to_review(change_id, by=by)
    if changed_fields(listing, change.values):
        raise Conflict(_("这几栏后来又改过，不能恢复。请看最近的变更。"))
    for name, value in change.before.items():
        setattr(listing, name, from_json(name, value))
    await _save(kind, listing, list(change.before), by=by)
    await _decide(change, ChangeAction.REVERT, by=by, reason=_required(reason))
    await record(
        kind.key,
        listing.id,
        ListingVerb.CHANGE_REVERTED,
        by=by,
        revision=listing.revision,
        fields=sorted(change.before),
    )
    text = _("《%(title)s》的修改已恢复原样：%(reason)s", title=listing.title[:60], reason=change.reason)
    await _notify_authors(listing, text, by=by)
    return listing


async def _lock_to_review(change_id: UUID, *, by: By) -> tuple[Kind, Listing, ListingChange]:
    """Lock a change after its listing, as every save does."""
    by.actor.require(ListingAct.MODERATE)
    change = await ListingChange.get_or_none(id=change_id)
    if change is None:
        raise NotFound(_("没有这个页面，或者您不能查看它。"))
    kind = get_kind(change.subject_kind)
    listing = await lock_by_id(kind, change.subject_id)
    await require_unrelated(by, [listing.organisation_id])
    return kind, listing, await ListingChange.get(id=change_id)


def _require_seen(change: ListingChange, seen_revision: int) -> None:
    if change.base_revision != seen_revision:
        raise Conflict(_("作者刚刚又改过，请看过新的内容再决定。"))


def _required(reason: str) -> str:
    if not reason.strip():
        raise Invalid(_("请写明理由，作者会看到。"), "reason")
    return reason.strip()[:1000]


async def _decide(
    change: ListingChange, action: ChangeAction, *, by: By, reason: str = "", **columns: Any
) -> None:
    decided = {"decided_by_id": by.user_id, "decided_at": by.now, "reason": reason, **columns}
    await transition(change, action, by=by, changes=decided)


async def _notify_authors(listing: Listing, text: str, *, by: By) -> None:
    await messages.notify(
        text,
        now=by.now,
        address=edit_address(listing),
        organisation_id=listing.organisation_id,
        roles=AUTHORS,
    )
