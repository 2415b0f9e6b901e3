"""Bank transfers (对公转账) for an instalment: recorded by either side, confirmed by the seller's finance."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from market.accounts.actors import Actor
from market.accounts.messages import notify
from market.accounts.models import MemberRole
from market.audit.log import record
from market.contracts.models import INSTALMENT, Instalment, Receipt
from market.contracts.queries import (
    get_instalment_for,
    get_remittance_for,
    lock_deal_to_pay,
    open_amount,
    waiting_amount,
)
from market.contracts.receipts import book_remittance
from market.contracts.states import ContractAct, ContractVerb
from market.deals.models import Side
from market.deals.parties import side_of
from market.deals.states import DealAct
from market.files.attachments import StoredBlob, attach
from market.files.models import Tier
from market.kit.database import atomic
from market.kit.errors import Conflict, Forbidden, Invalid, NotFound
from market.kit.formats import yuan
from market.kit.i18n import gettext as _
from market.kit.money import Money
from market.payments import remittances
from market.payments.models import Remittance
from market.records.by import By


class ExceedsOpenAmount(Conflict):
    """More arrived than the instalment has left."""


@atomic()
async def record_remittance(
    instalment_id: UUID,
    amount: int,
    blob: StoredBlob,
    *,
    received_on: date,
    bank_reference: str,
    invoice_number: str,
    invoice_amount: int | None,
    by: By,
) -> Remittance:
    """Record a bank transfer for an instalment, for either side, with its voucher and invoice.

    Raises:
        Invalid: at the field that is wrong; `amount` may not be more than is left.
        Conflict: the contract takes no payments.
    """
    by.actor.require(DealAct.RECORD_REMITTANCE)
    instalment = await get_instalment_for(by.actor, instalment_id)
    contract = instalment.contract
    if side_of(contract.deal, by.actor) is None:
        raise NotFound(_("没有这笔应付款，或者您不能查看它。"))
    deal = await lock_deal_to_pay(contract)
    left = await open_amount(instalment) - await waiting_amount([instalment.id])
    if amount > left:
        raise Invalid(
            _("这一期还可登记 %(left)s，请核对金额。", left=yuan(left, contract.currency)), field="amount"
        )
    voucher = await attach(
        blob,
        subject_kind="contract",
        subject_id=contract.id,
        kind="voucher",
        tier=Tier.PARTIES,
        by=by,
    )
    remittance = await remittances.record_remittance(
        INSTALMENT,
        instalment.id,
        Money(amount, contract.currency),
        received_on=received_on,
        voucher_id=voucher.id,
        bank_reference=bank_reference,
        invoice_number=invoice_number,
        invoice_amount=invoice_amount,
        by=by,
    )
    await record(
        "contract",
        contract.id,
        ContractVerb.RECORD_REMITTANCE,
        by=by,
        remittance=remittance.id,
        amount=amount,
    )
    await notify(
        _("合同 %(number)s 有一笔到账待确认。", number=contract.number),
        now=by.now,
        address=f"/contracts/{contract.number}",
        organisation_id=deal.seller_id,
        roles={MemberRole.FINANCE},
    )
    return remittance


@atomic()
async def confirm_remittance(remittance_id: UUID, *, by: By) -> Receipt:
    """Confirm that a recorded transfer has arrived, for the seller's finance; it becomes a receipt.

    Raises:
        SamePerson: the actor recorded it.
        ActionNotAllowed: it was decided before, perhaps a moment ago.
        ExceedsOpenAmount: the instalment has less left.
    """
    by.actor.require(ContractAct.CONFIRM_REMITTANCE)
    await _require_seller_of(remittance_id, by.actor)
    remittance = await remittances.confirm_remittance(remittance_id, by=by)
    instalment = await Instalment.get(id=remittance.payable_id).select_related("contract__deal")
    await lock_deal_to_pay(instalment.contract)
    left = Money(await open_amount(instalment), remittance.currency)
    if left < Money(remittance.amount, remittance.currency):
        raise ExceedsOpenAmount(_("这一期只剩 %(left)s 未收，不能确认这笔到账。", left=yuan(left)))
    receipt = await book_remittance(remittance, by=by)
    if receipt is None:
        raise ExceedsOpenAmount(_("这一期已经收齐，不能再确认这笔到账。"))
    return receipt


@atomic()
async def reject_remittance(remittance_id: UUID, reason: str, *, by: By) -> Remittance:
    """Reject a recorded transfer with a reason, for the seller's finance; it may be recorded again."""
    by.actor.require(ContractAct.CONFIRM_REMITTANCE)
    await _require_seller_of(remittance_id, by.actor)
    return await remittances.reject_remittance(remittance_id, reason, by=by)


async def _require_seller_of(remittance_id: UUID, actor: Actor) -> None:
    _remittance, instalment = await get_remittance_for(actor, remittance_id)
    if side_of(instalment.contract.deal, actor) is not Side.SELLER:
        raise Forbidden(_("到账由转让方的财务人员确认。"))
