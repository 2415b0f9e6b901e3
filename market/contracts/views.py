"""Pages of contracts: signing, registration, payments of instalments, print and export."""

from __future__ import annotations

import asyncio

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from market.accounts.models import Organisation
from market.accounts.permissions import AccountAct
from market.accounts.second_people import second_people
from market.accounts.web import actor_for
from market.codes.canonical import canonical_key
from market.contracts import online_payments, queries, remittances, signing
from market.contracts.contract_progress import instalment_lines
from market.contracts.forms import (
    RegistrationForm,
    RejectionForm,
    RemittanceForm,
    rejection_page,
)
from market.contracts.models import INSTALMENT
from market.contracts.prints import contracts_workbook, print_context, rate_text, valid_until
from market.contracts.states import ContractAct
from market.contracts.terms import three_amounts
from market.deals.models import Side
from market.deals.parties import may_see, side_of
from market.deals.states import DealAct
from market.files.attachments import list_files, optional_upload, required_upload
from market.files.uploads import ACCEPT
from market.kit.clock import local_date
from market.kit.errors import Conflict, Forbidden, NotFound
from market.kit.flash import flash
from market.kit.formats import yuan
from market.kit.forms import to_minor_units
from market.kit.i18n import gettext as _
from market.kit.money import Money
from market.kit.pdf import render_pdf
from market.kit.routing import UPLOAD, Route
from market.kit.templating import render, render_form
from market.kit.web import deps, form_data, form_data_or_none, path_id, redirect_to
from market.payees.queries import known_account
from market.payments import connected_accounts
from market.payments.connected_accounts import find_connected_account
from market.payments.gateway import ReturnUrls
from market.payments.line_matching import payment_reference
from market.payments.models import Payment
from market.payments.online_limits import can_pay_online
from market.payments.states import RemittanceStatus
from market.records.by import By

_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


async def show(request: Request) -> Response:
    actor = actor_for(request, AccountAct.READ_OWN_DATA)
    contract = await queries.get_contract_for(actor, request.path_params["number"])
    account = await find_connected_account(contract.deal.seller_id)
    lines = await instalment_lines(contract)
    recorded = [remittance for line in lines for remittance in line.remittances if remittance.verdict is None]
    stakes = [paid_in for paid_in in contract.paid_in if paid_in.verdict is None]
    seller_id = contract.deal.seller_id
    return render(
        request,
        "contracts/show.html",
        seconds=await second_people(
            ContractAct.CONFIRM_REMITTANCE, seller_id, (row.proposed_by_id for row in recorded), actor=actor
        ),
        stake_seconds=await second_people(
            ContractAct.CONFIRM_PAID_IN, seller_id, (row.proposed_by_id for row in stakes), actor=actor
        ),
        contract=contract,
        deal=contract.deal,
        side=side_of(contract.deal, actor),
        may_see_deal=may_see(contract.deal, actor),
        amounts=three_amounts(contract, sum(line.received.amount for line in lines)),
        lines=lines,
        files=await list_files("contract", contract.id),
        today=local_date(deps(request).clock()),
        can_pay_online=can_pay_online,
        takes_online=deps(request).gateway is not None and account is not None and account.charges_enabled,
        valid_until=valid_until(contract),
        rate_words=rate_text(contract),
    )


async def register(request: Request) -> Response:
    actor = actor_for(request, DealAct.REGISTER_CONTRACT)
    contract = await queries.get_contract_for(actor, request.path_params["number"])
    if side_of(contract.deal, actor) is not Side.SELLER:
        raise Forbidden(_("技术合同由卖方申请认定登记。"))
    if contract.registration_number:
        raise Conflict(_("这份合同已经登记。"))
    form = RegistrationForm(await form_data_or_none(request))
    if form.validate_on_submit():
        with form.catch_invalid():
            await signing.register_contract(
                contract.number,
                canonical_key(str(form.registration_number.data)),
                registered_on=form.registered_on.data,
                registry=str(form.registry.data),
                blob=await optional_upload(request),
                by=By(actor, deps(request).clock()),
            )
            done = redirect_to(request, "contracts:show", number=contract.number)
            return flash(request, done, _("合同登记已记录。"))
    return render_form(
        request,
        "contracts/register.html",
        form,
        contract=contract,
        accept=ACCEPT,
    )


