"""Writes checked rows as listings: new drafts, changes of drafts, changes that wait for review."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from market.imports.models import ListingImport, ListingImportRow
from market.imports.row_checks import content_of
from market.imports.row_writing import NewContent, lock_owners, write_listings
from market.imports.states import RowOutcome
from market.kit.clock import local_date
from market.kit.database import in_transaction
from market.kit.errors import MarketError
from market.kit.i18n import gettext as _
from market.listings import authoring
from market.listings.kinds import NEED, Kind, get_kind
from market.listings.rules import expires_on
from market.records.by import By


async def write_rows(listing_import: ListingImport, rows: Sequence[ListingImportRow], *, by: By) -> None:
    """Write rows as listings in the caller's transaction and save what became of each."""
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
