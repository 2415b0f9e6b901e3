"""Invariants of the money of contracts."""

from __future__ import annotations

from collections.abc import Mapping

from market.contracts.fees import COMMISSIONS_OFF
from market.contracts.models import INSTALMENT
from market.kit.database import find_rows
from market.kit.room import Check

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
        "SELECT i.id, i.amount, sum(r.amount) AS received FROM instalments i "
        "JOIN receipts r ON r.instalment_id = i.id GROUP BY i.id, i.amount "
        "HAVING sum(r.amount) < 0 OR sum(r.amount) > i.amount",
        "instalment {id}: received {received} of {amount}",
    )


async def arrivals_are_booked() -> list[str]:
    """Every confirmed remittance and successful payment is booked whole, once: as receipt or surplus."""
    return await find_rows(
        f"SELECT a.source, a.id, a.amount, coalesce(sum(t.amount), 0) AS booked FROM ({ARRIVED}) AS a "  # noqa: S608
        "LEFT JOIN transfers t ON t.reference IN "
        "(a.source || ':' || a.id || ':receipt', a.source || ':' || a.id || ':surplus') "
        "GROUP BY a.source, a.id, a.amount HAVING coalesce(sum(t.amount), 0) <> a.amount",
        "{source} {id} of {amount} is booked with {booked}",
        INSTALMENT,
    )


async def receipts_are_booked() -> list[str]:
    """Every receipt has its transfer of the same amount, and every such transfer its receipt."""
    return await find_rows(
        "SELECT coalesce(r.source, 'book') AS source, coalesce(r.source_id::text, t.reference) AS id, "
        "r.amount, t.amount AS booked FROM receipts r FULL JOIN "
        "(SELECT * FROM transfers WHERE reference ~ "
        "'^((remittance|payment|refund|restored):[^:]+:receipt|dispute:[^:]+:lost)$') t "
        "ON t.reference = r.source || ':' || r.source_id || "
        "CASE r.source WHEN 'dispute' THEN ':lost' ELSE ':receipt' END "
        "WHERE r.id IS NULL OR t.id IS NULL OR abs(r.amount) <> t.amount",
        "receipt of {source} {id}: {amount}, in the book {booked}",
    )


async def owed_is_what_is_left() -> list[str]:
    """The due account of an instalment is its amount less its receipts."""
    return await find_rows(
        "SELECT i.id, i.amount - coalesce((SELECT sum(r.amount) FROM receipts r "
        "  WHERE r.instalment_id = i.id), 0) AS owed, market_available('due:' || i.id) AS due "
        "FROM instalments i JOIN contracts c ON c.id = i.contract_id JOIN deals d ON d.id = c.deal_id "
        "WHERE d.status <> 'rescinded' AND i.amount - coalesce((SELECT sum(r.amount) FROM receipts r "
        "  WHERE r.instalment_id = i.id), 0) <> market_available('due:' || i.id)",
        "instalment {id}: {owed} is left, the book says {due}",
    )


async def refunds_are_booked() -> list[str]:
    """Every refund that succeeded is booked whole, once; one that did not, not at all or taken back."""
    return await find_rows(
        "SELECT f.id, f.status, f.amount, coalesce(sum(t.amount), 0) AS booked FROM refunds f "
        "LEFT JOIN payments p ON p.id = f.payment_id LEFT JOIN remittances m ON m.id = f.remittance_id "
        "LEFT JOIN transfers t ON t.reference LIKE 'refund:' || f.id || ':%' AND t.reverses_id IS NULL "
        "WHERE coalesce(p.payable_kind, m.payable_kind, $1) = $1 "
        "GROUP BY f.id, f.status, f.amount HAVING (f.status = 'succeeded' "
        "  AND coalesce(sum(t.amount), 0) <> f.amount) "
        "OR (f.status NOT IN ('succeeded', 'failed') AND count(t.id) > 0)",
        "refund {id} ({status}) of {amount} is booked with {booked}",
        INSTALMENT,
    )


async def commissions_follow_receipts() -> list[str]:
    """The booked commission of a broker is the agreed share of what was really received."""
    return await find_rows(
        COMMISSIONS_OFF,
        "deal {deal_id}: {share} basis points of {received}, in the book {booked}",
    )


CHECKS: Mapping[str, Check] = {
    "contracts: receipts lie within their instalments": receipts_within_instalments,
    "contracts: what arrived is booked once": arrivals_are_booked,
    "contracts: receipts and book agree": receipts_are_booked,
    "contracts: what is owed is what is left": owed_is_what_is_left,
    "contracts: refunds are booked once": refunds_are_booked,
    "contracts: commissions follow what arrived": commissions_follow_receipts,
}
