"""Awards on contracts that were voided: reserved money returns to the budget, paid money is claimed back."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from market.accounts.messages import notify
from market.budgets.batches import HELD, close_settled, lock_batch, reservation_of
from market.budgets.clawbacks import start_due as start_due_clawbacks
from market.budgets.models import Disbursement
from market.budgets.states import DisbursementStatus
from market.claims.letters import issue_refusal
from market.claims.models import Claim, ClaimContract
from market.claims.queries import is_voided, voided_in
from market.claims.states import ClaimAction
from market.claims.transitions import lock_claims, move
from market.kit.database import atomic
from market.kit.i18n import gettext as _
from market.kit.i18n import in_source_language, source_text
from market.ledger import transfers as book
from market.ledger.models import Phase, Transfer
from market.records.by import By


async def release_voided(now: datetime) -> int:
    """End each unpaid claim on a voided contract; return how many.

    The whole award is released, also where only one of several contracts is voided (A): the others may be
    claimed for again, and a supplementary list may use what was released. A claim with an open order is
    skipped: once paid it is clawed back, once returned the next run releases it.
    """
    rows = ClaimContract.filter(is_voided(), claim__status__in=list(HELD), claim__batch_id__isnull=False)
    numbers = await rows.values_list("claim__batch__number", flat=True)
    return sum([await _release_in_batch(str(number), now) for number in sorted(set(map(str, numbers)))])


@atomic()
async def _release_in_batch(number: str, now: datetime) -> int:
    batch = await lock_batch(number)
    ids = await Claim.filter(batch_id=batch.id).values_list("id", flat=True)
    claims = await lock_claims([UUID(str(identity)) for identity in ids])
    voided = await voided_in([claim.id for claim in claims if claim.status in HELD])
    count = 0
    for claim in claims:
        if claim.id not in voided or await _has_open_order(claim):
            continue
        with in_source_language():
            reason = _("合同 %(number)s 已解除或注销登记", number=voided[claim.id][0].number)
        await _release(claim, source_text(reason), now)
        count += 1
    if count:
        await close_settled(batch, by=By.job(now))
    return count


async def _has_open_order(claim: Claim) -> bool:
    return await Disbursement.exists(claim_id=claim.id, status=DisbursementStatus.ORDERED)


async def _release(claim: Claim, reason: str, now: datetime) -> None:
    """Void a pending reservation or reverse a posted one, each by a new transfer in the ledger."""
    reservation_transfer = await reservation_of(claim)
    posted = await Transfer.get_or_none(pending_id=reservation_transfer.id, phase=Phase.POST)
    reference = f"release:{claim.id}:{claim.batch_id}"
    if posted is None:
        await book.void_pending(reservation_transfer.id, reference=reference, at=now)
    else:
        await book.reverse(posted.id, reference=reference, at=now)
    await move(claim, ClaimAction.RELEASE, by=By.job(now), note=reason, amount=claim.award_amount)
    claim.reject_reason = reason
    await claim.save(update_fields=["reject_reason"])
    await issue_refusal(claim, by=By.job(now))
    await notify(
        _("补助申报 %(number)s 不再支持：%(reason)s。", number=claim.number, reason=reason),
        now=now,
        address=f"/claims/{claim.number}",
        organisation_id=claim.applicant_id,
    )


async def run_due(now: datetime) -> int:
    """Release and claw back awards on rescinded contracts; return how many."""
    return await release_voided(now) + await start_due_clawbacks(now)