async def remit(request: Request) -> Response:
    actor = actor_for(request, DealAct.RECORD_REMITTANCE)
    instalment = await queries.get_instalment_for(actor, path_id(request, "instalment_id"))
    contract = instalment.contract
    if side_of(contract.deal, actor) is None:
        raise NotFound(_("没有这笔应付款，或者您不能查看它。"))
    left = await queries.open_amount(instalment) - await queries.waiting_amount([instalment.id])
    data = await form_data_or_none(request)
    rest = Money(max(left, 0), contract.currency)
    form = RemittanceForm(data, data={"amount": rest.hundredths or None})
    if form.validate_on_submit():
        with form.catch_invalid():
            await remittances.record_remittance(
                instalment.id,
                to_minor_units(form.amount.data, contract.currency, "amount"),
                await required_upload(request),
                received_on=form.received_on.data,
                bank_reference=form.bank_reference.data or "",
                invoice_number=form.invoice_number.data or "",
                invoice_amount=to_minor_units(form.invoice_amount.data, contract.currency, "invoice_amount")
                or None,
                by=By(actor, deps(request).clock()),
            )
            done = redirect_to(request, "contracts:show", number=contract.number)
            return flash(request, done, _("到账已登记，请转让方的另一位财务人员确认。"))
    return render_form(
        request,
        "contracts/remit.html",
        form,
        instalment=instalment,
        contract=contract,
        payee=await known_account(contract.deal.seller_id),
        reference=payment_reference(contract.number, instalment.sequence),
        left=left,
        accept=ACCEPT,
    )


async def confirm_remittance(request: Request) -> Response:
    """Show what confirming a transfer enters into the book, and confirm it."""
    actor = actor_for(request, ContractAct.CONFIRM_REMITTANCE)
    if request.method == "GET":
        remittance, instalment = await queries.get_remittance_for(actor, path_id(request, "remittance_id"))
        if remittance.status is not RemittanceStatus.RECORDED:
            return redirect_to(request, "contracts:show", number=instalment.contract.number)
        return render(
            request,
            "contracts/confirm_remittance.html",
            contract=instalment.contract,
            instalment=instalment,
            remittance=remittance,
            left=Money(await queries.open_amount(instalment), instalment.contract.currency),
        )
    receipt = await remittances.confirm_remittance(
        path_id(request, "remittance_id"), by=By(actor, deps(request).clock())
    )
    instalment = await queries.get_instalment_for(actor, receipt.instalment_id)
    done = redirect_to(request, "contracts:show", number=instalment.contract.number)
    return flash(request, done, _("到账已确认，计入实际到账。"))


async def reject_remittance(request: Request) -> Response:
    actor = actor_for(request, ContractAct.CONFIRM_REMITTANCE)
    remittance, instalment = await queries.get_remittance_for(actor, path_id(request, "remittance_id"))
    form = RejectionForm(await form_data(request))
    if form.validate():
        await remittances.reject_remittance(
            remittance.id, str(form.reason.data), by=By(actor, deps(request).clock())
        )
        done = redirect_to(request, "contracts:show", number=instalment.contract.number)
        return flash(request, done, _("已退回登记人核对。"), "note")
    contract = instalment.contract
    about = _(
        "第 %(n)s 期　%(amount)s　登记 %(name)s",
        n=instalment.sequence,
        amount=yuan(remittance.amount, remittance.currency),
        name=remittance.proposed_by.name,
    )
    back = str(request.app.url_path_for("contracts:show", number=contract.number))
    return rejection_page(request, form, about=about, back=back, place=contract.number)


async def pay(request: Request) -> Response:
    actor = actor_for(request, ContractAct.PAY_ONLINE)
    instalment = await queries.get_instalment_for(actor, path_id(request, "instalment_id"))
    dependencies = deps(request)
    base = dependencies.settings.base_url
    contract_page = str(request.app.url_path_for("contracts:show", number=instalment.contract.number))
    address = await online_payments.start_payment(
        instalment.id,
        gateway=dependencies.gateway,
        by=By(actor, dependencies.clock()),
        urls=ReturnUrls(success=f"{base}/payments/{{PAYMENT_ID}}/return", cancel=f"{base}{contract_page}"),
        fee_basis_points=dependencies.settings.fee_basis_points,
    )
    return RedirectResponse(address, 303)


