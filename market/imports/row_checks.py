"""Check the rows of an import: faults at their cells, the owner, and which listing is the same or alike."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

from market.accounts.models import Organisation, OrganisationStatus
from market.imports.models import ListingImport, ListingImportRow
from market.imports.open_data_rows import MAX_REFERENCE
from market.imports.row_reading import Fault, ReadRow, SheetRow, lacks_required, read_row, reference_of
from market.imports.row_writing import changes_of
from market.imports.states import RowStanding
from market.kit.i18n import gettext as _
from market.kit.i18n import in_source_language
from market.kit.workbooks.cells import Cell, text_cell
from market.kit.workbooks.cells import Kind as CellKind
from market.listings.kinds import OUTCOME, Kind, Listing, get_kind
from market.listings.states import SHOWN_AS_REVIEWED

DECISION = "listing"
"""Key among the answers: what becomes of a row whose listing is there already."""
UPDATE, LEAVE, NEW = "update", "leave", "new"


@dataclass
class Surroundings:
    """What rows are checked against: the owners, their listings, and the other rows of the file."""

    own: Organisation | None
    """The organisation whose list it is; None where each row names its owner."""
    owners: dict[str, Organisation] = field(default_factory=dict)
    listings: dict[UUID, KnownListings] = field(default_factory=dict)
    rows_by_reference: dict[str, int] = field(default_factory=dict)
    """Number of the first row with an identity."""


@dataclass
class KnownListings:
    """The listings of one organisation by what tells them."""

    by_number: dict[str, Any] = field(default_factory=dict)
    by_reference: dict[str, Any] = field(default_factory=dict)
    by_title: dict[str, Any] = field(default_factory=dict)
    by_patent: dict[str, Any] = field(default_factory=dict)
    revisions: dict[UUID, int] = field(default_factory=dict)
    """Revision of a listing after its last import; a later one was edited by hand."""

    def is_edited(self, listing: Any) -> bool:
        """Return whether somebody has changed a listing since it was last imported."""
        return bool(listing.revision != self.revisions.get(listing.id, 1))


async def surroundings_of(listing_import: ListingImport) -> Surroundings:
    """Return what the rows of an import are checked against, without its own rows."""
    own = None
    if listing_import.organisation_id is not None:
        own = await Organisation.get(id=listing_import.organisation_id)
    return Surroundings(own)


async def check_rows(
    listing_import: ListingImport, rows: Sequence[ListingImportRow], surroundings: Surroundings
) -> None:
    """Fill in what is found of each row; the caller saves them."""
    kind = get_kind(listing_import.kind)
    columns = used_columns(listing_import.mapping)
    is_foreign = lacks_required(kind, columns)
    units = listing_import.mapping.get("units", {})
    sheet_rows = {row.row_number: SheetRow(answered(row, columns), is_foreign, units) for row in rows}
    await _load_owners(surroundings, sheet_rows.values())
    pending: list[tuple[ListingImportRow, ReadRow, Organisation, SheetRow]] = []
    with in_source_language():
        for row in rows:
            filled = sheet_rows[row.row_number]
            read = read_row(kind, filled)
            owner = _owner(surroundings, filled, read)
            _describe(row, read, filled)
            if owner is not None:
                row.organisation_id = owner.id
                patents = ",".join(right["number"] for right in read.values.get("rights", []))
                own_reference = filled["reference"][:MAX_REFERENCE]
                row.reference = own_reference or reference_of(owner.name, filled["title"], patents)
            if row.answers.get(DECISION) == LEAVE:
                row.standing, row.sentence = RowStanding.LEFT_OUT, ""
            elif owner is None or read.faults:
                row.standing, row.sentence = RowStanding.FAULTY, ""
            else:
                pending.append((row, read, owner, filled))
        await _load_listings(kind, surroundings, {owner.id for _row, _read, owner, _filled in pending})
        for row, read, owner, filled in pending:
            _compare(kind, row, read, filled, surroundings, surroundings.listings[owner.id])


def content_of(row: ListingImportRow, listing_import: ListingImport) -> tuple[dict[str, Any], frozenset[str]]:
    """Return the columns of the listing that a checked row makes, and which of them an update writes."""
    kind = get_kind(listing_import.kind)
    columns = used_columns(listing_import.mapping)
    is_foreign = lacks_required(kind, columns)
    filled = SheetRow(answered(row, columns), is_foreign, listing_import.mapping.get("units", {}))
    read = read_row(kind, filled)
    return read.values | {"source_reference": row.reference}, read.given


def used_columns(mapping: Mapping[str, Any]) -> dict[str, int]:
    """Return the number of the list's column by column of ours."""
    return {column["name"]: column["column"] for column in mapping.get("columns", []) if column["name"]}


