"""Pages after signing: changes, rescission, royalties, equity paid in."""

from __future__ import annotations

from enum import StrEnum

from starlette.requests import Request
from starlette.responses import Response

from market.accounts.web import actor_for
from market.codes.labels import choices
from market.contracts import contract_changes, equity_contributions, queries, royalties
from market.contracts.forms import ChangeForm, PaidInForm, RejectionForm, RoyaltyForm, rejection_page
from market.contracts.models import Contract
from market.contracts.states import ChangeKind, ContractAct
from market.deals.models import ROYALTIES, ContractKind, Side
from market.deals.parties import side_of
from market.files.attachments import optional_upload, required_upload
from market.files.uploads import ACCEPT
from market.kit.clock import local_date
from market.kit.errors import Conflict, NotFound
from market.kit.flash import flash
from market.kit.formats import day, yuan
from market.kit.forms import to_minor_units
from market.kit.i18n import gettext as _
from market.kit.routing import UPLOAD, Route
from market.kit.templating import render_form
from market.kit.web import deps, form_data, form_data_or_none, path_id, redirect_to
from market.records.by import By


async def change(request: Request) -> Response:
    actor, now = actor_for(request, ContractAct.CHANGE_CONTRACT), deps(request).clock()
    contract, side = await _own_contract(request, ContractAct.CHANGE_CONTRACT)
    form = ChangeForm(await form_data_or_none(request), data={"agreed_on": local_date(now)})
    offered = [
        (kind, kind_label)
        for kind, kind_label in choices("change_kind")
        if kind != ChangeKind.CANCELLATION or (side is Side.SELLER and contract.registration_number)
    ]
    form.kind.choices = [("", _("请选择")), *offered]
    if form.validate_on_submit():
        with form.catch_invalid():
            await contract_changes.propose_change(
                contract.number,
                ChangeKind(form.kind.data),
                str(form.reason.data),
                agreed_on=form.agreed_on.data,
                new_valid_until=form.new_valid_until.data,
                blob=await optional_upload(request),
                by=By(actor, now),
            )
            return flash(request, _show(request, contract), _("已记下；变更和解除由对方确认后成立。"))
    return render_form(request, "contracts/change.html", form, contract=contract, accept=ACCEPT)


async def confirm_change(request: Request) -> Response:
    actor = actor_for(request, ContractAct.CHANGE_CONTRACT)
    contract, _side = await _own_contract(request, ContractAct.CHANGE_CONTRACT)
    await contract_changes.confirm_change(path_id(request, "change_id"), by=By(actor, deps(request).clock()))
    return flash(request, _show(request, contract), _("已确认。"))


async def reject_change(request: Request) -> Response:
    actor = actor_for(request, ContractAct.CHANGE_CONTRACT)
    contract, _side = await _own_contract(request, ContractAct.CHANGE_CONTRACT)
    change_id = path_id(request, "change_id")
    form = RejectionForm(await form_data(request))
    if form.validate():
        await contract_changes.reject_change(
            change_id, str(form.reason.data), by=By(actor, deps(request).clock())
        )
        return flash(request, _show(request, contract), _("已告知对方不同意，合同照旧。"), "note")
    change = next((row for row in contract.changes if row.id == change_id), None)
    if change is None:
        raise NotFound(_("没有这项变更，或者您不能查看它。"))
    return _rejection_page(request, form, contract, change.agreement)


async def withdraw_change(request: Request) -> Response:
    actor = actor_for(request, ContractAct.CHANGE_CONTRACT)
    contract, _side = await _own_contract(request, ContractAct.CHANGE_CONTRACT)
    await contract_changes.withdraw_change(path_id(request, "change_id"), by=By(actor, deps(request).clock()))
    return flash(request, _show(request, contract), _("已撤下，合同照旧。"), "note")


async def state_royalty(request: Request) -> Response:
    actor = actor_for(request, ContractAct.STATE_ROYALTY)
    contract, _side = await _own_contract(request, ContractAct.STATE_ROYALTY)
    if contract.payment_way not in ROYALTIES:
        raise Conflict(_("这份合同没有要填报的提成。"))
    form = RoyaltyForm(await form_data_or_none(request))
    if form.validate_on_submit():
        with form.catch_invalid():
            await royalties.state_royalty(
                contract.number,
                to_minor_units(form.base.data, contract.currency, "base"),
                starts_on=form.starts_on.data,
                ends_on=form.ends_on.data,
                is_last=bool(form.is_last.data),
                by=By(actor, deps(request).clock()),
            )
            return flash(request, _show(request, contract), _("本期提成已填报，请等转让方核对。"))
    return render_form(request, "contracts/royalties.html", form, contract=contract)


async def confirm_royalty(request: Request) -> Response:
    actor = actor_for(request, ContractAct.CHANGE_CONTRACT)
    contract, _side = await _own_contract(request, ContractAct.CHANGE_CONTRACT)
    await royalties.confirm_royalty(path_id(request, "statement_id"), by=By(actor, deps(request).clock()))
    return flash(request, _show(request, contract), _("提成已核对，成为一期应付款。"))