async def pay_return(request: Request) -> Response:
    """Show the status of the payment by our own record, whatever the address says."""
    actor = actor_for(request, AccountAct.READ_OWN_DATA)
    payment = await Payment.get_or_none(id=path_id(request, "payment_id"))
    if payment is None or payment.payable_kind != INSTALMENT:
        raise NotFound(_("没有这笔付款，或者您不能查看它。"))
    instalment = await queries.get_instalment_for(actor, payment.payable_id)
    return render(
        request,
        "contracts/pay_return.html",
        payment=payment,
        instalment=instalment,
        contract=instalment.contract,
    )


async def payouts(request: Request) -> Response:
    actor = actor_for(request, ContractAct.CONNECT_ACCOUNT)
    dependencies = deps(request)
    if actor.organisation_id is None or not actor.may_sell:
        raise Forbidden(_("网上收款由已认证的成果方开通。"))
    organisation = await Organisation.get(id=actor.organisation_id)
    if request.method == "POST":
        if dependencies.gateway is None:
            raise Conflict(_("本平台没有开通网上支付。"))
        here = dependencies.settings.base_url + str(request.app.url_path_for("contracts:payouts"))
        address = await connected_accounts.start_onboarding(
            organisation,
            gateway=dependencies.gateway,
            by=By(actor, dependencies.clock()),
            urls=ReturnUrls(success=here, cancel=here),
        )
        return RedirectResponse(address, 303)
    return render(
        request,
        "contracts/payouts.html",
        organisation=organisation,
        account=await find_connected_account(organisation.id),
        has_gateway=dependencies.gateway is not None,
        fee=dependencies.settings.fee_basis_points,
    )


async def form(request: Request) -> Response:
    return await _print(request, "contract_form.typ", "form")


async def summary(request: Request) -> Response:
    return await _print(request, "contract_summary.typ", "summary")


async def _print(request: Request, template: str, name: str) -> Response:
    actor = actor_for(request, AccountAct.READ_OWN_DATA)
    contract = await queries.get_contract_for(actor, request.path_params["number"])
    pdf = await render_pdf(template, print_context(contract, deps(request).clock()))
    headers = {"content-disposition": f'attachment; filename="{contract.number}-{name}.pdf"'}
    return Response(pdf, media_type="application/pdf", headers=headers)


async def export(request: Request) -> Response:
    actor = actor_for(request, DealAct.SEE_DEALS)
    contracts = await queries.list_contracts_of(actor)
    content = await asyncio.to_thread(contracts_workbook, contracts)
    headers = {"content-disposition": 'attachment; filename="contracts.xlsx"'}
    return Response(content, media_type=_XLSX, headers=headers)


routes = [
    Route("/account/payouts", payouts, name="contracts:payouts", methods=["GET", "POST"]),
    Route("/contracts/{number}", show, name="contracts:show", methods=["GET"]),
    Route(
        "/contracts/{number}/register",
        register,
        name="contracts:register",
        methods=["GET", "POST"],
        body=UPLOAD,
    ),
    Route(
        "/instalments/{instalment_id:uuid}/remit",
        remit,
        name="contracts:remit",
        methods=["GET", "POST"],
        body=UPLOAD,
    ),
    Route("/instalments/{instalment_id:uuid}/pay", pay, name="contracts:pay", methods=["POST"]),
    Route("/payments/{payment_id:uuid}/return", pay_return, name="contracts:pay_return", methods=["GET"]),
    Route(
        "/remittances/{remittance_id:uuid}/confirm",
        confirm_remittance,
        name="contracts:confirm_remittance",
        methods=["GET", "POST"],
    ),
    Route(
        "/remittances/{remittance_id:uuid}/reject",
        reject_remittance,
        name="contracts:reject_remittance",
        methods=["POST"],
    ),
    Route("/contracts/export.xlsx", export, name="contracts:export", methods=["GET"]),
    Route("/contracts/{number}/form.pdf", form, name="contracts:form", methods=["GET"]),
    Route("/contracts/{number}/summary.pdf", summary, name="contracts:summary", methods=["GET"]),
]
