"""Statements (对账单): what of a party's contracts was agreed, due, received … in a period.

One query makes the rows of all figures and the figures are sums over it, so that every number opens
exactly its rows.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any
from uuid import UUID

from market.deals.models import Side
from market.kit.database import connection
from market.kit.money import Money


class Figure(StrEnum):
    AGREED = "agreed"
    DUE = "due"
    RECEIVED = "received"
    REFUNDED = "refunded"
    COMMISSIONED = "commissioned"
    SHARED = "shared"
    SUBSIDISED = "subsidised"


class AsBroker(StrEnum):
    """Beside the two sides: the broker, who reads the money of their own deals."""

    BROKER = "broker"


ROWS = """
WITH own AS (
    SELECT c.id, c.number, c.name, c.currency, c.signed_on, c.deal_id, o.name AS other
    FROM contracts c JOIN deals d ON d.id = c.deal_id
    JOIN organisations o ON o.id = CASE $2 WHEN 'seller' THEN d.buyer_id ELSE d.seller_id END
    WHERE CASE $2 WHEN 'seller' THEN d.seller_id WHEN 'buyer' THEN d.buyer_id ELSE d.broker_id END = $1
), rows AS (
    SELECT 'agreed' AS figure, own.signed_on AS day, own.number, own.other, i.sequence::text AS part,
        i.condition AS text, i.amount, own.currency, i.id::text AS id
    FROM own JOIN instalments i ON i.contract_id = own.id
    UNION ALL
    SELECT 'due', i.due_on, own.number, own.other, i.sequence::text, i.condition, i.amount,
        own.currency, i.id::text
    FROM own JOIN instalments i ON i.contract_id = own.id WHERE i.due_on IS NOT NULL
    UNION ALL
    SELECT CASE WHEN r.source IN ('remittance', 'payment') THEN 'received' ELSE 'refunded' END, r.received_on,
        own.number, own.other, i.sequence::text, r.source,
        CASE WHEN r.source IN ('remittance', 'payment') THEN r.amount ELSE -r.amount END,
        r.currency, r.id::text
    FROM own JOIN receipts r ON r.contract_id = own.id JOIN instalments i ON i.id = r.instalment_id
    UNION ALL
    SELECT CASE WHEN t.kind LIKE 'commission%' THEN 'commissioned' WHEN t.kind = 'surplus' THEN 'received'
            WHEN t.kind = 'surplus_refund' THEN 'refunded' ELSE 'shared' END,
        (t.happened_at AT TIME ZONE 'Asia/Shanghai')::date, own.number, own.other, '', t.kind,
        CASE WHEN t.reverses_id IS NULL AND t.kind <> 'commission_back' THEN t.amount ELSE -t.amount END,
        t.currency, t.id::text
    FROM own JOIN transfers t ON t.phase IN ('posted', 'post') AND (
        (t.subject_id = own.id AND t.kind IN ('surplus', 'surplus_refund'))
        OR (t.subject_id = own.deal_id AND t.kind IN ('commission', 'commission_back') AND starts_with(
            CASE t.kind WHEN 'commission' THEN t.debit_id ELSE t.credit_id END,
            CASE $2 WHEN 'seller' THEN 'met:' WHEN 'buyer' THEN 'agreed:' ELSE '' END))
        OR ($2 = 'seller' AND t.kind = 'reward' AND t.subject_id IN (
            SELECT id FROM reward_plans WHERE contract_id = own.id)))
    UNION ALL
    SELECT 'subsidised', b.ended_on, k.number, coalesce(p.name, ''), '', b.number, b.amount, 'CNY', b.id::text
    FROM disbursements b JOIN claims k ON k.id = b.claim_id JOIN programmes p ON p.id = k.programme_id
    WHERE k.applicant_id = $1 AND b.status = 'paid' AND $2 = 'buyer'
)
"""
WITHIN = "FROM rows WHERE day BETWEEN $3 AND $4"


@dataclass(frozen=True)
class Period:
    """Whose statement it is, from which side, from which day to which, both included."""

    organisation_id: UUID
    """Of a broker's statement the person."""
    side: Side | AsBroker
    begins_on: date
    ends_on: date

    @property
    def values(self) -> list[Any]:
        return [self.organisation_id, self.side.value, self.begins_on, self.ends_on]


@dataclass(frozen=True)
class Entry:
    """One row behind a figure."""

    figure: Figure
    day: date
    number: str
    """Of the contract, or of the claim."""
    other: str
    """The other side, or the programme."""
    part: str
    text: str
    money: Money
    id: str


@dataclass(frozen=True)
class Total:
    figure: Figure
    money: Money
    count: int


async def totals(period: Period) -> list[Total]:
    """Return every figure of the period, one for each currency; a figure without rows is nothing."""
    found = await connection().execute_query_dict(
        f"{ROWS} SELECT figure, currency, sum(amount) AS amount, count(*) AS n {WITHIN} GROUP BY 1, 2",
        period.values,
    )
    made = [
        Total(Figure(row["figure"]), Money(int(row["amount"]), row["currency"]), int(row["n"]))
        for row in found
    ]
    there = {each.figure for each in made}
    made += [Total(each, Money(0), 0) for each in Figure if each not in there]
    order = list(Figure)
    return sorted(made, key=lambda each: (order.index(each.figure), each.money.currency))


async def list_entries(
    period: Period,
    figure: Figure | None = None,
    *,
    currency: str = "",
    offset: int = 0,
    limit: int = 1000,
) -> list[Entry]:
    """Return the rows behind one figure in one currency, or behind all of them, by day."""
    found = await connection().execute_query_dict(
        f"{ROWS} SELECT * {WITHIN} AND figure = coalesce($5, figure) "
        "AND currency = coalesce($6, currency) "
        "ORDER BY day, number, figure, length(part), part, id OFFSET $7 LIMIT $8",
        [*period.values, figure.value if figure else None, currency or None, offset, limit],
    )
    return [
        Entry(
            Figure(row["figure"]),
            row["day"],
            row["number"],
            row["other"],
            row["part"],
            row["text"],
            Money(int(row["amount"]), row["currency"]),
            row["id"],
        )
        for row in found
    ]


async def stream_entries(
    period: Period, figure: Figure | None = None, currency: str = ""
) -> AsyncIterator[list[Entry]]:
    """Yield the rows in portions, so that a long statement never stands in memory whole."""
    offset, size = 0, 2000
    while portion := await list_entries(period, figure, currency=currency, offset=offset, limit=size):
        yield portion
        offset += len(portion)
        if len(portion) < size:
            return
