"""The forms of this room."""

from __future__ import annotations

from wtforms import FileField
from wtforms.validators import ValidationError

from market.codes.canonical import canonical_key
from market.kit.form_fields import Required, TextField
from market.kit.forms import BaseForm
from market.kit.i18n import gettext as _
from market.kit.i18n import lazy


class AccountForm(BaseForm):
    bank_name = TextField(lazy("开户银行（写到支行）"), [Required(lazy("请填写开户银行。"))], max_length=120)
    number = TextField(
        lazy("银行账号"),
        [Required(lazy("请填写银行账号。"))],
        max_length=40,
        render_kw={"inputmode": "numeric", "autocomplete": "off"},
    )

    bank_code = TextField(
        lazy("开户行行号（12 位，可不填）"), max_length=20, render_kw={"inputmode": "numeric"}
    )
    file = FileField(str(lazy("账户证明（开户许可证、基本存款账户信息或银行证明）")))

    def validate_bank_code(self, field: TextField) -> None:
        digits = canonical_key(field.data or "")
        if digits and not (digits.isascii() and digits.isdigit() and len(digits) == 12):
            raise ValidationError(_("行号应为 12 位数字。"))
        field.data = digits

    def validate_number(self, field: TextField) -> None:
        digits = canonical_key(field.data or "")
        if not (digits.isascii() and digits.isdigit() and 8 <= len(digits) <= 30):
            raise ValidationError(_("银行账号应为 8 到 30 位数字。"))
        field.data = digits
