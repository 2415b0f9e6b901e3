"""The registration form of a contract in words and in the form's order, for print and for Excel."""

from __future__ import annotations

import io
from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any

import xlsxwriter

from market.accounts.models import Organisation
from market.codes import regions
from market.codes.contract_lists import CONTRACT_SUB_KINDS
from market.codes.labels import label
from market.contracts.models import Contract
from market.contracts.terms import RATE_UNIT
from market.kit.formats import day, moment, percent, yuan
from market.kit.i18n import gettext as _
from market.kit.money import HOME, Money, round_half_up

Cell = str | Decimal | date | None


def form_rows(contract: Contract) -> list[tuple[str, Cell]]:
    """Return names and values in the order of the national form JJ-001; the parts must be fetched."""
    deal = contract.deal
    return [
        (_("登记编号"), contract.registration_number or ""),
        (_("项目名称"), contract.name),
        (_("合同类别"), label("contract_kind", contract.kind)),
        (_("合同小类"), sub_kind_name(contract)),
        (_("签订日期"), contract.signed_on),
        (_("有效期自"), contract.valid_from or contract.signed_on),
        (_("有效期至"), valid_until(contract)),
        *_party(_("卖方"), deal.seller, contract.seller_country),
        *_party(_("买方"), deal.buyer, contract.buyer_country),
        (_("技术领域"), label("field", contract.field)),
        (_("知识产权类别"), label("right_kind", contract.right_kind) or _("未涉及知识产权")),
        (_("社会经济目标代码"), contract.economic_goal),
        (_("社会经济目标"), label("economic_goal", contract.economic_goal)),
        (_("合同成交额（元）"), home_money(contract, contract.contract_money).decimal),
        (_("其中技术交易额（元）"), home_money(contract, contract.trade_money).decimal),
        (_("外币币种"), contract.original_currency if contract.currency == HOME else contract.currency),
        (_("外币金额"), _original(contract)),
        (_("汇率"), _rate(contract)),
        (_("汇率日期"), contract.rate_on),
        (_("预计新增投资（元）"), _optional(contract.expected_investment_amount)),
        (_("预计新增产值（元）"), _optional(contract.expected_output_amount)),
        (_("支付方式"), label("payment_way", contract.payment_way)),
        (_("入门费（元）"), _entry(contract)),
        (_("提成"), royalty_text(contract)),
        (_("实际到账（元）"), home_money(contract, _received(contract)).decimal),
        (_("登记日期"), contract.registered_on),
        (_("登记机构"), contract.registry),
    ]


def home_money(contract: Contract, money: Money) -> Money:
    """Return an amount of a contract in yuan: of a price in foreign money the share of what that comes to."""
    if contract.currency == HOME or contract.original_amount is None:
        return money
    part = Fraction(money.amount * contract.original_amount, contract.contract_amount)
    return Money(round_half_up(part), contract.original_currency)


def rate_text(contract: Contract) -> str:
    """Return the exchange rate in words, of how much for one; empty for a contract in yuan alone."""
    if not contract.exchange_rate:
        return ""
    rate = (Decimal(contract.exchange_rate) / RATE_UNIT).normalize()
    return f"1 {contract.original_currency} = {rate:f} {contract.currency}"


def _rate(contract: Contract) -> Cell:
    """Return the rate as the form wants it, in yuan for one; else in words, with both currencies."""
    if contract.exchange_rate and contract.currency == HOME:
        return Decimal(contract.exchange_rate) / RATE_UNIT
    return rate_text(contract)


def _received(contract: Contract) -> Money:
    return Money(sum(receipt.amount for receipt in contract.receipts), contract.currency)


def _entry(contract: Contract) -> Decimal | None:
    if contract.entry_amount is None:
        return None
    return home_money(contract, Money(contract.entry_amount, contract.currency)).decimal


def sub_kind_name(contract: Contract) -> str:
    """Return what the kind within the kind is called; empty when it was not stated."""
    return str(CONTRACT_SUB_KINDS[contract.kind].get(contract.sub_kind, ""))


def valid_until(contract: Contract) -> date | None:
    """Return until when the contract is in force, with the changes both sides confirmed."""
    changed = [
        change.new_valid_until
        for change in contract.changes
        if change.effective_at and change.new_valid_until
    ]
    last: date | None = changed[-1] if changed else contract.valid_until
    return last


