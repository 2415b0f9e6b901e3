"""Jobs of imports: check the rows of a file, write them as listings, publish a batch that was passed."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from market.accounts.actors import Actor, load_actor
from market.accounts.messages import notify
from market.deps import Deps
from market.imports import sheet_rows
from market.imports.heads import heads_by_hand
from market.imports.models import ListingImport, ListingImportRow
from market.imports.row_checks import check_rows, content_of, stored_cells, surroundings_of
from market.imports.row_reading import SheetRow
from market.imports.row_writing import (
    NewContent,
    lock_owners,
    publication_columns,
    write_listings,
)
from market.imports.states import ImportAction, ImportStatus, RowOutcome, RowStanding
from market.kit.clock import local_date
from market.kit.database import in_transaction
from market.kit.errors import MarketError
from market.kit.foreign_files import in_file_thread, parse_foreign
from market.kit.i18n import gettext as _
from market.kit.jobs import job
from market.kit.workbooks.cells import Sheet
from market.listings import authoring
from market.listings.deadlines import set_deadlines
from market.listings.kinds import NEED, Kind, get_kind
from market.listings.rules import expires_on
from market.listings.states import PUBLIC, ListingAction
from market.records.by import By
from market.records.transitions import transition
from market.search import outbox

CHECK, RUN, PUBLISH = "imports.check_import", "imports.run_import", "imports.publish_import"
PORTION = 200
"""Rows of one transaction, after which the page is told how far the job is."""


@job(CHECK)
async def check_import(deps: Deps, *, import_id: str) -> None:
    """Read the rows of an import's file by its mapping and check them. Answers given before are kept."""
    started = time.monotonic()
    listing_import = await ListingImport.get_or_none(id=UUID(import_id)).select_related("file")
    if listing_import is None or listing_import.status is not ImportStatus.MAPPED:
        return
    content = await deps.store.get(listing_import.file.sha256)
    kind = get_kind(listing_import.kind)
    sheets = await parse_foreign(content, sheet_rows.open_sheets, content, kind)
    read = await in_file_thread(_read, sheets, listing_import)
    if not read:
        async with in_transaction():
            await transition(
                listing_import,
                ImportAction.FAIL,
                by=By.job(deps.clock()),
                changes={"problem": _("按这样对列，一行也没有读出来。")},
            )
        return
    await _check(listing_import, read, started=started, by=By.job(deps.clock()))


def _read(sheets: Sequence[Sheet], listing_import: ListingImport) -> list[tuple[int, SheetRow]]:
    mapping = listing_import.mapping
    names = {column["column"]: column["name"] for column in mapping["columns"]}
    heads = heads_by_hand(sheets, mapping["sheet"], mapping["head_row"], names)
    return list(sheet_rows.read(heads, get_kind(listing_import.kind))) if heads else []


async def _check(
    listing_import: ListingImport,
    read: Sequence[tuple[int, SheetRow]],
    *,
    started: float,
    by: By,
) -> None:
    earlier = await ListingImportRow.filter(listing_import_id=listing_import.id).values_list(
        "row_number", "answers"
    )
    answers = {int(str(number)): given for number, given in earlier if given}
    await ListingImportRow.filter(listing_import_id=listing_import.id).delete()
    surroundings = await surroundings_of(listing_import)
    for start in range(0, len(read), PORTION):
        rows = [
            ListingImportRow(
                listing_import_id=listing_import.id,
                row_number=number,
                cells=stored_cells(filled),
                faults={},
                remarks={},
                answers=answers.get(number, {}),
            )
            for number, filled in read[start : start + PORTION]
        ]
        await check_rows(listing_import, rows, surroundings)
        await ListingImportRow.bulk_create(rows)
        await tell_progress(listing_import, min(start + PORTION, len(read)), len(read))
    milliseconds = round(1000 * (time.monotonic() - started))
    async with in_transaction():
        counts = await count_rows(listing_import.id)
        await transition(
            listing_import,
            ImportAction.CHECK,
            by=by,
            changes={"counts": counts, "progress": {"milliseconds": milliseconds}, "problem": ""},
            rows=len(read),
        )


