"""Form fields as every room uses them: errors in the person's words, and what was typed is kept."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from markupsafe import Markup, escape
from wtforms import BooleanField as _BooleanField
from wtforms import FieldList, FileField, Form, FormField, HiddenField, PasswordField, StringField
from wtforms import IntegerField as _IntegerField
from wtforms import SelectField as _SelectField
from wtforms import SelectMultipleField as _SelectMultipleField
from wtforms import StringField as _StringField
from wtforms import TextAreaField as _TextAreaField
from wtforms.validators import StopValidation, ValidationError
from wtforms.widgets import CheckboxInput, ListWidget, Select

from market.kit.errors import Invalid, MarketError
from market.kit.formats import wan_input
from market.kit.i18n import gettext as _
from market.kit.money import HOME, Money

__all__ = [
    "BaseForm",
    "BooleanField",
    "ChoiceField",
    "ChoicesField",
    "DayField",
    "FileField",
    "HiddenField",
    "LongTextField",
    "MaxLength",
    "MoneyField",
    "NumberField",
    "NumberRange",
    "PasswordField",
    "Required",
    "RowsField",
    "TextField",
]
MAX_AMOUNT = 10**16
"""A hundred thousand billion yuan in fen: more is a slip, and sums of it must fit a BIGINT."""
Choices = Sequence[tuple[str, Any]] | dict[str, Sequence[tuple[str, Any]]]


class Required:
    """The field must be filled; the sentence tells the person what to enter."""

    field_flags = {"required": True}

    def __init__(self, message: Any) -> None:
        self.message = message

    def __call__(self, form: Any, field: Any) -> None:
        raw = field.raw_data
        if not raw or not any(str(value).strip() for value in raw):
            field.errors = []
            raise StopValidation(str(self.message))


class MaxLength:
    """The text is no longer than `count` characters."""

    def __init__(self, count: int) -> None:
        self.count = count

    def __call__(self, form: Any, field: Any) -> None:
        if field.data and len(field.data) > self.count:
            raise ValidationError(
                _("最多 %(most)s 个字，现在有 %(now)s 个。", most=self.count, now=len(field.data))
            )


class NumberRange:
    """The whole number lies in this range, both ends included."""

    def __init__(self, low: int, high: int) -> None:
        self.low, self.high = low, high

    def __call__(self, form: Any, field: Any) -> None:
        if field.data is not None and not self.low <= field.data <= self.high:
            raise ValidationError(_("请填 %(low)s 到 %(high)s 之间的整数。", low=self.low, high=self.high))


class _StorableText:
    """Refuses what the database cannot keep: zero bytes and halves of characters."""

    def __call__(self, form: Any, field: Any) -> None:
        for value in field.raw_data or []:
            if isinstance(value, str) and any(c == "\x00" or "\ud800" <= c <= "\udfff" for c in value):
                field.data = None
                raise StopValidation(_("含有不能保存的字符，请删去后再提交。"))


class BooleanField(_BooleanField):
    """One check box."""

    def __init__(self, label: Any = "", validators: Iterable[Any] = (), **options: Any) -> None:
        super().__init__(label, list(validators), **options)


class TextField(_StringField):
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
        text = str(valuelist[0]).strip() if valuelist else ""
        self.data = None
        if not text:
            return
        digits = text.removeprefix("-")
        if not (digits.isascii() and digits.isdigit()) or len(text) > 9:
            raise ValueError(_("请填整数。"))
        self.data = int(text)


class DayField(_StringField):
    """A day, 2026-05-01, or None when left empty."""

    data: Any

    def __init__(self, label: Any = "", validators: Iterable[Any] = (), **options: Any) -> None:
        options.setdefault("render_kw", {})
        options["render_kw"] = {"type": "date", **options["render_kw"]}
        super().__init__(label, list(validators), **options)

    def process_formdata(self, valuelist: list[Any]) -> None:
        text = str(valuelist[0]).strip() if valuelist else ""
        self.data = None
        if not text:
            return
        try:
            found = date.fromisoformat(text)
        except ValueError:
            raise ValueError(_("请按 2026-05-01 的样子填日期。")) from None
        if not 1900 <= found.year <= 2200:
            raise ValueError(_("年份应在 1900 到 2200 之间。"))
        self.data = found

    def _value(self) -> str:
        if self.raw_data:
            return str(self.raw_data[0])
        return self.data.isoformat() if isinstance(self.data, date) else ""


def to_minor_units(typed: int | None, currency: str, field: str) -> int:
    """Return what a MoneyField holds in minor units of a currency; nothing for an empty one.

    Raises:
        Invalid: at `field`: the currency has no such small unit.
    """
    try:
        return Money.of_hundredths(typed or 0, currency).amount
    except ValueError:
        raise Invalid(_("这种货币没有小数，请填整数金额。"), field=field) from None


class MoneyField(_StringField):
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
        text = str(valuelist[0]).strip() if valuelist else ""
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
    """Long lists such as the country's regions cost most of a form's page, so an option is plain text."""

    @classmethod
    def render_option(cls, choice: Any, **_options: Any) -> Markup:  # type: ignore[override]  # stubs of 3.2
        chosen = "selected " if choice.selected else ""
        label = escape(str(choice.label or choice.value))
        return Markup(f'<option {chosen}value="{escape(str(choice.value))}">{label}</option>')  # noqa: S704  # escaped


class ChoiceField(_SelectField):
    """One of `choices`, a list of pairs or a function that gives it; empty when nothing is chosen."""

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
        found: Any = choices() if callable(choices) else choices
        if blank is not None:
            found = {"": [("", blank)], **found} if isinstance(found, dict) else [("", blank), *found]
        self.choices = found

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
        found: Any = choices() if callable(choices) else choices
        self.choices = list(found)

    def pre_validate(self, form: Any) -> None:
        known = {value for value, _label in self.choices}
        if any(value not in known for value in self.data or []):
            raise ValidationError(_("请从列表中选择。"))


class RowsField(FieldList):  # type: ignore[type-arg]  # cannot be subscripted at run time
    """A table of like rows, such as 指标 / 现有 / 本成果. Rows left empty are dropped."""

    def __init__(
        self, row: type[BaseForm], label: Any = "", *, blank_rows: int = 3, max_rows: int = 30, **options: Any
    ) -> None:
        super().__init__(FormField(row), label, min_entries=blank_rows, max_entries=max_rows, **options)

    def _extract_indices(self, prefix: str, formdata: Any) -> Iterator[int]:
        # Only plain digits: WTForms takes "²" for a number and fails on it.
        for key in formdata:
            head, _sep, tail = key.partition(f"{prefix}-")
            number = tail.split("-", 1)[0]
            if not head and number.isascii() and number.isdigit() and len(number) < 6:
                yield int(number)

    @property
    def filled_rows(self) -> list[dict[str, Any]]:
        """The rows in which something was entered, as plain values."""
        rows = [{k: v for k, v in entry.data.items() if k != "csrf_token"} for entry in self.entries]
        return [row for row in rows if any(value not in ("", None, False, []) for value in row.values())]


class BaseForm(Form):
    """A form whose errors speak to the person.

    A handler that shows a form and takes it:

        form = ReasonForm(await form_data_or_none(request))
        if form.validate_on_submit():
            with form.catch_invalid():
                await reject(claim.number, str(form.reason.data), by=by)
                return flash(request, redirect_to(request, "claims:desk"), _("…"))
        return render_form(request, "claims/reject.html", form, claim=claim)
    """

    def __init__(self, formdata: Any = None, *args: Any, **options: Any) -> None:
        self.is_submitted = formdata is not None
        super().__init__(formdata, *args, **options)

    def validate_on_submit(self) -> bool:
        """Return whether the form was submitted, not merely shown, and is valid."""
        return self.is_submitted and self.validate()

    def catch_invalid(self, *further: type[MarketError], field: str = "") -> CatchInvalid:
        """Return a context that turns an `Invalid` raised in it into an error of this form.

        The error is shown at the field that the exception names, else at `field`, else above the form. Then
        the block ends and the code after it runs. `further` exceptions are caught as well.
        """
        return CatchInvalid(self, (Invalid, *further), field)

    @property
    def field_values(self) -> dict[str, Any]:
        """The data of each field; of a table, only the rows in which something was entered."""
        return {
            name: field.filled_rows if isinstance(field, RowsField) else field.data
            for name, field in self._fields.items()
        }

    def add_error(self, field: str, message: str) -> None:
        """Put a message found by a service at its field."""
        target = self._fields.get(field) if field else None
        if target is None:
            self.form_errors.append(message)
        else:
            target.errors = [*target.errors, message]


class CatchInvalid:
    """The context of `BaseForm.catch_invalid`."""

    def __init__(self, form: BaseForm, caught: tuple[type[MarketError], ...], field: str) -> None:
        self.form, self.caught, self.field = form, caught, field

    def __enter__(self) -> None:
        return None

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> bool:
        if not isinstance(error, self.caught):
            return False
        self.form.add_error(getattr(error, "field", None) or self.field, str(error))
        return True


def record_number_from(given: Mapping[str, Any], name: str) -> str:
    """Return the record's number that a form names, or nothing where it cannot be one."""
    text = str(given.get(name) or "")
    return text if text.isascii() and text.isprintable() and len(text) <= 20 else ""


class PercentField(StringField):
    """A percentage with at most two decimals; its data is basis points, or None when left empty."""

    data: Any

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
