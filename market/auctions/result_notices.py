"""The notice of an auction's result (竞价结果公示): one notice, whose period a switch of the holder decides.

Where the law knows a publicity of an agreed price, or the holder wants one, it carries the price for at least
15 calendar days; else it runs five working days (README e).
"""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from market.accounts.models import Organisation
from market.auctions import announcements
from market.auctions.fold import premium
from market.auctions.models import Auction, BidRow, Enrolment, ResultSwitch
from market.auctions.states import AuctionAct, AuctionVerb, EnrolmentStatus, Right
from market.audit.log import record
from market.codes.holidays import Calendar
from market.deals.models import ContractKind, Pricing
from market.deals.publicity_rules import PUBLICITY_DAYS, needs_publicity
from market.kit.database import atomic
from market.kit.errors import Forbidden
from market.kit.formats import moment, percent, yuan
from market.kit.i18n import gettext as _
from market.kit.i18n import in_source_language
from market.listings.models import Outcome
from market.notices import notice_acts
from market.notices.models import DayKind, Notice, NoticeKind
from market.records.by import By

WORKING_DAYS = 5
"""Of a result notice where no longer one is due (A)."""


async def runs_long(auction: Auction, holder: Organisation) -> bool:
    """Return whether the result notice runs as long as that of an agreed price: by switch, else by law."""
    switch = await ResultSwitch.get_or_none(organisation_id=holder.id)
    if switch is not None:
        return switch.is_long
    kind = ContractKind.ASSIGNMENT if auction.right is Right.TRANSFER else ContractKind.LICENCE
    return needs_publicity(Pricing.AGREED, kind, holder)[0]


@atomic()
async def set_switch(*, is_long: bool, by: By) -> ResultSwitch:
    """Choose, for the organisation, how long the notices of its later results run."""
    by.actor.require(AuctionAct.SWITCH_PUBLICITY)
    if not by.actor.acts_for(by.actor.organisation_id) or by.actor.organisation_id is None:
        raise Forbidden(_("您的单位还在等待认证。"))
    switch = await ResultSwitch.get_or_none(organisation_id=by.actor.organisation_id)
    values: dict[str, Any] = {"is_long": is_long, "changed_by_id": by.actor.user_id, "changed_at": by.now}
    if switch is None:
        switch = await ResultSwitch.create(id=uuid4(), organisation_id=by.actor.organisation_id, **values)
    else:
        switch.update_from_dict(values)
        await switch.save(update_fields=list(values))
    await record("organisation", by.actor.organisation_id, AuctionVerb.SWITCHED, by=by, is_long=is_long)
    return switch


async def publish(auction: Auction, winner: Organisation, *, calendar: Calendar, by: By) -> Notice:
    """Publish the confirmed result of a locked auction, in the name of who organises it."""
    holder = await Organisation.get(id=auction.holder_id)
    organiser = await Organisation.get(id=auction.organiser_id)
    is_long = await runs_long(auction, holder)
    await announcements.end(auction, calendar=calendar, by=by)
    with in_source_language():
        title = _("竞价结果公示：%(title)s", title=auction.title)[:200]
        body = await _text(auction, holder, organiser, winner, is_long=is_long)
    return await notice_acts.publish(
        NoticeKind.AUCTION_RESULT,
        subject_kind="auction",
        subject_id=auction.id,
        title=title,
        body=body,
        days=PUBLICITY_DAYS if is_long else WORKING_DAYS,
        day_kind=DayKind.CALENDAR if is_long else DayKind.WORKING,
        calendar=calendar,
        publisher=organiser,
        by=by,
        address=f"/auctions/{auction.number}",
    )


async def _text(
    auction: Auction, holder: Organisation, organiser: Organisation, winner: Organisation, *, is_long: bool
) -> list[list[str]]:
    outcome = await Outcome.get(id=auction.outcome_id)
    price = int(auction.awarded_amount or 0)
    bids = BidRow.filter(auction_id=auction.id)
    bidders = await bids.distinct().values_list("enrolment_id", flat=True)
    admitted = await Enrolment.filter(auction_id=auction.id, status=EnrolmentStatus.QUALIFIED).count()
    period = (
        _("%(days)s 个自然日；最后一日为休息日的顺延。", days=PUBLICITY_DAYS)
        if is_long
        else _("%(days)s 个工作日。", days=WORKING_DAYS)
    )
    rows = [
        [_("竞价编号"), auction.number],
        [_("标的"), f"{auction.title}（{outcome.number}）"],
        [_("权利和范围"), announcements.scope_of(auction)],
        [_("转让方"), holder.name],
        [_("组织方"), organiser.name],
        [_("受让方"), winner.name],
        [_("起始价"), yuan(auction.start)],
        [_("成交价"), yuan(price)],
        [_("溢价"), percent(premium(auction.start, price))],
        [_("竞价方式"), str(auction.format.label)],
        [
            _("参加情况"),
            _(
                "%(admitted)s 家有资格，%(bidders)s 家报价，共 %(bids)s 次",
                admitted=admitted,
                bidders=len(bidders),
                bids=auction.sequence,
            ),
        ],
        [_("结束时间"), moment(auction.ends_at)],
        [_("报价记录校验值"), auction.chain_head],
        [_("公示期"), period],
        [_("异议渠道"), auction.contact],
    ]
    if auction.is_reserve_met:
        rows.insert(8, [_("保留价"), _("已达到")])
    return [row for row in rows if row[1]]
