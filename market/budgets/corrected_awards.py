"""Awards that a ruling on an objection lowers: claim, contracts, reservation and documents follow at once."""

from __future__ import annotations

from uuid import UUID

from market.accounts.messages import notify
from market.audit.log import record
from market.budgets.annual_budgets import budget_account, reserved_account
from market.budgets.batches import lock_batch, reservation_of, reservation_reference, set_award
from market.budgets.models import Batch
from market.budgets.states import ClaimVerb
from market.claims.letters import issue_correction
from market.claims.models import Claim
from market.claims.states import ClaimStatus
from market.claims.transitions import lock_claims
from market.kit.errors import Conflict
from market.kit.formats import yuan
from market.kit.i18n import gettext as _
from market.kit.money import Money
from market.ledger import transfers as book
from market.notices.entries import EntryCorrection
from market.notices.models import Notice, ObjectionRuling
from market.programmes.models import Programme
from market.records.by import By


async def amount_of(claim_id: UUID) -> int | None:
    """Return the award of a published claim, in fen; None of one that is published no more."""
    claim = await Claim.get_or_none(id=claim_id)
    return claim.award_amount if claim and claim.status is ClaimStatus.PUBLICITY else None


async def lock_list(batch_id: UUID) -> None:
    """Lock a list and its claims, in the order used everywhere."""
    batch = await lock_batch((await Batch.get(id=batch_id)).number)
    ids = await Claim.filter(batch_id=batch.id).values_list("id", flat=True)
    await lock_claims([UUID(str(identity)) for identity in ids])


async def correct_award(claim_id: UUID, ruling: ObjectionRuling, notice: Notice, by: By) -> None:
    """Give a claim the amount of a confirmed ruling; the difference returns to the budget.

    Raises:
        Conflict: the claim left its publicity, or has not the amount that the ruling was proposed for.
    """
    claim = await Claim.get(id=claim_id)
    corrected = ruling.corrected_amount
    if (
        corrected is None
        or claim.status is not ClaimStatus.PUBLICITY
        or claim.award_amount != ruling.listed_amount
    ):
        raise Conflict(_("这项补助在拟裁定以后有变化，请退回后重新拟定。"))
    batch = await Batch.get(id=notice.subject_id)
    programme = await Programme.get(id=batch.programme_id)
    await book.void_pending((await reservation_of(claim)).id, reference=f"void:{ruling.id}", at=by.now)
    await set_award(claim, corrected)
    await book.post(
        "subsidy_reserved",
        Money(corrected),
        debit=budget_account(programme.slug, batch.fiscal_year),
        credit=reserved_account(programme.slug, batch.fiscal_year),
        reference=f"{reservation_reference(claim)}:{ruling.id}",
        at=by.now,
        subject=("claim", claim.id),
        pending=True,
    )
    await record(
        "claim",
        claim.id,
        ClaimVerb.CORRECT_AWARD,
        by=by,
        old_amount=ruling.listed_amount,
        amount=corrected,
        ruling=ruling.id,
        notice=notice.number,
    )
    await issue_correction(claim, ruling, notice.number, by=by)
    await notify(
        _(
            "补助申报 %(number)s 因公示异议部分成立，补助由 %(listed)s 更正为 %(corrected)s。",
            number=claim.number,
            listed=yuan(ruling.listed_amount),
            corrected=yuan(corrected),
        ),
        now=by.now,
        address=f"/claims/{claim.number}",
        organisation_id=claim.applicant_id,
    )


CORRECTION = EntryCorrection(amount_of, lock_list, correct_award)
