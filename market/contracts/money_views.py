"""Pages of the seller's finance: refunds, disputes and the money of a contract."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from tortoise.expressions import Q

from market.accounts.permissions import AccountAct
from market.accounts.web import actor_for
from market.contracts import queries, refunds
from market.contracts.forms import OnlineRefundForm, RefundForm, RejectionForm, rejection_page
from market.contracts.models import INSTALMENT, Instalment
from market.contracts.states import ContractAct
from market.deals.models import Side
from market.deals.parties import side_of
from market.files.attachments import optional_upload
from market.kit.clock import local_date
from market.kit.errors import Conflict, Forbidden, NotFound
from market.kit.flash import flash
from market.kit.formats import yuan
from market.kit.forms import BaseForm
from market.kit.i18n import gettext as _
from market.kit.templating import render, render_form
from market.kit.web import deps, form_data, form_data_or_none, path_id, redirect_to
from market.payments.models import Dispute, Payment, Refund, Remittance
from market.payments.refunds import refundable
from market.payments.statement_models import BankLine
from market.payments.statements import get_line_for
from market.records.by import By


async def refund_payment(request: Request) -> Response:
    actor = actor_for(request, ContractAct.REFUND)
    payment = await Payment.get_or_none(id=path_id(request, "payment_id"))
    if payment is None or payment.payable_kind != INSTALMENT:
        raise NotFound(_("没有这笔付款，或者您不能查看它。"))
    instalment = await queries.get_instalment_for(actor, payment.payable_id)
    if side_of(instalment.contract.deal, actor) is not Side.SELLER:
        raise Forbidden(_("退款由转让方的财务人员办理。"))
    left = await refundable(payment)
    form = OnlineRefundForm(
        await form_data_or_none(request),
        data={"amount": left.amount or None},
        currency=payment.currency,
    )
    if form.validate_on_submit():
        with form.catch_invalid(Conflict, field="amount"):
            await refunds.request_refund(
                payment.id, form.amount.data, str(form.reason.data), by=By(actor, deps(request).clock())
            )
            done = redirect_to(request, "contracts:money", number=instalment.contract.number)
            return flash(request, done, _("退款已提交支付平台。"))
    return _form(request, form, payment, left, instalment)


async def refund_remittance(request: Request) -> Response:
    actor = actor_for(request, ContractAct.REFUND)
    remittance, instalment = await queries.get_remittance_for(actor, path_id(request, "remittance_id"))
    if side_of(instalment.contract.deal, actor) is not Side.SELLER:
        raise Forbidden(_("退款由转让方的财务人员办理。"))
    return await _by_bank(request, remittance, instalment)


async def return_line(request: Request) -> Response:
    actor = actor_for(request, ContractAct.REFUND)
    return await _by_bank(request, await get_line_for(actor, path_id(request, "line_id")), None)


async def _by_bank(
    request: Request, source: Remittance | BankLine, instalment: Instalment | None
) -> Response:
    actor, now = actor_for(request, ContractAct.REFUND), deps(request).clock()
    left = await refundable(source)
    data = await form_data_or_none(request)
    form = RefundForm(
        data, data={"amount": left.amount or None, "refunded_on": local_date(now)}, currency=source.currency
    )
    if form.validate_on_submit():
        with form.catch_invalid(Conflict, field="amount"):
            blob = await optional_upload(request)
            await refunds.record_refund(
                source,
                form.amount.data,
                str(form.reason.data),
                refunded_on=form.refunded_on.data,
                bank_reference=form.bank_reference.data or "",
                blob=blob,
                by=By(actor, now),
            )
            message = _("退款已登记，请另一位财务人员确认。")
            if instalment is None:
                return flash(request, redirect_to(request, "contracts:bank_line", line_id=source.id), message)
            return flash(
                request, redirect_to(request, "contracts:money", number=instalment.contract.number), message
            )
    return _form(request, form, source, left, instalment)


def _form(
    request: Request, form: BaseForm, source: object, left: object, instalment: Instalment | None
) -> Response:
    return render_form(
        request,
        "payments/refund.html",
        form,
        source=source,
        left=left,
        instalment=instalment,
        contract=instalment.contract if instalment else None,
    )


async def money(request: Request) -> Response:
    """Show all money of a contract that came or went: attempts to pay, refunds, disputes."""
    actor = actor_for(request, AccountAct.READ_OWN_DATA)
    contract = await queries.get_contract_for(actor, request.path_params["number"])
    ids = [instalment.id for instalment in contract.instalments]
    payments = await Payment.filter(payable_kind=INSTALMENT, payable_id__in=ids).order_by("created_at")
    remittances = await Remittance.filter(payable_kind=INSTALMENT, payable_id__in=ids).order_by("proposed_at")
    sent = (
        await Refund.filter(
            Q(payment_id__in=[payment.id for payment in payments])
            | Q(remittance_id__in=[remittance.id for remittance in remittances])
        )
        .select_related("proposed_by")
        .order_by("proposed_at")
    )
    return render(
        request,
        "payments/money.html",
        contract=contract,
        side=side_of(contract.deal, actor),
        sequence={instalment.id: instalment.sequence for instalment in contract.instalments},
        payments=payments,
        remittances=remittances,
        refunds=sent,
        disputes=await Dispute.filter(payment_id__in=[payment.id for payment in payments]).order_by(
            "opened_at"
        ),
    )


async def confirm_refund(request: Request) -> Response:
    actor = actor_for(request, ContractAct.CONFIRM_REFUND)
    refund = await refunds.get_refund_for(actor, path_id(request, "refund_id"))
    await refunds.confirm_refund(refund.id, by=By(actor, deps(request).clock()))
    return flash(request, await _back(request, refund), _("退款已确认并入账。"))


async def reject_refund(request: Request) -> Response:
    actor = actor_for(request, ContractAct.CONFIRM_REFUND)
    refund = await refunds.get_refund_for(actor, path_id(request, "refund_id"))
    form = RejectionForm(await form_data(request))
    if form.validate():
        await refunds.reject_refund(refund.id, str(form.reason.data), by=By(actor, deps(request).clock()))
        return flash(request, await _back(request, refund), _("已退回，这笔退款不算数。"), "note")
    about = _("退款 %(amount)s　%(cause)s", amount=yuan(refund.money), cause=refund.cause)
    back = (await _back(request, refund)).headers["location"]
    return rejection_page(request, form, about=about, back=back, place=_("收退款"))


async def _back(request: Request, refund: Refund) -> Response:
    if refund.line_id is not None:
        return redirect_to(request, "contracts:bank_line", line_id=refund.line_id)
    source = refund.payment or refund.remittance
    instalment = await Instalment.get(id=source.payable_id).select_related("contract")  # type: ignore[union-attr]
    return redirect_to(request, "contracts:money", number=instalment.contract.number)


routes = [
    Route("/contracts/{number}/money", money, name="contracts:money", methods=["GET"]),
    Route(
        "/payments/{payment_id:uuid}/refund",
        refund_payment,
        name="contracts:refund_payment",
        methods=["GET", "POST"],
    ),
    Route(
        "/remittances/{remittance_id:uuid}/refund",
        refund_remittance,
        name="contracts:refund_remittance",
        methods=["GET", "POST"],
    ),
    Route(
        "/bank/lines/{line_id:uuid}/return",
        return_line,
        name="contracts:return_line",
        methods=["GET", "POST"],
    ),
    Route(
        "/refunds/{refund_id:uuid}/confirm", confirm_refund, name="contracts:confirm_refund", methods=["POST"]
    ),
    Route(
        "/refunds/{refund_id:uuid}/reject", reject_refund, name="contracts:reject_refund", methods=["POST"]
    ),
]
