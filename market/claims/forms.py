from __future__ import annotations

from collections.abc import Collection, Sequence

from wtforms import FileField
from wtforms.validators import ValidationError

from market.claims.risk_flags import RISK_FLAG_LABELS
from market.claims.states import RecheckPoint
from market.codes import regions
from market.codes.labels import choices
from market.kit.amount_fields import MoneyField, PercentField
from market.kit.form_fields import (
    BooleanField,
    ChoiceField,
    Choices,
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
from market.programmes.texts import VALUES

TRADE_MODES = ("agreed", "listed", "auction")
GRADES = ("general", "major")
ROLES = ("buyer", "seller", "broker", "agency", "registry")
SELLER_KINDS = ("university", "institute", "enterprise")


def _named(codes: tuple[str, ...]) -> list[tuple[str, str]]:
    return [(code, _(VALUES[code])) for code in codes]


def _places() -> Choices:
    return dict(regions.choices(("province", "city", "county")))


def _yes_no() -> Choices:
    return [("yes", _("是")), ("no", _("否"))]


class CalculatorForm(BaseForm):
    """What a visitor knows of a purchase. Nothing is stored."""

    amount = MoneyField(lazy("技术交易额"), [Required(lazy("请填技术交易额。"))])
    region = ChoiceField(lazy("所在地"), choices=_places, also=regions.known_name, blank=lazy("广西"))
    role = ChoiceField(lazy("申请身份"), choices=lambda: _named(ROLES))
    kind = ChoiceField(lazy("合同类型"), choices=lambda: choices("contract_kind"), blank=lazy("未定"))
    new_sales = MoneyField(lazy("当年新增销售收入"), is_zero_allowed=True)
    established_on = DayField(lazy("单位成立日期"))
    seller_kind = ChoiceField(lazy("卖方性质"), choices=lambda: _named(SELLER_KINDS), blank=lazy("不限"))
    seller_region = ChoiceField(
        lazy("卖方所在地"), choices=_places, also=regions.known_name, blank=lazy("不限")
    )
    field = ChoiceField(lazy("技术领域"), choices=lambda: choices("field"), blank=lazy("不限"))
    mode = ChoiceField(lazy("交易方式"), choices=lambda: _named(TRADE_MODES), blank=lazy("未定，按协议定价"))
    grade = ChoiceField(lazy("成果等级"), choices=lambda: _named(GRADES), blank=lazy("未定，按一般成果"))
    used_in = ChoiceField(
        lazy("在哪里转化应用"), choices=_places, also=regions.known_name, blank=lazy("未定")
    )
    signed_on = DayField(lazy("合同签订日期"))
    registered_on = DayField(lazy("合同登记日期"))
    received = MoneyField(lazy("已到账金额"), is_zero_allowed=True)
    received_on = DayField(lazy("到账日期"))
    is_related = ChoiceField(lazy("双方有关联关系吗"), choices=_yes_no, blank=lazy("未定"))
    is_publicly_funded = ChoiceField(lazy("成果已获财政科技资金吗"), choices=_yes_no, blank=lazy("未定"))
    vat_payable = MoneyField(lazy("技术交易收入应缴增值税"), is_zero_allowed=True)
    vat_paid = MoneyField(lazy("实缴增值税"), is_zero_allowed=True)

    @property
    def has_more(self) -> bool:
        """Return whether anything beyond the first four fields is filled in."""
        first = (self.amount, self.region, self.role, self.kind)
        return any(field.data not in (None, "") for field in self if field not in first)

    def validate_received(self, field: MoneyField) -> None:
        if field.data is not None and self.amount.data is not None and field.data > self.amount.data:
            raise ValidationError(_("到账金额不能超过技术交易额。"))


class SalesForm(BaseForm):
    year = NumberField(lazy("年份"), [Required(lazy("请填年份。")), NumberRange(2010, 2100)])
    amount = MoneyField(
        lazy("新增销售收入"), [Required(lazy("请填金额，没有就填 0。"))], is_zero_allowed=True
    )
    note = LongTextField(lazy("说明"), max_length=1000)


class ClaimForm(BaseForm):
    programme = ChoiceField(lazy("政策"), [Required(lazy("请选择政策。"))])
    year = NumberField(lazy("申报年度"), [Required(lazy("请填申报年度。")), NumberRange(2010, 2100)])
    contracts = ChoicesField(lazy("合同"))


class EvidenceForm(BaseForm):
    kind = ChoiceField(
        lazy("材料"),
        [Required(lazy("请选择材料种类。"))],
        choices=lambda: choices("evidence_kind"),
        blank=lazy("请选择"),
    )
    number = TextField(lazy("编号"), max_length=80)
    dated_on = DayField(lazy("日期"))
    amount = MoneyField(lazy("金额"), unit=1, is_zero_allowed=True)
    file = FileField()
    replaces = TextField(lazy("替换"))
    """The id of the paper that it replaces, from the page's list."""
    explanation = LongTextField(lazy("为什么补充或替换"), max_length=300)


class WithdrawalForm(BaseForm):
    reason = TextField(lazy("为什么撤下"), max_length=300)


class FactsForm(BaseForm):
    """What no record of the market holds about a contract; the rest of the form follows the rule set."""

    paid_in_equity = MoneyField(lazy("实缴作价出资额"), is_zero_allowed=True)


class TotalsForm(BaseForm):
    """Yearly totals; those that the rule set does not ask for are taken off."""

    vat_payable = MoneyField(lazy("技术交易收入应缴增值税"), is_zero_allowed=True)
    vat_paid = MoneyField(lazy("实缴增值税"), is_zero_allowed=True)
    registered_total = MoneyField(lazy("年度登记技术合同成交总额"), is_zero_allowed=True)
    brokered_total = MoneyField(lazy("年度促成技术交易总额"), is_zero_allowed=True)

    def keep(self, required: Collection[str]) -> None:
        """Leave only the totals that are asked for."""
        for name in [name for name in self._fields if name not in required]:
            del self[name]


class SubmitForm(BaseForm):
    declaration = BooleanField(
        lazy("我单位声明：所填内容和所附材料真实、完整，没有重复申报；如有虚假，退回补助并承担责任。")
    )
    is_incomplete = BooleanField(lazy("明白可能被退回补正，仍要提交"))

    def ask_about(self, lacking: Sequence[str]) -> None:
        """Name what the claim lacks, unless the applicant submits it all the same."""
        if lacking and not self.is_incomplete.data:
            self.add_error(
                "is_incomplete",
                _("缺 %(count)s 项，仍要提交？%(names)s。", count=len(lacking), names="；".join(lacking)),
            )


class SupplementForm(BaseForm):
    papers = ChoicesField(lazy("要补交或更换的材料"))
    reason = LongTextField(lazy("其他需要补正的内容"), max_length=1000)
    due_on = DayField(lazy("补正期限"), [Required(lazy("请填补正期限。"))])


class CalculateForm(BaseForm):
    rate = PercentField(lazy("核定比例（%）"))
    decision = TextField(lazy("核定文号"), max_length=80)


class RecheckForm(BaseForm):
    """The rechecker's checklist, each point ticked, and what they remark."""

    compared = ChoicesField(lazy("复核要点"))
    remark = TextField(lazy("复核意见"), max_length=500)

    def validate_compared(self, field: ChoicesField) -> None:
        if set(field.data or ()) != set(RecheckPoint):
            raise ValidationError(_("请逐项核对并勾选全部复核要点。"))


class QueueForm(BaseForm):
    """Further filters of the queue; all stand in the address."""

    field = ChoiceField(lazy("技术领域"), choices=lambda: choices("field"), blank=lazy("全部"))
    city = ChoiceField(lazy("所在地"), choices=_places, also=regions.known_name, blank=lazy("全部"))
    doubt = ChoiceField(
        lazy("疑点"),
        choices=lambda: [
            ("any", _("有疑点")),
            *((key, str(words)) for key, words in RISK_FLAG_LABELS.items()),
        ],
        blank=lazy("全部"),
    )
    least = MoneyField(lazy("金额不低于"), is_zero_allowed=True)
    most = MoneyField(lazy("金额不高于"), is_zero_allowed=True)


class ReasonForm(BaseForm):
    reason = LongTextField(lazy("理由"), [Required(lazy("请写明理由。"))], max_length=500)


class RejectForm(BaseForm):
    clause = ChoiceField(lazy("依据的条款"), [Required(lazy("请选择依据的条款。"))])
    reason = LongTextField(lazy("理由"), [Required(lazy("请写明理由。"))], max_length=1000)
