"""Forms of targets: definitions, plans, declarations, results, follow-ups."""

from __future__ import annotations

from datetime import date
from typing import Any

from wtforms import FileField

from market.kit.amount_fields import MoneyField, PercentField
from market.kit.form_fields import (
    ChoiceField,
    DayField,
    LongTextField,
    NumberField,
    NumberRange,
    Required,
    TextField,
)
from market.kit.forms import BaseForm
from market.kit.i18n import lazy
from market.kit.labels import choices
from market.targets.definitions import DefinitionTerms
from market.targets.follow_ups import FollowUpEntry
from market.targets.models import Deed
from market.targets.plans import MOST_TOTAL
from market.targets.states import Event, results_from
from market.targets.visits import VisitEntry


class DefinitionForm(BaseForm):
    valid_from = DayField(lazy("起用日"), [Required(lazy("请填起用日。"))])
    event = ChoiceField(
        lazy("按哪一天计入年度"), [Required(lazy("请选择。"))], choices=lambda: choices(Event)
    )
    least_amount = MoneyField(
        lazy("合同成交额起点"), [Required(lazy("请填起点，没有起点填 0。"))], is_zero_allowed=True
    )
    least_received = PercentField(lazy("至少到账"), [Required(lazy("请填比例。"))], is_zero_allowed=True)
    sample_all_from = MoneyField(
        lazy("成交额多少以上全部核验"), [Required(lazy("请填金额。"))], is_zero_allowed=True
    )
    sample_share = PercentField(lazy("其余的抽查比例"), [Required(lazy("请填比例。"))], is_zero_allowed=True)
    sample_least = NumberField(lazy("每市至少抽几项"), [Required(lazy("请填项数。")), NumberRange(0, 1000)])
    most_errors = PercentField(
        lazy("差错超过多少就全部核验"), [Required(lazy("请填比例。"))], is_zero_allowed=True
    )
    text = LongTextField(lazy("口径全文"), [Required(lazy("请写口径，它会公开。"))], max_length=3000)
    basis = TextField(lazy("依据"), [Required(lazy("请写文号和条款，或说明是假定。"))], max_length=200)

    def terms(self) -> DefinitionTerms:
        """Return what was typed."""
        values: dict[str, Any] = {name: self[name].data for name in DefinitionTerms.__dataclass_fields__}
        return DefinitionTerms(**values | {"event": Event(values["event"])})


class PlanForm(BaseForm):
    year = NumberField(lazy("年度"), [Required(lazy("请填年度。")), NumberRange(2000, 2200)])
    title = TextField(lazy("名称"), [Required(lazy("请填名称，它会公开。"))], max_length=80)
    total = NumberField(lazy("目标"), [Required(lazy("请填目标数。")), NumberRange(1, MOST_TOTAL)])


class PlanEditForm(BaseForm):
    title = TextField(lazy("名称"), [Required(lazy("请填名称，它会公开。"))], max_length=80)
    total = NumberField(lazy("目标"), [Required(lazy("请填目标数。")), NumberRange(1, MOST_TOTAL)])


class DeclareForm(BaseForm):
    text = LongTextField(lazy("成果在哪里使用、从什么时候开始、效果怎样"), max_length=2000)
    file = FileField(str(lazy("证明")))


class ReasonForm(BaseForm):
    reason = LongTextField(lazy("理由"), [Required(lazy("请写明理由。"))], max_length=300)


class ResultForm(BaseForm):
    result = ChoiceField(lazy("结论"), [Required(lazy("请选择结论。"))], choices=())
    words = LongTextField(lazy("看了什么，依据是什么"), [Required(lazy("请写明核验情况。"))], max_length=1000)

    def __init__(self, formdata: Any = None, deed: Deed | None = None, **options: Any) -> None:
        super().__init__(formdata, **options)
        if deed is not None:
            self.result.choices = [(result.value, str(result.label)) for result in results_from(deed.status)]


class VisitForm(BaseForm):
    visited_on = DayField(lazy("核查日期"), [Required(lazy("请填核查日期。"))])
    people = TextField(lazy("核查人员"), [Required(lazy("请写谁去的，至少两人。"))], max_length=200)
    words = LongTextField(lazy("看到了什么"), [Required(lazy("请写明看到了什么。"))], max_length=2000)
    file = FileField(str(lazy("现场记录或照片")))

    def entry(self) -> VisitEntry:
        """Return what was typed."""
        visited_on = self.visited_on.data or date.min
        return VisitEntry(visited_on, str(self.people.data or ""), str(self.words.data or ""))


class ShareForm(BaseForm):
    partner = TextField(
        lazy("对方单位"), [Required(lazy("请填对方的统一社会信用代码或全称。"))], max_length=100
    )
    share = PercentField(lazy("对方的份额"), [Required(lazy("请填对方的份额。"))])


class SampleForm(BaseForm):
    salt = TextField(lazy("随机口令"), [Required(lazy("请填写至少 4 个字符的随机口令。"))], max_length=60)


class FollowUpForm(BaseForm):
    use = ChoiceField(
        lazy("现在还在使用吗"),
        [Required(lazy("请选择。"))],
        choices=lambda: [("yes", lazy("还在使用")), ("no", lazy("不再使用"))],
    )
    sales = MoneyField(
        lazy("最近 12 个月由它带来的销售收入"), [Required(lazy("请填金额，没有填 0。"))], is_zero_allowed=True
    )
    text = LongTextField(
        lazy("在哪里使用、效果怎样，或为什么不用了"), [Required(lazy("请写明情况。"))], max_length=2000
    )
    file = FileField(str(lazy("证明")))

    def entry(self, months: int) -> FollowUpEntry:
        """Return what was typed."""
        return FollowUpEntry(months, self.use.data == "yes", self.sales.data or 0, str(self.text.data or ""))


class ClosingForm(BaseForm):
    year = NumberField(lazy("年度"), [Required(lazy("请填年度。")), NumberRange(2000, 2200)])
    note = LongTextField(lazy("为什么更正"), max_length=500)
