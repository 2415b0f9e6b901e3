"""The only place where a claim's status is written."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from market.audit.services import record
from market.claims.models import Claim, ClaimAction, ClaimEvent
from market.claims.states import next_status
from market.kit.errors import NotFound
from market.kit.i18n import gettext as _
from market.records.by import By


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
    status = next_status(claim.status, action)
    claim.status, claim.updated_at = status, by.now
    await claim.save(update_fields=["status", "updated_at"])
    await ClaimEvent.create(
        claim_id=claim.id,
        action=action,
        status=status,
        actor_id=by.user_id,
        note=note,
        happened_at=by.now,
    )
    await record(
        "claim",
        claim.id,
        action.value,
        by=by,
        number=claim.number,
        status=status.value,
        **data,
    )
    return claim
