"""Forms of auctions: the lot, the enrolment, a bid, a deposit, what operator and organiser decide."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from wtforms import FileField, HiddenField
from wtforms.validators import ValidationError

from market.accounts.models import Organisation, OrganisationKind, OrganisationStatus
from market.auctions.deposits import Entry
from market.auctions.enrolling import Application
from market.auctions.lot_terms import SIGN_DAYS, LotTerms
from market.auctions.models import Auction
from market.auctions.states import (
    Basis,
    DefaultRule,
    DepositPlace,
    Format,
    Movement,
    NextRule,
    PriorityClaim,
    PriorityMode,
    Right,
    SingleRule,
)
from market.codes.canonical import canonical_key
from market.kit.amount_fields import MoneyField
from market.kit.clock import SHANGHAI, local
from market.kit.form_fields import (
    BooleanField,
    ChoiceField,
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

_TIME = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)", re.ASCII)
HOURS = ("enrol_until", "opens_at", "planned_end", "hard_end")
"""Moments of the lot's form, each a day and a time of it."""


def _narrow(text: str | None) -> str | None:
    """Read digits and a colon of full width as those of half width."""
    return unicodedata.normalize("NFKC", text).strip() if text else text


def _check_time(_form: Any, field: Any) -> None:
    if field.data and not _TIME.fullmatch(field.data):
        raise ValidationError(_("请按 14:00 的样子填。"))


def _time(words: Any, *validators: Any) -> TextField:
    return TextField(words, [*validators, _check_time], max_length=5, filters=[_narrow])


def moment_of(day: Any, time: str | None) -> datetime:
    """Return a moment of a day in Asia/Shanghai; without a time, its beginning."""
    typed = _TIME.fullmatch(time or "")
    hour, minute = (int(typed[1]), int(typed[2])) if typed else (0, 0)
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=SHANGHAI)


