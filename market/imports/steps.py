"""Acts on imports of lists: upload, map the columns, mend cells, run, undo. One act is one transaction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID, uuid4

from market.accounts.actors import Actor
from market.audit.log import record
from market.codes.numbers import next_number
from market.files.attachments import StoredBlob, attach
from market.files.models import StoredFile, Tier
from market.imports import jobs
from market.imports.excel_template import ListForm
from market.imports.heads import (
    AMOUNTS,
    SheetHeads,
    guess_heads,
    head_notices,
    heads_by_hand,
    remembered_key,
    unit_of,
)
from market.imports.models import ColumnMapping, ListingImport, ListingImportRow
from market.imports.row_cells import DECISION, LEAVE, NEW, UPDATE, text_as_read
from market.imports.sheet_rows import NotTheTemplate, open_sheets
from market.imports.states import ImportAction, ImportStatus, ImportVerb, RowStanding
from market.imports.targets import get_target, target_of
from market.kit.database import atomic, in_transaction
from market.kit.errors import Conflict, Invalid, NotFound
from market.kit.foreign_files import in_file_thread, parse_foreign
from market.kit.i18n import gettext as _
from market.kit.jobs import enqueue
from market.kit.workbooks.cells import Sheet, clean
from market.records.by import By
from market.records.transitions import transition

ENDED = (ImportStatus.UNDONE, ImportStatus.DISCARDED)
SAMPLES = 3
"""Texts shown of a column."""
MOST_COLUMNS = 80
MAX_ANSWER = 2000


async def get_import_for(actor: Actor, number: str) -> ListingImport:
    """Return an import that the person may go on with, as its target says: their organisation's, or any.

    Raises:
        NotFound: there is none, or it is another organisation's.
    """
    listing_import = await ListingImport.get_or_none(number=number).select_related(
        "file", "organisation", "created_by"
    )
    if listing_import is None or not await target_of(listing_import).may_see(actor, listing_import):
        raise NotFound(_("没有这次导入，或者您不能查看它。"))
    return listing_import


async def may_open_file(actor: Actor | None, file: StoredFile) -> bool:
    """Return whether a person may open the list of an import."""
    listing_import = await ListingImport.get_or_none(id=file.subject_id)
    if actor is None or listing_import is None:
        return False
    return await target_of(listing_import).may_see(actor, listing_import)


async def upload(
    blob: StoredBlob,
    target_key: str,
    *,
    organisation_id: UUID | None,
    subject_id: UUID | None = None,
    by: By,
) -> ListingImport:
    """Take in a list, guess what its columns are and have it checked where they are known.

    `target_key` names what it is brought into, `subject_id` the record that it goes into, where there is one.
    An operator imports for any organisation, or for those that the rows name (`organisation_id` None).

    Raises:
        Invalid: at `file`: it cannot be read.
    """
    target = get_target(target_key)
    organisation_id = await target.admit(organisation_id, subject_id, by=by)
    form = await target.form_of(subject_id)
    remembered = await remembered_columns(organisation_id, target_key)
    try:
        sheets = await parse_foreign(blob.upload.content, open_sheets, blob.upload.content, form)
        heads = await in_file_thread(guess_heads, sheets, form, remembered)
    except NotTheTemplate as error:
        raise Invalid(str(error), field="file") from error
    heads = heads or _first_row(sheets)
    if heads is None:
        raise Invalid(_("这个文件是空的。"), field="file")
    doubt = await in_file_thread(target.doubt, sheets, heads)
    problem = _problem(heads, form, needs_owner=target.needs_owner(organisation_id)) or doubt
    listing_import = ListingImport(
        id=uuid4(),
        kind=target_key,
        organisation_id=organisation_id,
        subject_id=subject_id,
        mapping=mapping_of(heads, sheets),
        counts={},
        progress={},
        problem=problem,
        created_by_id=by.user_id,
        created_at=by.now,
        updated_at=by.now,
    )
    return await _take_in(listing_import, blob, by=by)


@atomic()
async def _take_in(listing_import: ListingImport, blob: StoredBlob, *, by: By) -> ListingImport:
    file = await attach(
        blob,
        subject_kind="listing_import",
        subject_id=listing_import.id,
        kind="list",
        tier=Tier.PARTIES,
        by=by,
    )
    listing_import.file_id = file.id
    listing_import.number = await next_number("listing_import", by.now)
    await listing_import.save(force_create=True)
    number = listing_import.number
    await record("listing_import", listing_import.id, ImportVerb.UPLOADED, by=by, number=number)
    if not listing_import.problem:
        await _start_check(listing_import, by=by)
    return listing_import


def _first_row(sheets: Sequence[Sheet]) -> SheetHeads | None:
    for sheet in sheets:
        if sheet.rows:
            return heads_by_hand([sheet], sheet.name, sheet.rows[0].number, {})
    return None


def _problem(heads: SheetHeads, form: ListForm, *, needs_owner: bool) -> str:
    if "title" not in heads.columns:
        return _(
            "没有认出名称一列：请在下面把它放到“%(name)s”，或改表头在第几行。",
            name=form.column("title").head,
        )
    if needs_owner and "owner" not in heads.columns:
        return _("表里没有单位一列：请选择这份表是哪个单位的，或说明哪一列是单位。")
    return ""


def mapping_of(heads: SheetHeads, sheets: Sequence[Sheet]) -> dict[str, Any]:
    """Return what is kept of the heads: with samples for a person to judge by."""
    rows = list(heads.head_row.rows())
    columns = []
    for guess in heads.guesses[:MOST_COLUMNS]:
        texts = dict.fromkeys(row.cell(guess.column).text for row in rows[:200])
        columns.append(
            {
                "column": guess.column,
                "head": " ".join(guess.head.split())[:80],
                "name": guess.name,
                "choice": guess.choice,
                "is_sure": guess.is_sure and not (guess.name in AMOUNTS and not guess.unit),
                "has_unit": bool(guess.unit),
                "samples": [text[:40] for text in texts if text][:SAMPLES],
            }
        )
    return {
        "sheet": heads.sheet.name,
        "sheets": [sheet.name for sheet in sheets],
        "head_row": heads.row,
        "columns": columns,
        "units": heads.units,
        "titles": sum(row.number < heads.row for row in heads.sheet.rows),
        "hidden": sum(row.is_hidden for row in rows),
        "notices": head_notices(heads),
    }


async def map_columns(
    listing_import: ListingImport,
    content: bytes,
    sheet_name: str,
    head_row: int,
    choices: Mapping[int, str],
    *,
    by: By,
) -> None:
    """Take what a person says of the columns, remember it for the organisation, and check the rows anew.

    With another sheet or row of heads its columns are guessed.

    Raises:
        Invalid: at `columns`: no column is the title, or the owner is nowhere told.
    """
    target = target_of(listing_import)
    form = await target.form_of(listing_import.subject_id)
    sheets = await parse_foreign(content, open_sheets, content, form)
    is_same_row = (sheet_name, head_row) == (
        listing_import.mapping["sheet"],
        listing_import.mapping["head_row"],
    )
    chosen = [sheet for sheet in sheets if sheet.name == sheet_name]
    heads = heads_by_hand(chosen, sheet_name, head_row, choices if is_same_row else {})
    if heads is None:
        raise Invalid(_("文件里没有这一行。"), field="columns")
    if not is_same_row:
        remembered = await remembered_columns(listing_import.organisation_id, listing_import.kind)
        heads = guess_heads(chosen, form, remembered, only_row=head_row) or heads
    needs_owner = target.needs_owner(listing_import.organisation_id)
    problem = _problem(heads, form, needs_owner=needs_owner)
    if is_same_row and problem:
        raise Invalid(problem, field="columns")
    async with in_transaction():
        listing_import.mapping, listing_import.problem = mapping_of(heads, sheets), problem
        await listing_import.save(update_fields=["mapping", "problem"])
        if problem:
            return
        if is_same_row:
            await _remember(listing_import, form)
        await _start_check(listing_import, by=by)


async def _remember(listing_import: ListingImport, form: ListForm) -> None:
    """Remember for the organisation what the heads of this list mean."""
    if listing_import.organisation_id is None:
        return
    for column in listing_import.mapping["columns"]:
        name = column["name"]
        if name and not form.column(name).is_remembered:
            continue
        has_said_unit = column["name"] in AMOUNTS and not unit_of(column["head"])
        if key := remembered_key(column["head"]):
            await ColumnMapping.update_or_create(
                organisation_id=listing_import.organisation_id,
                kind=listing_import.kind,
                head=key,
                defaults={"column_name": column["choice"] if has_said_unit else column["name"]},
            )


async def remembered_columns(organisation_id: UUID | None, target_key: str) -> dict[str, str]:
    """Return what an organisation's heads mean, by their keys."""
    mappings = ColumnMapping.filter(organisation_id=organisation_id, kind=target_key)
    return {mapping.head: mapping.column_name for mapping in await mappings}


