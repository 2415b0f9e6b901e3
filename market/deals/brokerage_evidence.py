"""The broker's evidence pack: proof of the introduction, should the parties bypass the broker."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from market.audit.queries import list_chain
from market.codes.labels import label
from market.deals.brokerage import list_follow_ups, owed_commission
from market.deals.messages import list_messages
from market.deals.models import Deal, Introduction
from market.deals.queries import find_introduction, list_events
from market.kit.formats import day, moment, percent, yuan
from market.kit.i18n import gettext as _


async def evidence_pack(deal: Deal, now: datetime) -> dict[str, Any]:
    """Return the pack as text for the PDF; the deal's parties must be fetched."""
    introduction = await find_introduction(deal.id)
    chain = await list_chain("deal", deal.id)
    return {
        "title": _("引荐与跟进证据"),
        "number": deal.number,
        "made": _("%(moment)s 由系统生成", moment=moment(now)),
        "facts": [*_facts(deal, introduction), [_("账上应付佣金"), yuan(await owed_commission(deal.id))]],
        "steps_title": _("交易进程"),
        "steps_head": [_("时间"), _("事项")],
        "steps": [
            [moment(event.happened_at), label("deal_action", event.action) if event.action else _("开启")]
            for event in await list_events(deal.id)
        ],
        "log_title": _("跟进记录（写入后不能修改）"),
        "log_head": [_("写入时间"), _("跟进日期"), _("方式"), _("内容")],
        "log": [
            [moment(entry.written_at), day(entry.happened_on), label("follow_up_way", entry.way), entry.text]
            for entry in reversed(await list_follow_ups(deal.id))
        ],
        "messages_title": _("经纪人的留言"),
        "messages": [
            [moment(message.sent_at), message.text]
            for message in await list_messages(deal.id)
            if message.author_id == deal.broker_id
        ],
        "others_title": _("引荐之后双方另外开启的交易"),
        "others": [
            [other.number, day(other.created_at), label("deal", other.status), yuan(other.price)]
            for other in await _other_deals(deal, introduction)
        ],
        "chain": [
            [str(event.sequence), moment(event.happened_at), event.action, event.hash[:32]] for event in chain
        ],
        "chain_title": _("责任链日志（哈希相连，可以核对）"),
        "none": _("没有"),
    }


def _facts(deal: Deal, introduction: Introduction | None) -> list[list[str]]:
    rows = [
        [str(deal.subject.label), f"{deal.subject.title}（{deal.subject.number}）"],
        [_("需求"), f"{deal.need.title}（{deal.need.number}）" if deal.need else "—"],
        [_("转让方"), deal.seller.name],
        [_("受让方"), deal.buyer.name],
        [_("经纪人"), deal.broker.name if deal.broker else "—"],
    ]
    if introduction is not None:
        rows += [
            [_("委托"), introduction.mandate or _("没有登记")],
            [_("登记引荐"), moment(introduction.introduced_at)],
            [_("引荐说明"), introduction.note],
            [_("约定佣金"), percent(introduction.commission_basis_points)],
            [_("承担方"), label("bearer", introduction.payer)],
            [_("承担方同意"), moment(introduction.agreed_at)],
        ]
    return [
        *rows,
        [_("转让方同意对接"), moment(deal.seller_agreed_at)],
        [_("受让方同意对接"), moment(deal.buyer_agreed_at)],
        [_("状态"), label("deal", deal.status)],
        [_("约定价格"), yuan(deal.price)],
    ]


async def _other_deals(deal: Deal, introduction: Introduction | None) -> list[Deal]:
    """Return the other deals that the same two parties opened after the introduction."""
    if introduction is None:
        return []
    return (
        await Deal.filter(
            seller_id=deal.seller_id, buyer_id=deal.buyer_id, created_at__gt=introduction.introduced_at
        )
        .exclude(id=deal.id)
        .order_by("created_at")
    )
