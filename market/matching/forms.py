from __future__ import annotations

from market.codes.lists import DROP_REASONS
from market.kit.form_fields import ChoiceField, LongTextField, Required
from market.kit.forms import BaseForm
from market.kit.i18n import lazy


class DismissForm(BaseForm):
    reason = ChoiceField(
        lazy("原因"),
        [Required(lazy("请选择原因。"))],
        choices=lambda: [(key, str(words)) for key, words in DROP_REASONS.items()],
    )
    comment = LongTextField(lazy("补充说明（可不填）"), max_length=400)
