"""The forms of expert review."""

from __future__ import annotations

from market.kit.form_fields import ChoicesField, DayField, LongTextField, NumberField, NumberRange, Required
from market.kit.forms import BaseForm
from market.kit.i18n import lazy


class ScoreForm(BaseForm):
    novelty = NumberField(lazy("创新性"), [Required(lazy("请打分。")), NumberRange(0, 100)])
    maturity = NumberField(lazy("成熟度"), [Required(lazy("请打分。")), NumberRange(0, 100)])
    benefit = NumberField(lazy("应用效益"), [Required(lazy("请打分。")), NumberRange(0, 100)])
    opinion = LongTextField(lazy("意见"), [Required(lazy("请写明意见。"))], max_length=2000)


class AssignForm(BaseForm):
    reviewers = ChoicesField(lazy("专家"))
    due_on = DayField(lazy("评审期限"), [Required(lazy("请填评审期限。"))])
