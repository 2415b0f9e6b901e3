"""The next step of a deal (下一步): what is to be done, by whom, until when, what follows. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from market.deals.models import Deal, Offer, Side
from market.deals.parties import has_agreed, other_side
from market.deals.publicity_rules import needs_publicity
from market.deals.states import DealStatus, OfferStatus
from market.kit.clock import local_date
from market.kit.formats import day, end_of, moment, yuan
from market.kit.i18n import gettext as _
from market.kit.money import Money
from market.notices.models import Notice
from market.notices.states import NoticeStatus

BOTH, NOBODY, OPERATOR, PUBLIC = "both", "nobody", "operator", "public"
DAYS = {
    "agree": 7,
    "offer": 15,
    "publish": 10,
    "skip": 10,
    "upheld": 10,
    "sign": 30,
    "confirm": 10,
    "register": 30,
    "confirm_receipt": 5,
    "royalty_stated": 10,
}
"""Target duration of each step in days. Only the registration's is statutory: within 30 days of the
signature by the rule of 2000."""


@dataclass(frozen=True)
class ContractFacts:
    """What the contracts room knows of a deal; the default is an unsigned deal."""

    number: str = ""
    draft_side: Side | None = None
    """Who entered the contract, so that the other side is asked to confirm."""
    drafted_at: datetime | None = None
    due: Due | None = None
    """The first instalment that is not fully received."""
    waiting_count: int = 0
    """Recorded bank transfers that are not confirmed yet."""
    waiting_since: datetime | None = None
    """When the first of them was recorded."""
    is_royalty_open: bool = False
    """Further royalties are expected."""
    royalty_stated_at: datetime | None = None
    """Since when a statement of royalties waits for the seller."""


@dataclass(frozen=True)
class Due:
    """One instalment that something is still owed on."""

    sequence: int
    condition: str
    due_on: date | None
    left: Money


@dataclass(frozen=True)
class NextStep:
    """One step: what is to be done, by whom, until when, and what follows."""

    key: str
    """Identifies the step for the page, which draws its buttons."""
    title: str
    assignee: str
    """seller, buyer, both, operator, public or nobody."""
    deadline: str = ""
    consequence: str = ""
    address: str = ""
    """Path of the page where it is done."""
    is_late: bool = False
    due_on: date | None = None
    """The day of `deadline`, where that is a day."""
    amount: Money | None = None
    """What is paid by it."""

    def is_for(self, side: Side | None) -> bool:
        """Return whether the step is for people of this side."""
        return side is not None and self.assignee in (side.value, BOTH)


def _deadline(key: str, since: datetime, now: datetime) -> dict[str, Any]:
    """Return the target day of a step pending since a moment, and whether it has passed."""
    last = local_date(since + timedelta(days=DAYS[key]))
    return {"deadline": day(last), "is_late": last < local_date(now), "due_on": last}


_NO_CONTRACT = ContractFacts()


@dataclass(frozen=True)
class Situation:
    """A deal with what its next step depends on. The deal's seller must be fetched."""

    deal: Deal
    offer: Offer | None = None
    """The latest offer."""
    notice: Notice | None = None
    contract: ContractFacts = field(default=_NO_CONTRACT)


def next_step(situation: Situation, now: datetime) -> NextStep:
    """Return what must be done next."""
    return _BY_STATUS[situation.deal.status](situation, now)


def _intent(situation: Situation, now: datetime) -> NextStep:
    waiting = [side for side in Side if not has_agreed(situation.deal, side)]
    page = f"/deals/{situation.deal.number}"
    if waiting:
        return NextStep(
            "agree",
            _("同意对接"),
            BOTH if len(waiting) == 2 else waiting[0].value,
            consequence=_("双方同意后互见名称和联系方式，即可报价。现在不会产生费用。"),
            address=page,
            **_deadline("agree", situation.deal.created_at, now),
        )
    return NextStep(
        "offer",
        _("提出报价"),
        BOTH,
        consequence=_("任何一方都可以先报价，对方确认或还价。现在不会产生费用。"),
        address=f"{page}/offer",
        **_deadline(
            "offer", max(filter(None, (situation.deal.seller_agreed_at, situation.deal.buyer_agreed_at))), now
        ),
    )


def _negotiating(situation: Situation, now: datetime) -> NextStep:
    offer = situation.offer
    page = f"/deals/{situation.deal.number}"
    if (
        offer is None
        or offer.status is not OfferStatus.OPEN
        or (offer.expires_at and offer.expires_at <= now)
    ):
        since = offer.answered_at or offer.expires_at if offer else None
        return NextStep(
            "offer",
            _("重新报价"),
            BOTH,
            consequence=_("上一份报价已失效。"),
            address=f"{page}/offer",
            **_deadline("offer", since or situation.deal.updated_at, now),
        )
    return NextStep(
        "answer",
        _("确认报价或还价"),
        other_side(offer.side).value,
        deadline=moment(offer.expires_at) if offer.expires_at else "",
        due_on=local_date(offer.expires_at) if offer.expires_at else None,
        amount=Money(offer.price_amount, offer.currency),
        consequence=_("接受后价格确定；还价后由对方确认。改动过的报价要重新确认。"),
        address=f"{page}#offers",
    )


def _priced(situation: Situation, now: datetime) -> NextStep:
    is_needed, _reason = needs_publicity(situation.deal.pricing, situation.deal.kind, situation.deal.seller)
    page = f"/deals/{situation.deal.number}"
    if is_needed:
        return NextStep(
            "publish",
            _("发布协议定价公示"),
            Side.SELLER.value,
            consequence=_("公示 15 个自然日，期满无异议后由双方签约。"),
            address=f"{page}/publish",
            **_deadline("publish", situation.deal.updated_at, now),
        )
    return NextStep(
        "skip",
        _("进入签约"),
        BOTH,
        consequence=_("依法无需公示，记录理由后由双方签约。"),
        address=page,
        **_deadline("skip", situation.deal.updated_at, now),
    )


