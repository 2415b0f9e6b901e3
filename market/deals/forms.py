from __future__ import annotations

from typing import Any

from wtforms import FileField, HiddenField
from wtforms.validators import ValidationError

from market.codes.contract_lists import CHINA
from market.codes.labels import choices
from market.deals.certificates import CertificateEntry
from market.deals.models import ContractKind, PaymentWay
from market.deals.terms import OfferTerms
from market.kit.amount_fields import MoneyField, PercentField
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
from market.kit.money import HOME, Money
from market.kit.terms import from_form, to_form
from market.listings.models import Outcome

_KIND_OF_MODE = {
    "assignment": ContractKind.ASSIGNMENT,
    "licence": ContractKind.LICENCE,
    "exclusive_licence": ContractKind.LICENCE,
    "development": ContractKind.DEVELOPMENT,
    "equity": ContractKind.EQUITY,
    "service": ContractKind.SERVICE,
    "consulting": ContractKind.CONSULTING,
}


MAX_COMMISSION = 3000
"""Basis points of what arrives that a broker may agree on."""


class InterestForm(BaseForm):
    note = LongTextField(
        lazy("想了解什么、打算用在哪里"), [Required(lazy("请写几句您的意向。"))], max_length=1000
    )


class ResponseForm(BaseForm):
    outcome = ChoiceField(
        lazy("用哪项成果解决"), [Required(lazy("请选择一项本单位已发布的成果。"))], choices=()
    )
    note = LongTextField(
        lazy("怎样解决、达到什么指标"), [Required(lazy("请写几句方案要点。"))], max_length=1000
    )


class IntroductionForm(BaseForm):
    commission = PercentField(
        lazy("约定佣金（%）"),
        [Required(lazy("请填约定的佣金，没有就填 0。"))],
        is_zero_allowed=True,
        most=MAX_COMMISSION,
    )
    payer = ChoiceField(
        lazy("佣金由谁承担"),
        choices=lambda: [("seller", lazy("转让方")), ("buyer", lazy("受让方"))],
        blank=lazy("请选择（没有佣金不选）"),
    )
    mandate = TextField(lazy("委托：委托方、委托书编号或日期（没有可不填）"), max_length=300)
    note = LongTextField(lazy("引荐说明"), [Required(lazy("请写明为什么引荐这两方。"))], max_length=1000)

    def validate_payer(self, field: Any) -> None:
        if self.commission.data and not field.data:
            raise ValidationError(_("请选择佣金由谁承担。"))


class MessageForm(BaseForm):
    text = LongTextField(lazy("留言"), [Required(lazy("请写几句再发送。"))], max_length=2000)


class FollowUpForm(BaseForm):
    way = ChoiceField(
        lazy("跟进方式"),
        [Required(lazy("请选择跟进方式。"))],
        choices=lambda: choices("follow_up_way"),
        blank=lazy("请选择"),
    )
    happened_on = DayField(lazy("跟进日期"), [Required(lazy("请填跟进日期。"))])
    text = LongTextField(
        lazy("做了什么、双方的态度"), [Required(lazy("请写几句跟进情况。"))], max_length=2000
    )
    next_on = DayField(lazy("下次跟进（可不填）"))


class PlanRowForm(BaseForm):
    condition = TextField(lazy("条件"), max_length=200)
    due_on = DayField(lazy("应付日期（可不填）"))
    amount = MoneyField(lazy("金额（万元）"))


class CostRowForm(BaseForm):
    item = ChoiceField(lazy("费用"), choices=lambda: choices("cost_item"), blank=lazy("请选择"))
    bearer = ChoiceField(lazy("由谁承担"), choices=lambda: choices("bearer"), blank=lazy("请选择"))


