"""The list of an import as it came, with what became of each row and why in columns of its own."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence

from market.accounts.actors import Actor
from market.imports.models import ListingImport, ListingImportRow
from market.imports.sheet_rows import open_sheets
from market.imports.states import RowOutcome
from market.imports.targets import target_of
from market.kit.foreign_files import parse_foreign
from market.kit.i18n import gettext as _
from market.kit.workbooks.writing import Cell, Table, write_workbook

PORTION = 500


def build(
    listing_import: ListingImport, content: bytes, *, actor: Actor, only_refused: bool = False
) -> AsyncIterator[bytes]:
    """Yield the workbook: the columns of the file, then result, number and reasons."""
    mapping = listing_import.mapping
    heads = [column["head"] for column in mapping["columns"]]
    table = Table(
        str(target_of(listing_import).words),
        [*heads, _("导入结果"), _("编号"), _("原因")],
        _portions(listing_import, content, actor=actor, only_refused=only_refused),
    )
    return write_workbook(table)


async def _portions(
    listing_import: ListingImport, content: bytes, *, actor: Actor, only_refused: bool
) -> AsyncIterator[Sequence[Sequence[Cell]]]:
    mapping = listing_import.mapping
    target = target_of(listing_import)
    form = await target.form_of(listing_import.subject_id)
    sheets = await parse_foreign(content, open_sheets, content, form)
    sheet = next(sheet for sheet in sheets if sheet.name == mapping["sheet"])
    columns = [column["column"] for column in mapping["columns"]]
    texts = {row.number: [row.cell(column).text[:32_000] for column in columns] for row in sheet.rows}
    rows = ListingImportRow.filter(listing_import_id=listing_import.id).order_by("row_number")
    if only_refused:
        rows = rows.filter(outcome=RowOutcome.REFUSED)
    start = 0
    while portion := await rows.offset(start).limit(PORTION):
        ids = [row.listing_id for row in portion if row.listing_id]
        records = await target.records(listing_import, ids, actor=actor)
        yield [
            [
                *texts.get(row.row_number, [""] * len(columns)),
                str((row.outcome or row.standing).label),
                records[row.listing_id].number if row.listing_id and row.listing_id in records else "",
                reasons_of(row),
            ]
            for row in portion
        ]
        start += PORTION


def reasons_of(row: ListingImportRow) -> str:
    """Return everything that is to be said of a row."""
    faults = [str(fault["sentence"]) for fault in row.faults.values()]
    return "".join([*faults, row.sentence])