async def _start_check(listing_import: ListingImport, *, by: By) -> None:
    await transition(listing_import, ImportAction.MAP, by=by, changes={"progress": {}, "problem": ""})
    await enqueue(jobs.CHECK, lock=f"import:{listing_import.id}", import_id=listing_import.id)


@atomic()
async def answer(
    listing_import: ListingImport,
    answers: Mapping[int, Mapping[str, str]],
    *,
    for_all_alike: Sequence[tuple[int, str]] = (),
    by: By,
) -> int:
    """Mend cells by the row's id and column, check the rows again, and return how many were changed.

    `for_all_alike` names cells whose answer goes to every row that has the same text and fault there, but for
    cells that were answered themselves; a cell that was left as it is answers nothing.
    """
    listing_import = await ListingImport.select_for_update().get(id=listing_import.id)
    if listing_import.status is not ImportStatus.CHECKED:
        raise Conflict(_("这次导入的状态已经变了，请刷新后再看。"))
    rows = {
        row.id: row
        for row in await ListingImportRow.filter(listing_import_id=listing_import.id).select_for_update()
    }
    news = {
        (row_id, column): text
        for row_id, given in answers.items()
        for column, text in given.items()
        if row_id in rows and _is_news(rows[row_id], column, text)
    }
    changed: dict[int, ListingImportRow] = {}
    for (row_id, column), text in news.items():
        targets = [rows[row_id]]
        if (row_id, column) in for_all_alike:
            text_read = text_as_read(rows[row_id], column)
            targets += [
                other
                for other in rows.values()
                if (other.id, column) not in news
                and column in other.faults
                and text_as_read(other, column) == text_read
            ]
        for target in targets:
            target.answers = {**target.answers, column: clean(text)[:MAX_ANSWER]}
            changed[target.id] = target
    if not changed:
        return 0
    into = target_of(listing_import)
    checked = rows if into.checks_rows_together else changed
    others = [row for row in rows.values() if row.id not in checked]
    surroundings = await into.surroundings(listing_import, others, by=by)
    await into.check(listing_import, list(checked.values()), surroundings)
    await ListingImportRow.bulk_update(
        checked.values(),
        [
            *("faults", "remarks", "answers", "title", "reference", "organisation_id", "standing"),
            *("sentence", "listing_id"),
        ],
        batch_size=200,
    )
    counts = await jobs.count_rows(listing_import.id)
    await ListingImport.filter(id=listing_import.id).update(counts=counts, updated_at=by.now)
    return len(changed)


