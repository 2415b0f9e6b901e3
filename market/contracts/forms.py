"""Forms of contracts and of their money."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields
from datetime import date
from decimal import Decimal
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from wtforms import FileField, HiddenField

from market.codes.contract_lists import CHINA, CONTRACT_SUB_KINDS
from market.codes.labels import choices
from market.codes.regions import choices as region_choices
from market.codes.regions import known_name
from market.contracts.states import Disclosure
from market.contracts.terms import RATE_UNIT, ContractTerms
from market.deals.forms import PlanRowForm
from market.deals.models import ContractKind, Deal
from market.deals.terms import OfferTerms, PriceTerms
from market.kit.amount_fields import MoneyField, PercentField
from market.kit.errors import Invalid
from market.kit.form_fields import (
    BooleanField,
    ChoiceField,
    DayField,
    LongTextField,
    NumberField,
    NumberRange,
    Required,
    TextField,
)
from market.kit.forms import BaseForm, RowsField
from market.kit.i18n import gettext as _
from market.kit.i18n import lazy
from market.kit.money import HOME, MisplacedComma, Money, parse_decimal
from market.kit.templating import render
from market.kit.terms import from_form, to_form


def _regions() -> Any:
    return region_choices(("province", "city", "county"))


class ExclusionForm(BaseForm):
    kind = ChoiceField(lazy("类别"), choices=lambda: choices("exclusion_kind"), blank=lazy("请选择"))
    name = TextField(lazy("名称"), max_length=120)
    amount = MoneyField(lazy("金额（万元）"))


class ContractForm(BaseForm):
    name = TextField(lazy("项目名称"), [Required(lazy("请填项目名称。"))], max_length=200)
    field = ChoiceField(
        lazy("技术领域"),
        [Required(lazy("请选择技术领域。"))],
        choices=lambda: choices("field"),
        blank=lazy("请选择"),
    )
    sub_kind = ChoiceField(lazy("合同小类"), choices=(), blank=lazy("请选择"))
    right_kind = ChoiceField(
        lazy("知识产权类别"), choices=lambda: choices("right_kind"), blank=lazy("未涉及知识产权")
    )
    economic_goal = ChoiceField(
        lazy("社会经济目标"), choices=lambda: choices("economic_goal"), blank=lazy("请选择")
    )
    expected_investment = MoneyField(lazy("预计新增投资"), is_zero_allowed=True)
    expected_output = MoneyField(lazy("预计新增产值"), is_zero_allowed=True)
    seller_country = ChoiceField(lazy("转让方国别"), choices=lambda: choices("country"), default=CHINA)
    buyer_country = ChoiceField(lazy("受让方国别"), choices=lambda: choices("country"), default=CHINA)
    original_currency = ChoiceField(
        lazy("外币币种"), choices=lambda: choices("currency"), blank=lazy("人民币合同")
    )
    original_amount = TextField(lazy("外币金额"), max_length=20)
    exchange_rate = TextField(lazy("汇率（1 外币折合人民币）"), max_length=20)
    rate_on = DayField(lazy("汇率日期"))
    signed_on = DayField(lazy("签订日期"), [Required(lazy("请填签订日期。"))])
    valid_from = DayField(lazy("有效期自（可不填）"))
    valid_until = DayField(lazy("有效期至（可不填）"))
    licence_years = NumberField(lazy("许可年限（许可合同填写）"), [NumberRange(1, 50)])
    used_in = ChoiceField(
        lazy("成果应用所在地"),
        [Required(lazy("请选择成果应用所在地。"))],
        choices=lambda: _regions(),
        also=known_name,
        blank=lazy("请选择"),
    )
    exclusions = RowsField(
        ExclusionForm, lazy("非技术性费用（设备、仪器、软件等）"), blank_rows=2, max_rows=20
    )
    plan = RowsField(PlanRowForm, lazy("分期付款"), blank_rows=1, max_rows=20)
    is_related = BooleanField(lazy("双方存在隶属或关联关系"))
    is_publicly_funded = BooleanField(lazy("项目由财政资金支持"))
    disclosure = ChoiceField(
        lazy("成交动态里公开什么"), choices=lambda: choices("disclosure"), default=Disclosure.NOTHING.value
    )
    file = FileField(str(lazy("合同扫描件（双方签章）")))
    draft_hash = HiddenField(name="seen")

    def validate(self, extra_validators: Any = None) -> bool:
        """Validate the fields, and that each row is whole."""
        is_valid = super().validate(extra_validators)
        is_planned = self.plan.require_cells(("condition", "amount"), _("每一期都要填条件和金额。"))
        is_named = self.exclusions.require_cells(
            ("kind", "name", "amount"), _("每一项非技术性费用都要写明类别、名称和金额。")
        )
        return is_valid and is_planned and is_named

    def terms(self, offer: OfferTerms) -> ContractTerms:
        """Return the terms as entered; price, kind and way of payment as agreed. Call it after `validate`.

        Raises:
            Invalid: what a kind of contract demands is missing.
        """
        if offer.kind is ContractKind.ASSIGNMENT and None in (
            self.expected_investment.data,
            self.expected_output.data,
        ):
            raise Invalid(
                _("技术转让合同要填预计新增投资和新增产值，没有填 0。"), field="expected_investment"
            )
        currency = offer.price.currency
        entered = self.field_values
        agreed = {term.name: getattr(offer, term.name) for term in fields(PriceTerms)}
        unchanged = {name: value for name, value in agreed.items() if name not in entered}
        return from_form(
            ContractTerms,
            entered,
            currency,
            original=self._original(currency),
            exchange_rate=self._rate(),
            **unchanged,
        )

    def _original(self, currency_of_price: str) -> Money | None:
        text, currency = self.original_amount.data, self.original_currency.data
        if currency_of_price != HOME:
            if currency:
                raise Invalid(
                    _("价格已是外币，这里填折合人民币的金额，不选币种。"), field="original_currency"
                )
            currency = HOME  # What a price in a foreign currency comes to in ours.
        if not text:
            if self.original_currency.data:
                raise Invalid(_("选了外币，请填外币金额。"), field="original_amount")
            return None
        if not currency:
            raise Invalid(_("请选择外币币种。"), field="original_currency")
        try:
            return Money.parse(text, currency)
        except MisplacedComma as error:
            raise Invalid(error.question, field="original_amount") from None
        except ValueError:
            raise Invalid(_("请填金额，小数不超过这种货币的最小单位。"), field="original_amount") from None

    def _rate(self) -> int | None:
        if not self.exchange_rate.data:
            return None
        try:
            scaled = parse_decimal(self.exchange_rate.data) * RATE_UNIT
        except MisplacedComma as error:
            raise Invalid(error.question, field="exchange_rate") from None
        except ValueError:
            scaled = Decimal(0)
        if not 0 < scaled < 10**12 or scaled != scaled.to_integral_value():
            raise Invalid(_("请填汇率，最多六位小数，如 7.123456。"), field="exchange_rate")
        return int(scaled)

    @classmethod
    def initial(
        cls, deal: Deal, offer: OfferTerms, draft: ContractTerms | None, today: date
    ) -> dict[str, Any]:
        """Return initial data: what was entered before, else what was accepted."""
        if draft is not None:
            home = {"original_currency": ""} if draft.original and draft.original.currency == HOME else {}
            return (
                to_form(draft, draft.price.currency)
                | home
                | {
                    "original_amount": f"{draft.original.decimal:f}" if draft.original else "",
                    "exchange_rate": f"{Decimal(draft.exchange_rate) / RATE_UNIT:f}"
                    if draft.exchange_rate
                    else "",
                }
            )
        rights = deal.outcome.rights if deal.outcome else []
        return to_form(offer, offer.price.currency) | {
            "name": deal.title,
            "sub_kind": _usual_sub_kind(offer.kind, rights),
            "right_kind": next((right["kind"] for right in rights if right.get("kind")), ""),
            "economic_goal": "10",
            "signed_on": today,
            "field": deal.subject.field,
            "used_in": deal.buyer.region,
            "licence_years": offer.years,
            "is_publicly_funded": bool(deal.outcome and deal.outcome.is_publicly_funded),
        }


def _usual_sub_kind(kind: ContractKind, rights: Sequence[Mapping[str, Any]]) -> str:
    """Return what the outcome's rights suggest, else the first kind within the kind."""
    sub_kinds = CONTRACT_SUB_KINDS.get(kind, {})
    names = {"invention": "patent", "utility_model": "patent", "design": "patent", "trade_secret": "secret"}
    for right in rights:
        sub_kind = names.get(str(right.get("kind")), str(right.get("kind")))
        if sub_kind in sub_kinds:
            return sub_kind
    return next(iter(sub_kinds), "")


