"""The broker's part in a deal: follow-ups, the commission in the book, and the evidence pack."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID, uuid4

from market.audit.log import record
from market.audit.queries import list_chain
from market.codes.contract_lists import FOLLOW_UP_WAYS
from market.codes.labels import label
from market.deals.messages import list_messages
from market.deals.models import Deal, FollowUp, Introduction, Side
from market.deals.queries import find_introduction, list_events, lock_deal_seen_by
from market.deals.states import ENDED, DealAct, DealVerb
from market.kit.clock import local_date
from market.kit.database import atomic, connection
from market.kit.errors import Forbidden, Invalid
from market.kit.formats import day, moment, percent, yuan
from market.kit.i18n import gettext as _
from market.kit.money import Money
from market.ledger import transfers as ledger
from market.ledger.accounts import account_code
from market.listings.models import Need, Outcome
from market.records.by import By

EXAMPLE_BASE = 100_000_000
"""Fen of which a share is shown where no price is known: a million yuan."""
COMMISSION_BACK = "commission_back"
"""Kind of the counter entry that reverses commission on a refund."""


@atomic()
async def follow_up(
    number: str, way: str, text: str, *, happened_on: date, next_on: date | None, by: By
) -> FollowUp:
    """Log what the deal's broker did; the row is append-only and stamped with the time of writing.

    Raises:
        Forbidden: the person is not the deal's broker.
        Invalid: at the day that is wrong.
    """
    by.actor.require(DealAct.FOLLOW_UP)
    deal = await lock_deal_seen_by(by.actor, number)
    if deal.broker_id != by.actor.user_id:
        raise Forbidden(_("跟进记录由这笔交易的经纪人填写。"))
    today = local_date(by.now)
    if way not in FOLLOW_UP_WAYS:
        raise Invalid(_("请选择跟进方式。"), field="way")
    if happened_on > today:
        raise Invalid(_("跟进日期不能晚于今天。"), field="happened_on")
    if next_on is not None and next_on < today:
        raise Invalid(_("下次跟进的日期不能早于今天。"), field="next_on")
    entry = await FollowUp.create(
        id=uuid4(),
        deal_id=deal.id,
        broker_id=by.actor.user_id,
        way=way,
        happened_on=happened_on,
        text=text,
        next_on=next_on,
        written_at=by.now,
    )
    await record("deal", deal.id, DealVerb.FOLLOW_UP, by=by, follow_up=entry.id, way=way)
    return entry


async def list_follow_ups(deal_id: UUID) -> Sequence[FollowUp]:
    """Return what the broker did for a deal, newest first."""
    return await FollowUp.filter(deal_id=deal_id).order_by("-written_at").select_related("broker")


async def deals_to_follow_up(user_id: UUID, today: date) -> tuple[set[UUID], set[UUID]]:
    """Return the broker's running deals to be followed up today, and those whose day has passed."""
    rows = await connection().execute_query_dict(
        "SELECT deal_id, next_on FROM (SELECT DISTINCT ON (f.deal_id) f.deal_id, f.next_on "
        "FROM follow_ups f JOIN deals d ON d.id = f.deal_id WHERE f.broker_id = $1 "
        "AND d.status <> ALL($2::varchar[]) ORDER BY f.deal_id, f.written_at DESC, f.id) latest "
        "WHERE next_on <= $3",
        [user_id, [status.value for status in ENDED], today],
    )
    due = {UUID(str(row["deal_id"])) for row in rows if row["next_on"] == today}
    late = {UUID(str(row["deal_id"])) for row in rows if row["next_on"] < today}
    return due, late


def commission_base(price: Money | None, outcome: Outcome | None, need: Need | None) -> Money:
    """Return the amount by which a commission is shown in money before anything has arrived.

    The agreed price, else the listed one, else the need's budget, else a million yuan as an example.
    """
    if price is not None:
        return price
    listed = outcome.price_amount if outcome else None
    return Money(listed or (need.budget_max_amount if need else None) or EXAMPLE_BASE)


def commission_on(received: Money, basis_points: int) -> Money:
    """Return the commission on the amount received, rounded once over the whole. Pure."""
    return received.share(basis_points)


@atomic()
async def book_commission(deal_id: UUID, received: Money, *, at: datetime) -> Money:
    """Book the difference between the commission due on `received` and the commission booked so far.

    The share is taken of the total, so that rounding of parts loses no fen; after a refund a counter entry
    is posted and the amount returned is negative. Idempotent for the same total; the introduction's row lock
    serialises concurrent calls. A deal without an agreed commission has none.
    """
    introduction = await Introduction.select_for_update().get_or_none(deal_id=deal_id)
    nothing = Money(0, received.currency)
    if introduction is None or not introduction.commission_basis_points or introduction.agreed_at is None:
        return nothing
    code = commission_account(deal_id)
    entries = await ledger.list_entries(code)
    due = commission_on(received, introduction.commission_basis_points)
    difference = due - Money(ledger.net_of(code, entries), received.currency)
    if not difference:
        return nothing
    deal = await Deal.get(id=deal_id)
    source = (
        account_code("met:remittance", deal.seller_id, received.currency)
        if introduction.payer is Side.SELLER
        else account_code("agreed", deal.buyer_id, received.currency)
    )
    await ledger.post_difference(
        ("commission", COMMISSION_BACK),
        difference,
        source=source,
        code=code,
        reference=f"{code}:{len(entries) + 1}:{due.amount}",
        at=at,
        subject=("deal", deal_id),
    )
    await record(
        "deal",
        deal_id,
        DealVerb.COMMISSION,
        by=By.job(at),
        amount=difference.amount,
        received=received.amount,
    )
    return difference


async def owed_commission(deal_id: UUID, payer: Side | None = None) -> Money:
    """Return the commission booked for the broker of a deal, in its contract's currency.

    With `payer` only what that side owes: nothing if it is the other's.
    """
    if payer and not await Introduction.exists(deal_id=deal_id, payer=payer):
        return Money(0)
    return await ledger.balance(commission_account(deal_id))


def commission_account(deal_id: UUID) -> str:
    """Return the account of a deal's commission: a deal has one contract, and so one currency."""
    return f"commission:{deal_id}"


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
