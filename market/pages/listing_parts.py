"""What hangs on a listing: most have no files, questions, matches or deals, and one statement tells."""

from __future__ import annotations

from collections.abc import Mapping

from market.kit.statements import Presence
from market.listings.kinds import NEED, OUTCOME, Kind, Listing


def _parts(kind: Kind) -> Presence:
    own = "WHERE subject_kind = $1 AND subject_id = $2"
    return Presence(
        files=f"files {own}",
        questions=f"questions {own}",
        notices=f"notices {own}",
        changes=f"listing_changes {own}",
        matches=f"matches WHERE {kind.key}_id = $2",
        deals=f"deals WHERE {kind.key}_id = $2",
    )


_PARTS: Mapping[str, Presence] = {kind.key: _parts(kind) for kind in (OUTCOME, NEED)}


async def parts_of(kind: Kind, listing: Listing) -> frozenset[str]:
    """Return which there are of files, questions, notices, changes, matches and deals."""
    return await _PARTS[kind.key].find(kind.key, listing.id)