class OfferForm(BaseForm):
    kind = ChoiceField(
        lazy("合同类别"),
        [Required(lazy("请选择合同类别。"))],
        choices=lambda: choices("contract_kind"),
        blank=lazy("请选择"),
    )
    payment_way = ChoiceField(
        lazy("支付方式"),
        [Required(lazy("请选择支付方式。"))],
        choices=lambda: choices("payment_way"),
        default=PaymentWay.INSTALMENTS.value,
    )
    currency = ChoiceField(
        lazy("币种"), choices=lambda: [(HOME, lazy("人民币")), *choices("currency")], default=HOME
    )
    price = MoneyField(lazy("价格"), [Required(lazy("请填价格。"))])
    seller_country = ChoiceField(lazy("转让方国别"), choices=lambda: choices("country"), default=CHINA)
    buyer_country = ChoiceField(lazy("受让方国别"), choices=lambda: choices("country"), default=CHINA)
    entry = MoneyField(lazy("入门费"))
    royalty_basis_points = PercentField(lazy("提成比例（%）"))
    royalty_base = TextField(lazy("提成基数"), max_length=120)
    is_exclusive = BooleanField(lazy("独占"))
    years = NumberField(lazy("许可年限"), [NumberRange(1, 50)])
    territory = TextField(lazy("许可地域"), max_length=120)
    plan = RowsField(PlanRowForm, lazy("付款计划"), blank_rows=3, max_rows=20)
    costs = RowsField(CostRowForm, lazy("费用承担"), blank_rows=2, max_rows=10)
    note = LongTextField(lazy("其他条件、需要的配套"), max_length=2000)
    valid_days = NumberField(lazy("报价有效期（天）"), [NumberRange(1, 90)], default=15)
    seen = HiddenField()

    def validate(self, extra_validators: Any = None) -> bool:
        """Check each field, and that each row of the plan is whole."""
        is_valid = super().validate(extra_validators)
        is_whole = self.plan.require_cells(("condition", "amount"), _("每一期都要填条件和金额。"))
        is_shared = self.costs.require_cells(("item", "bearer"), _("每一项费用都要选由谁承担。"))
        return is_valid and is_whole and is_shared

    @property
    def terms(self) -> OfferTerms:
        """Return the terms as entered; read it after `validate`.

        Raises:
            Invalid: an amount is finer than the currency's smallest unit.
        """
        return from_form(OfferTerms, self.field_values, self.currency.data or HOME)

    @classmethod
    def initial(cls, last: OfferTerms | None, outcome: Outcome | None) -> dict[str, Any]:
        """Return the initial data: the last offer's terms, else the listing's."""
        if last is not None:
            return to_form(last, last.price.currency)
        if outcome is None:
            return {}
        kinds = [_KIND_OF_MODE[mode] for mode in outcome.modes if mode in _KIND_OF_MODE]
        return {
            "kind": kinds[0].value if kinds else "",
            "price": outcome.price_amount,
            "is_exclusive": outcome.modes == ["exclusive_licence"],
        }


class PublicityForm(BaseForm):
    holder = TextField(lazy("权利人"), [Required(lazy("请填权利人。"))], max_length=300)
    basis = LongTextField(
        lazy("定价依据"),
        [Required(lazy("请写明价格是怎样定的，如评估报告、成本、市场比价。"))],
        max_length=1000,
    )
    is_related = ChoiceField(
        lazy("受让方与本单位或成果完成人是否有关联关系"),
        [Required(lazy("请选择有无关联关系。"))],
        choices=lambda: [("no", lazy("没有")), ("yes", lazy("有"))],
        blank=lazy("请选择"),
    )
    relation = LongTextField(lazy("关联关系说明（有关联关系时必填）"), max_length=1000)
    change_reason = TextField(lazy("修改文本的原因（重新公示时填写，公开）"), max_length=300)
    channel = TextField(
        lazy("异议渠道：受理部门、电话、邮箱"), [Required(lazy("请填异议渠道。"))], max_length=300
    )

    def validate(self, extra_validators: Any = None) -> bool:
        """Validate the fields; a relation must be described."""
        is_valid = super().validate(extra_validators)
        if self.is_related.data == "yes" and not self.relation.data and not self.relation.errors:
            self.add_error("relation", _("请说明是什么关联关系。"))
            return False
        if self.is_related.data == "no" and self.relation.data:
            self.add_error("relation", _("选了没有关联关系，又写了说明：请改选有，或删去说明。"))
            return False
        return is_valid

    @property
    def statement(self) -> str:
        """关联关系声明 as it is published."""
        if self.is_related.data == "no":
            return _("经核查，受让方与转让方、成果完成人之间没有关联关系。")
        return _("受让方与转让方或成果完成人之间存在关联关系：%(text)s", text=self.relation.data or "")


class CertificateForm(BaseForm):
    """What an exchange's certificate says."""

    exchange = TextField(lazy("交易机构"), [Required(lazy("请填交易机构。"))], max_length=120)
    number = TextField(lazy("凭证编号"), [Required(lazy("请填凭证编号。"))], max_length=80)
    dated_on = DayField(lazy("凭证日期"), [Required(lazy("请填凭证日期。"))])
    price = MoneyField(lazy("成交价"), [Required(lazy("请填成交价。"))], unit=1)
    file = FileField(str(lazy("凭证文件")))

    def entry(self) -> CertificateEntry:
        """Return what was typed."""
        return CertificateEntry(
            str(self.exchange.data), str(self.number.data), self.dated_on.data, Money(self.price.data)
        )


class TerminationForm(BaseForm):
    reason = ChoiceField(
        lazy("终止原因"),
        [Required(lazy("请选择终止原因。"))],
        choices=lambda: choices("end_reason"),
        blank=lazy("请选择"),
    )
    comment = LongTextField(lazy("补充说明"), max_length=1000)


class FileForm(BaseForm):
    kind = ChoiceField(
        lazy("文件类别"),
        choices=lambda: [
            ("attachment", lazy("技术资料")),
            ("draft", lazy("合同草稿")),
            ("appraisal", lazy("评估与定价材料")),
            ("other", lazy("其他")),
        ],
        default="attachment",
    )
    tier = ChoiceField(
        lazy("谁能打开"),
        choices=lambda: sorted(choices("tier"), key=lambda choice: choice[0] != "parties"),
        default="parties",
    )
    file = FileField(str(lazy("选择文件")))