def stored_cells(row: SheetRow) -> dict[str, Any]:
    """Return the cells of a row as JSON: a text, or a list with what else matters of it."""
    return {name: _stored(cell) for name, cell in row.cells.items() if cell.text}


def _stored(cell: Cell) -> list[Any]:
    flags = [cell.has_lost_digits, cell.is_merged, cell.is_1904]
    return [cell.text, cell.sheet, cell.column, cell.kind.value, *(flags if any(flags) else ())]


def answered(row: ListingImportRow, columns: Mapping[str, int]) -> dict[str, Cell]:
    """Return the cells of a row in the columns that are used, with those that a person mended."""
    cells = {name: Cell("", row.row_number, column) for name, column in columns.items()}
    cells |= {name: _cell(row.row_number, stored) for name, stored in row.cells.items()}
    for name, text in row.answers.items():
        if name != DECISION:
            sheet, column = (cells[name].sheet, cells[name].column) if name in cells else ("", 0)
            cells[name] = text_cell(sheet, row.row_number, column, text)
    return cells


def _cell(number: int, stored: Sequence[Any]) -> Cell:
    text, sheet, column, kind = stored[:4]
    lost, merged, is_1904 = stored[4:] or (False, False, False)
    # Numbers and dates are understood from their text as well; only what must not be used keeps its kind.
    cell_kind = CellKind(kind) if kind in (CellKind.ERROR, CellKind.FORMULA) else CellKind.TEXT
    return Cell(sheet, number, column, cell_kind, text, None, lost, merged, is_1904)


def text_as_read(row: ListingImportRow, column: str) -> str:
    """Return the text of a cell as it stands in the file."""
    stored = row.cells.get(column)
    return str(stored[0]) if stored else ""


def _describe(row: ListingImportRow, read: ReadRow, filled: SheetRow) -> None:
    row.title = " ".join(filled["title"].split())[:200]
    row.faults = {
        fault.column: {"sentence": fault.sentence, "choices": list(fault.choices)} for fault in read.faults
    }
    row.remarks = {column: str(remark) for column, remark in read.remarks.items()}
    row.listing_id = None


async def _load_owners(surroundings: Surroundings, rows: Iterable[SheetRow]) -> None:
    if surroundings.own is not None:
        return
    names = {row.owner for row in rows} - {*surroundings.owners, ""}
    for organisation in await Organisation.filter(name__in=list(names), status=OrganisationStatus.VERIFIED):
        surroundings.owners[organisation.name] = organisation


def _owner(surroundings: Surroundings, row: SheetRow, read: ReadRow) -> Organisation | None:
    """Return the owner of a row; a fault at its cell where the name is nobody's, or another's."""
    own = surroundings.own
    if fault := next((fault for fault in read.faults if fault.column == "owner"), None):
        if own is not None:
            read.faults[read.faults.index(fault)] = replace(fault, choices=(own.name,))
        return None
    if own is None:
        owner = surroundings.owners.get(row.owner)
        if owner is None:
            sentence = _("单位“%(name)s”没有注册或未认证。", name=row.owner[:60])
            read.faults.append(Fault("owner", sentence))
        return owner
    if "owner" not in row.cells or row.owner == own.name:
        return own
    if row.owner.startswith(own.name):
        read.remarks["owner"] = _("按本单位“%(name)s”读", name=own.name)
        return own
    read.faults.append(Fault("owner", _("“%(name)s”不是本单位，请核对。", name=row.owner[:60]), (own.name,)))
    return None