async def tell_progress(listing_import: ListingImport, done: int, total: int) -> None:
    """Write how far a job is, for the page to show."""
    await ListingImport.filter(id=listing_import.id).update(progress={"done": done, "total": total})


async def count_rows(import_id: UUID) -> dict[str, int]:
    """Return the rows by standing and outcome, and the cells that are faulty or mended."""
    counts: Counter[str] = Counter()
    rows = ListingImportRow.filter(listing_import_id=import_id).values_list(
        "standing", "faults", "remarks", "answers", "outcome", "is_sampled"
    )
    for standing, faults, remarks, answers, outcome, is_sampled in await rows:
        counts["rows"] += 1
        counts[str(standing)] += 1
        counts["faults"] += len(faults)
        counts["mended"] += sum(name not in faults for name in answers)
        counts["remarks"] += bool(remarks) and str(standing) == RowStanding.READY
        counts["mended_rows"] += bool(answers)
        counts["sampled"] += bool(is_sampled)
        if outcome:
            counts[f"outcome_{outcome}"] += 1
    return dict(counts)


@job(RUN)
async def run_import(deps: Deps, *, import_id: str) -> None:
    """Write the rows that are ready as listings. A run that was interrupted goes on where it was."""
    listing_import = await ListingImport.get_or_none(id=UUID(import_id))
    if listing_import is None or listing_import.status is not ImportStatus.IMPORTING:
        return
    actor = await _author(listing_import)
    by = By(actor, deps.clock()) if actor else By.job(deps.clock())
    ready = ListingImportRow.filter(
        listing_import_id=listing_import.id, standing=RowStanding.READY, outcome=None
    )
    total, done = await ready.count(), 0
    portion = max(total, 1) if listing_import.is_all_or_nothing else PORTION
    while rows := await ready.order_by("row_number").limit(portion):
        async with in_transaction():
            await _write(listing_import, rows, by=by)
        done += len(rows)
        await tell_progress(listing_import, done, total)
    async with in_transaction():
        await ListingImportRow.filter(
            listing_import_id=listing_import.id, standing=RowStanding.SAME, outcome=None
        ).update(outcome=RowOutcome.SAME)
        await ListingImportRow.filter(listing_import_id=listing_import.id, outcome=None).update(
            outcome=RowOutcome.REFUSED
        )
        counts = await count_rows(listing_import.id)
        await transition(listing_import, ImportAction.FINISH, by=by, changes={"counts": counts})
        await notify(
            _(
                "%(number)s 导入完成：新建 %(created)s 条草稿，更新 %(updated)s 条。",
                number=listing_import.number,
                created=counts.get("outcome_created", 0),
                updated=counts.get("outcome_updated", 0),
            ),
            now=by.now,
            address=f"/my/imports/{listing_import.number}",
            user_ids=[listing_import.created_by_id] if listing_import.created_by_id else [],
        )


async def _author(listing_import: ListingImport) -> Actor | None:
    if listing_import.created_by_id is None:
        return None
    return await load_actor(listing_import.created_by_id, listing_import.organisation_id)


async def _write(listing_import: ListingImport, rows: Sequence[ListingImportRow], *, by: By) -> None:
    """Write rows as listings in the caller's transaction and keep what became of each."""
    kind = get_kind(listing_import.kind)
    ids = [row.listing_id for row in rows if row.listing_id]
    await lock_owners({row.organisation_id for row in rows if row.organisation_id})
    existing = {listing.id: listing for listing in await kind.model.filter(id__in=ids).select_for_update()}
    written_since = await _written_since(kind, rows)
    direct: list[tuple[ListingImportRow, NewContent]] = []
    for row in rows:
        values, given = content_of(row, listing_import)
        if kind is NEED and values["deadline_on"] is None:
            # A need without a last day stands for the usual term, and is complete with it.
            values["deadline_on"] = expires_on(local_date(by.now))
        listing = existing.get(row.listing_id)
        if listing is not None and listing.status not in (kind.draft, kind.statuses.RETURNED):
            await _change(kind, row, listing, values, given, by=by)
        elif (number := written_since.get((row.organisation_id, row.reference))) is not None:
            row.outcome = RowOutcome.REFUSED
            row.sentence = _("核对之后，另一次导入已经写入了这一条：%(number)s。", number=number)
        elif row.organisation_id is not None:
            direct.append((row, NewContent(row.organisation_id, values, listing, given)))
    written = await write_listings(kind, [content for _row, content in direct], publish=False, by=by)
    for (row, _content), result in zip(direct, written, strict=True):
        row.outcome, row.before = result.outcome, _plain(result.before)
        row.listing_id, row.listing_revision = result.listing.id, result.listing.revision
    await ListingImportRow.bulk_update(
        rows, ["outcome", "before", "listing_id", "listing_revision", "sentence"]
    )