def _publicity(situation: Situation, now: datetime) -> NextStep:
    notice = situation.notice
    address = f"/notices/{notice.number}" if notice else f"/deals/{situation.deal.number}"
    if notice is None or notice.status is NoticeStatus.OPEN or notice.status is NoticeStatus.CLEAR:
        ends_at = notice.ends_at if notice else None
        return NextStep(
            "publicity",
            _("协议定价公示"),
            PUBLIC,
            deadline=end_of(ends_at) if ends_at else _("截止日待确认"),
            due_on=local_date(ends_at) if ends_at else None,
            consequence=_("有异议则程序中止；期满无异议后由双方签约。"),
            address=address,
        )
    if notice.status is NoticeStatus.OBJECTED:
        return NextStep(
            "objection",
            _("异议处理中，程序中止"),
            OPERATOR,
            consequence=_("转让方答复、平台管理员裁定以后，公示继续或者终止。"),
            address=address,
        )
    return NextStep(
        "upheld",
        _("异议成立：修改后重新公示，或者终止"),
        Side.SELLER.value,
        consequence=_("重新公示的期限从头计算。"),
        address=f"/deals/{situation.deal.number}/publish",
        **_deadline("upheld", notice.closed_at or situation.deal.updated_at, now),
    )


def _to_sign(situation: Situation, now: datetime) -> NextStep:
    address = f"/deals/{situation.deal.number}/sign"
    author_side = situation.contract.draft_side
    if author_side is None:
        return NextStep(
            "sign",
            _("登记合同内容并签署"),
            BOTH,
            consequence=_("一方登记并上传双方签章的合同，另一方核对确认后合同成立。"),
            address=address,
            **_deadline("sign", situation.deal.updated_at, now),
        )
    return NextStep(
        "confirm",
        _("核对合同并确认签署"),
        other_side(author_side).value,
        consequence=_("确认后合同成立，各期应付款入账。"),
        address=address,
        **_deadline("confirm", situation.contract.drafted_at or situation.deal.updated_at, now),
    )


def _signed(situation: Situation, now: datetime) -> NextStep:
    return NextStep(
        "register",
        _("申请技术合同认定登记"),
        Side.SELLER.value,
        consequence=_("登记后填写 16 位登记编号，受让方可据以申报后补助。"),
        address=f"/contracts/{situation.contract.number}/register",
        **_deadline("register", situation.deal.updated_at, now),
    )


def _paying(situation: Situation, now: datetime) -> NextStep:
    address = f"/contracts/{situation.contract.number}"
    if situation.contract.waiting_count:
        return NextStep(
            "confirm_receipt",
            _("确认 %(count)s 笔到账", count=situation.contract.waiting_count),
            Side.SELLER.value,
            consequence=_("由转让方的另一位财务人员确认后计入实际到账。"),
            address=address,
            **_deadline(
                "confirm_receipt", situation.contract.waiting_since or situation.deal.updated_at, now
            ),
        )
    if situation.contract.royalty_stated_at:
        return NextStep(
            "royalty_stated",
            _("核对提成结算"),
            Side.SELLER.value,
            consequence=_("确认后成为一期应付款。"),
            address=address,
            **_deadline("royalty_stated", situation.contract.royalty_stated_at, now),
        )
    due = situation.contract.due
    if due is None and situation.contract.is_royalty_open:
        return NextStep(
            "royalty",
            _("填报本期提成"),
            Side.BUYER.value,
            consequence=_("受让方按期填报提成基数，转让方确认后成为一期应付款。"),
            address=f"{address}/royalties",
        )
    if due is None:
        return NextStep("done", _("款项已收齐"), NOBODY, address=address)
    today = local_date(now)
    return NextStep(
        "pay",
        _("支付第 %(n)s 期 %(amount)s", n=due.sequence, amount=yuan(due.left)),
        Side.BUYER.value,
        deadline=day(due.due_on) if due.due_on else due.condition,
        consequence=_("对公转账登记后由转让方确认，或者在线支付。"),
        address=address,
        is_late=due.due_on is not None and due.due_on < today,
        due_on=due.due_on,
        amount=due.left,
    )


def _over(situation: Situation, now: datetime) -> NextStep:
    title = {
        DealStatus.COMPLETED: _("交易已完成"),
        DealStatus.RESCINDED: _("合同已解除"),
        DealStatus.TERMINATED: _("交易已终止"),
    }[situation.deal.status]
    is_completed = situation.deal.status is DealStatus.COMPLETED
    return NextStep(
        "done" if is_completed else "ended",
        title,
        NOBODY,
        consequence=_("款项已收齐，受让方可以申报后补助。") if is_completed else "",
        address=f"/contracts/{situation.contract.number}" if is_completed else "",
    )


_BY_STATUS = {
    DealStatus.INTENT: _intent,
    DealStatus.NEGOTIATING: _negotiating,
    DealStatus.PRICED: _priced,
    DealStatus.PUBLICITY: _publicity,
    DealStatus.TO_SIGN: _to_sign,
    DealStatus.SIGNED: _signed,
    DealStatus.REGISTERED: _paying,
    DealStatus.PAYING: _paying,
    DealStatus.COMPLETED: _over,
    DealStatus.RESCINDED: _over,
    DealStatus.TERMINATED: _over,
}
