"""Publicity of an agreed price (协议定价公示): its text, publication and the deal's way on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from market.accounts.messages import notify
from market.codes.holidays import Calendar
from market.codes.labels import label
from market.deals.messages import DECIDING_ROLES, notify_both_parties
from market.deals.models import Deal, Side
from market.deals.publicity_rules import PUBLICITY_DAYS, needs_publicity
from market.deals.queries import lock_deal_for
from market.deals.states import DEAL_WORKFLOW, DealAct, DealAction, DealStatus
from market.kit.clock import local_date
from market.kit.database import atomic
from market.kit.errors import Conflict, Forbidden
from market.kit.formats import end_of, yuan
from market.kit.i18n import gettext as _
from market.kit.i18n import in_source_language, source_text
from market.notices import notice_acts as notices
from market.notices.models import DayKind, Notice, NoticeKind
from market.notices.periods import period_end, publication_region
from market.notices.publicity import Publicity
from market.notices.states import NoticeStatus
from market.records.by import By
from market.records.transitions import transition

SUBJECT = "deal"


@dataclass(frozen=True)
class Statement:
    """What the seller declares beside the data of the deal."""

    holder: str
    """权利人"""
    basis: str
    """定价依据"""
    relation: str
    """关联关系声明"""
    channel: str
    """异议渠道"""


def last_day_of_publicity(deal: Deal, calendar: Calendar, now: datetime) -> date | None:
    """Return the last day of a publicity that begins now; the seller must be fetched."""
    region = publication_region(deal.seller.region)
    return period_end(local_date(now), PUBLICITY_DAYS, DayKind.CALENDAR, region=region, calendar=calendar)


def notice_text(
    deal: Deal, statement: Statement, calendar: Calendar, now: datetime
) -> tuple[str, list[list[str]]]:
    """Return title and rows of the text to be published; seller, buyer and subject must be fetched."""
    ends_on = last_day_of_publicity(deal, calendar, now)
    if deal.kind is None or deal.price is None:
        raise Conflict(_("双方还没有约定价格。"))
    period = _(
        "自发布次日起 %(days)s 个自然日，至 %(end)s 止；最后一日为休息日的顺延。",
        days=PUBLICITY_DAYS,
        end=end_of(ends_on),
    )
    rows = [
        [_("%(kind)s名称", kind=deal.subject.label), f"{deal.subject.title}（{deal.subject.number}）"],
        [_("权利人"), statement.holder],
        [_("转让方（许可方）"), deal.seller.name],
        [_("受让方（被许可方）"), deal.buyer.name],
        [_("方式"), label("contract_kind", deal.kind)],
        [_("拟交易价格"), yuan(deal.price)],
        [_("定价依据"), statement.basis],
        [_("关联关系声明"), statement.relation],
        [_("公示期"), period],
        [_("异议渠道"), statement.channel],
    ]
    return _("协议定价公示：%(title)s", title=deal.subject.title)[:200], rows


@atomic()
async def start_publicity(
    number: str, statement: Statement, *, change_reason: str = "", calendar: Calendar, by: By
) -> Notice:
    """Publish the agreed price for 15 calendar days, for the seller.

    With a `change_reason` the new text replaces a running notice, and the period starts again.

    Raises:
        Forbidden: the person acts for the buyer.
        ActionNotAllowed: the deal has no agreed price, or has gone on.
        Conflict: a notice runs, or no publicity is required.
    """
    by.actor.require(DealAct.PUBLISH_PRICE)
    deal, side = await lock_deal_for(by.actor, number)
    if side is not Side.SELLER:
        raise Forbidden(_("协议定价公示由转让方发布。"))
    DEAL_WORKFLOW.next(deal.status, DealAction.PUBLISH)
    is_needed, reason = needs_publicity(deal.pricing, deal.kind, deal.seller)
    if not is_needed:
        raise Conflict(reason)
    latest = await notices.lock_for(SUBJECT, deal.id)
    if latest is not None and latest.status is NoticeStatus.CLEAR:
        raise Conflict(_("公示期已满，不用重新公示。"))
    with in_source_language():
        title, body = notice_text(deal, statement, calendar, by.now)
    notice = await notices.publish(
        NoticeKind.PRICE,
        subject_kind=SUBJECT,
        subject_id=deal.id,
        title=title,
        body=body,
        days=PUBLICITY_DAYS,
        day_kind=DayKind.CALENDAR,
        calendar=calendar,
        by=by,
        address=f"/deals/{deal.number}",
        change_reason=change_reason,
    )
    await transition(deal, DealAction.PUBLISH, by=by, notice=notice.number)
    await notify(
        _("协议定价已公示：%(title)s。", title=deal.title),
        now=by.now,
        address=f"/notices/{notice.number}",
        organisation_id=deal.buyer_id,
    )
    return notice


@atomic()
async def skip_publicity(number: str, *, by: By) -> Deal:
    """Skip publicity where none is required, so that the deal can be signed; the reason is recorded.

    Raises:
        Conflict: publicity is required.
        ActionNotAllowed: the deal has no agreed price, or has gone on.
    """
    by.actor.require(DealAct.PUBLISH_PRICE)
    deal, _side = await lock_deal_for(by.actor, number)
    is_needed, reason = needs_publicity(deal.pricing, deal.kind, deal.seller)
    if is_needed:
        raise Conflict(reason)
    reason = source_text(reason)
    return await transition(
        deal, DealAction.SKIP_PUBLICITY, by=by, changes={"skip_reason": reason}, reason=reason
    )


async def notify_clear(deal: Deal, notice: Notice, by: By) -> None:
    """Notify both sides that the deal can be signed."""
    await notify_both_parties(
        deal,
        _("公示期满，可以签约：%(title)s。", title=deal.title),
        now=by.now,
        roles=DECIDING_ROLES,
    )


PUBLICITY = Publicity(Deal, DealStatus.PUBLICITY, DealAction.CLEAR, notify_clear)
