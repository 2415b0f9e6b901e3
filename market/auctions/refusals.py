"""What a bidder reads when an offered price does not count. Pure."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from market.auctions.models import Auction
from market.auctions.states import Format, Refusal
from market.kit.clock import local, local_date
from market.kit.formats import moment, yuan
from market.kit.i18n import gettext as _

STATUS = {Refusal.NOT_ENROLLED: 403, Refusal.TOO_HIGH: 422, Refusal.STEP: 422, Refusal.LOW: 409}
"""The HTTP status of a refusal; of all others 409."""


def exact_in(auction: Auction) -> Callable[[datetime], str]:
    """Return what formats a moment of an auction to the second, with its day where it takes several."""
    ends_at = auction.ends_at or auction.planned_end
    takes_days = local_date(auction.opens_at) != local_date(ends_at)
    return lambda moment: f"{local(moment):{'%m-%d %H:%M:%S' if takes_days else '%H:%M:%S'}}"


def refusal_words(auction: Auction, refusal: Refusal, arrived_at: datetime, amount: int) -> str:
    """Return why a price was not counted, and what can be offered now."""
    exact = exact_in(auction)
    least = auction.start if auction.price is None else auction.price + auction.step
    if refusal is Refusal.LOW and auction.format is Format.SEALED:
        return _("起始价是 %(start)s，报价不能更低。", start=yuan(auction.start))
    if refusal is Refusal.LOW and auction.price is None:
        return _("还没有人报价，最低可报起始价 %(least)s。", least=yuan(least))
    if refusal is Refusal.LOW:
        return _("当前价已是 %(price)s，最低可报 %(least)s。", price=yuan(auction.price), least=yuan(least))
    if refusal is Refusal.STEP:
        below = auction.start + (amount - auction.start) // auction.step * auction.step
        return _(
            "报价须为起始价加 %(step)s 的整数倍：可报 %(below)s 或 %(above)s。",
            step=yuan(auction.step),
            below=yuan(max(below, least)),
            above=yuan(max(below, least) + auction.step),
        )
    if refusal is Refusal.CLOSED:
        words = _(
            "竞价已于 %(end)s 结束，您的报价 %(at)s 到达，未计入。",
            end=exact(auction.ends_at or auction.planned_end),
            at=f"{exact(arrived_at)}.{arrived_at.microsecond // 1000:03d}",
        )
        if auction.price is None or auction.format is Format.SEALED:
            return words
        return words + _("最终价 %(price)s。", price=yuan(auction.price))
    return {
        Refusal.NOT_OPEN: _(
            "竞价还没有开始，%(at)s 开始。", at=moment(auction.bids_from or auction.opens_at)
        ),
        Refusal.SUSPENDED: _("竞价已暂停，恢复前不能报价。"),
        Refusal.LEADER: _("您已是当前最高价，不需要再报。"),
        Refusal.PRIORITY: _("同价优先权仅限已确认的优先权人。"),
        Refusal.REPEATED: _("一次性报价只能报一次，您已经报过。"),
        Refusal.TOO_HIGH: _("报价超过当前价十倍，没有计入；请核对单位。"),
        Refusal.NOT_ENROLLED: _("贵单位没有取得这场竞价的资格，不能报价。"),
    }[refusal]
