"""Forms of challenges: the draft with its tables, and what the office decides. A draft may be incomplete."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from wtforms.validators import ValidationError

from market.challenges.challenge_terms import ChallengeTerms, SolverRow, ThresholdRow
from market.challenges.drafting import ARGUMENTS, Arguments, rejection_reasons
from market.challenges.states import (
    BudgetKind,
    Cooperation,
    Kind,
    Operator,
    Ownership,
    Pledge,
    Proof,
    SolverKind,
    Threshold,
    Winners,
)
from market.codes.labels import choices as listed_choices
from market.kit.amount_fields import MoneyField, PercentField
from market.kit.clock import SHANGHAI, end_of_day, local, local_date
from market.kit.form_fields import (
    BooleanField,
    ChoiceField,
    ChoicesField,
    DayField,
    LongTextField,
    NumberField,
    NumberRange,
    Required,
    TextField,
    typed_number,
)
from market.kit.forms import BaseForm, RowsField
from market.kit.i18n import gettext as _
from market.kit.i18n import lazy
from market.kit.labels import choices
from market.kit.money import HOME
from market.kit.terms import from_form, to_form
from market.panels.round_forms import RulesForm

_TIME = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)", re.ASCII)
MOST_WINNERS = 20
LONGEST_NUMBER = 24
"""Characters of a value of an indicator."""


def _narrow(text: str | None) -> str | None:
    """Read digits and a colon of full width as those of half width."""
    return unicodedata.normalize("NFKC", text).strip() if text else text


def _check_time(_form: Any, field: Any) -> None:
    if field.data and not _TIME.fullmatch(field.data):
        raise ValidationError(_("请按 17:00 的样子填，或不填。"))


def time_field(words: Any) -> TextField:
    """Return the field of a time of the day, such as 17:00."""
    return TextField(words, [_check_time], max_length=5, filters=[_narrow])


def moment_of(day: Any, time: str | None) -> datetime | None:
    """Return a moment of a day in Asia/Shanghai; without a time, its end; without a day, None."""
    if day is None:
        return None
    typed = _TIME.fullmatch(time or "")
    if typed is None:
        return end_of_day(day)
    return datetime(day.year, day.month, day.day, int(typed[1]), int(typed[2]), tzinfo=SHANGHAI)


def moment_data(name: str, moment: datetime | None) -> dict[str, Any]:
    """Return the data of a day and a time of it."""
    if moment is None:
        return {}
    at = local(moment)
    if (at.hour, at.minute) == (0, 0):
        return {f"{name}_on": local_date(moment - timedelta(seconds=1)), f"{name}_time": ""}
    return {f"{name}_on": at.date(), f"{name}_time": f"{at:%H:%M}"}


class DecimalText(TextField):
    """A number that is kept as it is written, a plain decimal."""

    def process_formdata(self, valuelist: list[Any]) -> None:
        super().process_formdata(valuelist)
        text = unicodedata.normalize("NFKC", self.data or "").strip()
        if text:
            plain = f"{typed_number(text, _('请填数值，如 84 或 9.5；单位填在单位一栏。')):f}"
            self.data = plain if len(plain) <= LONGEST_NUMBER else text


class IndicatorRow(BaseForm):
    name = TextField(lazy("指标"), max_length=80)
    unit = TextField(lazy("单位"), max_length=24)
    present = TextField(lazy("现状"), max_length=40)
    operator = ChoiceField(lazy("要求"), choices=lambda: choices(Operator), blank="—")
    low = DecimalText(lazy("数值"), max_length=LONGEST_NUMBER)
    high = DecimalText(lazy("至（介于时填）"), max_length=LONGEST_NUMBER)
    method = TextField(lazy("怎样测"), max_length=200)
    proof = ChoiceField(lazy("凭什么验收"), choices=lambda: choices(Proof), blank="—")
    package = NumberField(lazy("第几包（众包时填）"), [NumberRange(0, 20)])


class MilestoneRow(BaseForm):
    name = TextField(lazy("阶段"), max_length=80)
    condition = TextField(lazy("付款条件"), max_length=200)
    due_on = DayField(lazy("预计"))
    share = PercentField(lazy("比例（%）"), base_name="budget")


class CriterionRow(BaseForm):
    name = TextField(lazy("项"), max_length=60)
    points = NumberField(lazy("分值"), [NumberRange(1, 100)])


class PackageRow(BaseForm):
    name = TextField(lazy("包"), max_length=80)
    text = TextField(lazy("内容和交付物"), max_length=300)
    reward = MoneyField(lazy("每份报酬（万元）"))
    copies = NumberField(lazy("份数"), [NumberRange(1, 50)])
    after = NumberField(lazy("排在第几包之后"), [NumberRange(0, 19)])


class ChallengeForm(BaseForm):
    """The draft: only a title is needed to save it; what else is missing is told at the submission."""

    kind = ChoiceField(lazy("榜单类别"), choices=lambda: choices(Kind))
    title = TextField(lazy("榜单名称"), [Required(lazy("请填榜单名称。"))], max_length=80)
    is_masked = BooleanField(lazy("不公开单位名称，显示为“某企业”"))
    summary = TextField(lazy("一句话"), max_length=200)
    background = LongTextField(lazy("背景"), max_length=5000)
    field = ChoiceField(lazy("技术领域"), choices=lambda: listed_choices("field"), blank=lazy("请选择"))
    cooperation = ChoiceField(lazy("合作方式"), choices=lambda: choices(Cooperation))

    indicators = RowsField(IndicatorRow, lazy("考核指标"), blank_rows=3, max_rows=30)
    packages = RowsField(PackageRow, lazy("分包"), blank_rows=2, max_rows=20)

    budget_kind = ChoiceField(lazy("榜额类型"), choices=lambda: choices(BudgetKind))
    budget = MoneyField(lazy("榜额"))
    budget_least = MoneyField(lazy("区间的下限"))
    is_tax_included = BooleanField(lazy("含税"))
    public_share = PercentField(lazy("财政支持占合同额"), is_zero_allowed=True, base_name="budget")
    public_most = MoneyField(lazy("财政支持最多"))
    pledge = ChoiceField(lazy("资金证明"), choices=lambda: choices(Pledge))
    pledge_note = TextField(lazy("证明的文号和日期"), max_length=200)
    milestones = RowsField(MilestoneRow, lazy("榜额怎样付"), blank_rows=3, max_rows=8)

    solvers = ChoicesField(lazy("谁可以揭榜"), choices=lambda: choices(SolverKind))
    allows_teams = BooleanField(lazy("可以联合揭榜，联合的写明份额"))
    conditions = LongTextField(lazy("揭榜条件"), max_length=2000)
    thresholds = ChoicesField(lazy("不设门槛"), choices=lambda: choices(Threshold))

    winners = ChoiceField(lazy("选几家"), choices=lambda: choices(Winners))
    winners_most = NumberField(lazy("最多入选"), [NumberRange(1, MOST_WINNERS)])
    each = MoneyField(lazy("每家金额"))
    race_lanes = NumberField(lazy("赛马：第一阶段几支团队"), [NumberRange(0, 5)])
    race_cut = TextField(lazy("赛马：什么时候、按什么淘汰"), max_length=200)
    criteria = RowsField(CriterionRow, lazy("怎样选"), blank_rows=3, max_rows=8)
    shows_count = BooleanField(lazy("截止前公开已有几份方案"))

    ownership = ChoiceField(lazy("新成果归属"), choices=lambda: choices(Ownership))
    ownership_note = TextField(lazy("归属的补充约定"), max_length=300)
    background_rights = TextField(lazy("揭榜方原有的知识产权"), max_length=300)
    spread = TextField(lazy("成功后推广"), max_length=300)
    failure = TextField(lazy("技术失败"), max_length=300)

    opens_on = DayField(lazy("揭榜开始日"))
    opens_time = time_field(lazy("开始时刻"))
    deadline_on = DayField(lazy("揭榜截止日"))
    deadline_time = time_field(lazy("截止时刻"))
    sign_days = NumberField(lazy("入选后几天内签约"), [NumberRange(5, 180)])
    contact = TextField(lazy("咨询"), max_length=200)

    argument_need = LongTextField(lazy("论证：为什么必要"), max_length=2000)
    argument_measure = LongTextField(lazy("论证：指标为什么可考核、是不是只有一家能满足"), max_length=2000)
    argument_input = LongTextField(lazy("论证：投入为什么合理、钱从哪里来"), max_length=2000)

    def terms(self) -> ChallengeTerms:
        """Return the terms that were typed.

        Raises:
            Invalid: at a field, an amount finer than a fen.
        """
        return from_form(
            ChallengeTerms,
            self.field_values,
            HOME,
            opens_at=moment_of(self.opens_on.data, self.opens_time.data or "00:00"),
            deadline_at=moment_of(self.deadline_on.data, self.deadline_time.data),
            solvers=tuple(SolverRow(SolverKind(key)) for key in self.solvers.data or ()),
            thresholds=tuple(ThresholdRow(Threshold(key)) for key in self.thresholds.data or ()),
        )

    def arguments(self) -> Arguments:
        return Arguments(**{name: str(self._fields[name].data or "") for name in ARGUMENTS})

    def show_faults(self, faults: Sequence[tuple[str, str]]) -> None:
        """Show what keeps the draft from being submitted, each at its field."""
        for name, words in faults:
            self.add_error(name, words)

    def append_blank_rows(self) -> None:
        """Append blank rows below the filled ones, for browsers without scripts."""
        for field in self._fields.values():
            if isinstance(field, RowsField):
                field.append_blank_rows()


def challenge_data(terms: ChallengeTerms, arguments: Mapping[str, str]) -> dict[str, Any]:
    """Return the data of the form of a draft."""
    data = to_form(terms, HOME) | dict(arguments)
    data["solvers"] = [row.kind.value for row in terms.solvers]
    data["thresholds"] = [row.kind.value for row in terms.thresholds]
    data |= {"opens_on": None, "opens_time": ""}
    if terms.opens_at is not None:
        at = local(terms.opens_at)
        data |= {"opens_on": at.date(), "opens_time": f"{at:%H:%M}"}
    return data | moment_data("deadline", terms.deadline_at)


class DecisionForm(BaseForm):
    """What the office decides about a submitted challenge."""

    ruling = ChoiceField(choices=[("list", ""), ("reject", ""), ("return", "")])
    end_reason = ChoiceField(
        lazy("原因"),
        choices=lambda: [(reason.value, str(reason.label)) for reason in rejection_reasons()],
        blank=lazy("请选择"),
    )
    text = LongTextField(lazy("理由"), max_length=500)


class ArgumentRoundForm(RulesForm):
    title = TextField(lazy("名称"), [Required(lazy("请填写名称。"))], max_length=120)
    items = ChoicesField(lazy("榜单"))
    salt = TextField(lazy("随机口令"), [Required(lazy("请填写随机口令。"))], max_length=120)
