"""Invariants of payments, remittances and refunds; each check returns a line per violation."""

from __future__ import annotations

from collections.abc import Mapping

from market.kit.findings import find_rows
from market.kit.i18n import lazy
from market.kit.room import Check, Invariant, rooms


async def successes_are_complete() -> list[str]:
    """Check that every successful payment has its page and its end."""
    return await find_rows(
        "SELECT id FROM payments WHERE status IN ('succeeded', 'refunded') "
        "AND (checkout_id IS NULL OR ended_at IS NULL)",
        lazy("在线支付 %(id)s 已成功，却没有付款页或完成时间"),
    )


async def events_are_settled() -> list[str]:
    """Check that no gateway event ended in an error, such as another amount than ours."""
    return await find_rows(
        "SELECT id, error FROM gateway_events WHERE error <> ''", lazy("网关事件 %(id)s：%(error)s")
    )


async def remittances_have_two_people() -> list[str]:
    """Check that each confirmed remittance was confirmed by a second person."""
    return await find_rows(
        "SELECT id FROM remittances WHERE status = 'confirmed' "
        "AND (decided_by_id IS NULL OR decided_by_id = proposed_by_id)",
        lazy("对公转账 %(id)s 不是由第二人确认的"),
    )


async def refunds_stay_within_payments() -> list[str]:
    """Check that refunds do not exceed the payment, remittance or bank line that they refund."""
    return await find_rows(
        "SELECT s.kind, s.id, s.amount, sum(f.amount) AS back FROM ("
        "  SELECT 'payment' AS kind, id, amount FROM payments UNION ALL"
        "  SELECT 'remittance', id, amount FROM remittances UNION ALL"
        "  SELECT 'line', id, amount FROM bank_lines) AS s "
        "JOIN refunds f ON s.id = coalesce(f.payment_id, f.remittance_id, f.line_id) "
        "WHERE f.status NOT IN ('failed', 'rejected') GROUP BY s.kind, s.id, s.amount "
        "HAVING sum(f.amount) > s.amount",
        lazy("来款 %(kind)s:%(id)s ￥%(amount)s，退款合计 ￥%(back)s"),
    )


async def booked_lines_are_remittances() -> list[str]:
    """Check that the parts of every booked bank line add up to it, each a confirmed remittance."""
    booked = "coalesce(sum(r.amount) FILTER (WHERE r.status = 'confirmed'), 0)"
    return await find_rows(
        f"SELECT b.id, b.amount, {booked} AS booked, coalesce(sum(p.amount), 0) AS parts "  # noqa: S608 -- ours
        "FROM bank_lines b LEFT JOIN bank_line_parts p ON p.line_id = b.id "
        "LEFT JOIN remittances r ON r.id = p.remittance_id WHERE b.status = 'booked' GROUP BY b.id, b.amount "
        f"HAVING {booked} <> b.amount OR coalesce(sum(p.amount), 0) <> b.amount",
        lazy("流水 bank_line:%(id)s ￥%(amount)s：入账 ￥%(booked)s，各部分合计 ￥%(parts)s"),
    )


async def statements_are_whole() -> list[str]:
    """Check that the lines of every statement and its other rows are all rows of its file."""
    return await find_rows(
        "SELECT s.id, s.line_count, l.n + r.n AS n FROM bank_statements s "
        "CROSS JOIN LATERAL (SELECT count(*) AS n FROM bank_lines WHERE statement_id = s.id) l "
        "CROSS JOIN LATERAL (SELECT count(*) AS n FROM statement_rows WHERE statement_id = s.id) r "
        "WHERE l.n + r.n <> s.line_count",
        lazy("流水文件 %(id)s 有 %(line_count)s 行，有去处的 %(n)s 行"),
    )


async def reversals_mirror_bookings() -> list[str]:
    """Check that every paired reversal takes back a line of its amount that went the other way."""
    return await find_rows(
        "SELECT r.id, b.id AS original FROM bank_lines r JOIN bank_lines b ON b.id = r.reverses_id "
        "WHERE r.organisation_id <> b.organisation_id OR r.amount <> b.amount OR r.currency <> b.currency "
        "OR r.is_incoming = b.is_incoming",
        lazy("冲正 bank_line:%(id)s 与原流水 bank_line:%(original)s 不相抵"),
    )


async def payables_are_declared() -> list[str]:
    """Check that a room declares every kind of payable that money arrived for."""
    return await find_rows(
        "SELECT payable_kind, count(*) AS n FROM (SELECT payable_kind FROM payments"
        "  UNION ALL SELECT payable_kind FROM remittances) AS paid "
        "WHERE payable_kind <> ALL($1::text[]) GROUP BY payable_kind",
        lazy("%(n)s 笔款项付的是“%(payable_kind)s”，没有这种应付款"),
        list(rooms().payables),
    )


CHECKS: Mapping[str, Invariant[Check]] = {
    "payments: no more goes back than came": Invariant(
        lazy("收款：退款不超过来款"), refunds_stay_within_payments
    ),
    "payments: booked bank lines are remittances": Invariant(
        lazy("收款：入账的流水各部分合计等于流水"), booked_lines_are_remittances
    ),
    "payments: statements account for each row of their files": Invariant(
        lazy("收款：流水文件的每一行都有去处"), statements_are_whole
    ),
    "payments: reversals take back what came": Invariant(
        lazy("收款：冲正的流水与原流水相抵"), reversals_mirror_bookings
    ),
    "payments: every payable is declared": Invariant(lazy("收款：每种应付款都有归属"), payables_are_declared),
    "payments: successes are whole": Invariant(lazy("收款：成功的在线支付记录完整"), successes_are_complete),
    "payments: the gateway's amounts are ours": Invariant(
        lazy("收款：支付网关的金额与我们一致"), events_are_settled
    ),
    "payments: two people confirmed each remittance": Invariant(
        lazy("收款：每笔对公转账由两人登记和确认"), remittances_have_two_people
    ),
}
