"""The forms of the desk's further pages."""

from __future__ import annotations

from market.kit.forms import (
    BaseForm,
    ChoiceField,
    ChoicesField,
    DayField,
    LongTextField,
    MoneyField,
    NumberField,
    TextField,
    between,
    needed,
)
from market.kit.i18n import gettext as _
from market.kit.i18n import lazy
from market.subsidies.drafting import MOST_CONTENT
from market.subsidies.forms import PercentField


class ClawbackForm(BaseForm):
    amount = MoneyField(lazy("追回金额（元）"), [needed(lazy("请填追回金额。"))], unit=1)
    reason = LongTextField(lazy("理由"), [needed(lazy("请写明理由。"))], most=1000)


class ReturnForm(BaseForm):
    amount = MoneyField(lazy("缴回金额（元）"), [needed(lazy("请填缴回金额。"))], unit=1)
    received_on = DayField(lazy("到账日期"), [needed(lazy("请填日期。"))])
    bank_reference = TextField(lazy("银行流水号"), [needed(lazy("请填银行流水号。"))], most=80)


class RunForm(BaseForm):
    programme = ChoiceField(lazy("政策"), [needed(lazy("请选择政策。"))])
    year = NumberField(lazy("年度"), [needed(lazy("请填年度。")), between(2010, 2100)])
    rate = PercentField(lazy("核定比例"))  # type: ignore[arg-type]


class DraftForm(BaseForm):
    content = LongTextField(lazy("规则文件"), [needed(lazy("请填规则文件。"))], most=MOST_CONTENT)


class TieForm(BaseForm):
    kind = ChoiceField(
        lazy("种类"),
        choices=lambda: [("shareholding", _("持股")), ("person", _("任职"))],
    )
    uscc = TextField(lazy("单位的统一社会信用代码"), [needed(lazy("请填统一社会信用代码。"))], most=18)
    other = TextField(lazy("持股单位代码或人员证件号"), [needed(lazy("请填持股单位或人员。"))], most=64)
    role = TextField(lazy("身份"), most=40)
    share = PercentField(lazy("持股比例"))  # type: ignore[arg-type]
    source = TextField(lazy("来源"), [needed(lazy("请填来源，如企业信用信息公示系统。"))], most=200)


class ScoreForm(BaseForm):
    novelty = NumberField(lazy("创新性"), [needed(lazy("请打分。")), between(0, 100)])
    maturity = NumberField(lazy("成熟度"), [needed(lazy("请打分。")), between(0, 100)])
    benefit = NumberField(lazy("应用效益"), [needed(lazy("请打分。")), between(0, 100)])
    opinion = LongTextField(lazy("意见"), [needed(lazy("请写明意见。"))], most=2000)


class AssignForm(BaseForm):
    reviewers = ChoicesField(lazy("专家"))
    due_on = DayField(lazy("评审期限"), [needed(lazy("请填评审期限。"))])
