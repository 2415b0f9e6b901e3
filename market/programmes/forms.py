"""The form in which the next version of a rule set is drafted."""

from __future__ import annotations

from market.kit.form_fields import LongTextField, Required
from market.kit.forms import BaseForm
from market.kit.i18n import lazy
from market.programmes.drafts import MOST_CONTENT


class DraftForm(BaseForm):
    """The whole rule file as JSON: the way in from another system."""

    content = LongTextField(lazy("规则文件"), [Required(lazy("请填规则文件。"))], max_length=MOST_CONTENT)
    retroactive_reason = LongTextField(lazy("追溯生效的理由"), max_length=300)
