"""The announcement of an auction (竞价公告): a public notice with its period, to which anybody may object."""

from __future__ import annotations

from market.accounts.models import Organisation
from market.auctions.models import Auction
from market.auctions.rules import ANNOUNCE_DAYS
from market.auctions.states import Format
from market.codes.holidays import Calendar
from market.kit.errors import Conflict
from market.kit.formats import closing_words, moment, yuan
from market.kit.i18n import gettext as _
from market.kit.i18n import in_source_language
from market.listings.models import Outcome
from market.notices import notice_acts
from market.notices.models import DayKind, Notice, NoticeKind
from market.notices.states import NoticeStatus
from market.records.by import By

DISPUTED = (NoticeStatus.OBJECTED, NoticeStatus.UPHELD)
"""Statuses of an announcement in which an auction does not go on."""


async def announce(auction: Auction, *, terms_hash: str, calendar: Calendar, by: By) -> Notice:
    """Publish a locked auction's terms in the name of who organises it."""
    holder = await Organisation.get(id=auction.holder_id)
    organiser = await Organisation.get(id=auction.organiser_id)
    outcome = await Outcome.get(id=auction.outcome_id)
    with in_source_language():
        title = _("竞价公告：%(title)s", title=auction.title)[:200]
        body = _text(auction, holder, organiser, outcome, terms_hash)
    return await notice_acts.publish(
        NoticeKind.AUCTION,
        subject_kind="auction",
        subject_id=auction.id,
        title=title,
        body=body,
        days=ANNOUNCE_DAYS,
        day_kind=DayKind.WORKING,
        calendar=calendar,
        publisher=organiser,
        by=by,
        address=f"/auctions/{auction.number}",
    )


async def is_disputed(auction: Auction) -> bool:
    """Return whether an objection to the announcement is open or was upheld; locks the notice."""
    notice = await _lock(auction)
    return notice is not None and notice.status in DISPUTED


async def require_over(auction: Auction, by: By) -> None:
    """Raise unless the announcement of a locked auction has run its whole period undisputed.

    Raises:
        Conflict: it runs, or an objection is open or was upheld.
    """
    notice = await _lock(auction)
    if notice is None:
        return
    if notice.status in DISPUTED:
        raise Conflict(_("竞价公告 %(number)s 有异议，裁定不成立以后才能继续。", number=notice.number))
    if notice.status is NoticeStatus.OPEN and (notice.ends_at is None or by.now < notice.ends_at):
        raise Conflict(_("竞价公告 %(number)s 的公告期还没有满。", number=notice.number))


async def end(auction: Auction, *, calendar: Calendar, by: By) -> None:
    """Clear the announcement whose period is over, though no sweep has seen it yet."""
    notice = await _lock(auction)
    if notice is not None and notice.status is NoticeStatus.OPEN:
        await notice_acts.end_period(notice.id, calendar, now=by.now)


async def _lock(auction: Auction) -> Notice | None:
    notice = await notice_acts.lock_for("auction", auction.id)
    return notice if notice is not None and notice.kind is NoticeKind.AUCTION else None


def scope_of(auction: Auction) -> str:
    """Return what is transferred, for how long and where."""
    scope = [str(auction.right.label)]
    if auction.years:
        scope.append(_("%(years)s 年", years=auction.years))
    if auction.territory:
        scope.append(auction.territory)
    return "，".join(scope)


def _text(
    auction: Auction, holder: Organisation, organiser: Organisation, outcome: Outcome, terms_hash: str
) -> list[list[str]]:
    deposit = _("不收")
    if auction.deposit:
        place = "，".join(
            part for part in (str(auction.deposit_place.label), auction.deposit_account) if part
        )
        deposit = _("%(amount)s，%(place)s；本平台不收取。", amount=yuan(auction.deposit), place=place)
    extension = ""
    if auction.format is Format.ASCENDING:
        extension = _(
            "最后 %(window)s 秒内有有效报价的，结束时间改为该报价到达后 %(extension)s 秒。",
            window=auction.window_s,
            extension=auction.extension_s,
        )
    rows = [
        [_("竞价编号"), auction.number],
        [_("标的"), f"{auction.title}（{outcome.number}）"],
        [_("权利和范围"), scope_of(auction)],
        [_("转让方"), holder.name],
        [_("组织方"), organiser.name],
        [_("竞价方式"), str(auction.format.label)],
        [_("起始价"), yuan(auction.start)],
        [_("起始价依据"), str(auction.basis.label)],
        [_("加价幅度"), yuan(auction.step) if auction.format is Format.ASCENDING else ""],
        [_("保留价"), _("有，结束前不公开") if auction.reserve_hash else _("没有")],
        [_("保证金"), deposit],
        [_("报名截止"), closing_words(auction.enrol_until)],
        [_("竞价开始"), moment(auction.opens_at)],
        [_("计划结束"), moment(auction.planned_end)],
        [_("延时"), extension],
        [_("最晚结束"), moment(auction.hard_end) if auction.hard_end else ""],
        [_("最少合格竞买人"), _("%(n)s 家", n=auction.min_bidders)],
        [_("只有一家时"), str(auction.single_rule.label)],
        [_("同价优先"), str(auction.priority.label)],
        [
            _("签约与悔约"),
            _(
                "%(days)s 个工作日内签约，未按期签约为悔约：%(default)s；%(next)s。",
                days=auction.sign_days,
                default=auction.default_rule.label,
                next=auction.next_rule.label,
            ),
        ],
        [_("竞价须知"), auction.terms_text],
        [_("条件校验值"), terms_hash],
        [_("公告期"), _("%(days)s 个工作日。", days=ANNOUNCE_DAYS)],
        [_("异议渠道"), auction.contact],
    ]
    return [row for row in rows if row[1]]
