"""What hangs on a listing: most have no files, questions, matches or deals, and one statement tells.

The same statement reads what every page of a listing shows besides: its last events and similar outcomes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from market.kit.statements import OverviewStatement
from market.listings.kinds import NEED, OUTCOME, Kind, Listing
from market.listings.queries import live
from market.listings.states import OutcomeStatus

MOST_EVENTS = 8


class ListingEvent(NamedTuple):
    """An event of the log that a listing's page shows; columns as the statement reads them."""

    action: str
    revision: str | None
    happened_at: datetime


class SimilarOutcome(NamedTuple):
    """A row of the outcomes similar to one; columns as the statement reads them."""

    number: str
    title: str
    owner_name: str
    trl: int | None
    price_amount: int | None


@dataclass(frozen=True)
class ListingParts:
    """What hangs on a listing."""

    parts: frozenset[str]
    """Which there are of files, questions, notices, changes, matches, deals, auctions and challenges."""
    history: Sequence[ListingEvent]
    """Its last events, the newest first."""
    similar: Sequence[SimilarOutcome]


def _statement(kind: Kind) -> OverviewStatement:
    own = "WHERE subject_kind = $1 AND subject_id = $2"
    on_offer = ", ".join(f"'{status.value}'" for status in live(OutcomeStatus))
    return OverviewStatement(
        kinds={
            "files": f"files {own}",
            "questions": f"questions {own}",
            "notices": f"notices {own}",
            "changes": f"listing_changes {own}",
            "matches": f"matches WHERE {kind.key}_id = $2",
            "deals": f"deals WHERE {kind.key}_id = $2",
            **(
                {"auctions": "auctions WHERE outcome_id = $2 AND version > 0"}
                if kind is OUTCOME
                else {"challenges": "challenges WHERE need_id = $2 AND version > 0"}
            ),
        },
        lists={
            "history": "SELECT (action, data->>'revision', happened_at) FROM audit_events "  # noqa: S608  # ours
            f"{own} ORDER BY sequence DESC LIMIT {MOST_EVENTS}",
            "similar": "SELECT (l.number, l.title, o.name, l.trl, l.price_amount) "  # noqa: S608  # ours
            "FROM unnest($3::uuid[]) WITH ORDINALITY AS s(id, place) JOIN outcomes l ON l.id = s.id "
            f"JOIN organisations o ON o.id = l.organisation_id WHERE l.status IN ({on_offer}) ORDER BY place",
        },
    )


_STATEMENTS: Mapping[str, OverviewStatement] = {kind.key: _statement(kind) for kind in (OUTCOME, NEED)}


async def parts_of(kind: Kind, listing: Listing, *, similar: Sequence[UUID] = ()) -> ListingParts:
    """Return what hangs on a listing; `similar` are outcomes, of which those off offer are left out."""
    overview = await _STATEMENTS[kind.key].read(kind.key, listing.id, list(similar))
    return ListingParts(
        overview.parts,
        [ListingEvent(*row) for row in overview.rows["history"]],
        [SimilarOutcome(*row) for row in overview.rows["similar"]],
    )
