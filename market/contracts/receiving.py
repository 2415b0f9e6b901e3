"""Money that arrives for a contract: by bank transfer, confirmed by another person, or online."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID, uuid4

from market.accounts.actors import Actor
from market.accounts.messages import notify
from market.accounts.models import MemberRole
from market.audit.log import record
from market.contracts.fees import book_fee
from market.contracts.models import INSTALMENT, Contract, Instalment, Receipt, ReceiptSource
from market.contracts.permissions import ContractAct
from market.contracts.queries import (
    get_instalment_for,
    get_remittance_for,
    is_fulfilled,
    open_amount,
    received,
    waiting_amount,
)
from market.contracts.verbs import ContractVerb
from market.deals.brokerage import book_commission
from market.deals.models import Deal, Side
from market.deals.notifications import notify_both_parties
from market.deals.parties import side_of
from market.deals.permissions import DealAct
from market.deals.states import DealAction, DealStatus
from market.files.attachments import StoredBlob, attach
from market.files.models import Tier
from market.kit.clock import local_date
from market.kit.database import atomic
from market.kit.errors import Conflict, Forbidden, Invalid, NotFound
from market.kit.formats import yuan
from market.kit.i18n import gettext as _
from market.kit.money import Money
from market.ledger import services as ledger
from market.ledger.accounts import account_code
from market.payments import checkouts, remittances
from market.payments.gateway import PaymentGateway, ReturnUrls
from market.payments.models import Remittance
from market.payments.payables import PaidPayment
from market.records.by import By
from market.records.transitions import transition

_PAYABLE_IN = (DealStatus.SIGNED, DealStatus.REGISTERED, DealStatus.PAYING)


class TooMuch(Conflict):
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
    deal = await _lock(contract)
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
        TooMuch: the instalment has less left.
    """
    by.actor.require(ContractAct.CONFIRM_REMITTANCE)
    await _require_seller_of(remittance_id, by.actor)
    remittance = await remittances.confirm_remittance(remittance_id, by=by)
    instalment = await Instalment.get(id=remittance.payable_id).select_related("contract__deal")
    await _lock(instalment.contract)
    left = Money(await open_amount(instalment), remittance.currency)
    if left < Money(remittance.amount, remittance.currency):
        raise TooMuch(_("这一期只剩 %(left)s 未收，不能确认这笔到账。", left=yuan(left)))
    receipt = await receive_remittance(remittance, by=by)
    if receipt is None:
        raise TooMuch(_("这一期已经收齐，不能再确认这笔到账。"))
    return receipt


@atomic()
async def reject_remittance(remittance_id: UUID, reason: str, *, by: By) -> Remittance:
    """Send a recorded transfer back with a reason, for the seller's finance."""
    by.actor.require(ContractAct.CONFIRM_REMITTANCE)
    await _require_seller_of(remittance_id, by.actor)
    return await remittances.reject_remittance(remittance_id, reason, by=by)


@atomic()
async def receive_remittance(remittance: Remittance, *, by: By) -> Receipt | None:
    """Book a confirmed bank transfer; booking it again changes nothing.

    The bank's own statement may show more than the instalment has left: that is surplus until it is
    sent back. None when all of it is.
    """
    return await _receive(
        ReceiptSource.REMITTANCE,
        remittance.id,
        remittance.payable_id,
        Money(remittance.amount, remittance.currency),
        received_on=remittance.received_on,
        by=by,
    )


@atomic()
async def receive_restored(
    refund_id: UUID, instalment_id: UUID, money: Money, *, way: str, now: datetime
) -> Receipt | None:
    """Book that a refund did not go through after all: its money counts as if it had come anew, once."""
    return await _receive(
        ReceiptSource.RESTORED,
        refund_id,
        instalment_id,
        money,
        received_on=local_date(now),
        by=By.job(now),
        way=way,
    )


async def start_payment(
    instalment_id: UUID,
    *,
    gateway: PaymentGateway | None,
    by: By,
    urls: ReturnUrls,
    fee_basis_points: int = 0,
) -> str:
    """Return the page where the buyer pays what is left of an instalment, to the seller's own account.

    Raises:
        Forbidden: the person does not act for the buyer.
        Conflict: the contract takes no payments; see also `payments.checkouts.start_checkout`.
    """
    by.actor.require(ContractAct.PAY_ONLINE)
    instalment = await get_instalment_for(by.actor, instalment_id)
    contract = instalment.contract
    if side_of(contract.deal, by.actor) is not Side.BUYER:
        raise Forbidden(_("由受让方付款。"))
    if contract.deal.status not in _PAYABLE_IN:
        raise Conflict(_("这份合同现在不接收付款。"))
    return await checkouts.start_checkout(
        INSTALMENT, instalment.id, gateway=gateway, by=by, urls=urls, fee_basis_points=fee_basis_points
    )


