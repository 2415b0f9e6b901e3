from __future__ import annotations

from datetime import date
from typing import Any

from market.codes.labels import choices
from market.codes.regions import choices as region_choices
from market.contracts.terms import ContractTerms, Exclusion
from market.deals.forms import PlanRowForm
from market.deals.models import Deal, Offer
from market.deals.terms import PlanRow
from market.kit.errors import Invalid
from market.kit.forms import (
    BaseForm,
    BooleanField,
    ChoiceField,
    DayField,
    FileField,
    HiddenField,
    LongTextField,
    MoneyField,
    NumberField,
    RowsField,
    TextField,
    between,
    needed,
)
from market.kit.i18n import gettext as _
from market.kit.i18n import lazy


def _regions() -> Any:
    return region_choices(("province", "city", "county"))


class ExclusionForm(BaseForm):
    kind = ChoiceField(lazy("类别"), choices=lambda: choices("exclusion_kind"), blank=lazy("请选择"))
    name = TextField(lazy("名称"), most=120)
    amount = MoneyField(lazy("金额（万元）"))


class ContractForm(BaseForm):
    name = TextField(lazy("项目名称"), [needed(lazy("请填项目名称。"))], most=200)
    field = ChoiceField(
        lazy("技术领域"),
        [needed(lazy("请选择技术领域。"))],
        choices=lambda: choices("field"),
        blank=lazy("请选择"),
    )
    signed_on = DayField(lazy("签订日期"), [needed(lazy("请填签订日期。"))])
    valid_until = DayField(lazy("有效期至（可不填）"))
    licence_years = NumberField(lazy("许可年限（许可合同填写）"), [between(1, 50)])
    used_in = ChoiceField(
        lazy("成果应用所在地"),
        [needed(lazy("请选择成果应用所在地。"))],
        choices=lambda: _regions(),
        blank=lazy("请选择"),
    )
    exclusions = RowsField(ExclusionForm, lazy("非技术性费用（设备、仪器、软件等）"), blank=2, most=20)
    plan = RowsField(PlanRowForm, lazy("分期付款"), blank=1, most=20)
    is_related = BooleanField(lazy("双方存在隶属或关联关系"))
    is_publicly_funded = BooleanField(lazy("项目由财政资金支持"))
    file = FileField(str(lazy("合同扫描件（双方签章）")))
    seen = HiddenField()

    def terms(self, deal: Deal, is_exclusive: bool) -> ContractTerms:
        """The terms as entered; price and kind are the deal's. Call it after `validate`.

        Raises:
            Invalid: a row is not whole.
        """
        if any(not row["condition"] or row["amount"] is None for row in self.plan.filled):
            raise Invalid(_("每一期都要填条件和金额。"), field="plan")
        if any(not (row["kind"] and row["name"] and row["amount"]) for row in self.exclusions.filled):
            raise Invalid(_("每一项非技术性费用都要写明类别、名称和金额。"), field="exclusions")
        if deal.price is None or deal.kind is None:
            raise Invalid(_("双方还没有约定价格。"))
        return ContractTerms(
            name=self.name.data or "",
            kind=deal.kind,
            field=self.field.data,
            price=deal.price,
            signed_on=self.signed_on.data,
            valid_until=self.valid_until.data,
            used_in=self.used_in.data,
            licence_years=self.licence_years.data,
            is_exclusive=is_exclusive,
            is_related=bool(self.is_related.data),
            is_publicly_funded=bool(self.is_publicly_funded.data),
            exclusions=tuple(Exclusion(**row) for row in self.exclusions.filled),
            instalments=tuple(PlanRow.of(row) for row in self.plan.filled),
        )

    @classmethod
    def beginning(cls, deal: Deal, offer: Offer, draft: ContractTerms | None, today: date) -> dict[str, Any]:
        """Return what the form shows at first: what was entered before, else what was accepted."""
        if draft is not None:
            return draft.content | {
                "signed_on": draft.signed_on,
                "valid_until": draft.valid_until,
                "exclusions": [vars(each) for each in draft.exclusions],
                "plan": [vars(row) for row in draft.instalments],
            }
        return {
            "name": deal.title,
            "signed_on": today,
            "field": deal.outcome.field,
            "used_in": deal.buyer.region,
            "licence_years": offer.years,
            "plan": [vars(PlanRow.of(row)) for row in offer.plan],
            "is_publicly_funded": deal.outcome.is_publicly_funded,
        }


class RegistrationForm(BaseForm):
    registration_number = TextField(
        lazy("登记编号（16 位数字）"), [needed(lazy("请填 16 位登记编号。"))], most=40
    )
    registered_on = DayField(lazy("登记日期"), [needed(lazy("请填登记日期。"))])
    registry = TextField(lazy("登记机构"), [needed(lazy("请填登记机构。"))], most=120)
    file = FileField(str(lazy("认定登记证明（可不传）")))


class RemittanceForm(BaseForm):
    amount = MoneyField(lazy("到账金额"), [needed(lazy("请填到账金额。"))], unit=1)
    received_on = DayField(lazy("到账日期"), [needed(lazy("请填到账日期。"))])
    bank_reference = TextField(lazy("银行流水号（可不填）"), most=80)
    invoice_number = TextField(lazy("发票号码"), most=40)
    invoice_amount = MoneyField(lazy("发票金额"), unit=1)
    file = FileField(str(lazy("银行回单")))


class RejectionForm(BaseForm):
    reason = LongTextField(lazy("不符之处"), [needed(lazy("请写明哪里不符。"))], most=300)