class LotForm(BaseForm):
    """The lot and its terms."""

    title = TextField(lazy("标的名称"), [Required(lazy("请填标的名称。"))], max_length=200)
    right = ChoiceField(lazy("转让的权利"), [Required(lazy("请选择。"))], choices=lambda: choices(Right))
    years = NumberField(lazy("许可年限"), [NumberRange(1, 50)])
    territory = TextField(lazy("许可地域"), max_length=120)
    format = ChoiceField(lazy("竞价方式"), [Required(lazy("请选择。"))], choices=lambda: choices(Format))
    organiser = ChoiceField(lazy("组织方"))
    basis = ChoiceField(lazy("起始价的依据"), [Required(lazy("请选择。"))], choices=lambda: choices(Basis))
    start = MoneyField(lazy("起始价"), [Required(lazy("请填起始价。"))])
    step = MoneyField(lazy("加价幅度"), [Required(lazy("请填加价幅度。"))])
    reserve = MoneyField(lazy("保留价"))
    deposit = MoneyField(lazy("保证金"), is_zero_allowed=True)
    deposit_place = ChoiceField(
        lazy("保证金在哪里"), [Required(lazy("请选择。"))], choices=lambda: choices(DepositPlace)
    )
    deposit_account = TextField(lazy("户名、开户行、账号"), max_length=200)
    enrol_until_on = DayField(lazy("报名截止日"), [Required(lazy("请填日期。"))])
    enrol_until_time = _time(lazy("报名截止时刻"), Required(lazy("请填时刻。")))
    opens_at_on = DayField(lazy("竞价开始日"), [Required(lazy("请填日期。"))])
    opens_at_time = _time(lazy("竞价开始时刻"), Required(lazy("请填时刻。")))
    planned_end_on = DayField(lazy("计划结束日"), [Required(lazy("请填日期。"))])
    planned_end_time = _time(lazy("计划结束时刻"), Required(lazy("请填时刻。")))
    hard_end_on = DayField(lazy("最晚结束日"))
    hard_end_time = _time(lazy("最晚结束时刻"))
    min_bidders = NumberField(lazy("最少合格竞买人"), [NumberRange(1, 20)])
    priority = ChoiceField(lazy("同价优先"), choices=lambda: choices(PriorityMode))
    single_rule = ChoiceField(lazy("只有一家时"), choices=lambda: choices(SingleRule))
    next_rule = ChoiceField(lazy("悔约以后"), choices=lambda: choices(NextRule))
    default_rule = ChoiceField(lazy("悔约的保证金"), choices=lambda: choices(DefaultRule))
    sign_days = NumberField(lazy("几个工作日内签约"), [NumberRange(1, 60)])
    terms_text = LongTextField(lazy("竞价须知"), [Required(lazy("请写竞价须知。"))], max_length=10_000)
    contact = TextField(lazy("联系和异议渠道"), [Required(lazy("请写向谁咨询。"))], max_length=200)

    def __init__(self, *args: Any, exchanges: Sequence[tuple[str, str]] = (), **options: Any) -> None:
        super().__init__(*args, **options)
        self.organiser.choices = [("", _("由平台组织")), *exchanges]

    def validate_hard_end_time(self, field: Any) -> None:
        if self.hard_end_on.data and not field.data:
            raise ValidationError(_("请填时刻。"))

    def terms(self) -> LotTerms:
        """Return the terms that were typed."""
        ends = self.hard_end_on.data
        return LotTerms(
            title=str(self.title.data),
            format=Format(str(self.format.data)),
            right=Right(str(self.right.data)),
            start=self.start.data,
            step=self.step.data,
            deposit=self.deposit.data or 0,
            enrol_until=moment_of(self.enrol_until_on.data, self.enrol_until_time.data),
            opens_at=moment_of(self.opens_at_on.data, self.opens_at_time.data),
            planned_end=moment_of(self.planned_end_on.data, self.planned_end_time.data),
            hard_end=moment_of(ends, self.hard_end_time.data) if ends else None,
            years=self.years.data,
            territory=str(self.territory.data or ""),
            basis=Basis(str(self.basis.data)),
            deposit_place=DepositPlace(str(self.deposit_place.data)),
            deposit_account=str(self.deposit_account.data or ""),
            min_bidders=self.min_bidders.data or 2,
            priority=PriorityMode(str(self.priority.data or PriorityMode.NONE)),
            single_rule=SingleRule(str(self.single_rule.data or SingleRule.FAIL)),
            next_rule=NextRule(str(self.next_rule.data or NextRule.NONE)),
            default_rule=DefaultRule(str(self.default_rule.data or DefaultRule.ALL)),
            sign_days=self.sign_days.data or SIGN_DAYS,
            terms_text=str(self.terms_text.data),
            contact=str(self.contact.data),
        )


async def exchange_choices() -> list[tuple[str, str]]:
    """Return the verified exchanges that may organise."""
    rows = await Organisation.filter(
        kind=OrganisationKind.AGENCY, status=OrganisationStatus.VERIFIED
    ).order_by("name")
    return [(str(row.id), row.name) for row in rows]


def lot_data(auction: Auction | None, reserve: int | None = None) -> dict[str, Any]:
    """Return the data of the lot's form; of a new one, what is usual."""
    if auction is None:
        return {
            "format": Format.ASCENDING.value,
            "basis": Basis.APPRAISAL.value,
            "deposit_place": DepositPlace.EXCHANGE.value,
            "min_bidders": 2,
            "sign_days": SIGN_DAYS,
            "priority": PriorityMode.NONE.value,
            "single_rule": SingleRule.AGREE.value,
            "next_rule": NextRule.NONE.value,
            "default_rule": DefaultRule.ALL.value,
            "terms_text": _(
                "报价以到达服务器的时间为准，以系统受理顺序为准；报价一经确认不能撤回。"
                "多次报价的，最后 3 分钟内有有效报价时，结束时间改为该报价到达后 3 分钟；一次性报价不延时。"
                "系统中断影响报价的，组织方暂停竞价，恢复时剩余时间不变，至少提前 1 小时通知。"
                "受让方未按期签约的为悔约，内部审批未通过不是理由。"
            ),
        }
    names = (
        *("title", "years", "territory", "start", "step", "deposit", "deposit_account", "min_bidders"),
        *("sign_days", "terms_text", "contact"),
    )
    enums = (
        *("right", "format", "basis", "deposit_place", "priority", "single_rule", "next_rule"),
        "default_rule",
    )
    data: dict[str, Any] = {name: getattr(auction, name) for name in names}
    data |= {name: getattr(auction, name).value for name in enums}
    data["reserve"] = reserve
    if auction.organiser_id != auction.holder_id:
        data["organiser"] = str(auction.organiser_id)
    for name in HOURS:
        moment = getattr(auction, name)
        if moment is not None:
            data |= {f"{name}_on": local(moment).date(), f"{name}_time": f"{local(moment):%H:%M}"}
    return data


