"""What may be found of programmes: those with released terms, by title, issuer and region."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from market.codes import regions
from market.programmes.models import Programme, ProgrammeTerms, TermsStatus
from market.search.engine import Document

INDEX = "policies"


async def build_programmes(ids: Sequence[UUID]) -> dict[UUID, Document | None]:
    """Load the public documents of these programmes as they are now."""
    released = await ProgrammeTerms.filter(
        programme_id__in=list(ids), status=TermsStatus.RELEASED
    ).select_related("programme")
    return {each.programme_id: programme_document(each.programme) for each in released}


def programme_document(programme: Programme) -> Document:
    """Return the public document of a programme that has released terms."""
    code = regions.current(programme.region) if programme.region else ""
    levels = dict.fromkeys([code[:2] + "0000", code[:4] + "00", code])
    return {
        "id": programme.id,
        "revision": programme.revision,
        "title": programme.name,
        "names": [programme.issuer],
        "kind": programme.role,
        "regions": [each for each in levels if regions.is_known(each)],
        "status": TermsStatus.RELEASED.value,
    }


async def all_programmes() -> dict[UUID, int]:
    """Return id and revision of all programmes that should be found."""
    found = await Programme.filter(terms__status=TermsStatus.RELEASED).distinct()
    return {each.id: each.revision for each in found}