class ChangeForm(BaseForm):
    kind = ChoiceField(lazy("事项"), [Required(lazy("请选择事项。"))], choices=(), blank=lazy("请选择"))
    agreed_on = DayField(lazy("约定或注销的日期"), [Required(lazy("请填日期。"))])
    new_valid_until = DayField(lazy("新的有效期至（变更有效期时填）"))
    reason = LongTextField(lazy("内容和原因"), [Required(lazy("请写明内容和原因。"))], max_length=2000)
    file = FileField(str(lazy("协议或决定的扫描件（可不传）")))


class RoyaltyForm(BaseForm):
    starts_on = DayField(lazy("期间自"), [Required(lazy("请填期间的起日。"))])
    ends_on = DayField(lazy("期间至"), [Required(lazy("请填期间的止日。"))])
    base = MoneyField(
        lazy("提成基数金额"), [Required(lazy("请填提成基数，没有填 0。"))], unit=1, is_zero_allowed=True
    )
    is_last = BooleanField(lazy("这是最后一期，以后不再有提成"))


class PaidInForm(BaseForm):
    company = TextField(lazy("标的公司"), [Required(lazy("请填标的公司。"))], max_length=200)
    share_basis_points = PercentField(lazy("持股比例（%）"), [Required(lazy("请填持股比例。"))])
    amount = MoneyField(lazy("实缴金额"), [Required(lazy("请填实缴金额。"))])
    paid_in_on = DayField(lazy("实缴日期"), [Required(lazy("请填实缴日期。"))])
    file = FileField(str(lazy("股权变更登记或验资证明")))


