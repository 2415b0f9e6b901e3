"""Forms of rankings: schemes, what is frozen, parks and moves."""

from __future__ import annotations

from datetime import date

from wtforms import FileField

from market.codes import regions
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
from market.kit.i18n import lazy
from market.kit.labels import choices
from market.rankings.indicators import INDICATORS
from market.rankings.schemes import Part, Rule
from market.rankings.states import ParkLevel, PeriodKind, PlaceKind, WarningKind

BOUND = NumberRange(0, 999_999_999)


class PartForm(BaseForm):
    code = ChoiceField(
        lazy("指标"),
        choices=lambda: [(code, f"{one.label}（{one.unit}）") for code, one in INDICATORS.items()],
        blank="",
    )
    weight = NumberField(lazy("权重"), [NumberRange(1, 1000)])
    month_low = NumberField(lazy("月 60 分"), [BOUND])
    month_high = NumberField(lazy("月 100 分"), [BOUND])
    quarter_low = NumberField(lazy("季 60 分"), [BOUND])
    quarter_high = NumberField(lazy("季 100 分"), [BOUND])
    year_low = NumberField(lazy("年 60 分"), [BOUND])
    year_high = NumberField(lazy("年 100 分"), [BOUND])


CELLS = ("code", "weight", *(f"{kind.value}_{end}" for kind in PeriodKind for end in ("low", "high")))


class SchemeForm(BaseForm):
    kind = ChoiceField(lazy("排什么"), [Required(lazy("请选择。"))], choices=lambda: choices(PlaceKind))
    valid_from = DayField(lazy("起用日"), [Required(lazy("请填起用日。"))])
    parts = RowsField(PartForm, lazy("指标"), blank_rows=2, max_rows=20)
    text = LongTextField(lazy("方案说明"), [Required(lazy("请写方案，它会公开。"))], max_length=3000)
    basis = TextField(lazy("依据"), [Required(lazy("请写文号和条款，或说明是假定。"))], max_length=200)

    below = NumberField(lazy("低于多少分"), [NumberRange(60, 100)])
    times = NumberField(lazy("连续几期"), [NumberRange(1, 12)])
    reminds = BooleanField(lazy("没有填报月报的，系统提出提醒"))

    def rules(self) -> list[Rule]:
        """Return the rules that were typed; a yellow card takes a score and a number of periods."""
        rules = []
        if self.below.data:
            rules.append(Rule(WarningKind.YELLOW, self.below.data * 10, self.times.data or 1))
        if self.reminds.data:
            rules.append(Rule(WarningKind.REMINDER))
        return rules

    def validate(self, extra_validators: object = None) -> bool:
        """Validate; every cell of a row that is filled in is needed."""
        is_valid = super().validate(extra_validators)
        return self.parts.require_cells(CELLS, lazy("请填这一格。")) and is_valid

    def scheme_parts(self) -> list[Part]:
        """Return the rows that were filled in."""
        return [
            Part(
                row["code"],
                int(row["weight"]),
                {
                    kind: (int(row[f"{kind.value}_low"]), int(row[f"{kind.value}_high"]))
                    for kind in PeriodKind
                },
            )
            for row in self.parts.filled_rows
        ]


class FreezeForm(BaseForm):
    kind = ChoiceField(lazy("排什么"), [Required(lazy("请选择。"))], choices=lambda: choices(PlaceKind))
    period_kind = ChoiceField(
        lazy("哪一种"), [Required(lazy("请选择。"))], choices=lambda: choices(PeriodKind)
    )
    begins_on = DayField(lazy("期间第一天"), [Required(lazy("请填第一天，例如 2026-10-01。"))])
    analysis = LongTextField(lazy("分析"), max_length=5000)
    note = LongTextField(lazy("更正原因"), max_length=500)


class ParkForm(BaseForm):
    code = TextField(lazy("代码"), [Required(lazy("请填代码，例如 nanning-hitech。"))], max_length=24)
    name = TextField(lazy("名称"), [Required(lazy("请填名称。"))], max_length=60)
    level = ChoiceField(lazy("级别"), [Required(lazy("请选择。"))], choices=lambda: choices(ParkLevel))
    city = ChoiceField(
        lazy("所在市"),
        [Required(lazy("请选择。"))],
        choices=lambda: [(code[:4], regions.name(code)) for code in regions.cities_of(regions.GUANGXI)],
    )
    office = TextField(lazy("管理机构的统一社会信用代码"), max_length=18)


class JoinForm(BaseForm):
    uscc = TextField(
        lazy("单位的统一社会信用代码"), [Required(lazy("请填统一社会信用代码。"))], max_length=18
    )
    since = DayField(lazy("入园日"), [Required(lazy("请填入园日。"))])


class LeaveForm(BaseForm):
    until = DayField(lazy("离园日"), [Required(lazy("请填离园日。"))])


class MoveForm(BaseForm):
    uscc = TextField(
        lazy("单位的统一社会信用代码"), [Required(lazy("请填统一社会信用代码。"))], max_length=18
    )
    region = ChoiceField(
        lazy("迁入"),
        [Required(lazy("请选择。"))],
        choices=lambda: {**regions.choices(("city", "county"))},
        also=regions.known_name,
    )
    moved_on = DayField(lazy("迁入日"), [Required(lazy("请填迁入日。"))])


class ReportForm(BaseForm):
    month = DayField(lazy("月份（填当月第一天）"), [Required(lazy("请填月份，例如 2026-10-01。"))])
    research = MoneyField(
        lazy("园区企业研发投入"), [Required(lazy("请填金额，没有填 0。"))], is_zero_allowed=True
    )
    note = LongTextField(lazy("说明"), max_length=1000)
    file = FileField(str(lazy("依据")))


class AnswerForm(BaseForm):
    text = LongTextField(lazy("原因和整改办法"), [Required(lazy("请写明原因和整改办法。"))], max_length=3000)
    file = FileField(str(lazy("附件（可不传）")))


def first_of_last_month(today: date) -> date:
    """Return the first day of the month before."""
    year, month = divmod(today.year * 12 + today.month - 2, 12)
    return date(year, month + 1, 1)
