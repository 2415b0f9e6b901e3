"""Check rows that become listings: faults at their cells, the owner, which listing is the same or alike."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

from market.accounts.models import Organisation, OrganisationStatus
from market.imports.excel_template import list_of
from market.imports.models import ListingImport, ListingImportRow
from market.imports.open_data_rows import MAX_REFERENCE
from market.imports.row_cells import DECISION, LEAVE, NEW, UPDATE, describe, filled_row
from market.imports.row_reading import Fault, ReadRow, SheetRow, read_row, reference_of
from market.imports.row_writing import changes_of
from market.imports.states import RowStanding
from market.kit.i18n import gettext as _
from market.kit.i18n import in_source_language
from market.listings.kinds import OUTCOME, Kind, Listing, get_kind
from market.listings.states import SHOWN_AS_REVIEWED


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


async def surroundings_of(
    listing_import: ListingImport, others: Sequence[ListingImportRow] = ()
) -> Surroundings:
    """Return what the rows of an import are checked against; `others` are its rows that are not checked."""
    own = None
    if listing_import.organisation_id is not None:
        own = await Organisation.get(id=listing_import.organisation_id)
    return Surroundings(own, rows_by_reference=_first_rows(others))


def _first_rows(rows: Sequence[ListingImportRow]) -> dict[str, int]:
    """Return the number of the first row with each identity."""
    first: dict[str, int] = {}
    for row in sorted(rows, key=lambda row: row.row_number):
        if row.reference and row.standing is not RowStanding.LEFT_OUT:
            first.setdefault(row.reference, row.row_number)
    return first


async def check_rows(
    listing_import: ListingImport, rows: Sequence[ListingImportRow], surroundings: Surroundings
) -> None:
    """Fill in what is found of each row; the caller saves them."""
    kind = get_kind(listing_import.kind)
    form = list_of(kind)
    sheet_rows = {row.row_number: filled_row(row, listing_import, form) for row in rows}
    await _load_owners(surroundings, sheet_rows.values())
    pending: list[tuple[ListingImportRow, ReadRow, Organisation, SheetRow]] = []
    with in_source_language():
        for row in rows:
            filled = sheet_rows[row.row_number]
            read = read_row(form, filled)
            owner = _owner(surroundings, filled, read)
            describe(row, read, filled)
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
    form = list_of(get_kind(listing_import.kind))
    read = read_row(form, filled_row(row, listing_import, form))
    return read.values | {"source_reference": row.reference}, read.given


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
