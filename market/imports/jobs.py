"""Jobs of imports: check the rows of a file, write them as listings, publish a batch that was passed."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from market.accounts.actors import Actor, load_actor
from market.accounts.messages import notify
from market.deps import Deps
from market.imports import sheet_rows
from market.imports.excel_template import ListForm
from market.imports.heads import heads_by_hand
from market.imports.models import ListingImport, ListingImportRow
from market.imports.row_cells import stored_cells
from market.imports.row_reading import SheetRow
from market.imports.row_writing import (
    publication_columns,
)
from market.imports.states import ImportAction, ImportStatus, RowOutcome, RowStanding
from market.imports.targets import target_of
from market.kit.clock import local_date
from market.kit.database import in_transaction
from market.kit.foreign_files import in_file_thread, parse_foreign
from market.kit.i18n import gettext as _
from market.kit.jobs import job
from market.kit.workbooks.cells import Sheet
from market.listings.deadlines import set_deadlines
from market.listings.kinds import Kind, get_kind
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
    form = await target_of(listing_import).form_of(listing_import.subject_id)
    sheets = await parse_foreign(content, sheet_rows.open_sheets, content, form)
    read = await in_file_thread(_read, sheets, listing_import, form)
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


def _read(
    sheets: Sequence[Sheet], listing_import: ListingImport, form: ListForm
) -> list[tuple[int, SheetRow]]:
    mapping = listing_import.mapping
    names = {column["column"]: column["name"] for column in mapping["columns"]}
    heads = heads_by_hand(sheets, mapping["sheet"], mapping["head_row"], names)
    return list(sheet_rows.read(heads, form)) if heads else []


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
    target = target_of(listing_import)
    surroundings = await target.surroundings(listing_import, (), by=by)
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
        await target.check(listing_import, rows, surroundings)
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
async def run_import(deps: Deps, *, import_id: str, pressed_at: str = "") -> None:
    """Write the rows that are ready. A run that was interrupted goes on where it was.

    What is written is judged by `pressed_at`, the moment at which the button was pressed.
    """
    listing_import = await ListingImport.get_or_none(id=UUID(import_id))
    if listing_import is None or listing_import.status is not ImportStatus.IMPORTING:
        return
    actor = await _author(listing_import)
    now = datetime.fromisoformat(pressed_at) if pressed_at else deps.clock()
    by, target = By(actor, now) if actor else By.job(now), target_of(listing_import)
    ready = ListingImportRow.filter(
        listing_import_id=listing_import.id, standing=RowStanding.READY, outcome=None
    )
    total, done = await ready.count(), 0
    portion = max(total, 1) if listing_import.is_all_or_nothing else PORTION
    while rows := await ready.order_by("row_number").limit(portion):
        async with in_transaction():
            await target.write(listing_import, rows, by=by)
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
                "%(number)s 导入完成：新建 %(created)s 条%(records)s，更新 %(updated)s 条。",
                number=listing_import.number,
                records=target.record_words,
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
