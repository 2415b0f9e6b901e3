"""Claims locked, and moved with what their log says."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from market.claims.models import Claim, ClaimRefusal
from market.claims.states import WORKFLOW, ClaimAction
from market.kit.errors import Conflict, NotFound
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


FREE_OF_REFUSAL = frozenset({ClaimAction.REJECT, ClaimAction.SUPPLY, ClaimAction.WITHDRAW})
"""What may be done with a claim whose refusal waits to be decided: decide it, and what the applicant does."""


async def require_no_open_refusal(claim: Claim) -> None:
    """Raise while a refusal of the locked claim waits for the second person.

    Raises:
        Conflict: one does.
    """
    if await ClaimRefusal.exists(claim_id=claim.id, verdict=None):
        raise Conflict(_("申报 %(number)s 拟不予支持，待复核人决定。", number=claim.number))


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

    Raises:
        ActionNotAllowed: the workflow does not permit it.
        Conflict: a refusal of the claim waits to be decided.
    """
    if action not in FREE_OF_REFUSAL and WORKFLOW.allows(claim.status, action):
        await require_no_open_refusal(claim)
    return await transition(claim, action, by=by, note=note, number=claim.number, **data)
