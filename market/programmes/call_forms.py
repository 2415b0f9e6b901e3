"""Forms of calls: the call itself, and another closing."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from wtforms import FileField
from wtforms.validators import ValidationError

from market.kit.form_fields import (
    ChoiceField,
    LongTextField,
    NumberField,
    NumberRange,
    Required,
    TextField,
)
from market.kit.forms import BaseForm
from market.kit.i18n import gettext as _
from market.kit.i18n import lazy
from market.kit.moment_fields import MomentField
from market.programmes.call_models import Call

MOST_PAPERS = 30
LONGEST_PAPER = 120


class WebAddressField(TextField):
    """The address of a page outside, https or http."""

    def pre_validate(self, form: Any) -> None:
        if not self.data:
            return
        try:
            parts = urlsplit(self.data)
        except ValueError:
            parts = urlsplit("")
        if parts.scheme not in ("https", "http") or not parts.netloc:
            raise ValidationError(_("请填完整网址，例如 https://example.cn/。"))


class LinesField(LongTextField):
    """Several short texts, one a line."""

    @property
    def lines(self) -> list[str]:
        """The lines that are not empty."""
        return [line.strip() for line in str(self.data or "").splitlines() if line.strip()]

    def process_data(self, value: Any) -> None:
        self.data = "\n".join(value) if isinstance(value, list | tuple) else value


class CallForm(BaseForm):
    programme = ChoiceField(
        lazy("补助项目"), [Required(lazy("请选择补助项目。"))], choices=(), blank=lazy("请选择")
    )
    year = NumberField(lazy("申报年度"), [Required(lazy("请填申报年度。")), NumberRange(2010, 2100)])
    opens_at = MomentField(lazy("开始受理"), [Required(lazy("请填开始时间。"))])
    closes_at = MomentField(lazy("截止"), [Required(lazy("请填截止时间。"))], is_end=True)
    channel = TextField(lazy("在哪里申报"), [Required(lazy("请写明在哪里申报。"))], max_length=200)
    address = WebAddressField(lazy("网址"), max_length=300)
    contact = TextField(lazy("咨询"), [Required(lazy("请写明向谁咨询。"))], max_length=120)
    phone = TextField(lazy("咨询电话"), [Required(lazy("请填咨询电话。"))], max_length=60)
    papers = LinesField(lazy("申报材料"), max_length=4000)
    text = LongTextField(lazy("通知内容"), [Required(lazy("请写通知内容。"))], max_length=20_000)
    file = FileField(str(lazy("通知原件")))

    def validate_papers(self, field: LinesField) -> None:
        if len(field.lines) > MOST_PAPERS or any(len(line) > LONGEST_PAPER for line in field.lines):
            raise ValidationError(
                _("最多 %(most)s 行，每行不超过 %(longest)s 字。", most=MOST_PAPERS, longest=LONGEST_PAPER)
            )

    def values(self) -> dict[str, Any]:
        """Return the columns of the call."""
        names = ("year", "opens_at", "closes_at", "channel", "contact", "phone", "text")
        return {
            **{name: self._fields[name].data for name in names},
            "address": self.address.data or "",
            "papers": self.papers.lines,
        }


def call_data(call: Call) -> dict[str, Any]:
    """Return the data of the form of a call."""
    names = (
        *("year", "opens_at", "closes_at", "channel", "address"),
        *("contact", "phone", "papers", "text"),
    )
    return {name: getattr(call, name) for name in names}


class ClosingForm(BaseForm):
    closes_at = MomentField(lazy("改到什么时候截止"), [Required(lazy("请填截止时间。"))], is_end=True)
    ground = TextField(lazy("为什么改"), [Required(lazy("请写明为什么改，页面上会公布。"))], max_length=300)
