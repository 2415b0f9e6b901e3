"""The form of a tie between parties."""

from __future__ import annotations

from market.kit.form_fields import ChoiceField, PercentField, Required, TextField
from market.kit.forms import BaseForm
from market.kit.i18n import gettext as _
from market.kit.i18n import lazy


class TieForm(BaseForm):
    kind = ChoiceField(
        lazy("种类"),
        choices=lambda: [("shareholding", _("持股")), ("person", _("任职"))],
    )
    uscc = TextField(
        lazy("单位的统一社会信用代码"), [Required(lazy("请填统一社会信用代码。"))], max_length=18
    )
    other = TextField(
        lazy("持股单位代码或人员证件号"), [Required(lazy("请填持股单位或人员。"))], max_length=64
    )
    role = TextField(lazy("身份"), max_length=40)
    share = PercentField(lazy("持股比例"))  # type: ignore[arg-type]
    source = TextField(lazy("来源"), [Required(lazy("请填来源，如企业信用信息公示系统。"))], max_length=200)