async def _written_since(kind: Kind, rows: Sequence[ListingImportRow]) -> dict[tuple[UUID | None, str], str]:
    """Return the numbers of listings that came into being after the rows were checked, by owner and identity.

    Another import of the same list wrote them.
    """
    new = [row for row in rows if row.listing_id is None]
    listings = await kind.model.filter(
        organisation_id__in=list({row.organisation_id for row in new if row.organisation_id}),
        source_reference__in=[row.reference for row in new],
    ).values_list("organisation_id", "source_reference", "number")
    return {(owner, str(reference)): str(number) for owner, reference, number in listings}


async def _change(
    kind: Kind,
    row: ListingImportRow,
    listing: Any,
    values: Mapping[str, Any],
    given: frozenset[str],
    *,
    by: By,
) -> None:
    """Change a listing that is more than a draft the way its author would, with what the workflow asks."""
    number = listing.number
    try:
        async with in_transaction():
            changed = {name: value for name, value in values.items() if name in given}
            saved = await authoring.save(kind, number, changed, is_submitted=False, by=by)
    except MarketError as refused:
        row.outcome, row.sentence = RowOutcome.REFUSED, f"{number}：{refused}"[:300]
    else:
        row.outcome, row.listing_revision = RowOutcome.UPDATED, saved.revision


def _plain(before: dict[str, object] | None) -> dict[str, object] | None:
    """Return replaced values as JSON holds them."""
    if before is None:
        return None
    return {
        name: value.isoformat() if hasattr(value, "isoformat") else value for name, value in before.items()
    }


@job(PUBLISH)
async def publish_import(deps: Deps, *, import_id: str, user_id: str) -> None:
    """Publish the drafts of a batch whose sample was passed; those changed since its submission stay."""
    listing_import = await ListingImport.get_or_none(id=UUID(import_id))
    if listing_import is None or listing_import.status is not ImportStatus.PUBLISHING:
        return
    kind, by = get_kind(listing_import.kind), By(await load_actor(UUID(user_id)), deps.clock())
    rows = await ListingImportRow.filter(
        listing_import_id=listing_import.id, listing_revision__not_isnull=True, is_sampled=False
    ).order_by("row_number")
    revisions = {row.listing_id: row.listing_revision for row in rows if row.listing_id}
    ids = list(revisions)
    for start in range(0, len(ids), PORTION):
        async with in_transaction():
            await _publish(kind, ids[start : start + PORTION], revisions, by=by)
        await tell_progress(listing_import, min(start + PORTION, len(ids)), len(ids))
    async with in_transaction():
        published = await kind.model.filter(id__in=ids, status__in=list(PUBLIC)).count()
        await transition(listing_import, ImportAction.PUBLISHED, by=by, listings=published)


async def _publish(kind: Kind, ids: Sequence[UUID], revisions: dict[UUID, int | None], *, by: By) -> None:
    drafts = await kind.model.filter(id__in=list(ids), status=kind.draft).select_for_update()
    unchanged = [
        draft
        for draft in drafts
        if draft.revision == revisions[draft.id] and not kind.faults(draft, local_date(by.now))
    ]
    for draft in unchanged:
        columns = publication_columns(getattr(draft, "deadline_on", None), by.now)
        await transition(draft, ListingAction.IMPORT, by=by, changes=columns, revision=draft.revision)
    await set_deadlines(*unchanged)
    if unchanged:
        await outbox.enqueue_many(kind.index, [draft.id for draft in unchanged])
