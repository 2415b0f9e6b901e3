"""The organisation's page of its account, and the desk's pages of accounts that wait for it."""

from __future__ import annotations

from uuid import UUID

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response
from wtforms import FileField
from wtforms.validators import ValidationError

from market.accounts.permissions import AccountAct
from market.accounts.second_people import second_people
from market.accounts.web import actor_for
from market.codes.canonical import canonical_key
from market.files.attachments import required_upload
from market.files.uploads import ACCEPT
from market.kit.errors import Forbidden, NotFound
from market.kit.flash import flash
from market.kit.form_fields import Required, TextField
from market.kit.forms import BaseForm
from market.kit.i18n import gettext as _
from market.kit.i18n import lazy
from market.kit.routing import UPLOAD, Route
from market.kit.templating import render, render_form
from market.kit.web import deps, form_data_or_none, path_id, redirect_to, uuid_or_none
from market.payees import queries
from market.payees.accounts import confirm_account, has_second_person, propose_account, reject_account
from market.payees.comparisons import compare_proof, confirm_comparison, list_to_compare, reject_comparison
from market.payees.states import PayeeAct
from market.records.by import By


class AccountForm(BaseForm):
    bank_name = TextField(lazy("开户银行（写到支行）"), [Required(lazy("请填写开户银行。"))], max_length=120)
    number = TextField(
        lazy("银行账号"),
        [Required(lazy("请填写银行账号。"))],
        max_length=40,
        render_kw={"inputmode": "numeric", "autocomplete": "off"},
    )

    bank_code = TextField(
        lazy("开户行行号（12 位，可不填）"), max_length=20, render_kw={"inputmode": "numeric"}
    )
    file = FileField(str(lazy("账户证明（开户许可证、基本存款账户信息或银行证明）")))

    def validate_bank_code(self, field: TextField) -> None:
        digits = canonical_key(field.data or "")
        if digits and not (digits.isascii() and digits.isdigit() and len(digits) == 12):
            raise ValidationError(_("行号应为 12 位数字。"))
        field.data = digits

    def validate_number(self, field: TextField) -> None:
        digits = canonical_key(field.data or "")
        if not (digits.isascii() and digits.isdigit() and 8 <= len(digits) <= 30):
            raise ValidationError(_("银行账号应为 8 到 30 位数字。"))
        field.data = digits


async def account(request: Request) -> Response:
    actor = actor_for(request, PayeeAct.CONFIRM_ACCOUNT)
    if actor.organisation_id is None or not actor.acts_for(actor.organisation_id):
        raise Forbidden(_("收款账户由已认证的单位登记。"))
    by, data = By(actor, deps(request).clock()), await form_data_or_none(request)
    if data is not None and data.get("act"):
        return await _decide(request, data, by)
    form = AccountForm(data)
    if data is not None:
        actor.require(PayeeAct.PROPOSE_ACCOUNT)
        if form.validate():
            with form.catch_invalid():
                await propose_account(
                    str(form.bank_name.data),
                    str(form.number.data),
                    await required_upload(request),
                    bank_code=str(form.bank_code.data or ""),
                    secret=deps(request).settings.secret_key,
                    by=by,
                )
                answer = redirect_to(request, "payees:account")
                return flash(request, answer, _("收款账户已提交，确认后生效。"), "due")
    accounts = await queries.list_accounts(actor.organisation_id)
    waiting = accounts[0] if accounts and accounts[0].verdict is None else None
    return render_form(
        request,
        "payees/account.html",
        form,
        accounts=accounts,
        in_force=next((version for version in accounts if version.is_confirmed), None),
        waiting=waiting,
        has_second=waiting is not None and await has_second_person(waiting),
        seconds=await second_people(
            PayeeAct.CONFIRM_ACCOUNT,
            actor.organisation_id,
            [waiting.proposed_by_id] if waiting else [],
            actor=actor,
        ),
        accept=ACCEPT,
    )


async def _decide(request: Request, data: FormData, by: By) -> Response:
    """Confirm or reject what another person of the organisation proposed."""
    account_id = uuid_or_none(data.get("account"))
    if account_id is None:
        raise NotFound(_("没有这个收款账户，或者您不能查看它。"))
    answer = redirect_to(request, "payees:account")
    if data.get("act") == "confirm":
        await confirm_account(account_id, by=by)
        return flash(request, answer, _("收款账户已确认，从现在起生效。"))
    await reject_account(account_id, reason=_reason(data), by=by)
    return flash(request, answer, _("收款账户已退回。"), "note")


async def index(request: Request) -> Response:
    actor_for(request, AccountAct.SEE_DESK)
    return render(request, "payees/index.html", accounts=await list_to_compare())


async def show(request: Request) -> Response:
    actor = actor_for(request, AccountAct.SEE_DESK)
    payee = await queries.get_account_at_desk(actor, path_id(request, "account_id"))
    data = await form_data_or_none(request)
    if data is not None:
        words = await _act(data, payee.id, By(actor, deps(request).clock()))
        return flash(request, redirect_to(request, "payees:show", account_id=payee.id), words)
    comparisons = await queries.list_comparisons(payee.id)
    return render(
        request,
        "payees/show.html",
        account=payee,
        comparisons=comparisons,
        open_comparison=next((row for row in comparisons if row.verdict is None), None),
        in_force=await queries.account_in_force(payee.organisation_id),
        is_for_desk=payee.id in {waiting.id for waiting in await list_to_compare()},
    )


async def _act(data: FormData, account_id: UUID, by: By) -> str:
    """Carry out what the officer or the rechecker does about an account; return what to tell."""
    if data.get("act") == "compare":
        await compare_proof(account_id, note=_reason(data, "note"), by=by)
        return _("已比对，请复核人确认。")
    if data.get("act") == "confirm":
        await confirm_comparison(account_id, by=by)
        return _("收款账户已确认，从现在起生效。")
    await reject_comparison(account_id, reason=_reason(data), by=by)
    return _("收款账户已退回，理由已告知单位。")


def _reason(data: FormData, name: str = "reason") -> str:
    return str(data.get(name) or "").replace("\x00", "").strip()[:300]


routes = [
    Route("/account/payee", account, name="payees:account", methods=["GET", "POST"], body=UPLOAD),
    Route("/payees", index, name="payees:index", methods=["GET"]),
    Route("/payees/{account_id:uuid}", show, name="payees:show", methods=["GET", "POST"]),
]
