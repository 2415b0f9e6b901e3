"""Forms: submitted once, validated, with the errors of services at their fields."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from wtforms import FieldList, Form, FormField
from wtforms.fields.core import UnboundField

from market.kit.errors import Invalid, MarketError
from market.kit.held_forms import get_held_form
from market.kit.i18n import gettext as _
from market.kit.money import Money

MOST_ROWS = 200
"""Rows that are read of a submitted or a stored table at most."""


class RowsField(FieldList):  # type: ignore[type-arg]  # cannot be subscripted at run time
    """A table of equal rows, such as 指标 / 现有 / 本成果. Empty rows are dropped."""

    def __init__(
        self, row: type[BaseForm], label: Any = "", *, blank_rows: int = 3, max_rows: int = 30, **options: Any
    ) -> None:
        # WTForms would drop what is beyond its own limit without a word, and fail on stored rows beyond it.
        super().__init__(FormField(row), label, min_entries=blank_rows, max_entries=MOST_ROWS, **options)
        self.max_rows = max_rows
        self.is_cut = False

    def _extract_indices(self, prefix: str, formdata: Any) -> Iterator[int]:
        indices = sorted(set(self._numbers(prefix, formdata)))
        self.is_cut = len(indices) > MOST_ROWS
        return iter(indices)

    def _numbers(self, prefix: str, formdata: Any) -> Iterator[int]:
        # ASCII digits only: WTForms takes "²" for a number and fails on it.
        for key in formdata:
            head, _sep, tail = key.partition(f"{prefix}-")
            number = tail.split("-", 1)[0]
            if not head and number.isascii() and number.isdigit() and len(number) < 6:
                yield int(number)

    def validate(self, form: Any, extra_validators: Any = ()) -> bool:
        """Validate the rows, and that there are not more than the table takes."""
        is_valid = super().validate(form, extra_validators)
        count = len(self.filled_rows)
        if count > self.max_rows or self.is_cut:
            self.errors = [_("最多 %(most)s 行，现在有 %(now)s 行。", most=self.max_rows, now=count)]
            return False
        return is_valid

    def require_cells(self, names: Sequence[str], message: Any) -> bool:
        """Show `message` at each of these cells that a filled row leaves empty; return if there is none."""
        is_whole = True
        for entry in self.entries:
            if not any(_is_typed(cell.data) for cell in entry.form):
                continue
            for name in names:
                cell = entry.form._fields[name]
                if not _is_typed(cell.data) and not cell.errors:
                    cell.errors = [str(message)]
                    is_whole = False
        if not is_whole:
            sentences = [error for error in self.errors if isinstance(error, str)]
            self.errors = [*(entry.errors for entry in self.entries), *sentences]
        return is_whole

    def append_blank_rows(self, count: int = 2) -> None:
        """Append blank rows below the filled ones, for browsers without scripts."""
        for _blank in range(min(count, self.max_rows - len(self.entries))):
            self.append_entry()

    @property
    def filled_rows(self) -> list[dict[str, Any]]:
        """The data of the rows that are not empty."""
        rows = [{k: v for k, v in entry.data.items() if k != "csrf_token"} for entry in self.entries]
        return [row for row in rows if any(_is_typed(value) for value in row.values())]


def _is_typed(value: Any) -> bool:
    """Return whether a cell holds something; a zero is something."""
    return value is not None and value is not False and value not in ("", [])


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
        held = get_held_form() if formdata is None and not options.get("prefix") else None
        if held is not None:
            formdata = held.form_data_for(list(self._field_names()))
        self.is_held = held is not None and formdata is not None
        super().__init__(formdata, *args, **options)

    @classmethod
    def _field_names(cls) -> Iterator[str]:
        """Yield the names under which the fields are sent."""
        for name in dir(cls):
            unbound = getattr(cls, name)
            if isinstance(unbound, UnboundField):
                yield unbound.kwargs.get("name") or name

    def validate_on_submit(self) -> bool:
        """Return whether the form was submitted, not merely shown, and is valid."""
        return self.is_submitted and self.validate()

    def validate(self, extra_validators: Any = None) -> bool:
        """Validate the fields; what is only shown again is never valid, so that nothing acts on it."""
        return not self.is_held and super().validate(extra_validators)

    def catch_invalid(self, *further: type[MarketError], field: str = "") -> CatchInvalid:
        """Return a context that turns an `Invalid` raised in it into an error of this form.

        The error is shown at the field that the exception names, else at `field`, else above the form. Then
        the block ends and the code after it runs. `further` exceptions are caught as well.
        """
        return CatchInvalid(self, (Invalid, *further), field)

    @property
    def field_values(self) -> dict[str, Any]:
        """The data of each field; of a table, of the rows that are not empty."""
        return {
            name: field.filled_rows if isinstance(field, RowsField) else field.data
            for name, field in self._fields.items()
        }

    def add_error(self, field: str, message: str) -> None:
        """Show an error at a field, or above the form where there is no such field."""
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


def record_number_from(values: Mapping[str, Any], name: str) -> str:
    """Return the record number in a form's value; empty where it cannot be one."""
    text = str(values.get(name) or "")
    return text if text.isascii() and text.isprintable() and len(text) <= 20 else ""


def to_minor_units(typed: int | None, currency: str, field: str) -> int:
    """Convert a MoneyField's hundredths into minor units of a currency; an empty field is 0.

    Raises:
        Invalid: at `field`: the currency has no such small unit.
    """
    try:
        return Money.of_hundredths(typed or 0, currency).amount
    except ValueError:
        raise Invalid(_("这种货币没有小数，请填整数金额。"), field=field) from None
