"""A form field for a moment in Asia/Shanghai, typed in one line."""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import Any

from wtforms import StringField

from market.kit.clock import SHANGHAI, end_of_day, start_of_day
from market.kit.form_fields import typed_plainly
from market.kit.form_widgets import TextInput
from market.kit.formats import closing_words, moment
from market.kit.i18n import gettext as _

_TYPED = re.compile(
    r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?(?:[\sT]+(\d{1,2}):(\d{2}))?", re.ASCII
)


class MomentField(StringField):
    """A day and a time of it, 2026-12-31 17:00; 24:00 is its end. None when left empty.

    A day alone is its end where `is_end`, else its beginning.
    """

    data: Any

    widget = TextInput()

    def __init__(
        self, label: Any = "", validators: Any = (), *, is_end: bool = False, **options: Any
    ) -> None:
        super().__init__(label, list(validators), **options)
        self.is_end = is_end

    def process_formdata(self, valuelist: list[Any]) -> None:
        text = typed_plainly(valuelist)
        self.data = None
        if not text:
            return
        typed = _TYPED.fullmatch(text)
        if typed is None:
            raise ValueError(_("请按 2026-12-31 17:00 的样子填。"))
        try:
            self.data = self._moment(date(*map(int, typed.groups()[:3])), typed[4], typed[5])
        except ValueError:
            raise ValueError(_("没有这一天或者这个时刻。")) from None

    def _moment(self, day: date, hour: str | None, minute: str | None) -> datetime:
        if not 1900 <= day.year <= 2200:
            raise ValueError("no such year")
        if hour is None or minute is None:
            return end_of_day(day) if self.is_end else start_of_day(day)
        if (int(hour), int(minute)) == (24, 0):
            return end_of_day(day)
        return datetime(day.year, day.month, day.day, int(hour), int(minute), tzinfo=SHANGHAI)

    def _value(self) -> str:
        if self.raw_data:
            return str(self.raw_data[0])
        if not isinstance(self.data, datetime):
            return ""
        return closing_words(self.data) if self.is_end else moment(self.data)
