"""Forms of solutions: the draft, a file, an extension."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from wtforms import FileField

from market.challenges.challenge_terms import ChallengeTerms
from market.challenges.forms import moment_data, moment_of, time_field
from market.challenges.models import Challenge
from market.challenges.solution_content import SolutionContent, asked_of
from market.kit.amount_fields import MoneyField, PercentField
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
from market.kit.money import HOME
from market.kit.terms import from_form, to_form

MOST_INDICATORS = 30


def indicator_choices() -> list[tuple[str, str]]:
    """Return the numbers of indicators to choose from; of a challenge, see `SolutionForm.name_indicators`."""
    return [(str(place), str(place)) for place in range(1, MOST_INDICATORS + 1)]


class ReachRow(BaseForm):
    place = ChoiceField(lazy("指标"), choices=indicator_choices, blank="—")
    value = TextField(lazy("能达到"), max_length=60)
    basis = TextField(lazy("依据"), max_length=300)


class StageRow(BaseForm):
    name = TextField(lazy("阶段"), max_length=80)
    content = TextField(lazy("做什么、交付什么"), max_length=300)
    months = NumberField(lazy("签约后第几个月完成"), [NumberRange(1, 120)])
    share = PercentField(lazy("占报价（%）"), base_name="price")


class TeamRow(BaseForm):
    name = TextField(lazy("单位"), max_length=120)
    work = TextField(lazy("分工"), max_length=200)
    share = PercentField(lazy("份额（%）"), base_name="price")


class SolutionForm(BaseForm):
    """The draft: nothing is needed to save it; what is missing is told at the submission."""

    summary = TextField(lazy("一句话"), max_length=200)
    leader = TextField(lazy("挂帅负责人"), max_length=60)
    credentials = LongTextField(lazy("负责人和团队做过什么"), max_length=3000)
    approach = LongTextField(lazy("技术路线"), max_length=10_000)
    reaches = RowsField(ReachRow, lazy("各项指标能达到多少"), blank_rows=1, max_rows=MOST_INDICATORS)
    price = MoneyField(lazy("报价"))
    months = NumberField(lazy("工期"), [NumberRange(1, 120)])
    stages = RowsField(StageRow, lazy("阶段"), blank_rows=3, max_rows=12)
    team = RowsField(TeamRow, lazy("联合单位和份额"), blank_rows=2, max_rows=12)
    risks = LongTextField(lazy("风险和应对"), max_length=3000)
    background_rights = LongTextField(lazy("用到的原有知识产权"), max_length=2000)
    related = TextField(lazy("与发榜方的关联关系"), max_length=300)

    def content(self) -> SolutionContent:
        """Return what was typed.

        Raises:
            Invalid: at a field, an amount finer than a fen.
        """
        values = self.field_values
        values["reaches"] = [row | {"place": int(row["place"] or 0)} for row in values["reaches"]]
        return from_form(SolutionContent, values, HOME)

    def name_indicators(self, terms: ChallengeTerms, places: Sequence[int]) -> None:
        """Have the rows choose among the indicators of a challenge by their names."""
        options = [(str(place), f"{place} {terms.indicators[place - 1].name}") for place in places]
        for entry in self.reaches.entries:
            entry.form.place.choices = [("", "—"), *options]

    def append_blank_rows(self) -> None:
        """Append blank rows below the filled ones, for browsers without scripts."""
        for field in self._fields.values():
            if isinstance(field, RowsField) and field is not self.reaches:
                field.append_blank_rows()

    def show_faults(self, faults: Sequence[tuple[str, str]]) -> None:
        """Show what keeps the draft from being submitted, each at its field."""
        for name, words in faults:
            self.add_error(name, words)


def solution_data(content: SolutionContent, terms: ChallengeTerms, package: int) -> dict[str, Any]:
    """Return the data of the form: of an empty draft, a row for each indicator and the list's stages."""
    data = to_form(content, HOME)
    if not content.reaches:
        data["reaches"] = [{"place": str(place)} for place in asked_of(terms, package)]
    else:
        data["reaches"] = [row | {"place": str(row["place"])} for row in data["reaches"]]
    if not content.stages and not content.approach:
        data["stages"] = [{"name": row.name, "share": row.share} for row in terms.milestones]
    return data


class FileForm(BaseForm):
    file = FileField(str(lazy("文件")))


class ExtendForm(BaseForm):
    deadline_on = DayField(lazy("新的截止日"), [Required(lazy("请填日期。"))])
    deadline_time = time_field(lazy("时刻"))
    reason = LongTextField(
        lazy("延期的理由"), [Required(lazy("请写明为什么延期，页面上会公布。"))], max_length=300
    )

    @property
    def until(self) -> Any:
        return moment_of(self.deadline_on.data, self.deadline_time.data)


def extend_data(challenge: Challenge) -> dict[str, Any]:
    return moment_data("deadline", challenge.deadline_at)
