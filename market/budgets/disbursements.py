"""Orders to pay approved awards."""

from __future__ import annotations

from dataclasses import dataclass, field
from uuid import UUID, uuid4

from market.audit.log import record
from market.budgets.batches import lock_batch
from market.budgets.instructions import make_instruction
from market.budgets.models import Batch, Disbursement
from market.budgets.payment_models import PaymentInstruction
from market.budgets.payment_results import returned_from_account
from market.budgets.states import (
    LIVE,
    BatchAction,
    BatchStatus,
    BatchVerb,
    BudgetAct,
    DisbursementStatus,
    DisbursementVerb,
)
from market.claims.claim_payees import payee_states
from market.claims.models import Claim
from market.claims.queries import voided_in
from market.claims.states import ClaimAction, ClaimStatus
from market.claims.transitions import lock_claims, move
from market.codes.numbers import next_number
from market.integrity.conflicts import conflict_message, conflicts_of
from market.integrity.models import Scope
from market.integrity.sanction_acts import check
from market.kit.database import atomic
from market.kit.errors import Conflict, NotFound
from market.kit.i18n import gettext as _
from market.payees.accounts import lock_organisations
from market.payees.models import PayeeAccount
from market.records.by import By
from market.records.transitions import transition

PAYABLE = frozenset({ClaimStatus.APPROVED, ClaimStatus.TO_PAY})


@dataclass
class OrderResult:
    """The orders created, their instruction, and the claims held back with the reasons."""

    orders: list[Disbursement] = field(default_factory=list)
    held: list[tuple[str, str]] = field(default_factory=list)
    instruction: PaymentInstruction | None = None
    """Holds the orders, and those open ones of the batch that stood in no instruction."""


async def order_payment(number: str, *, by: By) -> OrderResult:
    """Order payment of a batch's approved claims, and again of those the bank returned, in one instruction.

    Integrity records are checked a third time; barred claims are held back and the check is stored. A claim
    whose account is not confirmed, has changed since its submission, or is the one that a payment was
    returned from, is held back too.

    Raises:
        Conflict: nothing waits for an order.
    """
    by.actor.require(BudgetAct.DISBURSE)
    batch = await Batch.get_or_none(number=number)
    if batch is None:
        raise NotFound(_("没有这个批次。"))
    held: dict[UUID, str] = {}
    waiting = await Claim.filter(batch_id=batch.id, status__in=list(PAYABLE)).select_related("applicant")
    voided = await voided_in([claim.id for claim in waiting])
    conflicted = await conflicts_of(by, "claim", [claim.id for claim in waiting])
    for claim in waiting:
        answer = await check(
            claim.applicant.uscc,
            Scope.SUBSIDY,
            occasion="payment",
            reference_kind="claim",
            reference_id=claim.id,
            now=by.now,
        )
        if not answer.is_clear:
            held[claim.id] = _("诚信记录 %(no)s", no=answer.found[0]["decision_number"])
        elif claim.id in voided:
            held[claim.id] = _("合同 %(number)s 已解除或注销登记", number=voided[claim.id][0].number)
        elif claim.id in conflicted:
            held[claim.id] = conflict_message("claim")
    return await _order(number, held, by=by)


@atomic()
async def _order(number: str, held: dict[UUID, str], *, by: By) -> OrderResult:
    batch = await lock_batch(number)
    ids = await Claim.filter(batch_id=batch.id).values_list("id", flat=True)
    result = OrderResult()
    claims = await lock_claims([UUID(str(identity)) for identity in ids])
    await lock_organisations({claim.applicant_id for claim in claims})
    payees = await payee_states([claim.id for claim in claims])
    returned = await returned_from_account([claim.id for claim in claims])
    for claim in claims:
        if claim.status not in PAYABLE:
            continue
        if await Disbursement.exists(claim_id=claim.id, status__in=list(LIVE)):
            continue
        if claim.id in held or not payees[claim.id].is_payable:
            result.held.append((claim.number, held.get(claim.id) or str(payees[claim.id].label)))
            continue
        if claim.id in returned:
            message = _("银行退回（%(reason)s），待单位更正收款账户", reason=returned[claim.id])
            result.held.append((claim.number, message))
            continue
        result.orders.append(await _create_order(claim, by=by))
    open_orders = Disbursement.filter(claim__batch_id=batch.id, status=DisbursementStatus.ORDERED, line=None)
    order_ids = [order.id for order in await open_orders if payees[order.claim_id].is_payable]
    if order_ids:
        result.instruction = await make_instruction(batch, order_ids, by=by)
    elif not result.held:
        raise Conflict(_("这个批次没有待下达拨付的申报。"))
    if result.orders and batch.status is BatchStatus.APPROVED:
        await transition(batch, BatchAction.DISBURSE, by=by)
    await record(
        "batch",
        batch.id,
        BatchVerb.ORDER_PAYMENT,
        by=by,
        orders=[order.number for order in result.orders],
        instruction=result.instruction.number if result.instruction else "",
        held=[claim for claim, _reason in result.held],
    )
    return result


async def _create_order(claim: Claim, *, by: By) -> Disbursement:
    payee = await PayeeAccount.get(id=claim.payee_id)
    order = await Disbursement.create(
        id=uuid4(),
        number=await next_number("disbursement", by.now),
        claim_id=claim.id,
        amount=claim.award_amount or 0,
        payee_id=payee.id,
        payee_bank=payee.bank_name,
        payee_account=payee.number,
        ordered_at=by.now,
    )
    if claim.status is ClaimStatus.APPROVED:
        await move(claim, ClaimAction.ORDER_PAYMENT, by=by, disbursement=order.number)
    await record(
        "disbursement",
        order.id,
        DisbursementVerb.ORDER,
        by=by,
        number=order.number,
        claim=claim.number,
        amount=order.amount,
        account=payee.masked,
        account_hash=payee.fingerprint,
    )
    return order
