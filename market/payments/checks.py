"""Invariants of payments, remittances and refunds; each check returns a line per violation."""

from __future__ import annotations

from collections.abc import Mapping

from market.kit.database import find_rows
from market.kit.room import Check, rooms


async def successes_are_complete() -> list[str]:
    """Check that every successful payment has its page and its end."""
    return await find_rows(
        "SELECT id FROM payments WHERE status IN ('succeeded', 'refunded') "
        "AND (checkout_id IS NULL OR ended_at IS NULL)",
        "payment {id} succeeded without a page or an end",
    )


async def events_are_settled() -> list[str]:
    """Check that no gateway event ended in an error, such as another amount than ours."""
    return await find_rows("SELECT id, error FROM gateway_events WHERE error <> ''", "event {id}: {error}")


async def remittances_have_two_people() -> list[str]:
    """Check that each confirmed remittance was confirmed by a second person."""
    return await find_rows(
        "SELECT id FROM remittances WHERE status = 'confirmed' "
        "AND (decided_by_id IS NULL OR decided_by_id = proposed_by_id)",
        "remittance {id} was not confirmed by a second person",
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
        "{kind} {id} of {amount}: {back} went back",
    )


async def booked_lines_are_remittances() -> list[str]:
    """Check that the parts of every booked bank line add up to it, each a confirmed remittance."""
    booked = "coalesce(sum(r.amount) FILTER (WHERE r.status = 'confirmed'), 0)"
    return await find_rows(
        f"SELECT b.id, b.amount, {booked} AS booked, coalesce(sum(p.amount), 0) AS parts "  # noqa: S608 -- ours
        "FROM bank_lines b LEFT JOIN bank_line_parts p ON p.line_id = b.id "
        "LEFT JOIN remittances r ON r.id = p.remittance_id WHERE b.status = 'booked' GROUP BY b.id, b.amount "
        f"HAVING {booked} <> b.amount OR coalesce(sum(p.amount), 0) <> b.amount",
        "bank line {id} of {amount} is booked as {booked} in parts of {parts}",
    )


async def statements_are_whole() -> list[str]:
    """Check that the lines of every statement and its other rows are all rows of its file."""
    return await find_rows(
        "SELECT s.id, s.line_count, l.n + r.n AS n FROM bank_statements s "
        "CROSS JOIN LATERAL (SELECT count(*) AS n FROM bank_lines WHERE statement_id = s.id) l "
        "CROSS JOIN LATERAL (SELECT count(*) AS n FROM statement_rows WHERE statement_id = s.id) r "
        "WHERE l.n + r.n <> s.line_count",
        "statement {id} of {line_count} rows accounts for {n}",
    )


async def reversals_mirror_bookings() -> list[str]:
    """Check that every paired reversal takes back a line of its amount that went the other way."""
    return await find_rows(
        "SELECT r.id, b.id AS original FROM bank_lines r JOIN bank_lines b ON b.id = r.reverses_id "
        "WHERE r.organisation_id <> b.organisation_id OR r.amount <> b.amount OR r.currency <> b.currency "
        "OR r.is_incoming = b.is_incoming",
        "bank line {id} does not take back line {original}",
    )


async def payables_are_declared() -> list[str]:
    """Check that a room declares every kind of payable that money arrived for."""
    return await find_rows(
        "SELECT payable_kind, count(*) AS n FROM (SELECT payable_kind FROM payments"
        "  UNION ALL SELECT payable_kind FROM remittances) AS paid "
        "WHERE payable_kind <> ALL($1::text[]) GROUP BY payable_kind",
        "{n} payments and remittances pay for {payable_kind}, which no room declares",
        list(rooms().payables),
    )


CHECKS: Mapping[str, Check] = {
    "payments: no more goes back than came": refunds_stay_within_payments,
    "payments: booked bank lines are remittances": booked_lines_are_remittances,
    "payments: statements account for each row of their files": statements_are_whole,
    "payments: reversals take back what came": reversals_mirror_bookings,
    "payments: every payable is declared": payables_are_declared,
    "payments: successes are whole": successes_are_complete,
    "payments: the gateway's amounts are ours": events_are_settled,
    "payments: two people confirmed each remittance": remittances_have_two_people,
}
