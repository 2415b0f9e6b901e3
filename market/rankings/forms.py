"""Forms of rankings: schemes, what is frozen, parks and moves."""

from __future__ import annotations

from datetime import date
from typing import Any

from wtforms import FileField

from market.codes import regions
from market.kit.amount_fields import MoneyField
from market.kit.form_fields import (
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
from market.panels.round_forms import RulesForm
from market.rankings.indicators import INDICATORS
from market.rankings.models import RankingScheme
from market.rankings.schemes import (
    LEAST_DEDUCTION,
    MOST_DEDUCTION,
    Part,
    Rule,
    deductions_of,
    parts_of,
    rules_of,
)
from market.rankings.states import Occasion, ParkLevel, PeriodKind, PlaceKind, WarningKind

BOUND = NumberRange(0, 999_999_999)


class PartForm(BaseForm):
    code = ChoiceField(
        lazy("指标"),
        choices=lambda: [(code, f"{row.label}（{row.unit}）") for code, row in INDICATORS.items()],
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


GROUNDS = (
    ("below", lazy("得分低于")),
    ("last", lazy("排在末几名")),
    ("unreported", lazy("没有报月报")),
)


class RuleForm(BaseForm):
    kind = ChoiceField(lazy("哪种警告"), choices=lambda: choices(WarningKind), blank="")
    ground = ChoiceField(lazy("什么情况"), choices=lambda: list(GROUNDS), blank="")
    value = NumberField(lazy("多少分或几名"), [NumberRange(1, 100)])
    times = NumberField(lazy("连续几期"), [NumberRange(1, 12)])
    period = ChoiceField(lazy("看哪种期间"), choices=lambda: choices(PeriodKind), blank=lazy("每种"))


class DeductionForm(BaseForm):
    occasion = ChoiceField(lazy("什么情况"), choices=lambda: choices(Occasion), blank="")
    tenths = ChoiceField(
        lazy("每次扣几分"),
        choices=lambda: [
            (str(tenths), f"{tenths // 10}.{tenths % 10}")
            for tenths in range(LEAST_DEDUCTION, MOST_DEDUCTION + 1)
        ],
        blank="",
    )


class SchemeForm(BaseForm):
    kind = ChoiceField(lazy("排什么"), [Required(lazy("请选择。"))], choices=lambda: choices(PlaceKind))
    valid_from = DayField(lazy("起用日"), [Required(lazy("请填起用日。"))])
    parts = RowsField(PartForm, lazy("指标"), blank_rows=2, max_rows=40)
    rules = RowsField(RuleForm, lazy("什么时候警告"), blank_rows=2, max_rows=10)
    deductions = RowsField(DeductionForm, lazy("扣分"), blank_rows=1, max_rows=5)
    text = LongTextField(lazy("方案说明"), [Required(lazy("请写方案，它会公开。"))], max_length=3000)
    basis = TextField(lazy("依据"), [Required(lazy("请写文号和条款，或说明是假定。"))], max_length=200)

    def scheme_rules(self) -> list[Rule]:
        """Return the rules that were typed."""
        rules = []
        for row in self.rules.filled_rows:
            value = int(row["value"] or 0)
            rules.append(
                Rule(
                    WarningKind(row["kind"]),
                    value * 10 if row["ground"] == "below" else None,
                    int(row["times"] or 1),
                    value if row["ground"] == "last" else None,
                    PeriodKind(row["period"]) if row["period"] else None,
                )
            )
        return rules

    def costs(self) -> dict[Occasion, int]:
        """Return what is taken off, in tenths of a point."""
        return {Occasion(row["occasion"]): int(row["tenths"]) for row in self.deductions.filled_rows}

    def validate(self, extra_validators: object = None) -> bool:
        """Validate; of a row that is filled in every cell is needed, but for what a rule can do without."""
        is_valid = super().validate(extra_validators)
        words = lazy("请填这一格。")
        is_valid = self.parts.require_cells(CELLS, words) and is_valid
        is_valid = self.rules.require_cells(("kind", "ground"), words) and is_valid
        is_valid = self.deductions.require_cells(("occasion", "tenths"), words) and is_valid
        bare = [
            entry.form.value
            for entry in self.rules.entries
            if entry.form.ground.data in ("below", "last") and entry.form.value.data is None
        ]
        for cell in bare:
            cell.errors = [str(words)]
        if bare:
            self.rules.errors = [entry.errors for entry in self.rules.entries]
        return is_valid and not bare

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


def typed_scheme(scheme: RankingScheme) -> dict[str, Any]:
    """Return a scheme as its form shows it, for a further version: without the day from which it counts."""
    return {
        "kind": scheme.kind.value,
        "parts": [
            {
                "code": part.code,
                "weight": part.weight,
                **{
                    f"{kind.value}_{end}": value
                    for kind, pair in part.bounds.items()
                    for end, value in zip(("low", "high"), pair, strict=True)
                },
            }
            for part in parts_of(scheme)
        ],
        "rules": [
            {
                "kind": rule.kind.value,
                "ground": "unreported"
                if rule.is_about_reports
                else "last"
                if rule.below is None
                else "below",
                "value": rule.last if rule.below is None else rule.below // 10,
                "times": rule.times,
                "period": rule.period.value if rule.period else "",
            }
            for rule in rules_of(scheme)
        ],
        "deductions": [
            {"occasion": occasion.value, "tenths": str(tenths)}
            for occasion, tenths in deductions_of(scheme).items()
        ],
        "text": scheme.text,
        "basis": scheme.basis,
    }


class FreezeForm(BaseForm):
    kind = ChoiceField(lazy("排什么"), [Required(lazy("请选择。"))], choices=lambda: choices(PlaceKind))
    period_kind = ChoiceField(
        lazy("哪一种"), [Required(lazy("请选择。"))], choices=lambda: choices(PeriodKind)
    )
    begins_on = DayField(lazy("期间第一天"), [Required(lazy("请填第一天，例如 2026-10-01。"))])
    analysis = LongTextField(lazy("分析"), max_length=5000)
    note = LongTextField(lazy("更正原因"), max_length=500)


class AnalysisForm(BaseForm):
    text = LongTextField(lazy("分析"), [Required(lazy("请写分析。"))], max_length=5000)


class ObjectionForm(BaseForm):
    indicator = ChoiceField(lazy("对哪一项"), choices=list, blank=lazy("整个得分或者名次"))
    text = LongTextField(
        lazy("哪里不对，应当是多少"), [Required(lazy("请写明哪里不对、应当是多少。"))], max_length=3000
    )
    file = FileField(str(lazy("证据（可不传）")))


class RulingForm(BaseForm):
    outcome = ChoiceField(
        lazy("怎样答复"),
        [Required(lazy("请选择。"))],
        choices=lambda: [("upheld", lazy("异议成立，要更正")), ("denied", lazy("异议不成立"))],
        blank="",
    )
    text = LongTextField(lazy("理由"), [Required(lazy("请写明理由。"))], max_length=2000)


class TakeOffForm(BaseForm):
    place = ChoiceField(lazy("对哪里"), [Required(lazy("请选择。"))], choices=list, blank="")
    occasion = ChoiceField(lazy("什么情况"), [Required(lazy("请选择。"))], choices=list, blank="")
    happened_on = DayField(lazy("发生日"), [Required(lazy("请填发生日。"))])
    decision = TextField(
        lazy("处理决定（文号、日期）"), [Required(lazy("请写明处理决定的文号和日期。"))], max_length=200
    )


class AppraisalForm(RulesForm):
    kind = ChoiceField(lazy("评议什么"), [Required(lazy("请选择。"))], choices=lambda: choices(PlaceKind))
    year = NumberField(lazy("年度"), [Required(lazy("请填年度。")), NumberRange(2020, 2100)])
    title = TextField(lazy("名称"), [Required(lazy("请填写名称。"))], max_length=120)
    salt = TextField(lazy("随机口令"), [Required(lazy("请填写随机口令。"))], max_length=120)


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