async def _load_listings(kind: Kind, surroundings: Surroundings, owner_ids: set[UUID]) -> None:
    missing = owner_ids - surroundings.listings.keys()
    for owner_id in missing:
        surroundings.listings[owner_id] = KnownListings()
    written = ListingImportRow.filter(organisation_id__in=list(missing), listing_revision__isnull=False)
    for owner_id, listing_id, revision in await written.order_by("id").values_list(
        "organisation_id", "listing_id", "listing_revision"
    ):
        surroundings.listings[owner_id].revisions[listing_id] = revision
    for listing in await kind.model.filter(organisation_id__in=list(missing)).order_by("-number"):
        known = surroundings.listings[listing.organisation_id]
        known.by_number[listing.number] = listing
        known.by_title[_flat(listing.title)] = listing
        if listing.source_reference:
            known.by_reference[listing.source_reference] = listing
        for right in getattr(listing, "rights", []):
            if right.get("number"):
                known.by_patent[right["number"]] = listing


def _compare(
    kind: Kind,
    row: ListingImportRow,
    read: ReadRow,
    filled: SheetRow,
    surroundings: Surroundings,
    known: KnownListings,
) -> None:
    """Say whether the row is new, changes a listing, or says nothing new."""
    first = surroundings.rows_by_reference.setdefault(row.reference, row.row_number)
    row.sentence = ""
    if first != row.row_number:
        row.standing = RowStanding.SAME
        row.sentence = _("与第 %(row)s 行是同一条。", row=first)
        return
    listing, how = _alike(kind, row, read, filled, known)
    row.standing = RowStanding.READY
    if listing is None or row.answers.get(DECISION) == NEW:
        return
    row.listing_id = listing.id
    if not changes_of(listing, read.values, read.given):
        row.standing = RowStanding.SAME
        row.sentence = _("与 %(number)s 一样，不变。", number=listing.number)
        return
    is_imported = how == _("同一来源")
    is_edited = is_imported and known.is_edited(listing)
    is_ours = is_imported and listing.status not in SHOWN_AS_REVIEWED and not is_edited
    if not is_ours and row.answers.get(DECISION) != UPDATE:
        row.standing = RowStanding.ALIKE
    place = (
        _("在架的 %(number)s", number=listing.number)
        if listing.status in SHOWN_AS_REVIEWED
        else listing.number
    )
    row.sentence = _("与%(place)s %(how)s", place=place, how=how)
    if is_edited:
        row.sentence += _("，那一条导入后改过，更新会换掉改过的内容")


def _alike(
    kind: Kind, row: ListingImportRow, read: ReadRow, filled: SheetRow, known: KnownListings
) -> tuple[Listing | None, str]:
    """Return the listing that a row is about, and by what: its number, its source, title or patent."""
    if listing := known.by_number.get(filled["number"].upper()):
        return listing, _("同编号")
    if listing := known.by_reference.get(row.reference):
        return listing, _("同一来源")
    named = known.by_title.get(_flat(filled["title"]))
    numbers = [right["number"] for right in read.values["rights"]] if kind is OUTCOME else []
    patented = next((known.by_patent[number] for number in numbers if number in known.by_patent), None)
    if named is not None and patented is not None and named.id == patented.id:
        return named, _("同名、同号")
    if named is not None:
        return named, _("同名")
    return patented, _("同一专利号")


def _flat(title: str) -> str:
    return "".join(title.split()).casefold()
