"""Search documents of programmes with released terms: title, issuer and region."""

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
    return {terms.programme_id: programme_document(terms.programme) for terms in released}


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
        "regions": [level for level in levels if regions.is_known(level)],
        "status": TermsStatus.RELEASED.value,
    }


async def all_programmes() -> dict[UUID, int]:
    """Return id and revision of all programmes that should be found."""
    programmes = await Programme.filter(terms__status=TermsStatus.RELEASED).distinct()
    return {programme.id: programme.revision for programme in programmes}