class RegistrationForm(BaseForm):
    registration_number = TextField(
        lazy("登记编号（16 位数字）"), [Required(lazy("请填 16 位登记编号。"))], max_length=40
    )
    registered_on = DayField(lazy("登记日期"), [Required(lazy("请填登记日期。"))])
    registry = TextField(lazy("登记机构"), [Required(lazy("请填登记机构。"))], max_length=120)
    file = FileField(str(lazy("认定登记证明（可不传）")))


class RemittanceForm(BaseForm):
    amount = MoneyField(lazy("到账金额"), [Required(lazy("请填到账金额。"))], unit=1)
    received_on = DayField(lazy("到账日期"), [Required(lazy("请填到账日期。"))])
    bank_reference = TextField(lazy("银行流水号（可不填）"), max_length=80)
    invoice_number = TextField(lazy("发票号码"), max_length=40)
    invoice_amount = MoneyField(lazy("发票金额"), unit=1)
    file = FileField(str(lazy("银行回单")))


class RejectionForm(BaseForm):
    reason = LongTextField(lazy("不符之处"), [Required(lazy("请写明哪里不符。"))], max_length=300)


class StatementForm(BaseForm):
    file = FileField(str(lazy("银行流水文件")))


class SetAsideForm(BaseForm):
    note = LongTextField(lazy("这笔款是什么"), [Required(lazy("请写明这笔款是什么。"))], max_length=200)


class OnlineRefundForm(BaseForm):
    amount = MoneyField(lazy("退款金额"), [Required(lazy("请填退款金额。"))], unit=1)
    reason = LongTextField(lazy("退款原因"), [Required(lazy("请写明退款的原因。"))], max_length=300)

    def __init__(self, *args: Any, currency: str = "CNY", **options: Any) -> None:
        super().__init__(*args, **options)
        if currency != "CNY":
            # The amount is read in the currency's own minor unit.
            self.amount.currency = currency
            if args and args[0] is not None:
                self.amount.process(args[0])


class RefundForm(OnlineRefundForm):
    refunded_on = DayField(lazy("退款日期"), [Required(lazy("请填退款日期。"))])
    bank_reference = TextField(lazy("银行流水号（可不填）"), max_length=80)
    file = FileField(str(lazy("退款回单（可不传）")))


def rejection_page(request: Request, form: RejectionForm, *, about: str, back: str, place: str) -> Response:
    """Return the page that asks for the reason of a rejection; `back` is the page it came from."""
    return render(
        request,
        "contracts/reject.html",
        422,
        form=form,
        title=_("退回登记人"),
        about=about,
        back=back,
        place=place,
    )