async def reject_royalty(request: Request) -> Response:
    actor = actor_for(request, ContractAct.CHANGE_CONTRACT)
    contract, _side = await _own_contract(request, ContractAct.CHANGE_CONTRACT)
    statement_id = path_id(request, "statement_id")
    form = RejectionForm(await form_data(request))
    if form.validate():
        await royalties.reject_royalty(
            statement_id, str(form.reason.data), by=By(actor, deps(request).clock())
        )
        return flash(request, _show(request, contract), _("已退回受让方重新填报。"), "note")
    statement = next((row for row in contract.royalty_statements if row.id == statement_id), None)
    if statement is None:
        raise NotFound(_("没有这期提成，或者您不能查看它。"))
    about = _("%(start)s 至 %(end)s 提成", start=day(statement.starts_on), end=day(statement.ends_on))
    return _rejection_page(request, form, contract, about)


async def record_paid_in(request: Request) -> Response:
    actor = actor_for(request, ContractAct.CHANGE_CONTRACT)
    contract, _side = await _own_contract(request, ContractAct.CHANGE_CONTRACT)
    if contract.kind is not ContractKind.EQUITY:
        raise Conflict(_("只有作价入股的合同登记实缴。"))
    form = PaidInForm(await form_data_or_none(request))
    if form.validate_on_submit():
        with form.catch_invalid():
            await equity_contributions.record_paid_in(
                contract.number,
                str(form.company.data),
                int(form.share_basis_points.data or 0),
                to_minor_units(form.amount.data, contract.currency, "amount"),
                await required_upload(request),
                paid_in_on=form.paid_in_on.data,
                by=By(actor, deps(request).clock()),
            )
            return flash(request, _show(request, contract), _("实缴已登记，由转让方的财务人员确认后计入。"))
    return render_form(request, "contracts/paid_in.html", form, contract=contract, accept=ACCEPT)


async def confirm_paid_in(request: Request) -> Response:
    actor = actor_for(request, ContractAct.CONFIRM_PAID_IN)
    contract, _side = await _own_contract(request, ContractAct.CONFIRM_PAID_IN)
    await equity_contributions.confirm_paid_in(
        path_id(request, "paid_in_id"), by=By(actor, deps(request).clock())
    )
    return flash(request, _show(request, contract), _("实缴已确认。"))


async def reject_paid_in(request: Request) -> Response:
    actor = actor_for(request, ContractAct.CONFIRM_PAID_IN)
    contract, _side = await _own_contract(request, ContractAct.CONFIRM_PAID_IN)
    paid_in = await equity_contributions.get_paid_in_for(actor, path_id(request, "paid_in_id"))
    form = RejectionForm(await form_data(request))
    if form.validate():
        await equity_contributions.reject_paid_in(
            paid_in.id, str(form.reason.data), by=By(actor, deps(request).clock())
        )
        return flash(request, _show(request, contract), _("已退回登记人核对。"), "note")
    about = _(
        "%(company)s　%(amount)s　登记 %(name)s",
        company=paid_in.company,
        amount=yuan(paid_in.amount, contract.currency),
        name=paid_in.proposed_by.name,
    )
    return _rejection_page(request, form, contract, about)


async def _own_contract(request: Request, act: StrEnum) -> tuple[Contract, Side]:
    """Return the contract in the address and the side that the person acts for; 404 for all others."""
    actor = actor_for(request, act)
    contract = await queries.get_contract_for(actor, request.path_params["number"])
    side = side_of(contract.deal, actor)
    if side is None:
        raise NotFound(_("没有这份合同，或者您不能查看它。"))
    return contract, side


def _rejection_page(request: Request, form: RejectionForm, contract: Contract, about: str) -> Response:
    back = str(request.app.url_path_for("contracts:show", number=contract.number))
    return rejection_page(request, form, about=about, back=back, place=contract.number)


def _show(request: Request, contract: Contract) -> Response:
    return redirect_to(request, "contracts:show", number=contract.number)


_CONTRACT = "/contracts/{number}"
_CHANGE = _CONTRACT + "/changes/{change_id:uuid}"
_PAID_IN = _CONTRACT + "/paid-in/{paid_in_id:uuid}"
_ROYALTY = _CONTRACT + "/royalties/{statement_id:uuid}"
routes = [
    Route(f"{_CONTRACT}/change", change, name="contracts:change", methods=["GET", "POST"], body=UPLOAD),
    Route(f"{_CHANGE}/confirm", confirm_change, name="contracts:confirm_change", methods=["POST"]),
    Route(f"{_CHANGE}/reject", reject_change, name="contracts:reject_change", methods=["POST"]),
    Route(f"{_CHANGE}/withdraw", withdraw_change, name="contracts:withdraw_change", methods=["POST"]),
    Route(
        f"{_CONTRACT}/royalties",
        state_royalty,
        name="contracts:royalties",
        methods=["GET", "POST"],
    ),
    Route(f"{_ROYALTY}/confirm", confirm_royalty, name="contracts:confirm_royalty", methods=["POST"]),
    Route(f"{_ROYALTY}/reject", reject_royalty, name="contracts:reject_royalty", methods=["POST"]),
    Route(
        f"{_CONTRACT}/paid-in", record_paid_in, name="contracts:paid_in", methods=["GET", "POST"], body=UPLOAD
    ),
    Route(f"{_PAID_IN}/confirm", confirm_paid_in, name="contracts:confirm_paid_in", methods=["POST"]),
    Route(f"{_PAID_IN}/reject", reject_paid_in, name="contracts:reject_paid_in", methods=["POST"]),
]
