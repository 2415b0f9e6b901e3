"""Claims locked, and moved with what their log says."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from market.claims.models import Claim
from market.claims.states import ClaimAction
from market.kit.errors import NotFound
from market.kit.i18n import gettext as _
from market.records.by import By
from market.records.transitions import transition


async def lock_claim(number: str) -> Claim:
    """Return the claim, locked until the transaction ends."""
    claim = await Claim.filter(number=number).select_for_update().first()
    if claim is None:
        raise NotFound(_("没有这份申报。"))
    return claim


async def lock_claims(ids: list[UUID]) -> list[Claim]:
    """Lock several claims, in one order for everybody, and return them by number."""
    rows = await Claim.filter(id__in=ids).order_by("id").select_for_update()
    return sorted(rows, key=lambda claim: claim.number)


async def move(
    claim: Claim,
    action: ClaimAction,
    *,
    by: By,
    note: str = "",
    **data: Any,
) -> Claim:
    """Take a locked claim one step on, and write down who did it.

    `note` is for the people who see the claim; `data` goes into the audit log and holds no personal
    value. `By.job` means a job did it.
    """
    return await transition(claim, action, by=by, note=note, number=claim.number, **data)
