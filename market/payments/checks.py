"""Invariants of payments, remittances and refunds; each check returns a line per violation."""

from __future__ import annotations

from collections.abc import Mapping

from market.kit.room import Check, rooms
from market.ledger.checks import find_rows


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
    """Check that every booked bank line is a confirmed remittance of its amount."""
    return await find_rows(
        "SELECT b.id, b.amount, r.amount AS booked FROM bank_lines b JOIN remittances r "
        "ON r.id = b.remittance_id WHERE b.status = 'booked' "
        "AND (r.status <> 'confirmed' OR r.amount <> b.amount)",
        "bank line {id} of {amount} is booked as {booked}",
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
    "payments: every payable is declared": payables_are_declared,
    "payments: successes are whole": successes_are_complete,
    "payments: the gateway's amounts are ours": events_are_settled,
    "payments: two people confirmed each remittance": remittances_have_two_people,
}
