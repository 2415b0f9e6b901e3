from __future__ import annotations

from typing import Any

from wtforms import FileField

from market.kit.form_fields import DayField, LongTextField, MoneyField, Required, TextField
from market.kit.forms import BaseForm
from market.kit.i18n import lazy


class StatementForm(BaseForm):
    file = FileField(str(lazy("银行流水文件")))


class AsideForm(BaseForm):
    note = LongTextField(lazy("这笔款是什么"), [Required(lazy("请写明这笔款是什么。"))], max_length=200)


class OnlineRefundForm(BaseForm):
    amount = MoneyField(lazy("退款金额"), [Required(lazy("请填退款金额。"))], unit=1)
    reason = LongTextField(lazy("退款原因"), [Required(lazy("请写明退款的原因。"))], max_length=300)

    def __init__(self, *args: Any, currency: str = "CNY", **options: Any) -> None:
        super().__init__(*args, **options)
        if currency != "CNY":
            # The amount is read in the currency's own minor unit.
            self.amount.currency = currency
            if args and args[0] is not None:
                self.amount.process(args[0])


class RefundForm(OnlineRefundForm):
    refunded_on = DayField(lazy("退款日期"), [Required(lazy("请填退款日期。"))])
    bank_reference = TextField(lazy("银行流水号（可不填）"), max_length=80)
    file = FileField(str(lazy("退款回单（可不传）")))
