"""Form fields of amounts and shares: what is typed in 元, 万元 or percent, as fen and basis points."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from markupsafe import Markup
from wtforms import StringField

from market.kit.form_fields import typed_number, typed_plainly
from market.kit.form_widgets import TextInput
from market.kit.formats import percent, share_in_money, symbol, wan_input, yuan
from market.kit.i18n import gettext as _
from market.kit.money import HOME, MisplacedComma, Money
from market.kit.written_amounts import read_amount, read_approximate, read_range

MAX_AMOUNT = 10**16
"""Fen; more is a typing error, and sums must fit a BIGINT."""


class MoneyField(StringField):
    """An amount in 万元 (`unit=10_000`) or 元; its data is integer fen, or None when left empty."""

    data: Any

    widget = TextInput()

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
        text = typed_plainly(valuelist)
        self.data = None
        if not text:
            return
        try:
            amount = Money.parse(text, self.currency, unit=self.unit).amount
        except MisplacedComma as error:
            raise ValueError(error.question) from None
        except ValueError:
            raise ValueError(self._unread(text)) from None
        if amount < 0 or (amount == 0 and not self.is_zero_allowed):
            raise ValueError(_("金额应大于零。"))
        if amount > MAX_AMOUNT:
            raise ValueError(_("金额过大，请核对单位。"))
        self.data = amount

    def _unread(self, text: str) -> str:
        """Return what to do about an amount in words; what it can only be is filled in, to be confirmed."""
        if self.currency == HOME and (amount := read_amount(text, unit=self.unit)):
            self.raw_data = [self._plain(amount)]
            return _("“%(text)s”读作 %(amount)s，已填好，请核对后再提交。", text=text, amount=yuan(amount))
        if self.currency == HOME and (ends := read_range(text, unit=self.unit)):
            low, high = map(self._plain, ends)
            return _(
                "“%(text)s”是两个数，这里只填一个，如 %(low)s 或 %(high)s。", text=text, low=low, high=high
            )
        if self.currency == HOME and (amount := read_approximate(text, unit=self.unit)):
            return _("“%(text)s”不是确定的数，请填一个数，如 %(n)s。", text=text, n=self._plain(amount))
        if self.currency == HOME:
            return _("请填金额，最细到分，如 120.50；也可以带单位，如 12万、3500元。")
        return _("请填金额，最细到分，如 120.50。")

    def _value(self) -> str:
        if self.raw_data:
            return str(self.raw_data[0])
        return "" if self.data is None else self._plain(self.data)

    def _plain(self, amount: int) -> str:
        """Return an amount as it is typed into this field."""
        return wan_input(amount) if self.unit == 10_000 else f"{Money(amount, self.currency).decimal:f}"


class PercentField(StringField):
    """A percentage with at most two decimals; its data is basis points, or None when left empty.

    Beside it stands what the share comes to: of `base`, or of what the script finds under the name
    `base_name` in the same form.
    """

    data: Any

    widget = TextInput()
    base: Money | None = None

    def __init__(
        self,
        label: Any = "",
        validators: Iterable[Any] = (),
        *,
        is_zero_allowed: bool = False,
        most: int = 10_000,
        base_name: str = "",
        **options: Any,
    ) -> None:
        options.setdefault("render_kw", {})
        options["render_kw"] = {"inputmode": "decimal", "autocomplete": "off", **options["render_kw"]}
        super().__init__(label, list(validators), **options)
        self.is_zero_allowed, self.most, self.base_name = is_zero_allowed, most, base_name

    def process_formdata(self, valuelist: list[Any]) -> None:
        text = typed_plainly(valuelist).rstrip("%").rstrip()
        self.data = None
        if not text:
            return
        fault = _("请填百分数，最多两位小数，如 30 或 12.5。")
        points = typed_number(text, fault) * 100
        if points != points.to_integral_value():
            raise ValueError(fault)
        if points > self.most or points < 0 or not (points or self.is_zero_allowed):
            most = percent(self.most).removesuffix("%")
            raise ValueError(
                _("比例应在 0 到 %(most)s 之间。", most=most)
                if self.is_zero_allowed
                else _("比例应大于 0，不超过 %(most)s。", most=most)
            )
        self.data = int(points)

    def _value(self) -> str:
        if self.raw_data:
            return str(self.raw_data[0])
        return "" if self.data is None else percent(self.data).removesuffix("%")

    def __call__(self, **attributes: Any) -> Markup:
        """Render the input with what the script needs to tell the money while somebody types."""
        if self.base is not None or self.base_name:
            attributes["data-share-of"] = self.base_name
        if self.base is not None:
            attributes["data-base"] = str(self.base.decimal)
            attributes["data-symbol"] = symbol(self.base.currency)
        return super().__call__(**attributes)

    @property
    def money(self) -> str:
        """What the typed share comes to, as ≈ ￥34,650.00（按 115.50 万元）; empty where that is unknown."""
        return "" if self.base is None or self.data is None else share_in_money(self.base, self.data)