class EnrolForm(BaseForm):
    """The undertaking, the authorisation and what the bidder claims."""

    terms_hash = HiddenField()
    file = FileField(str(lazy("授权委托书")))
    priority_claim = ChoiceField(lazy("同价优先"), choices=lambda: choices(PriorityClaim))
    priority_reason = TextField(lazy("优先权的依据"), max_length=300)
    waits_second = BooleanField(lazy("如果不是最高价，愿意等到受让方签约；期间保证金不退"))
    is_undertaken = BooleanField(
        lazy("我单位已阅读竞价条件和竞价须知，承诺遵守；与转让方没有关联关系，不串通报价"),
        [Required(lazy("请阅读后勾选承诺。"))],
    )

    def application(self) -> Application:
        """Return what was declared."""
        return Application(
            str(self.terms_hash.data),
            PriorityClaim(str(self.priority_claim.data or PriorityClaim.NONE)),
            str(self.priority_reason.data or ""),
            waits_second=bool(self.waits_second.data),
        )


class BidForm(BaseForm):
    """A price, and with its key the confirmation that it counts."""

    amount = MoneyField(lazy("报价"), [Required(lazy("请填报价。"))], unit=1)
    wants_priority = BooleanField(lazy("同价优先"))
    form_key = HiddenField()


class DepositForm(BaseForm):
    """What a voucher says of a deposit."""

    movement = ChoiceField(lazy("事项"), [Required(lazy("请选择。"))], choices=lambda: choices(Movement))
    amount = MoneyField(lazy("金额"), [Required(lazy("请填金额。"))], unit=1)
    voucher = TextField(lazy("凭证号"), [Required(lazy("请填凭证号。"))], max_length=80)
    payer = TextField(lazy("付款或收款户名"), [Required(lazy("请填户名。"))], max_length=120)
    account = TextField(
        lazy("付款或收款账号"), max_length=40, render_kw={"inputmode": "numeric", "autocomplete": "off"}
    )
    happened_on = DayField(lazy("日期"), [Required(lazy("请填日期。"))])

    def validate_account(self, field: TextField) -> None:
        digits = canonical_key(field.data or "")
        if digits and not (digits.isascii() and digits.isdigit() and 8 <= len(digits) <= 30):
            raise ValidationError(_("银行账号应为 8 到 30 位数字。"))
        field.data = digits

    def entry(self) -> Entry:
        """Return what was typed."""
        return Entry(
            Movement(str(self.movement.data)),
            self.amount.data,
            str(self.voucher.data),
            str(self.payer.data),
            self.happened_on.data,
            str(self.account.data or ""),
        )


class SettlementForm(BaseForm):
    """What the account of a default takes that is not computed."""

    costs = MoneyField(
        lazy("重新竞价的费用"), [Required(lazy("请填费用，没有就填 0。"))], unit=1, is_zero_allowed=True
    )
    costs_text = TextField(lazy("费用是什么、凭证"), max_length=300)


class ReasonForm(BaseForm):
    """An act whose reason is told."""

    reason = LongTextField(lazy("理由"), [Required(lazy("请写明理由。"))], max_length=300)


class ResumeForm(BaseForm):
    """From when a suspended auction goes on."""

    resumes_on = DayField(lazy("恢复日"), [Required(lazy("请填日期。"))])
    resumes_time = _time(lazy("恢复时刻"), Required(lazy("请填时刻。")))

    @property
    def resumes_at(self) -> datetime:
        return moment_of(self.resumes_on.data, self.resumes_time.data)


class SaltForm(BaseForm):
    """The word that goes into the seed of a draw."""

    salt = TextField(lazy("口令"), [Required(lazy("请输入一段口令，任何文字都可以。"))], max_length=120)