@atomic()
async def receive(paid: PaidPayment, *, by: By) -> Receipt | None:
    """Book money that was paid online. Idempotent.

    What exceeds the instalment has arrived all the same: it is booked as surplus until it is sent back.
    None when all of it is.
    """
    receipt = await _receive(
        ReceiptSource.PAYMENT,
        paid.payment_id,
        paid.payable_id,
        paid.money,
        received_on=local_date(paid.paid_at),
        by=by,
    )
    await book_fee(paid.payment_id, at=by.now)
    return receipt


@atomic()
async def settle_commission(deal_id: UUID, *, now: datetime) -> None:
    """Bring the commission of a signed deal to its share of what was received, under the deal's lock."""
    await Deal.select_for_update().get(id=deal_id)
    contract = await Contract.get(deal_id=deal_id)
    await book_commission(deal_id, Money(await received(contract.id), contract.currency), at=now)


async def follow(deal_id: UUID, contract: Contract, *, by: By) -> None:
    """Bring a registered deal to where its receipts put it: paying at the first, completed at the last.

    The caller holds the lock of the deal.
    """
    total = await received(contract.id)
    deal = await Deal.get(id=deal_id)
    if deal.status is DealStatus.REGISTERED and total > 0:
        await transition(deal, DealAction.START_PAYING, by=by)
    if deal.status is DealStatus.PAYING and await is_fulfilled(contract, total):
        await transition(deal, DealAction.COMPLETE, by=by)


async def _receive(
    source: ReceiptSource,
    source_id: UUID,
    instalment_id: UUID,
    money: Money,
    *,
    received_on: date,
    by: By,
    way: str = "",
) -> Receipt | None:
    """Write the receipt and book it, under the lock of the deal; the same source again changes nothing."""
    instalment = await Instalment.get(id=instalment_id).select_related("contract__deal")
    contract = instalment.contract
    deal = await _lock(contract, is_arrived=True)
    known = await Receipt.get_or_none(source=source, source_id=source_id)
    if known is not None:
        return known
    # Nothing is owed any more on a contract that was ended: what still arrives goes back.
    is_ended = deal.status is DealStatus.RESCINDED
    left = Money(0 if is_ended else await open_amount(instalment), money.currency)
    placed = money if money <= left else left
    reference = f"{source}:{source_id}"
    if placed != money:
        await ledger.post(
            "surplus",
            money - placed,
            debit=account_code("unplaced", deal.seller_id, money.currency),
            credit=f"surplus:{instalment.id}",
            reference=f"{reference}:surplus",
            at=by.now,
            subject=("contract", contract.id),
        )
    if not placed:
        return None
    receipt = await Receipt.create(
        id=uuid4(),
        contract_id=contract.id,
        instalment_id=instalment.id,
        source=source,
        source_id=source_id,
        amount=placed.amount,
        currency=placed.currency,
        received_on=received_on,
        booked_at=by.now,
    )
    way = way or ("online" if source is ReceiptSource.PAYMENT else "remittance")
    await ledger.post(
        "receipt",
        placed,
        debit=f"due:{instalment.id}",
        credit=account_code(f"met:{way}", deal.seller_id, placed.currency),
        reference=f"{reference}:receipt",
        at=by.now,
        subject=("contract", contract.id),
    )
    await record(
        "contract",
        contract.id,
        ContractVerb.RECEIVE,
        by=by,
        source=source,
        source_id=source_id,
        amount=receipt.amount,
        instalment=instalment.sequence,
    )
    await book_commission(deal.id, Money(await received(contract.id), contract.currency), at=by.now)
    await follow(deal.id, contract, by=by)
    await notify_both_parties(
        deal,
        _(
            "合同 %(number)s 第 %(n)s 期到账 %(amount)s。",
            number=contract.number,
            n=instalment.sequence,
            amount=yuan(placed),
        ),
        now=by.now,
        address=f"/contracts/{contract.number}",
    )
    return receipt


async def _lock(contract: Contract, *, is_arrived: bool = False) -> Deal:
    """Lock the deal, behind which all who change its contract queue up.

    Raises:
        Conflict: it takes no payments; money that has arrived is taken whatever the state.
    """
    deal = await Deal.select_for_update().get(id=contract.deal_id)
    if not is_arrived and deal.status not in _PAYABLE_IN:
        raise Conflict(_("这份合同现在不接收付款。"))
    return deal


async def _require_seller_of(remittance_id: UUID, actor: Actor) -> None:
    _remittance, instalment = await get_remittance_for(actor, remittance_id)
    if side_of(instalment.contract.deal, actor) is not Side.SELLER:
        raise Forbidden(_("到账由转让方的财务人员确认。"))