def royalty_text(contract: Contract) -> str:
    """Return the royalty in words; empty where there is none."""
    if not contract.royalty_basis_points:
        return ""
    return f"{contract.royalty_base} × {percent(contract.royalty_basis_points)}"


def print_context(contract: Contract, now: datetime) -> dict[str, Any]:
    """Return both prints' data as plain words: the form, the parts of the price, payments, changes."""
    currency = contract.currency
    return {
        "title": _("技术合同登记表"),
        "summary": _("技术合同摘要"),
        "number": contract.number,
        "made": _("%(moment)s 由系统生成", moment=moment(now)),
        "form": [[name, _words(value)] for name, value in form_rows(contract)],
        "amounts_title": _("三项金额"),
        "amounts": [
            [_("合同成交额"), yuan(contract.contract_money)],
            [_("技术交易额"), yuan(contract.trade_money)],
            [_("实际到账"), yuan(sum(receipt.amount for receipt in contract.receipts), currency)],
        ],
        "parts_title": _("技术交易额怎样得出"),
        "parts": [
            [_("合同成交额"), yuan(contract.contract_money)],
            *(
                [f"{_('减：')}{label('exclusion_kind', part.kind)} {part.name}", yuan(part.amount, currency)]
                for part in contract.exclusions
            ),
            [_("技术交易额"), yuan(contract.trade_money)],
        ],
        "plan_title": _("分期付款"),
        "plan_head": [_("期次"), _("条件"), _("应付日期"), _("金额")],
        "plan": [
            [
                str(instalment.sequence),
                instalment.condition,
                day(instalment.due_on),
                yuan(instalment.amount, currency),
            ]
            for instalment in contract.instalments
        ],
        "changes_title": _("变更、解除和注销"),
        "changes": [
            [day(change.agreed_on), label("change_kind", change.kind), change.agreement]
            for change in contract.changes
            if change.effective_at
        ],
        "signs": [_("卖方（签章）"), _("买方（签章）"), _("登记机构（签章）")],
        "none": _("没有"),
    }


def contracts_workbook(contracts: Sequence[Contract]) -> bytes:
    """Return one row for each contract in the form's order; nothing a person wrote becomes a formula."""
    content = io.BytesIO()
    book = xlsxwriter.Workbook(content, {"in_memory": True, "strings_to_formulas": False})
    sheet = book.add_worksheet(_("技术合同"))
    bold = book.add_format({"bold": True, "bottom": 1})
    money, days = book.add_format({"num_format": "#,##0.00"}), book.add_format({"num_format": "yyyy-mm-dd"})
    for line, contract in enumerate(contracts, start=1):
        for column, (name, value) in enumerate([(_("合同编号"), contract.number), *form_rows(contract)]):
            if line == 1:
                sheet.write_string(0, column, name, bold)
            if isinstance(value, Decimal):
                sheet.write_number(line, column, float(value), money)
            elif isinstance(value, date):
                sheet.write_datetime(line, column, datetime(value.year, value.month, value.day), days)  # noqa: DTZ001
            else:
                sheet.write_string(line, column, value or "")
    sheet.freeze_panes(1, 1)
    sheet.set_column(0, 40, 18)
    book.close()
    return content.getvalue()


def _party(who: str, party: Organisation, country: str) -> list[tuple[str, Cell]]:
    return [
        (_("%(who)s名称", who=who), party.name),
        (_("%(who)s统一社会信用代码", who=who), party.uscc),
        (_("%(who)s国别代码", who=who), country),
        (_("%(who)s国别", who=who), label("country", country)),
        (_("%(who)s区划代码", who=who), party.region),
        (_("%(who)s所在地", who=who), regions.full_name(party.region) if party.region else ""),
        (_("%(who)s机构性质代码", who=who), party.nature_code),
        (_("%(who)s机构性质", who=who), label("nature", party.nature_code)),
    ]


def _original(contract: Contract) -> Decimal | None:
    if contract.currency != HOME:
        return contract.contract_money.decimal
    if contract.original_amount is None:
        return None
    return Money(contract.original_amount, contract.original_currency).decimal


def _optional(amount: int | None) -> Decimal | None:
    return None if amount is None else Decimal(amount) / 100


def _words(value: Cell) -> str:
    if isinstance(value, Decimal):
        return f"{value:,}"
    if isinstance(value, date):
        return value.isoformat()
    return value or "—"
