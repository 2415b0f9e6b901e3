"""What a listing must be before it is submitted, or before a change of it is shown to everybody."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from market.accounts.models import Organisation
from market.kit.clock import local_date
from market.kit.errors import Invalid
from market.kit.i18n import gettext as _
from market.listings import masking
from market.listings.kinds import Kind, Listing
from market.listings.models import Need
from market.listings.wording import wording_faults


class Incomplete(Invalid):
    """The listing may not be submitted yet; `faults` are pairs of field and sentence."""

    def __init__(self, faults: list[tuple[str, str]]) -> None:
        super().__init__(_("还有几处没有填好。"))
        self.faults = faults


async def require_complete(
    kind: Kind, listing: Listing, now: datetime, *, changed: Collection[str] | None = None
) -> None:
    """Raise unless everybody may read the listing as it is; wording is judged in `changed` fields only.

    Raises:
        Incomplete: required fields are empty, or a text holds what it may not.
    """
    faults = kind.faults(listing, local_date(now))
    if isinstance(listing, Need) and listing.is_masked:
        owner = await Organisation.get(id=listing.organisation_id)
        faults += masking.faults_of_masking(listing, owner.name)
    faults += wording_faults(listing, changed)
    if faults:
        raise Incomplete(faults)
