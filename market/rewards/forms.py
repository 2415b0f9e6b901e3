from __future__ import annotations

from typing import Any

from market.codes.labels import choices
from market.kit.form_fields import (
    BooleanField,
    ChoiceField,
    DayField,
    MoneyField,
    NumberField,
    NumberRange,
    Required,
    TextField,
    to_minor_units,
)
from market.kit.forms import BaseForm, RowsField
from market.kit.i18n import gettext as _
from market.kit.i18n import lazy
from market.kit.money import Money
from market.rewards.rules import WHOLE, Deduction, PersonShare, Sharing, UnitShare
from market.rewards.states import RewardKind


class DeductionForm(BaseForm):
    kind = ChoiceField(lazy("费用"), choices=lambda: choices("deduction_kind"), blank=lazy("请选择"))
    note = TextField(lazy("说明"), max_length=120)
    amount = MoneyField(lazy("金额（元）"), unit=1)


class PersonForm(BaseForm):
    name = TextField(lazy("姓名"), max_length=60)
    is_main = BooleanField(lazy("主要贡献"))
    work = TextField(lazy("承担的工作（公示）"), max_length=120)
    basis_points = NumberField(lazy("份额（基点）"), [NumberRange(1, WHOLE)])
    account = TextField(lazy("开户行和账号（不公示）"), max_length=80)


class UnitForm(BaseForm):
    name = TextField(lazy("单位"), max_length=120)
    basis_points = NumberField(lazy("份额（基点）"), [NumberRange(1, WHOLE)])


class PlanForm(BaseForm):
    income = MoneyField(lazy("本次分配的收入"), [Required(lazy("请填本次分配的收入。"))], unit=1)
    deductions = RowsField(DeductionForm, lazy("扣除的直接费用"), blank_rows=3, max_rows=20)
    pot = NumberField(
        lazy("奖励占净收入（股权为股份）的比例（基点，5000 = 50%）"),
        [Required(lazy("请填奖励的比例。")), NumberRange(1, WHOLE)],
    )
    people = RowsField(PersonForm, lazy("受奖励人员（份额合计 10000）"), blank_rows=4, max_rows=60)
    units = RowsField(UnitForm, lazy("其余归单位（份额合计 10000）"), blank_rows=2, max_rows=10)

    def validate(self, extra_validators: Any = None) -> bool:
        """Validate the fields, and that each row is complete."""
        is_valid = super().validate(extra_validators)
        for rows, required in (
            (self.deductions, ("kind", "amount")),
            (self.people, ("name", "basis_points")),
            (self.units, ("name", "basis_points")),
        ):
            if any(not row[name] for row in rows.filled_rows for name in required) and not rows.errors:
                self.add_error(rows.short_name, _("每一行都要填完整。"))
                is_valid = False
        return is_valid

    def sharing(self, kind: RewardKind, currency: str) -> Sharing:
        """Return the proposal as entered, in the contract's currency; call it after `validate`.

        Raises:
            Invalid: an amount is finer than the currency's smallest unit.
        """
        return Sharing(
            kind=kind,
            income=Money(to_minor_units(self.income.data, currency, "income"), currency),
            deductions=tuple(
                Deduction(**{**row, "amount": to_minor_units(row["amount"], currency, "deductions")})
                for row in self.deductions.filled_rows
            ),
            pot=int(self.pot.data or 0),
            people=tuple(PersonShare(**row) for row in self.people.filled_rows),
            units=tuple(UnitShare(**row) for row in self.units.filled_rows),
        )


class RuleForm(BaseForm):
    title = TextField(lazy("办法名称"), [Required(lazy("请填办法名称。"))], max_length=200)
    document_number = TextField(lazy("文号"), max_length=80)
    pot = NumberField(
        lazy("现金奖励不低于净收入的（基点）"),
        [Required(lazy("请填比例。")), NumberRange(1, WHOLE)],
        default=5000,
    )
    equity = NumberField(
        lazy("股权奖励不低于股份的（基点）"),
        [Required(lazy("请填比例。")), NumberRange(1, WHOLE)],
        default=5000,
    )
    main_part = NumberField(
        lazy("主要贡献人员不低于奖励总额的（基点）"),
        [Required(lazy("请填比例。")), NumberRange(1, WHOLE)],
        default=5000,
    )
    valid_from = DayField(lazy("施行日期"), [Required(lazy("请填施行日期。"))])
