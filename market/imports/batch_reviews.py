"""A whole import is submitted, sampled, published or undone."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from tortoise.exceptions import IntegrityError

from market.accounts import messages
from market.accounts.models import StaffRole
from market.accounts.relations import require_unrelated
from market.audit.log import record
from market.files.models import StoredFile
from market.imports import jobs
from market.imports.models import ListingImport, ListingImportRow
from market.imports.row_writing import revise
from market.imports.states import ImportAction, RowOutcome, UndoneVerb
from market.kit.database import atomic
from market.kit.errors import Conflict, Invalid
from market.kit.i18n import gettext as _
from market.kit.jobs import enqueue
from market.listings.kinds import Kind, Listing, get_kind
from market.listings.lifecycle import AUTHORS, transition_listing
from market.listings.states import ListingAct, ListingAction
from market.listings.submission import Incomplete, require_complete
from market.records.by import By
from market.records.transitions import transition
from market.search import outbox

LEAST_SAMPLE, SAMPLE_PERCENT = 10, 5
"""A batch is published when a sample of it was reviewed: 5 %, at least 10."""


@atomic()
async def submit_batch(listing_import: ListingImport, *, by: By) -> tuple[int, int]:
    """Submit the complete drafts of an import; return how many, and how many are incomplete and stay.

    The sample is drawn by the import's number, so that anybody can draw it again; it is reviewed one by one.
    What was returned before is always in it.

    Raises:
        Invalid: no draft is complete.
    """
    if not by.actor.may(ListingAct.MODERATE):
        by.actor.require(ListingAct.WRITE_LISTING)
    kind = get_kind(listing_import.kind)
    rows, drafts = await _drafts(kind, listing_import)
    complete: list[Listing] = []
    for draft in drafts:
        try:
            await require_complete(kind, draft, by.now)
        except Incomplete:
            continue
        complete.append(draft)
    if not complete:
        raise Invalid(_("还没有一条填写完整的草稿，请先补齐。"))
    sample = {listing.id for listing in draw_sample(listing_import.number, complete, kind)}
    revisions = {listing.id: listing.revision for listing in complete}
    for listing in complete:
        if listing.id in sample:
            listing.submitted_at = by.now
            await listing.save(update_fields=["submitted_at"])
            await transition_listing(listing, ListingAction.SUBMIT, by=by)
    for row in rows:
        row.is_sampled = row.listing_id in sample
        # A row without revision is not part of the batch.
        row.listing_revision = revisions.get(row.listing_id) if row.listing_id else None
    await ListingImportRow.bulk_update(rows, ["is_sampled", "listing_revision"], batch_size=200)
    counts = await jobs.count_rows(listing_import.id) | {"batch": len(complete)}
    await transition(
        listing_import, ImportAction.SUBMIT, by=by, changes={"counts": counts}, sample=len(sample)
    )
    await messages.notify_staff(
        StaffRole.OPERATOR,
        _("批量导入 %(number)s 共 %(n)s 条，待抽检。", number=listing_import.number, n=len(complete)),
        now=by.now,
        address=f"/my/imports/{listing_import.number}",
    )
    return len(complete), len(drafts) - len(complete)


def draw_sample(seed: str, listings: Sequence[Listing], kind: Kind) -> list[Listing]:
    """Return the listings of a batch that are reviewed: those returned before, and a seeded draw."""

    def lot(listing: Listing) -> tuple[bool, str]:
        is_first_time = listing.status == kind.draft
        return is_first_time, hashlib.sha256(f"{seed}:{listing.number}".encode()).hexdigest()

    returned = sum(listing.status != kind.draft for listing in listings)
    size = max(LEAST_SAMPLE, -(-len(listings) * SAMPLE_PERCENT // 100), returned)
    return sorted(listings, key=lot)[:size]


async def _drafts(kind: Kind, listing_import: ListingImport) -> tuple[list[ListingImportRow], list[Listing]]:
    """Return the rows that became listings, and those of them that wait to be submitted, locked."""
    rows = await ListingImportRow.filter(
        listing_import_id=listing_import.id, outcome__in=[RowOutcome.CREATED, RowOutcome.UPDATED]
    ).order_by("row_number")
    ids = [row.listing_id for row in rows]
    waiting = [kind.draft, kind.statuses.RETURNED]
    drafts = kind.model.filter(id__in=ids, status__in=waiting).order_by("number").select_for_update()
    return rows, list(await drafts)


async def sample_of(listing_import: ListingImport) -> list[Listing]:
    """Return the sampled listings of a batch."""
    rows = ListingImportRow.filter(listing_import_id=listing_import.id, is_sampled=True)
    ids = await rows.values_list("listing_id", flat=True)
    kind = get_kind(listing_import.kind)
    return list(await kind.model.filter(id__in=ids).select_related("organisation").order_by("number"))


def sample_standing(kind: Kind, sample: Sequence[Listing]) -> Mapping[str, int]:
    """Return how many of a sample passed, were returned, and wait."""
    returned = sum(listing.status == kind.statuses.RETURNED for listing in sample)
    waiting = sum(listing.status == kind.pending for listing in sample)
    return {"passed": len(sample) - returned - waiting, "returned": returned, "waiting": waiting}


@atomic()
async def publish_batch(listing_import: ListingImport, *, by: By) -> None:
    """Have the rest of a batch published whose whole sample has passed.

    Raises:
        Conflict: one of the sample waits or was returned.
    """
    by.actor.require(ListingAct.MODERATE)
    await require_unrelated(by, [listing_import.organisation_id] if listing_import.organisation_id else [])
    kind = get_kind(listing_import.kind)
    standing = sample_standing(kind, await sample_of(listing_import))
    if standing["waiting"] or standing["returned"]:
        raise Conflict(_("抽到的还没有全部通过，不能整批发布。"))
    await transition(listing_import, ImportAction.PUBLISH, by=by, changes={"progress": {}})
    await enqueue(
        jobs.PUBLISH,
        lock=f"import:{listing_import.id}",
        import_id=listing_import.id,
        user_id=by.actor.user_id,
    )


@atomic()
async def return_batch(listing_import: ListingImport, reason: str, *, by: By) -> None:
    """Return a batch to its authors with the reason; sampled listings that wait go back too.

    Raises:
        Invalid: at `reason`: it is missing.
    """
    by.actor.require(ListingAct.MODERATE)
    await require_unrelated(by, [listing_import.organisation_id] if listing_import.organisation_id else [])
    if not reason.strip():
        raise Invalid(_("退回时请写明理由，作者会看到。"), field="reason")
    kind = get_kind(listing_import.kind)
    for listing in await sample_of(listing_import):
        if listing.status == kind.pending:
            await transition_listing(listing, ListingAction.RETURN, by=by)
    await transition(listing_import, ImportAction.RETURN, by=by, note=reason.strip()[:500])
    await messages.notify(
        _("批量导入 %(number)s 整批退回：%(why)s", number=listing_import.number, why=reason.strip()[:120]),
        now=by.now,
        address=f"/my/imports/{listing_import.number}",
        user_ids=[listing_import.created_by_id] if listing_import.created_by_id else [],
        organisation_id=listing_import.organisation_id,
        roles=AUTHORS,
    )


async def _written_rows(listing_import: ListingImport) -> list[ListingImportRow]:
    return await ListingImportRow.filter(
        listing_import_id=listing_import.id, outcome__in=[RowOutcome.CREATED, RowOutcome.UPDATED]
    )


def _is_untouched(kind: Kind, row: ListingImportRow, listing: Any) -> bool:
    return (
        listing is not None
        and listing.revision == row.listing_revision
        and listing.status in (kind.draft, kind.statuses.RETURNED)
        and (row.outcome is RowOutcome.CREATED or row.before is not None)
        and not (row.outcome is RowOutcome.CREATED and listing.submitted_at)
    )


async def undo_listings(listing_import: ListingImport, *, by: By) -> int:
    """Delete the drafts that an import made, take back what it changed, and return how many were deleted.

    Raises:
        Conflict: something has happened to one of them since.
    """
    kind = get_kind(listing_import.kind)
    rows = await _written_rows(listing_import)
    listings = {
        listing.id: listing
        for listing in await kind.model.filter(id__in=[row.listing_id for row in rows]).select_for_update()
    }
    files = StoredFile.filter(subject_kind=kind.key, subject_id__in=list(listings))
    with_files = set(await files.values_list("subject_id", flat=True))
    touched = [
        row
        for row in rows
        if row.listing_id in with_files or not _is_untouched(kind, row, listings.get(row.listing_id))
    ]
    if touched:
        raise Conflict(_("已有 %(n)s 条改过、送审或加了附件，不能整批撤销。", n=len(touched)))
    created: list[UUID] = []
    for row in rows:
        listing = listings[row.listing_id]
        if row.outcome is RowOutcome.CREATED:
            await record(kind.key, listing.id, UndoneVerb.REMOVED, by=by, number=listing.number)
            created.append(listing.id)
        else:
            await revise(kind, listing, _restored(kind, row.before or {}), verb=UndoneVerb.RESTORED, by=by)
            await outbox.enqueue(kind.index, listing.id)
    try:
        await kind.model.filter(id__in=created).delete()
    except IntegrityError as error:
        raise Conflict(_("有的草稿已经用在别处，不能整批撤销。")) from error
    return len(created)


def _restored(kind: Kind, before: Mapping[str, Any]) -> dict[str, Any]:
    fields = kind.model._meta.fields_map
    return {name: fields[name].to_python_value(value) for name, value in before.items()}
