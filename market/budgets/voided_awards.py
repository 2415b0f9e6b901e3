"""Money set aside for a claim whose contract was lost before the bank paid goes back to the budget."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from market.accounts.messages import notify
from market.budgets.batches import lock_batch, reservation
from market.budgets.models import Disbursement
from market.budgets.states import BatchAction, DisbursementStatus
from market.claims.contract_validity import is_voided, voided_in
from market.claims.models import Claim, ClaimContract
from market.claims.states import ClaimAction, ClaimStatus
from market.claims.transitions import lock_claims, move
from market.kit.database import atomic
from market.kit.i18n import gettext as _
from market.kit.i18n import in_source_language, source_text
from market.ledger import services as book
from market.ledger.models import Phase, Transfer
from market.records.by import By
from market.records.transitions import transition

HELD = frozenset({ClaimStatus.PUBLICITY, ClaimStatus.OBJECTION, ClaimStatus.APPROVED, ClaimStatus.TO_PAY})
"""Money is set aside, none is paid."""


async def release_lost(now: datetime) -> int:
    """End each claim that rests on a lost contract and is not paid; return how many that were.

    The whole award goes back, also where only one of several contracts was lost (A): the others may be
    claimed for again, and a supplementary list draws on what was freed. While the bank has an order in
    hand nothing is done: paid, the award is clawed back; returned, the next sweep finds it here.
    """
    rows = ClaimContract.filter(is_voided(), claim__status__in=list(HELD), claim__batch_id__isnull=False)
    numbers = await rows.values_list("claim__batch__number", flat=True)
    return sum([await _release_in(str(number), now) for number in sorted(set(map(str, numbers)))])


@atomic()
async def _release_in(number: str, now: datetime) -> int:
    batch = await lock_batch(number)
    ids = await Claim.filter(batch_id=batch.id).values_list("id", flat=True)
    claims = await lock_claims([UUID(str(identity)) for identity in ids])
    lost = await voided_in([claim.id for claim in claims if claim.status in HELD])
    done = 0
    for claim in claims:
        if claim.id not in lost or await _is_at_the_bank(claim):
            continue
        with in_source_language():
            reason = _("合同 %(number)s 已解除或注销登记", number=lost[claim.id][0].number)
        await _release(claim, source_text(reason), now)
        done += 1
    if done and not any(claim.status in HELD for claim in claims):
        await transition(batch, BatchAction.CLOSE, by=By.job(now))
    return done


async def _is_at_the_bank(claim: Claim) -> bool:
    return await Disbursement.exists(claim_id=claim.id, status=DisbursementStatus.ORDERED)


async def _release(claim: Claim, reason: str, now: datetime) -> None:
    """Void what is pending, reverse what approval posted; either way by a new row of the book."""
    held = await Transfer.get(reference=reservation(claim), phase=Phase.PENDING)
    posted = await Transfer.get_or_none(pending_id=held.id, phase=Phase.POST)
    reference = f"release:{claim.id}:{claim.batch_id}"
    if posted is None:
        await book.void_pending(held.id, reference=reference, at=now)
    else:
        await book.reverse(posted.id, reference=reference, at=now)
    await move(claim, ClaimAction.RELEASE, by=By.job(now), note=reason, amount=claim.award_amount)
    claim.reject_reason = reason
    await claim.save(update_fields=["reject_reason"])
    await notify(
        _("补助申报 %(number)s 不再支持：%(reason)s。", number=claim.number, reason=reason),
        now=now,
        address=f"/claims/{claim.number}",
        organisation_id=claim.applicant_id,
    )
