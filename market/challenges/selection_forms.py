"""Forms of what follows the opening: the formal check, the choice, agreements, milestones, an end."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from wtforms import FileField

from market.challenges.award_plans import AwardPlan
from market.challenges.milestones import Reached
from market.challenges.selection_rules import Choice, Fault
from market.challenges.selection_states import Comparison
from market.challenges.states import Ruling
from market.kit.amount_fields import MoneyField
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
from market.panels.round_forms import RulesForm


class PriceTestForm(BaseForm):
    """With what the price of an only solution was compared."""

    basis = ChoiceField(
        lazy("和什么比较"),
        [Required(lazy("请选择和什么比较。"))],
        choices=lambda: [(member.value, str(member.label)) for member in Comparison],
    )
    most = MoneyField(lazy("认可的最高价"), [Required(lazy("请填比对后认可的最高价。"))])
    text = LongTextField(lazy("比对过程"), [Required(lazy("请写明比对了哪些价格。"))], max_length=2000)


class ReasonForm(BaseForm):
    """An act that needs its reason."""

    reason = LongTextField(lazy("原因"), max_length=500)


class ChoiceRow(BaseForm):
    place = NumberField(lazy("方案"), [NumberRange(1, 999)])
    is_chosen = BooleanField(lazy("入选"))
    rank = NumberField(lazy("名次"), [NumberRange(1, 999)])
    amount = MoneyField(lazy("入选金额"))
    reason = TextField(lazy("未入选原因"), max_length=500)


class SelectionForm(BaseForm):
    """Who is chosen: one row for each solution."""

    rows = RowsField(ChoiceRow, lazy("方案"), blank_rows=0, max_rows=200)
    text = LongTextField(lazy("评选说明"), max_length=2000)

    def choices(self) -> list[Choice]:
        """Return what was typed of each solution."""
        return [
            Choice(
                place=row["place"] or 0,
                is_chosen=bool(row["is_chosen"]),
                rank=row["rank"],
                amount=row["amount"],
                reason=str(row["reason"] or ""),
            )
            for row in self.rows.filled_rows
        ]

    def show_faults(self, faults: Sequence[Fault]) -> None:
        """Show what is wrong at its cell, or above the table."""
        cells = {entry.form.place.data: entry.form for entry in self.rows.entries}
        for fault in faults:
            if fault.place in cells:
                field = cells[fault.place]._fields[fault.field]
                field.errors = [*field.errors, fault.words]
            else:
                self.rows.errors = [*self.rows.errors, fault.words]
        if not self.rows.errors:
            self.rows.errors = [_("有几处要修改，见各行。")]


class PlanRowForm(BaseForm):
    place = NumberField(lazy("阶段"), [NumberRange(1, 99)])
    condition = TextField(lazy("付款条件"), max_length=200)
    due_on = DayField(lazy("预计"))


class PlanForm(BaseForm):
    """Conditions and days of the milestones; the amounts follow the published shares."""

    stages = RowsField(PlanRowForm, lazy("阶段"), blank_rows=0, max_rows=20)

    def changes(self) -> list[tuple[int, str, Any]]:
        return [
            (row["place"] or 0, str(row["condition"] or ""), row["due_on"]) for row in self.stages.filled_rows
        ]


def plan_data(plan: AwardPlan) -> dict[str, Any]:
    """Return the data of the form of a plan."""
    return {
        "stages": [
            {"place": row.place, "condition": row.condition, "due_on": row.due_on} for row in plan.stages
        ]
    }


class ReachedRow(BaseForm):
    place = NumberField(lazy("指标"), [NumberRange(1, 99)])
    value = TextField(lazy("实测"), max_length=80)


class ReportForm(BaseForm):
    """A milestone as reached, with what was measured."""

    text = LongTextField(lazy("完成情况"), [Required(lazy("请写明完成了什么。"))], max_length=5000)
    reached = RowsField(ReachedRow, lazy("指标实测"), blank_rows=0, max_rows=30)
    file = FileField(str(lazy("检测报告或交付物")))

    def values(self) -> list[Reached]:
        return [
            Reached(row["place"] or 0, str(row["value"])) for row in self.reached.filled_rows if row["value"]
        ]


class EndingForm(BaseForm):
    """That a challenge comes to nothing, with the text that is published."""

    ruling = ChoiceField(choices=[(Ruling.END.value, ""), (Ruling.FIND_NONE.value, "")])
    text = LongTextField(lazy("公开的理由"), max_length=500)


class ChoosingRoundForm(RulesForm):
    title = TextField(lazy("名称"), [Required(lazy("请填写名称。"))], max_length=120)
    salt = TextField(lazy("随机口令"), [Required(lazy("请填写随机口令。"))], max_length=120)
