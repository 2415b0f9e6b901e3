"""Form fields and validators: errors in the person's words, and what was typed is shown again."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from markupsafe import Markup, escape
from wtforms import BooleanField as _BooleanField
from wtforms import IntegerField as _IntegerField
from wtforms import SelectField as _SelectField
from wtforms import SelectMultipleField as _SelectMultipleField
from wtforms import StringField
from wtforms import TextAreaField as _TextAreaField
from wtforms.validators import StopValidation, ValidationError
from wtforms.widgets import CheckboxInput, ListWidget, Select

from market.kit.errors import Invalid
from market.kit.formats import wan_input
from market.kit.i18n import gettext as _
from market.kit.money import HOME, Money

MAX_AMOUNT = 10**16
"""Fen; more is a typing error, and sums must fit a BIGINT."""
Choices = Sequence[tuple[str, Any]] | dict[str, Sequence[tuple[str, Any]]]


class Required:
    """Validates that the field is filled; the message says what to enter."""

    field_flags = {"required": True}

    def __init__(self, message: Any) -> None:
        self.message = message

    def __call__(self, form: Any, field: Any) -> None:
        raw = field.raw_data
        if not raw or not any(str(value).strip() for value in raw):
            field.errors = []
            raise StopValidation(str(self.message))


class MaxLength:
    """Validates that the text has at most `count` characters."""

    def __init__(self, count: int) -> None:
        self.count = count

    def __call__(self, form: Any, field: Any) -> None:
        if field.data and len(field.data) > self.count:
            raise ValidationError(
                _("最多 %(most)s 个字，现在有 %(now)s 个。", most=self.count, now=len(field.data))
            )


class NumberRange:
    """Validates that the whole number is in a range, both ends included."""

    def __init__(self, low: int, high: int) -> None:
        self.low, self.high = low, high

    def __call__(self, form: Any, field: Any) -> None:
        if field.data is not None and not self.low <= field.data <= self.high:
            raise ValidationError(_("请填 %(low)s 到 %(high)s 之间的整数。", low=self.low, high=self.high))


_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


class _StorableText:
    """Validates that the database can store the text: no zero bytes, no surrogates."""

    def __call__(self, form: Any, field: Any) -> None:
        for value in field.raw_data or []:
            if isinstance(value, str) and _UNSTORABLE.search(value):
                field.data = None
                raise StopValidation(_("含有不能保存的字符，请删去后再提交。"))


def _typed(values: list[Any]) -> str:
    """Return what was typed, with digits and signs of a Chinese keyboard (１２．５) in their plain width."""
    return unicodedata.normalize("NFKC", str(values[0])).strip() if values else ""


class BooleanField(_BooleanField):
    """A check box."""

    def __init__(self, label: Any = "", validators: Iterable[Any] = (), **options: Any) -> None:
        super().__init__(label, list(validators), **options)


class TextField(StringField):
    """One line, stripped; at most `max_length` characters."""

    def __init__(
        self, label: Any = "", validators: Iterable[Any] = (), max_length: int = 200, **options: Any
    ) -> None:
        super().__init__(label, [_StorableText(), *validators, MaxLength(max_length)], **options)

    def process_formdata(self, valuelist: list[Any]) -> None:
        self.data = " ".join(str(valuelist[0]).split()) if valuelist else ""


class LongTextField(_TextAreaField):
    """Several lines; at most `max_length` characters."""

    def __init__(
        self, label: Any = "", validators: Iterable[Any] = (), max_length: int = 5000, **options: Any
    ) -> None:
        super().__init__(label, [_StorableText(), *validators, MaxLength(max_length)], **options)

    def process_formdata(self, valuelist: list[Any]) -> None:
        self.data = str(valuelist[0]).replace("\r\n", "\n").strip() if valuelist else ""


class NumberField(_IntegerField):
    """A whole number, or None when left empty."""

    def __init__(self, label: Any = "", validators: Iterable[Any] = (), **options: Any) -> None:
        super().__init__(label, list(validators), **options)

    def process_formdata(self, valuelist: list[Any]) -> None:
        text = _typed(valuelist)
        self.data = None
        if not text:
            return
        digits = text.removeprefix("-")
        if not (digits.isascii() and digits.isdigit()) or len(text) > 9:
            raise ValueError(_("请填整数。"))
        self.data = int(text)


class DayField(StringField):
    """A day, 2026-05-01, or None when left empty."""

    data: Any

    def __init__(self, label: Any = "", validators: Iterable[Any] = (), **options: Any) -> None:
        options.setdefault("render_kw", {})
        options["render_kw"] = {"type": "date", **options["render_kw"]}
        super().__init__(label, list(validators), **options)

    def process_formdata(self, valuelist: list[Any]) -> None:
        text = _typed(valuelist)
        self.data = None
        if not text:
            return
        try:
            day = date.fromisoformat(text)
        except ValueError:
            raise ValueError(_("请按 2026-05-01 的样子填日期。")) from None
        if not 1900 <= day.year <= 2200:
            raise ValueError(_("年份应在 1900 到 2200 之间。"))
        self.data = day

    def _value(self) -> str:
        if self.raw_data:
            return str(self.raw_data[0])
        return self.data.isoformat() if isinstance(self.data, date) else ""


def to_minor_units(typed: int | None, currency: str, field: str) -> int:
    """Convert a MoneyField's hundredths into minor units of a currency; an empty field is 0.

    Raises:
        Invalid: at `field`: the currency has no such small unit.
    """
    try:
        return Money.of_hundredths(typed or 0, currency).amount
    except ValueError:
        raise Invalid(_("这种货币没有小数，请填整数金额。"), field=field) from None


class MoneyField(StringField):
    """An amount in 万元 (`unit=10_000`) or 元; its data is integer fen, or None when left empty."""

    data: Any

    def __init__(
        self,
        label: Any = "",
        validators: Iterable[Any] = (),
        unit: int = 10_000,
        is_zero_allowed: bool = False,
        currency: str = HOME,
        **options: Any,
    ) -> None:
        options.setdefault("render_kw", {})
        options["render_kw"] = {"inputmode": "decimal", "autocomplete": "off", **options["render_kw"]}
        super().__init__(label, list(validators), **options)
        self.unit, self.currency, self.is_zero_allowed = unit, currency, is_zero_allowed

    def process_formdata(self, valuelist: list[Any]) -> None:
        text = _typed(valuelist)
        self.data = None
        if not text:
            return
        try:
            amount = Money.parse(text, self.currency, unit=self.unit).amount
        except ValueError:
            raise ValueError(_("请填金额，最细到分，如 120.50。")) from None
        if amount < 0 or (amount == 0 and not self.is_zero_allowed):
            raise ValueError(_("金额应大于零。"))
        if amount > MAX_AMOUNT:
            raise ValueError(_("金额过大，请核对单位。"))
        self.data = amount

    def _value(self) -> str:
        if self.raw_data:
            return str(self.raw_data[0])
        if self.data is None:
            return ""
        return wan_input(self.data) if self.unit == 10_000 else f"{Money(self.data, self.currency).decimal:f}"


class _PlainOptions(Select):
    """A select whose options are formatted as plain text: thousands of regions cost most of a page."""

    @classmethod
    def render_option(cls, choice: Any, **_options: Any) -> Markup:  # type: ignore[override]  # stubs of 3.2
        chosen = "selected " if choice.selected else ""
        label = escape(str(choice.label or choice.value))
        return Markup(f'<option {chosen}value="{escape(str(choice.value))}">{label}</option>')  # noqa: S704  # escaped


class ChoiceField(_SelectField):
    """One of `choices`: pairs, groups of pairs, or a function that returns them; empty: nothing chosen."""

    choices: Any

    widget = _PlainOptions()

    def __init__(
        self,
        label: Any = "",
        validators: Iterable[Any] = (),
        choices: Choices | Callable[[], Choices] = (),
        blank: Any = None,
        **options: Any,
    ) -> None:
        super().__init__(label, list(validators), choices=None, validate_choice=False, **options)
        options_: Any = choices() if callable(choices) else choices
        if blank is not None:
            grouped = isinstance(options_, dict)
            options_ = {"": [("", blank)], **options_} if grouped else [("", blank), *options_]
        self.choices = options_

    def pre_validate(self, form: Any) -> None:
        flat = (
            [v for group in self.choices.values() for v, _l in group]
            if isinstance(self.choices, dict)
            else [v for v, _l in self.choices]
        )
        if self.data and self.data not in flat:
            raise ValidationError(_("请从列表中选择。"))

    def process_formdata(self, valuelist: list[Any]) -> None:
        self.data = str(valuelist[0]) if valuelist else ""


class ChoicesField(_SelectMultipleField):
    """Any number of `choices`, as check boxes."""

    choices: Any

    widget = ListWidget(prefix_label=False)
    option_widget = CheckboxInput()

    def __init__(
        self,
        label: Any = "",
        validators: Iterable[Any] = (),
        choices: Choices | Callable[[], Choices] = (),
        **options: Any,
    ) -> None:
        super().__init__(label, list(validators), choices=None, validate_choice=False, **options)
        self.choices = list(choices() if callable(choices) else choices)

    def pre_validate(self, form: Any) -> None:
        values = {value for value, _label in self.choices}
        if any(value not in values for value in self.data or []):
            raise ValidationError(_("请从列表中选择。"))


class PercentField(StringField):
    """A percentage with at most two decimals; its data is basis points, or None when left empty."""

    data: Any

    def __init__(self, label: Any = "", validators: Iterable[Any] = (), **options: Any) -> None:
        super().__init__(label, list(validators), **options)

    def process_formdata(self, valuelist: list[Any]) -> None:
        text = str(valuelist[0]).strip().rstrip("%％") if valuelist else ""
        self.data = None
        if not text:
            return
        try:
            points = Decimal(text) * 100 if text.isascii() and len(text) < 12 else None
        except InvalidOperation:
            points = None
        if points is None or not points.is_finite() or points != points.to_integral_value():
            raise ValueError(_("请填百分数，最多两位小数，如 30 或 12.5。"))
        if not 0 < points <= 10_000:
            raise ValueError(_("比例应大于 0，不超过 100。"))
        self.data = int(points)

    def _value(self) -> str:
        return str(self.raw_data[0]) if self.raw_data else ""
