"""Invariants of the money of contracts."""

from __future__ import annotations

from collections.abc import Mapping

from market.contracts.fees import COMMISSIONS_OFF
from market.contracts.models import INSTALMENT
from market.kit.findings import find_rows
from market.kit.i18n import lazy
from market.kit.room import Check, Invariant

ARRIVED = """
SELECT 'remittance' AS source, id, payable_id, amount FROM remittances
WHERE status = 'confirmed' AND payable_kind = $1
UNION ALL
SELECT 'payment', id, payable_id, amount FROM payments
WHERE status IN ('succeeded', 'refunded') AND payable_kind = $1
"""


async def receipts_within_instalments() -> list[str]:
    """What came for an instalment, less what went back, lies between nothing and the instalment."""
    return await find_rows(
        "SELECT c.number, c.currency, i.sequence, i.amount, sum(r.amount) AS received FROM instalments i "
        "JOIN contracts c ON c.id = i.contract_id JOIN receipts r ON r.instalment_id = i.id "
        "GROUP BY c.number, c.currency, i.id, i.sequence, i.amount "
        "HAVING sum(r.amount) < 0 OR sum(r.amount) > i.amount",
        lazy("合同 %(number)s 第 %(sequence)s 期：应付 ￥%(amount)s，到账 ￥%(received)s"),
    )


async def arrivals_are_booked() -> list[str]:
    """Every confirmed remittance and successful payment is booked whole, once: as receipt or surplus."""
    return await find_rows(
        f"SELECT c.number, c.currency, a.source, a.id, a.amount, coalesce(sum(t.amount), 0) AS booked "  # noqa: S608
        f"FROM ({ARRIVED}) AS a LEFT JOIN instalments i ON i.id = a.payable_id "
        "LEFT JOIN contracts c ON c.id = i.contract_id LEFT JOIN transfers t ON t.reference IN "
        "(a.source || ':' || a.id || ':receipt', a.source || ':' || a.id || ':surplus') "
        "GROUP BY c.number, c.currency, a.source, a.id, a.amount "
        "HAVING coalesce(sum(t.amount), 0) <> a.amount",
        lazy("合同 %(number)s：%(source)s ￥%(amount)s，入账 ￥%(booked)s"),
        INSTALMENT,
        labels={"source": "receipt_source"},
    )


async def receipts_are_booked() -> list[str]:
    """Every receipt has its transfer of the same amount, and every such transfer its receipt."""
    return await find_rows(
        "SELECT coalesce(c.number, '—') AS number, coalesce(c.currency, t.currency) AS currency, "
        "coalesce(r.source, t.reference) AS source, r.amount, t.amount AS booked FROM receipts r FULL JOIN "
        "(SELECT * FROM transfers WHERE reference ~ "
        "'^((remittance|payment|refund|restored):[^:]+:receipt|dispute:[^:]+:lost)$') t "
        "ON t.reference = r.source || ':' || r.source_id || "
        "CASE r.source WHEN 'dispute' THEN ':lost' ELSE ':receipt' END "
        "LEFT JOIN contracts c ON c.id = r.contract_id WHERE r.id IS NULL OR t.id IS NULL "
        "OR abs(r.amount) <> t.amount",
        lazy("合同 %(number)s：到账（%(source)s）￥%(amount)s，账上 ￥%(booked)s"),
        labels={"source": "receipt_source"},
    )


async def owed_is_what_is_left() -> list[str]:
    """The due account of an instalment is its amount less its receipts."""
    return await find_rows(
        "SELECT c.number, c.currency, i.sequence, i.amount - coalesce((SELECT sum(r.amount) FROM receipts r "
        "  WHERE r.instalment_id = i.id), 0) AS owed, market_available('due:' || i.id) AS due "
        "FROM instalments i JOIN contracts c ON c.id = i.contract_id JOIN deals d ON d.id = c.deal_id "
        "WHERE d.status <> 'rescinded' AND i.amount - coalesce((SELECT sum(r.amount) FROM receipts r "
        "  WHERE r.instalment_id = i.id), 0) <> market_available('due:' || i.id)",
        lazy("合同 %(number)s 第 %(sequence)s 期：尚未到账 ￥%(owed)s，账上 ￥%(due)s"),
    )


async def refunds_are_booked() -> list[str]:
    """Every refund that succeeded is booked whole, once; one that did not, not at all or taken back."""
    return await find_rows(
        "SELECT coalesce(c.number, '—') AS number, c.currency, f.status, f.amount, "
        "coalesce(sum(t.amount), 0) AS booked FROM refunds f "
        "LEFT JOIN payments p ON p.id = f.payment_id LEFT JOIN remittances m ON m.id = f.remittance_id "
        "LEFT JOIN instalments i ON i.id = coalesce(p.payable_id, m.payable_id) "
        "LEFT JOIN contracts c ON c.id = i.contract_id "
        "LEFT JOIN transfers t ON t.reference LIKE 'refund:' || f.id || ':%' AND t.reverses_id IS NULL "
        "WHERE coalesce(p.payable_kind, m.payable_kind, $1) = $1 "
        "GROUP BY c.number, c.currency, f.id, f.status, f.amount HAVING (f.status = 'succeeded' "
        "  AND coalesce(sum(t.amount), 0) <> f.amount) "
        "OR (f.status NOT IN ('succeeded', 'failed') AND count(t.id) > 0)",
        lazy("合同 %(number)s：退款（%(status)s）￥%(amount)s，入账 ￥%(booked)s"),
        INSTALMENT,
        labels={"status": "refund"},
    )


async def commissions_follow_receipts() -> list[str]:
    """The booked commission of a broker is the agreed share of what was really received."""
    return await find_rows(
        COMMISSIONS_OFF,
        lazy("交易 %(number)s：到账 ￥%(received)s，佣金每万元 %(share)s 元，账上 ￥%(booked)s"),
    )


CHECKS: Mapping[str, Invariant[Check]] = {
    "contracts: receipts lie within their instalments": Invariant(
        lazy("合同：到账不超过该期应付"), receipts_within_instalments
    ),
    "contracts: what arrived is booked once": Invariant(
        lazy("合同：到账的款项各入账一次"), arrivals_are_booked
    ),
    "contracts: receipts and book agree": Invariant(lazy("合同：到账记录与账一致"), receipts_are_booked),
    "contracts: what is owed is what is left": Invariant(
        lazy("合同：账上应付等于尚未到账"), owed_is_what_is_left
    ),
    "contracts: refunds are booked once": Invariant(lazy("合同：退款各入账一次"), refunds_are_booked),
    "contracts: commissions follow what arrived": Invariant(
        lazy("合同：佣金按实际到账计算"), commissions_follow_receipts
    ),
}
