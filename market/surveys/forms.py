"""Forms of surveys: the call, its questions and quotas, an entry, the verdict on it."""

from __future__ import annotations

import re
import unicodedata
from datetime import datetime, timedelta
from typing import Any, ClassVar

from wtforms import FileField
from wtforms.validators import ValidationError

from market.accounts.forms import UsccField
from market.codes.labels import choices
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
)
from market.kit.forms import BaseForm, RowsField
from market.kit.i18n import gettext as _
from market.kit.i18n import lazy
from market.listings.forms import NeedForm, region_choices
from market.surveys.models import Survey
from market.surveys.questions import QuestionKind
from market.surveys.states import Channel, Verdict

MOST_PER_UNIT = 100
_TIME = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)", re.ASCII)


def _narrow(text: str | None) -> str | None:
    """Read digits and a colon of full width as those of half width."""
    return unicodedata.normalize("NFKC", text) if text else text


class ClosingForm(BaseForm):
    """A day and, where it is not to be 24:00, a time of it."""

    closes_on = DayField(lazy("截止日期"), [Required(lazy("请填截止日期。"))])
    closes_time = TextField(lazy("截止时刻"), max_length=5, filters=[_narrow])

    def validate_closes_time(self, field: Any) -> None:
        if field.data and not _TIME.fullmatch(field.data):
            raise ValidationError(_("请按 17:00 的样子填，或不填。"))

    @property
    def closes_at(self) -> datetime:
        """The exact end: the time of the day, or 24:00 of it."""
        day = self.closes_on.data
        typed = _TIME.fullmatch(self.closes_time.data or "")
        if typed is None:
            return end_of_day(day)
        return datetime(day.year, day.month, day.day, int(typed[1]), int(typed[2]), tzinfo=SHANGHAI)


def closing_data(closes_at: datetime) -> dict[str, Any]:
    """Return the data of a closing form."""
    at = local(closes_at)
    if (at.hour, at.minute) == (0, 0):
        return {"closes_on": local_date(closes_at - timedelta(seconds=1)), "closes_time": ""}
    return {"closes_on": at.date(), "closes_time": f"{at:%H:%M}"}


class SurveyEditForm(ClosingForm):
    """The call (征集通知)."""

    title = TextField(lazy("征集名称"), [Required(lazy("请填征集名称。"))], max_length=120)
    text = LongTextField(lazy("征集通知"), [Required(lazy("请写明征集什么、怎样填报。"))], max_length=10_000)
    kinds = ChoicesField(lazy("征集的需求类型"), choices=lambda: choices("need_kind"))
    fields_wanted = ChoicesField(lazy("征集的技术领域"), choices=lambda: choices("field"))
    channel = ChoiceField(
        lazy("填报渠道"), [Required(lazy("请选择填报渠道。"))], choices=lambda: choices("survey_channel")
    )
    per_unit_most = NumberField(
        lazy("每单位限报"), [Required(lazy("请填限报几项。")), NumberRange(1, MOST_PER_UNIT)]
    )
    contact = TextField(lazy("联系方式"), [Required(lazy("请写明向谁咨询。"))], max_length=200)
    confidentiality = LongTextField(
        lazy("保密要求"), [Required(lazy("请写明什么不得填报。"))], max_length=1000
    )

    def values(self) -> dict[str, Any]:
        """Return the columns of the survey."""
        names = ("title", "text", "kinds", "fields_wanted", "per_unit_most", "contact", "confidentiality")
        return {
            **{name: self._fields[name].data for name in names},
            "channel": Channel(str(self.channel.data)),
            "closes_at": self.closes_at,
        }


def survey_data(survey: Survey | None) -> dict[str, Any]:
    """Return the data of the form of a call; of a new one, what is usual."""
    if survey is None:
        return {
            "channel": Channel.OPEN.value,
            "per_unit_most": 1,
            "confidentiality": _("涉密内容不得填报。填报内容会由平台甄别，采纳的公开发布。"),
        }
    names = ("title", "text", "kinds", "fields_wanted", "per_unit_most", "contact", "confidentiality")
    data = {name: getattr(survey, name) for name in names}
    return data | {"channel": survey.channel.value} | closing_data(survey.closes_at)


class ExtendForm(ClosingForm):
    reason = TextField(
        lazy("延长的理由"), [Required(lazy("请写明为什么延长，页面上会公布。"))], max_length=300
    )


def required_choices() -> list[tuple[str, str]]:
    return [("yes", _("必答"))]


class QuestionRow(BaseForm):
    label = TextField(lazy("问题"), max_length=120)
    kind = ChoiceField(lazy("怎样回答"), choices=lambda: choices("survey_question"), blank=lazy("文字"))
    choices = TextField(lazy("选项（单选时用分号隔开）"), max_length=600)
    is_required = ChoiceField(lazy("必答"), choices=required_choices, blank="—")

    def validate_label(self, field: Any) -> None:
        if not field.data and (self.choices.data or self.kind.data or self.is_required.data):
            raise ValidationError(_("请写问题。"))

    def validate_choices(self, field: Any) -> None:
        if field.data and self.kind.data != QuestionKind.CHOICE:
            raise ValidationError(_("只有单选才有选项。"))


class QuestionsForm(BaseForm):
    questions = RowsField(QuestionRow, lazy("附加问题"), blank_rows=3, max_rows=10)


class UnitForm(BaseForm):
    organisation = ChoiceField(lazy("单位"), [Required(lazy("请选择单位。"))], blank=lazy("请选择"))
    region = ChoiceField(
        lazy("推荐哪里的企业"), [Required(lazy("请选择地区。"))], choices=region_choices, blank=lazy("请选择")
    )


class EntryForm(NeedForm):
    """The form of needs, with the unit that recommends and the declaration on secrecy."""

    OWN: ClassVar[tuple[str, ...]] = ("unit", "secrecy_declared")
    ORDER: ClassVar[tuple[str, ...]] = (*NeedForm.ORDER, *OWN)  # type: ignore[assignment]  # of the same kind

    unit = ChoiceField(lazy("推荐单位"), choices=(), blank=lazy("请选择"))
    secrecy_declared = BooleanField(lazy("本单位确认：填报内容不涉及国家秘密，也不含不能公开的内容"))

    def values(self) -> dict[str, Any]:
        """Return the columns of a need."""
        return {name: value for name, value in super().values().items() if name not in self.OWN}


class MandateForm(BaseForm):
    """Whose letter a broker has."""

    uscc = UsccField(
        lazy("企业的统一社会信用代码"), [Required(lazy("请填企业的统一社会信用代码。"))], max_length=18
    )
    file = FileField(str(lazy("委托书")))


class RecommendForm(BaseForm):
    act = ChoiceField(choices=[("recommend", ""), ("decline", "")])
    rank = NumberField(lazy("排序"), [NumberRange(1, 10_000)])
    reason = TextField(lazy("不推荐的理由"), max_length=300)


class VerdictForm(BaseForm):
    verdict = ChoiceField(
        lazy("结论"), [Required(lazy("请选择结论。"))], choices=lambda: choices("survey_verdict")
    )
    into = TextField(lazy("合并到"), max_length=24)
    reason = LongTextField(lazy("理由"), max_length=500)

    def validate_into(self, field: Any) -> None:
        if self.verdict.data == Verdict.MERGE and not field.data:
            raise ValidationError(_("请填并入的需求或填报的编号。"))