def _is_news(row: ListingImportRow, column: str, text: str) -> bool:
    """Return whether an answer says something else than the cell has."""
    text = clean(text)[:MAX_ANSWER]
    if column == DECISION and text not in (UPDATE, LEAVE, NEW):
        return False
    return text != row.answers.get(column, "" if column == DECISION else text_as_read(row, column))


@atomic()
async def run(
    listing_import: ListingImport, *, is_all_or_nothing: bool, is_declared: bool = False, by: By
) -> None:
    """Have the rows that are ready written.

    Raises:
        Invalid: all or nothing is wanted and a row is not ready, or none is; at `declared`: what the target
            has the person state was not stated.
        Conflict: another import writes the same file at this moment.
    """
    target = target_of(listing_import)
    await target.require_may_run(listing_import, by=by)
    if target.declaration is not None and not is_declared:
        raise Invalid(_("请先勾选确认。"), field="declared")
    file = await StoredFile.get(id=listing_import.file_id)
    other = (
        await ListingImport.filter(
            organisation_id=listing_import.organisation_id,
            kind=listing_import.kind,
            subject_id=listing_import.subject_id,
            file__sha256=file.sha256,
            status=ImportStatus.IMPORTING,
        )
        .exclude(id=listing_import.id)
        .first()
    )
    if other is not None:
        raise Conflict(_("同一份表正由 %(number)s 导入，等它写完再看。", number=other.number))
    counts = await jobs.count_rows(listing_import.id)
    open_rows = counts.get(RowStanding.FAULTY, 0) + counts.get(RowStanding.ALIKE, 0)
    if is_all_or_nothing and open_rows:
        raise Invalid(_("还有 %(n)s 行要改或要定；改好了再整批导入。", n=open_rows), field="how")
    if not counts.get(RowStanding.READY, 0) and not counts.get(RowStanding.SAME, 0):
        raise Invalid(_("现在没有可以导入的行。"), field="how")
    await _remember(listing_import, await target.form_of(listing_import.subject_id))
    await transition(
        listing_import,
        ImportAction.RUN,
        by=by,
        changes={"is_all_or_nothing": is_all_or_nothing, "progress": {}},
    )
    await enqueue(
        jobs.RUN,
        lock=f"import:{listing_import.id}",
        import_id=listing_import.id,
        pressed_at=by.now.isoformat(),
    )


@atomic()
async def undo(listing_import: ListingImport, *, by: By) -> None:
    """Undo an import: take back what its rows made, and what they changed.

    Raises:
        Conflict: something has happened to one of them since.
    """
    removed = await target_of(listing_import).undo(listing_import, by=by)
    await transition(listing_import, ImportAction.UNDO, by=by, removed=removed)


async def discard(listing_import: ListingImport, *, by: By) -> None:
    """Give up an import of which nothing was written."""
    async with in_transaction():
        await transition(listing_import, ImportAction.DISCARD, by=by)
