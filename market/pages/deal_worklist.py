"""What waits in a person's deals, whose turn it is and until when; their facts are read in one statement."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from market.accounts.actors import Actor
from market.accounts.permissions import Role
from market.contracts.models import INSTALMENT
from market.deals.messages import unread_counts
from market.deals.models import ROYALTIES, Deal, Offer, Side
from market.deals.next_steps import BOTH, ContractFacts, Due, NextStep, Situation, next_step
from market.deals.parties import buyer_name, side_of
from market.deals.queries import list_running_deals
from market.deals.states import DealAct, OfferStatus
from market.kit.clock import local_date
from market.kit.database import connection
from market.kit.i18n import gettext as _
from market.kit.money import Money
from market.kit.worklist import Figure, Todo, Turn, Unit, Worklist
from market.notices.models import Notice
from market.notices.states import NoticeStatus
from market.pages.deal_room import ACT_OF_STEP
from market.payments.states import RemittanceStatus
from market.records.decisions import Verdict

FOLLOW_UP = "deals.follow_up"
_FACTS = f"""
SELECT d.id, o.status AS offer_status, o.side AS offer_side, o.expires_at, o.answered_at,
  o.price_amount AS offer_amount, o.currency AS offer_currency,
  p.status AS notice_status, p.number AS notice_number, p.ends_at, p.closed_at,
  t.side AS draft_side, t.entered_at, c.number AS contract_number, c.payment_way,
  c.currency AS contract_currency, i.sequence, i.condition, i.due_on, i.amount_left,
  w.waiting_count, w.waiting_since, y.stated_at, y.is_last, r.next_on
FROM deals d
LEFT JOIN LATERAL (SELECT * FROM offers WHERE deal_id = d.id ORDER BY sequence DESC LIMIT 1) o ON true
LEFT JOIN LATERAL (SELECT * FROM notices WHERE subject_kind = 'deal' AND subject_id = d.id
  ORDER BY published_at DESC, number DESC LIMIT 1) p ON true
LEFT JOIN contract_drafts t ON t.deal_id = d.id
LEFT JOIN contracts c ON c.deal_id = d.id
LEFT JOIN LATERAL (
  SELECT x.sequence, x.condition, x.due_on, x.amount - coalesce(sum(e.amount), 0) AS amount_left
  FROM instalments x LEFT JOIN receipts e ON e.instalment_id = x.id WHERE x.contract_id = c.id
  GROUP BY x.id HAVING coalesce(sum(e.amount), 0) < x.amount ORDER BY x.sequence LIMIT 1) i ON true
LEFT JOIN LATERAL (SELECT count(*) AS waiting_count, min(m.proposed_at) AS waiting_since
  FROM remittances m JOIN instalments x ON x.id = m.payable_id AND m.payable_kind = '{INSTALMENT}'
  WHERE x.contract_id = c.id AND m.status = '{RemittanceStatus.RECORDED}') w ON true
LEFT JOIN LATERAL (SELECT min(proposed_at) FILTER (WHERE verdict IS NULL) AS stated_at,
  bool_or(is_last AND verdict = '{Verdict.CONFIRMED}') AS is_last
  FROM royalty_statements WHERE contract_id = c.id) y ON true
LEFT JOIN LATERAL (SELECT next_on FROM follow_ups WHERE deal_id = d.id AND broker_id = $2
  ORDER BY written_at DESC, id LIMIT 1) r ON true
WHERE d.id = ANY($1::uuid[])
"""  # noqa: S608 -- our own names


@dataclass(frozen=True)
class _Standing:
    """A deal with its next step, as read."""

    deal: Deal
    step: NextStep
    row: Mapping[str, Any]


async def deals_worklist(actor: Actor, now: datetime) -> Worklist:
    """Return what is to be done in the person's deals, by their side, by a colleague or by others."""
    is_broker = Role.BROKER in actor.roles
    if not actor.may(DealAct.WRITE_MESSAGE) or not (is_broker or actor.acts_for(actor.organisation_id)):
        return Worklist()
    deals = {deal.id: deal for deal in await list_running_deals(actor)}
    rows = await connection().execute_query_dict(_FACTS, [list(deals), actor.user_id]) if deals else []
    todos = []
    for row in rows:
        situation = _situation(deals[row["id"]], row)
        standing = _Standing(situation.deal, next_step(situation, now), row)
        side = side_of(situation.deal, actor)
        if side is not None:
            todos += _of_side(standing, side, actor)
        elif is_broker and row["next_on"]:
            todos.append(
                Todo(
                    FOLLOW_UP,
                    _("跟进交易"),
                    _("去跟进"),
                    f"/deals/{situation.deal.number}",
                    situation.deal.number,
                    situation.deal.title,
                    due=row["next_on"],
                    amount=situation.deal.price,
                )
            )
    return Worklist(todos, await _figures(todos, deals, actor, now))


