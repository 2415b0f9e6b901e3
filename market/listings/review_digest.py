"""The digest of what was reviewed of a listing, by which `market check` sees a change without review."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from uuid import UUID

from market.kit.database import connection
from market.kit.findings import find_rows
from market.kit.i18n import lazy
from market.kit.room import Check, Invariant
from market.listings.kinds import KINDS, Kind
from market.listings.states import PUBLIC, SHOWN_AS_REVIEWED


async def mark_reviewed(kind: Kind, ids: Collection[UUID]) -> None:
    """Take what these listings say now for reviewed: after an accepted change, or an operator's import."""
    await connection().execute_query(
        f"UPDATE {kind.model._meta.db_table} l SET reviewed_digest = market_reviewed_digest(l) "  # noqa: S608 -- a table of ours
        "WHERE id = ANY($1::uuid[])",
        [[str(listing_id) for listing_id in ids]],
    )


async def is_as_reviewed(kind: Kind, listing_id: UUID) -> bool:
    """Return whether a listing says what it said when it was last reviewed."""
    table = kind.model._meta.db_table
    rows = await connection().execute_query_dict(
        f"SELECT reviewed_digest = market_reviewed_digest(l) AS is_same FROM {table} l WHERE id = $1",  # noqa: S608
        [listing_id],
    )
    return bool(rows and rows[0]["is_same"])


async def published_fields_are_reviewed() -> list[str]:
    """No title, highlight, indicator, price or right of a published listing changed without review."""
    findings = []
    for kind in KINDS.values():
        statuses = [status.value for status in PUBLIC if isinstance(status, kind.statuses)]
        findings += await find_rows(
            f"SELECT number FROM {kind.model._meta.db_table} l "  # noqa: S608 -- a table of ours
            "WHERE status = ANY($1) AND reviewed_digest <> market_reviewed_digest(l) ORDER BY number",
            lazy("发布的信息 %(number)s：应审核的内容未经审核就变了"),
            statuses,
        )
    return findings


async def pending_changes_are_of_published_listings() -> list[str]:
    """A change waits for review only while its listing is published."""
    findings = []
    for kind in KINDS.values():
        statuses = [status.value for status in SHOWN_AS_REVIEWED if isinstance(status, kind.statuses)]
        findings += await find_rows(
            f"SELECT l.number FROM listing_changes c JOIN {kind.model._meta.db_table} l "  # noqa: S608 -- a table of ours
            "ON l.id = c.subject_id WHERE c.subject_kind = $1 AND c.status = 'pending' "
            "AND l.status <> ALL($2) ORDER BY l.number",
            lazy("信息 %(number)s 没有发布，却有待审的变更"),
            kind.key,
            statuses,
        )
    return findings


CHECKS: Mapping[str, Invariant[Check]] = {
    "listings: published fields are reviewed": Invariant(
        lazy("信息：发布的内容都经过审核"), published_fields_are_reviewed
    ),
    "listings: pending changes are of published listings": Invariant(
        lazy("信息：待审的变更都属于已发布的信息"), pending_changes_are_of_published_listings
    ),
}
