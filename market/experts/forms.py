"""Forms of the pool of experts."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from wtforms import FileField, HiddenField

from market.codes import regions
from market.codes.labels import choices as labelled_choices
from market.experts.applications import ExpertDetails
from market.experts.models import Expert
from market.experts.states import (
    MOST_A_MONTH,
    MOST_FIELDS,
    WORKFLOW,
    ExpertKind,
    ExpertRuling,
    ExpertStatus,
    ExpertTieKind,
    TitleRank,
)
from market.experts.units import Period
from market.kit.form_fields import (
    BooleanField,
    ChoiceField,
    Choices,
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
from market.kit.labels import choices

MOST_UNITS = 12


def _regions() -> Choices:
    return dict(regions.choices(("province", "city")))


class FieldRow(BaseForm):
    code = ChoiceField(lazy("技术领域"), choices=lambda: labelled_choices("field"), blank=lazy("请选择"))
    weight = NumberField(lazy("权重"), [NumberRange(1, 100)])


class UnitRow(BaseForm):
    name = TextField(lazy("单位全称"), max_length=120)
    began_on = DayField(lazy("任职自"))
    ended_on = DayField(lazy("离任（最后一天）"))


class ExpertForm(BaseForm):
    """The application for the pool."""

    kind = ChoiceField(
        lazy("专家类别"),
        [Required(lazy("请选择专家类别。"))],
        choices=lambda: choices(ExpertKind),
        blank=lazy("请选择"),
    )
    title_rank = ChoiceField(
        lazy("职称等级"),
        [Required(lazy("请选择职称等级。"))],
        choices=lambda: choices(TitleRank),
        blank=lazy("请选择"),
    )
    title = TextField(lazy("职称或职务"), max_length=60)
    fields_of_work = RowsField(FieldRow, lazy("擅长领域"), blank_rows=3, max_rows=MOST_FIELDS)
    units = RowsField(UnitRow, lazy("现任和近三年的任职单位"), blank_rows=2, max_rows=MOST_UNITS)
    region = ChoiceField(
        lazy("常驻地"),
        [Required(lazy("请选择常驻地。"))],
        choices=_regions,
        blank=lazy("请选择"),
        also=regions.known_name,
    )
    languages = TextField(lazy("可评审的外语"), max_length=120)
    phone = TextField(
        lazy("联系电话"),
        [Required(lazy("请填可以联系到您的电话号码。"))],
        max_length=40,
        render_kw={"inputmode": "tel", "autocomplete": "tel"},
    )
    capacity = NumberField(
        lazy("每月最多评审几项"), [Required(lazy("请填每月最多评审几项。")), NumberRange(1, MOST_A_MONTH)]
    )
    file = FileField(str(lazy("简历")))
    pledged = BooleanField(lazy("我已阅读并作出上述承诺"), [Required(lazy("请先阅读并勾选承诺。"))])

    def validate_rows(self, *, has_units: bool) -> bool:
        """Return whether the rows are whole; `has_units`: they are asked for."""
        is_whole = self.fields_of_work.require_cells(["code", "weight"], _("请选领域并填权重。"))
        codes = [row["code"] for row in self.fields_of_work.filled_rows]
        if len(codes) != len(set(codes)):
            self.add_error("fields_of_work", _("同一个领域只填一行。"))
            is_whole = False
        if has_units and not self.units.require_cells(["name", "began_on"], _("请填单位和任职日期。")):
            is_whole = False
        return is_whole

    @property
    def details(self) -> ExpertDetails:
        """What the person tells of themselves, of a valid form."""
        return ExpertDetails(
            kind=ExpertKind(self.kind.data),
            title_rank=TitleRank(self.title_rank.data),
            title=self.title.data or "",
            fields={row["code"]: row["weight"] for row in self.fields_of_work.filled_rows},
            region=str(self.region.data),
            languages=self.languages.data or "",
            phone=str(self.phone.data),
            capacity=int(self.capacity.data or 0),
        )

    @property
    def periods(self) -> list[Period]:
        return [Period(row["name"], row["began_on"], row["ended_on"]) for row in self.units.filled_rows]


def expert_data(expert: Expert | None) -> dict[str, Any]:
    """Return what the form shows of an entry that is there already, loaded with its units."""
    if expert is None:
        return {}
    columns = ("kind", "title_rank", "title", "region", "languages", "phone", "capacity")
    return {
        **{name: getattr(expert, name) for name in columns},
        "fields_of_work": [
            {"code": code, "weight": weight}
            for code, weight in sorted(expert.fields_of_work.items(), key=lambda item: (-item[1], item[0]))
        ],
        "units": [
            {"name": unit.name, "began_on": unit.began_on, "ended_on": unit.ended_on}
            for unit in (expert.units if expert.admitted_at is None else ())
        ],
    }


class ArrangementsForm(BaseForm):
    phone = TextField(
        lazy("联系电话"),
        [Required(lazy("请填可以联系到您的电话号码。"))],
        max_length=40,
        render_kw={"inputmode": "tel", "autocomplete": "tel"},
    )
    languages = TextField(lazy("可评审的外语"), max_length=120)
    capacity = NumberField(
        lazy("每月最多评审几项"), [Required(lazy("请填每月最多评审几项。")), NumberRange(1, MOST_A_MONTH)]
    )


class UnitForm(BaseForm):
    unit_name = TextField(lazy("单位全称"), [Required(lazy("请填写单位全称。"))], max_length=120)
    unit_began_on = DayField(lazy("任职自"), [Required(lazy("请填任职日期。"))])
    unit_ended_on = DayField(lazy("离任（最后一天）"))


class TieForm(BaseForm):
    name = TextField(lazy("单位或人员的名称"), [Required(lazy("请填写单位或人员的名称。"))], max_length=120)
    is_person = BooleanField(lazy("这是一个人，不是单位"))
    tie_kind = ChoiceField(
        lazy("关系"),
        [Required(lazy("请选择是什么关系。"))],
        choices=lambda: choices(ExpertTieKind),
        blank=lazy("请选择"),
    )
    note = TextField(lazy("说明"), max_length=300)


class EndForm(BaseForm):
    """The day on which a unit or a tie ended."""

    ended_on = DayField(lazy("最后一天"), [Required(lazy("请填最后一天。"))])


class AvoidForm(BaseForm):
    """Also a part of pages with forms of their own, so its ids are its own."""

    name = TextField(lazy("专家姓名"), [Required(lazy("请填写专家姓名。"))], max_length=60, id="avoid-name")
    unit_name = TextField(lazy("专家所在单位"), max_length=120, id="avoid-unit")
    reason = TextField(lazy("理由"), [Required(lazy("请写明理由。"))], max_length=300, id="avoid-reason")


class RulingForm(BaseForm):
    """What the operator proposes about an expert."""

    application_at = HiddenField()
    ruling = ChoiceField(
        lazy("提请"),
        [Required(lazy("请选择提请什么。"))],
        choices=lambda: choices(ExpertRuling),
        blank=lazy("请选择"),
    )
    text = LongTextField(
        lazy("核对了什么，或理由"), [Required(lazy("请写明核对了什么或者理由。"))], max_length=1000
    )
    until = DayField(lazy("禁入至（最后一天）"))

    def offer(self, status: ExpertStatus) -> None:
        """Offer what the workflow permits in this status."""
        allowed = WORKFLOW.actions(status)
        self.ruling.choices = [
            ("", _("请选择")),
            *((ruling.value, str(ruling.label)) for ruling in ExpertRuling if ruling.action in allowed),
        ]

    @property
    def seen_application(self) -> datetime:
        """The application that the operator looked at; the beginning of time for what is none."""
        try:
            seen = datetime.fromisoformat(str(self.application_at.data or ""))
        except ValueError:
            seen = NEVER
        return seen if seen.tzinfo else NEVER


NEVER = datetime.fromisoformat("1970-01-01T00:00:00+00:00")
