from market.kit.form_fields import ChoiceField, LongTextField, NumberField, Required, TextField
from market.kit.forms import BaseForm
from market.kit.i18n import lazy


class ObjectionForm(BaseForm):
    entry = ChoiceField(lazy("异议针对"), choices=())
    reason = LongTextField(lazy("异议的事实和理由"), [Required(lazy("请写明事实和理由。"))], max_length=2000)


class AnswerForm(BaseForm):
    answer = LongTextField(lazy("答复"), [Required(lazy("请填写答复。"))], max_length=2000)


class DecisionForm(BaseForm):
    outcome = ChoiceField(
        lazy("裁定"),
        [Required(lazy("请选择异议是否成立。"))],
        choices=lambda: [("dismissed", lazy("异议不成立，公示继续")), ("upheld", lazy("异议成立"))],
        blank=lazy("请选择"),
    )
    text = LongTextField(
        lazy("裁定的理由"), [Required(lazy("请写明裁定的理由，理由将公开。"))], max_length=2000
    )


class ExtensionForm(BaseForm):
    days = NumberField(lazy("延长后的公示期（天）"), [Required(lazy("请填延长后的天数。"))])
    reason = TextField(lazy("延长的理由"), [Required(lazy("请写明理由，理由将公开。"))], max_length=300)
