"""Form fields and validators: errors in the person's words, and what was typed is shown again."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import Any

from markupsafe import Markup, escape
from wtforms import BooleanField as _BooleanField
from wtforms import IntegerField as _IntegerField
from wtforms import SelectField as _SelectField
from wtforms import SelectMultipleField as _SelectMultipleField
from wtforms import StringField
from wtforms import TextAreaField as _TextAreaField
from wtforms.validators import StopValidation, ValidationError
from wtforms.widgets import ListWidget, Select

from market.kit.form_widgets import CheckboxInput, NumberInput, TextArea, TextInput, attributes_of
from market.kit.i18n import get_locale
from market.kit.i18n import gettext as _
from market.kit.money import MisplacedComma, parse_decimal
from market.kit.web import without_unseen

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


def typed_plainly(values: list[Any]) -> str:
    """Return what was typed, with digits and signs of a Chinese keyboard (１２．５) in their plain width."""
    return unicodedata.normalize("NFKC", str(values[0])).strip() if values else ""


def typed_number(text: str, otherwise: str) -> Decimal:
    """Return a typed number.

    Raises:
        ValueError: it is none, `otherwise` says so, or its comma can be understood in two ways.
    """
    try:
        return parse_decimal(text)
    except MisplacedComma as error:
        raise ValueError(error.question) from None
    except ValueError:
        raise ValueError(otherwise) from None


class BooleanField(_BooleanField):
    """A check box."""

    widget = CheckboxInput()

    def __init__(self, label: Any = "", validators: Iterable[Any] = (), **options: Any) -> None:
        super().__init__(label, list(validators), **options)


class TextField(StringField):
    """One line, stripped; at most `max_length` characters."""

    widget: Any = TextInput()

    def __init__(
        self, label: Any = "", validators: Iterable[Any] = (), max_length: int = 200, **options: Any
    ) -> None:
        super().__init__(label, [_StorableText(), *validators, MaxLength(max_length)], **options)

    def process_formdata(self, valuelist: list[Any]) -> None:
        self.data = " ".join(without_unseen(str(valuelist[0])).split()) if valuelist else ""


class LongTextField(_TextAreaField):
    """Several lines; at most `max_length` characters."""

    widget = TextArea()

    def __init__(
        self, label: Any = "", validators: Iterable[Any] = (), max_length: int = 5000, **options: Any
    ) -> None:
        super().__init__(label, [_StorableText(), *validators, MaxLength(max_length)], **options)

    def process_formdata(self, valuelist: list[Any]) -> None:
        text = without_unseen(str(valuelist[0])) if valuelist else ""
        self.data = text.replace("\r\n", "\n").strip()


class NumberField(_IntegerField):
    """A whole number, or None when left empty."""

    widget = NumberInput()

    def __init__(self, label: Any = "", validators: Iterable[Any] = (), **options: Any) -> None:
        super().__init__(label, list(validators), **options)

    def process_data(self, value: Any) -> None:
        """Show a stored 0 as empty where 0 cannot be typed: it stands for what was left empty in a draft."""
        super().process_data(value)
        ranges = [check for check in self.validators if isinstance(check, NumberRange)]
        if self.data == 0 and any(check.low > 0 for check in ranges):
            self.data = None

    def process_formdata(self, valuelist: list[Any]) -> None:
        text = typed_plainly(valuelist)
        self.data = None
        if not text:
            return
        number = typed_number(text, _("请填整数。"))
        if number != number.to_integral_value() or "." in text or len(text) > 9:
            raise ValueError(_("请填整数。"))
        self.data = int(number)


_WRITTEN_DAY = re.compile(r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?", re.ASCII)


class DayField(StringField):
    """A day, 2026-05-01, also as 2026/5/1 or 2026年5月1日, or None when left empty."""

    data: Any

    widget = TextInput()

    def __init__(self, label: Any = "", validators: Iterable[Any] = (), **options: Any) -> None:
        options.setdefault("render_kw", {})
        options["render_kw"] = {"type": "date", **options["render_kw"]}
        super().__init__(label, list(validators), **options)

    def process_formdata(self, valuelist: list[Any]) -> None:
        text = typed_plainly(valuelist)
        self.data = None
        if not text:
            return
        try:
            written = _WRITTEN_DAY.fullmatch(text)
            day = date(*map(int, written.groups())) if written else date.fromisoformat(text)
        except ValueError:
            raise ValueError(_("请按 2026-05-01 的样子填日期。")) from None
        if not 1900 <= day.year <= 2200:
            raise ValueError(_("年份应在 1900 到 2200 之间。"))
        self.data = day

    def process_data(self, value: Any) -> None:
        """Take a day, or its text as JSON rows hold it; another text is shown as it is, never dropped."""
        self.data = _day_of(value) if isinstance(value, str) else value

    def _value(self) -> str:
        if self.raw_data:
            return str(self.raw_data[0])
        return self.data.isoformat() if isinstance(self.data, date) else str(self.data or "")

    def __call__(self, **attributes: Any) -> Markup:
        """Render the input; as plain text where a date input would hide what it holds."""
        shown = self._value()
        if shown and not isinstance(_day_of(shown), date):
            attributes["type"] = "text"
        return super().__call__(**attributes)


def _day_of(text: str) -> date | str:
    """Return the day that a text as 2026-05-01 names, else the text."""
    try:
        return date.fromisoformat(text) if len(text) == 10 else text
    except ValueError:
        return text


class _Options:
    """The options of one list: its values, and its elements as they are drawn when none is chosen."""

    def __init__(self, groups: tuple[tuple[str | None, tuple[tuple[str, Any], ...]], ...]) -> None:
        self._groups = groups
        self._drawn: dict[str, str] = {}
        self.values = frozenset(value for _group, pairs in groups for value, _label in pairs)

    def draw(self) -> str:
        """Return the elements in the language of the request."""
        locale = get_locale()
        if locale not in self._drawn:
            self._drawn[locale] = "".join(self._elements())
        return self._drawn[locale]

    def _elements(self) -> Iterator[str]:
        for group, pairs in self._groups:
            if group is not None and pairs:
                yield f"<optgroup {attributes_of(label=group)}>"
            for value, label in pairs:
                yield f'<option value="{escape(str(value))}">{escape(str(label or value))}</option>'
            if group is not None and pairs:
                yield "</optgroup>"


_options = lru_cache(maxsize=300)(_Options)


def _options_of(choices: Choices | None) -> _Options:
    """Return the options of a list, which were made before for every list of the same pairs."""
    if isinstance(choices, dict):
        return _options(tuple((group, tuple(map(tuple, pairs))) for group, pairs in choices.items()))
    return _options(((None, tuple(map(tuple, choices or ()))),))


class _KeptOptions(Select):
    """A select whose options are drawn once for each list: thousands of regions cost most of a page."""

    def __call__(self, field: Any, **attributes: Any) -> Markup:
        attributes.setdefault("id", field.id)
        for flag in self.validation_attrs:
            if flag in field.flags and flag not in attributes:
                attributes[flag] = getattr(field.flags, flag)
        options = _options_of(field.choices).draw()
        if field.data is not None:
            chosen = f'value="{escape(str(field.data))}">'
            options = options.replace(f"<option {chosen}", f"<option selected {chosen}")
        return Markup(f"<select {attributes_of(name=field.name, **attributes)}>{options}</select>")  # noqa: S704  # escaped


class ChoiceField(_SelectField):
    """One of `choices`: pairs, groups of pairs, or a function that returns them; empty: nothing chosen.

    `also` returns the label of a further value that may be chosen though the list leaves it out, such as a
    county of another province; None for what does not exist. What is stored is always shown.
    """

    choices: Any

    widget = _KeptOptions()

    def __init__(
        self,
        label: Any = "",
        validators: Iterable[Any] = (),
        choices: Choices | Callable[[], Choices] = (),
        blank: Any = None,
        also: Callable[[str], str | None] | None = None,
        **options: Any,
    ) -> None:
        super().__init__(label, list(validators), choices=None, validate_choice=False, **options)
        options_: Any = choices() if callable(choices) else choices
        if blank is not None:
            grouped = isinstance(options_, dict)
            options_ = {"": [("", blank)], **options_} if grouped else [("", blank), *options_]
        self.choices, self.also = options_, also

    def pre_validate(self, form: Any) -> None:
        if self._is_off_list() and not (self.also and self.also(self.data)):
            raise ValidationError(_("请从列表中选择。"))

    def process_formdata(self, valuelist: list[Any]) -> None:
        self.data = str(valuelist[0]) if valuelist else ""

    def __call__(self, **attributes: Any) -> Markup:
        """Render the list, with the value that it leaves out."""
        if self._is_off_list():
            pair = (self.data, (self.also(self.data) if self.also else None) or self.data)
            is_grouped = isinstance(self.choices, dict)
            self.choices = {**self.choices, "…": [pair]} if is_grouped else [*self.choices, pair]
        return super().__call__(**attributes)

    def _is_off_list(self) -> bool:
        return bool(self.data) and self.data not in _options_of(self.choices).values


class ChoicesField(_SelectMultipleField):
    """Any number of `choices`, as check boxes; what is stored is always shown."""

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
        if self._off_list():
            raise ValidationError(_("请从列表中选择。"))

    def __iter__(self) -> Iterator[Any]:
        self.choices += [(value, value) for value in self._off_list()]
        return iter(super().__iter__())

    def _off_list(self) -> list[str]:
        values = {value for value, _label in self.choices}
        return [value for value in self.data or [] if value not in values]