async def _figures(todos: list[Todo], deals: Collection[UUID], actor: Actor, now: datetime) -> list[Figure]:
    """Return how many deals are late, to be followed up and unread; each opens its list."""
    today = local_date(now)
    mine = [todo for todo in todos if todo.turn is not Turn.OTHERS and todo.due]
    follow_ups = [todo.due for todo in mine if todo.kind == FOLLOW_UP and todo.due]
    counts = {
        "late": sum(todo.days(today) < 0 for todo in mine if todo.kind != FOLLOW_UP),
        "follow_up_late": sum(day < today for day in follow_ups),
        "follow_up": sum(day == today for day in follow_ups),
        "unread": len(await unread_counts(actor.user_id, deals)) if deals else 0,
    }
    words = {
        "late": _("超期未办的交易"),
        "follow_up_late": _("超期未跟进的交易"),
        "follow_up": _("今天跟进的交易"),
        "unread": _("有未读留言的交易"),
    }
    return [
        Figure(words[key], f"/deals?todo={key}", count, Unit.COUNT, "")
        for key, count in counts.items()
        if count
    ]


def _of_side(standing: _Standing, side: Side, actor: Actor) -> list[Todo]:
    deal, step = standing.deal, standing.step
    if step.key in ("done", "ended"):
        return []
    if step.is_for(side):
        act = ACT_OF_STEP.get(step.key, DealAct.SEE_DEALS)
        turn = Turn.MINE if actor.may(act) else Turn.COLLEAGUE
        who = _("财务") if step.key == "confirm_receipt" else _("经办人")
    else:
        turn = Turn.OTHERS
        who = {
            Side.SELLER.value: _("转让方"),
            Side.BUYER.value: _("受让方"),
            BOTH: _("双方"),
            "public": _("公示期"),
        }.get(step.assignee, _("平台"))
    return [
        Todo(
            f"deals.{step.key}",
            step.title,
            _verb(step.key) if turn is Turn.MINE else _("看交易"),
            (step.address if turn is Turn.MINE else "") or f"/deals/{deal.number}",
            standing.row["contract_number"] or deal.number,
            deal.title,
            deal.seller.name if side is Side.BUYER else buyer_name(deal, actor),
            step.due_on,
            deal.updated_at,
            step.amount or deal.price,
            turn,
            "" if turn is Turn.MINE else who,
        )
    ]


def _verb(step: str) -> str:
    words = {
        "agree": _("去答复"),
        "answer": _("看报价"),
        "offer": _("去报价"),
        "publish": _("写公示"),
        "sign": _("去签约"),
        "confirm": _("去会签"),
        "register": _("去登记"),
        "confirm_receipt": _("去确认"),
        "pay": _("去付款"),
    }
    return words.get(step, _("去办理"))


def _situation(deal: Deal, row: Mapping[str, Any]) -> Situation:
    """Return a deal with what its next step depends on; what was read here is never saved."""
    return Situation(deal, _offer(row), _notice(row), _contract(row))


def _offer(row: Mapping[str, Any]) -> Offer | None:
    if row["offer_status"] is None:
        return None
    return Offer(
        status=OfferStatus(row["offer_status"]),
        side=Side(row["offer_side"]),
        expires_at=row["expires_at"],
        answered_at=row["answered_at"],
        price_amount=row["offer_amount"],
        currency=row["offer_currency"],
    )


def _notice(row: Mapping[str, Any]) -> Notice | None:
    if row["notice_status"] is None:
        return None
    return Notice(
        status=NoticeStatus(row["notice_status"]),
        number=row["notice_number"],
        ends_at=row["ends_at"],
        closed_at=row["closed_at"],
    )


def _contract(row: Mapping[str, Any]) -> ContractFacts:
    due = None
    if row["sequence"] is not None:
        left = Money(int(row["amount_left"]), row["contract_currency"])
        due = Due(row["sequence"], row["condition"], row["due_on"], left)
    return ContractFacts(
        number=row["contract_number"] or "",
        draft_side=Side(row["draft_side"]) if row["draft_side"] else None,
        drafted_at=row["entered_at"],
        due=due,
        waiting_count=row["waiting_count"] or 0,
        waiting_since=row["waiting_since"],
        is_royalty_open=row["payment_way"] in ROYALTIES and not row["is_last"],
        royalty_stated_at=row["stated_at"],
    )
