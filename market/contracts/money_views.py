"""Pages of the seller's finance: money of a contract, refunds, acts on the lines of bank statements."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from starlette.requests import Request
from starlette.responses import Response
from tortoise.expressions import Q

from market.accounts.permissions import AccountAct
from market.accounts.second_people import second_people
from market.accounts.web import actor_for
from market.contracts import bank_statements, queries, refunds
from market.contracts.forms import (
    OnlineRefundForm,
    RefundForm,
    RejectionForm,
    SetAsideForm,
    rejection_page,
)
from market.contracts.models import INSTALMENT, Instalment
from market.contracts.states import ContractAct
from market.deals.models import Side
from market.deals.parties import side_of
from market.files.attachments import optional_upload
from market.kit.clock import local_date
from market.kit.errors import Conflict, Forbidden, Invalid, NotFound
from market.kit.flash import flash
from market.kit.formats import yuan
from market.kit.forms import BaseForm
from market.kit.i18n import gettext as _
from market.kit.money import MisplacedComma, Money
from market.kit.routing import UPLOAD, Route
from market.kit.templating import render, render_form
from market.kit.web import deps, form_data, form_data_or_none, path_id, redirect_to, uuid_or_none
from market.payments.bank_lines import candidates_of, refundable_remittances
from market.payments.models import Dispute, Payment, Refund, Remittance
from market.payments.refunds import refundable
from market.payments.statement_models import BankLine
from market.payments.statements import get_line_for
from market.payments.states import LineAction, LineStatus
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
        seconds=await second_people(
            ContractAct.CONFIRM_REFUND,
            contract.deal.seller_id,
            (refund.proposed_by_id for refund in sent if refund.proposed_by_id),
            actor=actor,
        ),
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


async def line(request: Request) -> Response:
    actor = actor_for(request, ContractAct.SEE_STATEMENTS)
    return await _line_page(request, await get_line_for(actor, path_id(request, "line_id")), SetAsideForm())


async def act(request: Request) -> Response:
    """Carry out the act on a line that the pressed button names."""
    actor, now = actor_for(request, ContractAct.IMPORT_STATEMENT), deps(request).clock()
    line = await get_line_for(actor, path_id(request, "line_id"))
    data = await form_data(request)
    form = SetAsideForm(data)
    by = By(actor, now)
    try:
        match data.get("act"):
            case "match":
                await bank_statements.match_line(line.id, _chosen_parts(line, data), by=by)
            case "release":
                await bank_statements.release_line(line.id, by=by)
            case "reopen":
                await bank_statements.reopen_line(line.id, by=by)
            case "confirm":
                await bank_statements.confirm_line(line.id, by=by)
            case "same" | "differ" as decision:
                await bank_statements.decide_resemblance(line.id, LineAction(decision), by=by)
            case "treat_as_incoming" | "treat_as_outgoing" as decision:
                await bank_statements.treat_reversal_as(line.id, LineAction(decision), by=by)
            case "pair":
                original_id = uuid_or_none(data.get("original"))
                if original_id is None:
                    raise Invalid(_("请选择这笔冲正对应的流水。"), field="original")
                await bank_statements.pair_reversal(line.id, original_id, by=by)
            case "refund":
                await bank_statements.refund_reversal(line.id, by=by)
            case _:
                await bank_statements.set_line_aside(line.id, str(form.note.data or ""), by=by)
    except Invalid as refused:
        form.add_error(refused.field or "", str(refused))
        return await _line_page(request, line, form, data)
    return flash(request, redirect_to(request, "contracts:bank_line", line_id=line.id), _("已记下。"))


def _chosen_parts(line: BankLine, data: Mapping[str, Any]) -> dict[UUID, int]:
    """Return the amounts that a person gave to instalments; a single one without amount takes the line."""
    chosen = [parsed_id for value in _all(data, "instalment") if (parsed_id := uuid_or_none(value))]
    if not chosen:
        raise Invalid(_("请选择这笔款付的是哪一期。"), field="parts")
    parts: dict[UUID, int] = {}
    for instalment_id in chosen:
        text = str(data.get(f"amount-{instalment_id}", "")).strip()
        if not text and len(chosen) == 1:
            return {instalment_id: line.amount}
        try:
            parts[instalment_id] = Money.parse(text, line.currency).amount
        except MisplacedComma as error:
            raise Invalid(error.question, field="parts") from error
        except ValueError as error:
            raise Invalid(_("请填写每一期的金额。"), field="parts") from error
    return parts


def _all(data: Mapping[str, Any], name: str) -> list[Any]:
    return list(data.getlist(name)) if hasattr(data, "getlist") else []


async def _line_page(
    request: Request, line: BankLine, form: SetAsideForm, data: Mapping[str, Any] | None = None
) -> Response:
    is_open = line.status is LineStatus.OPEN
    matcher = await bank_statements.matcher_of(line.organisation_id) if is_open else None
    is_reversal = line.status is LineStatus.REVERSAL
    return render_form(
        request,
        "payments/bank_line.html",
        form,
        line=line,
        parts=(await bank_statements.instalments_of([line])).get(line.id, []),
        candidates=matcher.candidates(bank_statements.line_facts(line))[:20] if matcher else [],
        reversed_by=await BankLine.get_or_none(reverses_id=line.id),
        originals=await candidates_of(line) if is_reversal and line.reverses_id is None else [],
        to_refund=await refundable_remittances(line) if is_reversal else [],
        typed=data or {},
        chosen={str(value) for value in _all(data or {}, "instalment")},
    )


routes = [
    Route("/contracts/{number}/money", money, name="contracts:money", methods=["GET"]),
    Route(
        "/payments/{payment_id:uuid}/refund",
        refund_payment,
        name="contracts:refund_payment",
        methods=["GET", "POST"],
        body=UPLOAD,
    ),
    Route(
        "/remittances/{remittance_id:uuid}/refund",
        refund_remittance,
        name="contracts:refund_remittance",
        methods=["GET", "POST"],
        body=UPLOAD,
    ),
    Route(
        "/bank/lines/{line_id:uuid}/return",
        return_line,
        name="contracts:return_line",
        methods=["GET", "POST"],
        body=UPLOAD,
    ),
    Route(
        "/refunds/{refund_id:uuid}/confirm", confirm_refund, name="contracts:confirm_refund", methods=["POST"]
    ),
    Route(
        "/refunds/{refund_id:uuid}/reject", reject_refund, name="contracts:reject_refund", methods=["POST"]
    ),
    Route("/bank/lines/{line_id:uuid}", line, name="contracts:bank_line", methods=["GET"]),
    Route("/bank/lines/{line_id:uuid}/act", act, name="contracts:act_on_line", methods=["POST"]),
]
