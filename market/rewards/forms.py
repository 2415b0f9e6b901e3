from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from market.codes.labels import choices
from market.kit.amount_fields import MoneyField, PercentField
from market.kit.form_fields import BooleanField, ChoiceField, DayField, Required, TextField
from market.kit.formats import yuan
from market.kit.forms import BaseForm, RowsField, to_minor_units
from market.kit.i18n import gettext as _
from market.kit.i18n import lazy
from market.kit.money import Money
from market.rewards.models import RewardShare
from market.rewards.rules import Deduction, PersonShare, Sharing, UnitShare
from market.rewards.states import RewardKind


class DeductionForm(BaseForm):
    kind = ChoiceField(lazy("费用"), choices=lambda: choices("deduction_kind"), blank=lazy("请选择"))
    note = TextField(lazy("说明"), max_length=120)
    amount = MoneyField(lazy("金额（元）"), unit=1)


class PersonForm(BaseForm):
    name = TextField(lazy("姓名"), max_length=60)
    is_main = BooleanField(lazy("主要贡献"))
    work = TextField(lazy("承担的工作（公示）"), max_length=120)
    basis_points = PercentField(lazy("份额（%）"), base_name="pot")
    account = TextField(lazy("开户行和账号（不公示）"), max_length=80)


class UnitForm(BaseForm):
    name = TextField(lazy("单位"), max_length=120)
    basis_points = PercentField(lazy("份额（%）"), base_name="rest")


class PlanForm(BaseForm):
    income = MoneyField(lazy("本次分配的收入"), [Required(lazy("请填本次分配的收入。"))], unit=1)
    deductions = RowsField(DeductionForm, lazy("扣除的直接费用"), blank_rows=3, max_rows=20)
    pot = PercentField(
        lazy("奖励占净收入（股权为股份）的比例（%）"),
        [Required(lazy("请填奖励的比例。"))],
        base_name="net",
    )
    people = RowsField(PersonForm, lazy("受奖励人员（份额合计 100%）"), blank_rows=4, max_rows=60)
    units = RowsField(UnitForm, lazy("其余归单位（份额合计 100%）"), blank_rows=2, max_rows=10)

    def validate(self, extra_validators: Any = None) -> bool:
        """Validate the fields, and that each row is complete."""
        is_valid = super().validate(extra_validators)
        for rows, required in (
            (self.deductions, ("kind", "amount")),
            (self.people, ("name", "basis_points")),
            (self.units, ("name", "basis_points")),
        ):
            is_valid = rows.require_cells(required, _("每一行都要填完整。")) and is_valid
        return is_valid

    def set_bases(self, left: Money) -> None:
        """Tell each share what it is a share of, by what is filled in; `left` is what may be shared."""
        income, currency = self.income.data, left.currency
        if income is None:
            return
        costs = sum(row["amount"] or 0 for row in self.deductions.filled_rows)
        net = Money.of_hundredths(income - costs, currency)
        pot = net.share(self.pot.data or 0)
        self.pot.base = net
        for rows, base in ((self.people, pot), (self.units, net - pot)):
            for row in rows.entries:
                row.form.basis_points.base = base

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


def tax_form(shares: Sequence[RewardShare], currency: str) -> type[BaseForm]:
    """Return the form of the income tax withheld from each of these people; empty: not known."""
    fields = {
        f"tax-{share.sequence}": MoneyField(
            _("%(name)s　应发 %(amount)s", name=share.name, amount=yuan(share.amount, currency)),
            unit=1,
            is_zero_allowed=True,
        )
        for share in shares
    }
    return type("TaxForm", (BaseForm,), fields)


class RuleForm(BaseForm):
    title = TextField(lazy("办法名称"), [Required(lazy("请填办法名称。"))], max_length=200)
    document_number = TextField(lazy("文号"), max_length=80)
    pot = PercentField(lazy("现金奖励不低于净收入的（%）"), [Required(lazy("请填比例。"))], default=5000)
    equity = PercentField(lazy("股权奖励不低于股份的（%）"), [Required(lazy("请填比例。"))], default=5000)
    main_part = PercentField(
        lazy("主要贡献人员不低于奖励总额的（%）"), [Required(lazy("请填比例。"))], default=5000
    )
    valid_from = DayField(lazy("施行日期"), [Required(lazy("请填施行日期。"))])
