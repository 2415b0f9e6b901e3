"""Writes rows of a list as listings: new ones are created, changed ones become a new revision."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID, uuid4

from market.accounts.models import Organisation
from market.audit.log import record, record_bulk
from market.codes.numbers import next_numbers
from market.imports.states import RowOutcome
from market.kit.clock import local_date
from market.listings import rules
from market.listings.deadlines import set_deadlines
from market.listings.kinds import Kind, Listing
from market.listings.states import ListingAction, ListingVerb
from market.records.by import By
from market.records.transitions import transition
from market.search import outbox

BATCH = 500


@dataclass(frozen=True)
class NewContent:
    """What a row says of a listing, and the listing that it updates, if there is one."""

    organisation_id: UUID
    values: Mapping[str, Any]
    existing: Any = None
    given: frozenset[str] | None = None
    """Columns that an update writes; None: all."""
    author_id: UUID | None = None
    """Who wrote a new listing; None: who acts."""

    @property
    def changes(self) -> dict[str, Any]:
        """Return what an update would change."""
        return changes_of(self.existing, self.values, self.given)


@dataclass(frozen=True)
class Written:
    """What became of a row."""

    listing: Listing
    outcome: RowOutcome
    before: dict[str, Any] | None = None
    """What an update replaced."""


def changes_of(
    listing: Any, values: Mapping[str, Any], given: frozenset[str] | None = None
) -> dict[str, Any]:
    """Return the given values that differ from a listing's."""
    return {
        name: value
        for name, value in values.items()
        if (given is None or name in given) and getattr(listing, name) != value
    }


async def lock_owners(organisation_ids: Collection[UUID]) -> None:
    """Have imports for the same organisations write one after the other, until the transaction ends.

    What is looked up afterwards is there with what the import before has written.
    """
    ids = sorted(organisation_ids)
    await Organisation.filter(id__in=ids).order_by("id").select_for_update(no_key=True).only("id")


async def write_listings(
    kind: Kind,
    contents: Sequence[NewContent],
    *,
    publish: bool,
    verb: ListingVerb | None = None,
    by: By,
) -> list[Written]:
    """Create or update a listing for each content, in order, in the caller's transaction.

    Updates are written at once, whatever the status: it is the caller who knows which may be. `verb` is what
    the log says of new ones; without it, that they were imported.
    """
    regions = await _regions({content.organisation_id for content in contents})
    written: list[Written] = []
    created: list[Listing] = []
    updated_ids: list[UUID] = []
    for content in contents:
        if content.existing is None:
            listing = _new(kind, content, regions, publish=publish, by=by)
            created.append(listing)
            written.append(Written(listing, RowOutcome.CREATED))
            continue
        before = await _update(kind, content, publish=publish, by=by)
        if before is None:
            written.append(Written(content.existing, RowOutcome.SAME))
        else:
            updated_ids.append(content.existing.id)
            written.append(Written(content.existing, RowOutcome.UPDATED, before))
    for listing, number in zip(created, await next_numbers(kind.key, len(created), by.now), strict=True):
        listing.number = number
    await kind.model.bulk_create(created, batch_size=BATCH)
    await set_deadlines(*(listing for listing in created if publish))
    imported = ListingVerb.IMPORTED_AND_PUBLISHED if publish else ListingVerb.IMPORTED
    await record_bulk(kind.key, [listing.id for listing in created], verb or imported, by=by)
    ids = [*updated_ids, *(listing.id for listing in created if publish)]
    if ids:
        await outbox.enqueue_many(kind.index, ids)
    return written


async def _regions(organisation_ids: set[UUID]) -> dict[UUID, str]:
    organisations = await Organisation.filter(id__in=list(organisation_ids))
    return {organisation.id: organisation.region for organisation in organisations}


def _new(kind: Kind, content: NewContent, regions: Mapping[UUID, str], *, publish: bool, by: By) -> Listing:
    values, now = content.values, by.now
    published = (
        {"status": kind.published, **publication_columns(values.get("deadline_on"), now)} if publish else {}
    )
    # An external source stands for no place; a person's own list is where the organisation is.
    region = regions.get(content.organisation_id, "") if by.user_id else ""
    listing: Listing = kind.model(
        **{**kind.blank, "region": region, **values, **published},
        id=uuid4(),
        number="",
        organisation_id=content.organisation_id,
        created_by_id=content.author_id or by.user_id,
        created_at=now,
        updated_at=now,
    )
    listing.completeness = kind.completeness(listing)[0]
    return listing


async def _update(kind: Kind, content: NewContent, *, publish: bool, by: By) -> dict[str, Any] | None:
    """Write what changed and return what it replaced; None where nothing changed."""
    listing, changes = content.existing, content.changes
    is_newly_published = publish and listing.status == kind.draft
    if not changes and not is_newly_published:
        return None
    before = {name: getattr(listing, name) for name in changes}
    await revise(kind, listing, changes, verb=ListingVerb.IMPORTED_AGAIN, by=by, publish=is_newly_published)
    return before


async def revise(
    kind: Kind, listing: Any, changes: Mapping[str, Any], *, verb: Any, by: By, publish: bool = False
) -> None:
    """Write changes as a new revision, and publish a draft where that is wanted."""
    for name, value in changes.items():
        setattr(listing, name, value)
    listing.revision += 1
    listing.updated_at = by.now
    listing.completeness = kind.completeness(listing)[0]
    if publish:
        listing.update_from_dict(publication_columns(getattr(listing, "deadline_on", None), by.now))
    columns = {"revision", "updated_at", "completeness", "published_at", "verified_on", "expires_on"}
    await listing.save(update_fields=[*changes, *columns - set(changes)])
    if publish:
        await transition(listing, ListingAction.IMPORT, by=by, revision=listing.revision)
        await set_deadlines(listing)
    await record(kind.key, listing.id, verb, by=by, revision=listing.revision)


def publication_columns(deadline_on: date | None, now: datetime) -> dict[str, Any]:
    """Return the columns that an import sets on publication."""
    today = local_date(now)
    return {
        "published_at": now,
        "verified_on": today,
        "expires_on": rules.expires_on(today, deadline_on),
    }
