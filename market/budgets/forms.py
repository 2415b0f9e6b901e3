"""The forms of the desk for budgets, lists, results, clawbacks and year runs."""

from __future__ import annotations

from wtforms import HiddenField

from market.budgets.payment_files import ENCODINGS
from market.budgets.states import BudgetChangeKind, InterestBasis, PotMode, ReturnReason
from market.kit.amount_fields import MoneyField, PercentField
from market.kit.form_fields import (
    BooleanField,
    ChoiceField,
    ChoicesField,
    DayField,
    LongTextField,
    NumberField,
    NumberRange,
    Required,
    TextField,
)
from market.kit.forms import BaseForm
from market.kit.i18n import gettext as _
from market.kit.i18n import lazy
from market.kit.labels import choices


class ClawbackForm(BaseForm):
    amount = MoneyField(lazy("追回金额（元）"), [Required(lazy("请填追回金额。"))], unit=1)
    interest = ChoiceField(
        lazy("计息"), [Required(lazy("请选择怎样计息。"))], choices=lambda: choices(InterestBasis)
    )
    reason = LongTextField(lazy("理由"), [Required(lazy("请写明理由。"))], max_length=1000)


class ReturnForm(BaseForm):
    amount = MoneyField(lazy("缴回金额（元）"), [Required(lazy("请填缴回金额。"))], unit=1)
    received_on = DayField(lazy("到账日期"), [Required(lazy("请填日期。"))])
    bank_reference = TextField(lazy("银行流水号"), [Required(lazy("请填银行流水号。"))], max_length=80)


class HandoverForm(BaseForm):
    recipient = TextField(lazy("移送机关"), [Required(lazy("请填移送机关。"))], max_length=120)
    ground = LongTextField(lazy("催缴的经过"), [Required(lazy("请写明催缴的经过。"))], max_length=1000)


class RateForm(BaseForm):
    rate = PercentField(lazy("年利率（%）"), [Required(lazy("请填年利率。"))])
    begins_on = DayField(lazy("起用日期"), [Required(lazy("请填起用日期。"))])
    announcement = TextField(
        lazy("公告的发布机构、文号或标题"),
        [Required(lazy("请填公告的发布机构、文号或标题。"))],
        max_length=200,
    )
    announced_on = DayField(lazy("公布日期"), [Required(lazy("请填公布日期。"))])
    ground = LongTextField(lazy("出处和说明"), [Required(lazy("请写明出处。"))], max_length=500)


class RunForm(BaseForm):
    programme = ChoiceField(lazy("政策"), [Required(lazy("请选择政策。"))])
    year = NumberField(lazy("年度"), [Required(lazy("请填年度。")), NumberRange(2010, 2100)])
    rate = PercentField(lazy("核定比例（%）"))


class BatchForm(BaseForm):
    group = HiddenField()
    """`slug:year` of the claims chosen from."""
    title = TextField(lazy("批次名称"), max_length=120)
    fiscal_year = ChoiceField(lazy("预算年度"))
    """Years with a released budget."""
    pot_mode = ChoiceField(
        lazy("预算不足时"),
        choices=lambda: choices(PotMode)[1:],
        blank=lazy("按规则的办法"),
    )
    pot_mode_reason = TextField(lazy("不按规则分配的理由"), max_length=300)
    claims = ChoicesField(lazy("申报"))


class ReturnListForm(BaseForm):
    reason = LongTextField(lazy("退回理由"), [Required(lazy("退回时请写明理由。"))], max_length=300)


class BudgetForm(BaseForm):
    programme = ChoiceField(lazy("政策"), [Required(lazy("请选择政策。"))])
    year = NumberField(lazy("年度"), [Required(lazy("请填年度。")), NumberRange(2010, 2100)])
    amount = MoneyField(lazy("预算"), [Required(lazy("请填预算金额。"))])
    source = TextField(lazy("资金来源"), max_length=120)
    functional_code = TextField(lazy("功能分类科目"), max_length=20)
    economic_code = TextField(lazy("经济分类科目"), max_length=20)
    months = TextField(lazy("分月用款计划"), max_length=300)


class BudgetChangeForm(BaseForm):
    kind = ChoiceField(
        lazy("变更"),
        [Required(lazy("请选择追加、调减或结转。"))],
        choices=lambda: choices(BudgetChangeKind),
        blank=lazy("请选择"),
    )
    amount = MoneyField(lazy("金额"), [Required(lazy("请填金额。"))])
    document_number = TextField(lazy("依据文号"), [Required(lazy("请填依据的文号。"))], max_length=120)
    ground = LongTextField(lazy("理由"), [Required(lazy("请写明理由。"))], max_length=500)


class ResultForm(BaseForm):
    result = ChoiceField(
        lazy("银行结果"),
        [Required(lazy("请选择银行结果。"))],
        choices=lambda: [("paid", _("已付出")), ("returned", _("被银行退回"))],
        blank=lazy("请选择"),
    )
    ended_on = DayField(lazy("日期"), [Required(lazy("请填日期。"))])
    bank_reference = TextField(lazy("银行流水号"), [Required(lazy("请填银行流水号。"))], max_length=80)
    return_reason = ChoiceField(
        lazy("退回原因"), choices=lambda: choices(ReturnReason), blank=lazy("没有退回")
    )
    return_note = TextField(lazy("退回说明"), max_length=200)


class LayoutForm(BaseForm):
    name = TextField(lazy("名称"), [Required(lazy("请填写名称。"))], max_length=60)
    encoding = ChoiceField(
        lazy("CSV 编码"), [Required(lazy("请选择编码。"))], choices=lambda: list(ENCODINGS.items())
    )
    guard_digits = BooleanField(lazy("CSV 中数字代码后加制表符，防止表格软件改写"))
    head = LongTextField(lazy("表头以上各行"), max_length=4000)
    columns = LongTextField(lazy("列"), [Required(lazy("请填写各列。"))], max_length=8000)
    foot = LongTextField(lazy("表尾各行"), max_length=4000)
