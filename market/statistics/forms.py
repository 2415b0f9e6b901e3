"""Forms of statistics: the period of a page, definitions."""

from __future__ import annotations

from datetime import date
from typing import Any

from market.kit.errors import Invalid
from market.kit.form_fields import ChoiceField, DayField, LongTextField, NumberField, Required, TextField
from market.kit.forms import BaseForm
from market.kit.i18n import gettext as _
from market.kit.i18n import lazy
from market.kit.labels import choices
from market.statistics.periods import Chosen, Span, choose_period
from market.statistics.states import Event


class PeriodForm(BaseForm):
    span = ChoiceField(lazy("按"), choices=lambda: choices(Span))
    year = NumberField(lazy("年"))
    month = NumberField(lazy("月"))
    quarter = NumberField(lazy("季度"))
    first = DayField(lazy("起"))
    last = DayField(lazy("止"))

    def chosen(self, today: date) -> Chosen | None:
        """Return the period that was chosen; None, with the error at its field, where there is none such."""
        values: dict[str, Any] = {name: getattr(self, name).data for name in ("year", "month", "quarter")}
        with self.catch_invalid():
            if not self.validate():
                return None
            if self.span.data not in set(Span):
                raise Invalid(_("请从列表中选择。"), field="span")
            days = {"first": self.first.data, "last": self.last.data}
            return choose_period(Span(str(self.span.data)), today, **values, **days)
        return None


class DefinitionForm(BaseForm):
    valid_from = DayField(lazy("起用日"), [Required(lazy("请填起用日。"))])
    event = ChoiceField(lazy("按哪一天计入"), [Required(lazy("请选择。"))], choices=lambda: choices(Event))
    text = LongTextField(lazy("口径"), [Required(lazy("请写口径，它会公开。"))], max_length=3000)
    basis = TextField(lazy("依据"), [Required(lazy("请写文号和条款，或说明是假定。"))], max_length=200)

    def chosen_event(self) -> Event:
        return Event(str(self.event.data))


class OrderForm(BaseForm):
    month = TextField(lazy("月份"), [Required(lazy("请填月份，如 2026-10。"))], max_length=7)
    note = LongTextField(lazy("更正说明"), max_length=500)

    def chosen_month(self) -> date:
        """Return the first day of the month that was typed.

        Raises:
            Invalid: at `month`.
        """
        try:
            return date.fromisoformat(f"{self.month.data}-01")
        except ValueError:
            raise Invalid(_("请按 2026-10 的样子填月份。"), field="month") from None
