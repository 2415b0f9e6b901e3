"""Bank transfers (对公转账): one person records what arrived, another confirms it."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from uuid import UUID, uuid4

from tortoise.exceptions import IntegrityError

from market.audit.log import record
from market.codes.canonical import canonical_key
from market.files.models import StoredFile
from market.kit.clock import local_date
from market.kit.database import atomic
from market.kit.errors import Invalid, NotFound
from market.kit.i18n import gettext as _
from market.kit.money import Money
from market.payments.models import Remittance
from market.payments.payables import payable_of
from market.payments.states import REMITTANCE, RemittanceAction, RemittanceVerb
from market.records.by import By
from market.records.decisions import Verdict, decide
from market.records.transitions import begin, transition


async def list_remittances(payable_kind: str, payable_ids: Collection[UUID]) -> list[Remittance]:
    """Return the bank transfers recorded for these payables, oldest first, with voucher and people."""
    return (
        await Remittance.filter(payable_kind=payable_kind, payable_id__in=list(payable_ids))
        .select_related("voucher", "proposed_by", "decided_by")
        .order_by("proposed_at")
    )


async def record_remittance(
    payable_kind: str,
    payable_id: UUID,
    money: Money,
    *,
    received_on: date,
    voucher_id: UUID,
    bank_reference: str = "",
    invoice_number: str = "",
    invoice_amount: int | None = None,
    by: By,
) -> Remittance:
    """Record a bank transfer with its voucher. It takes effect when a second person confirms it.

    Raises:
        UnknownPayable: no room declares this kind.
        Invalid: a value is wrong; invoice number and bank reference must be unique among live remittances.
    """
    payable_of(payable_kind)
    if money.amount <= 0:
        raise Invalid(_("金额应大于零。"), field="amount")
    if received_on > local_date(by.now):
        raise Invalid(_("到账日期不能晚于今天。"), field="received_on")
    invoice_number = canonical_key(invoice_number)
    if bool(invoice_number) != (invoice_amount is not None):
        raise Invalid(_("发票号码和发票金额要一起填写。"), field="invoice_number")
    if not await StoredFile.exists(id=voucher_id):
        raise Invalid(_("请上传银行回单。"), field="file")
    remittance = Remittance(
        id=uuid4(),
        payable_kind=payable_kind,
        payable_id=payable_id,
        amount=money.amount,
        currency=money.currency,
        received_on=received_on,
        bank_reference="".join(bank_reference.split()),
        voucher_id=voucher_id,
        invoice_number=invoice_number or None,
        invoice_amount=invoice_amount,
        proposed_by_id=by.actor.user_id,
        proposed_at=by.now,
    )
    try:
        return await _write(remittance, by=by)
    except IntegrityError as error:
        constraint = getattr(error.args[0], "constraint_name", "")
        if constraint == "remittances_one_invoice":
            raise Invalid(_("这个发票号码已经登记过。"), field="invoice_number") from error
        if constraint == "remittances_one_arrival":
            raise Invalid(_("这笔银行流水已经登记过。"), field="bank_reference") from error
        raise


@atomic()
async def confirm_remittance(remittance_id: UUID, *, by: By) -> Remittance:
    """Confirm that the money arrived. The row is locked: of two concurrent calls one wins.

    Raises:
        SamePerson: the actor recorded it.
        ActionNotAllowed: it was decided before.
    """
    return await _decide(remittance_id, RemittanceAction.CONFIRM, by=by)


@atomic()
async def reject_remittance(remittance_id: UUID, reason: str, *, by: By) -> Remittance:
    """Reject a remittance with a reason; it may be recorded again.

    Raises:
        SamePerson: the actor recorded it.
        ActionNotAllowed: it was decided before.
    """
    return await _decide(remittance_id, RemittanceAction.REJECT, by=by, reason=reason.strip()[:300])


@atomic()
async def _write(remittance: Remittance, *, by: By) -> Remittance:
    await remittance.save(force_create=True)
    await begin(remittance, by=by)
    await record(
        "remittance",
        remittance.id,
        RemittanceVerb.RECORD,
        by=by,
        amount=remittance.amount,
        received_on=remittance.received_on,
        invoice_number=remittance.invoice_number,
    )
    return remittance


async def _decide(remittance_id: UUID, action: RemittanceAction, *, by: By, reason: str = "") -> Remittance:
    remittance = await Remittance.select_for_update().get_or_none(id=remittance_id)
    if remittance is None:
        raise NotFound(_("没有这笔对公转账。"))
    REMITTANCE.next(remittance.status, action)
    verdict = Verdict.CONFIRMED if action is RemittanceAction.CONFIRM else Verdict.REJECTED
    await decide(
        remittance,
        verdict,
        by=by,
        reason=reason,
        refusal=_("登记人不能确认或退回自己登记的到账，请由本单位另一位同事办理。"),
    )
    return await transition(remittance, action, by=by, amount=remittance.amount)
