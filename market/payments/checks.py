"""What must be true of payments and remittances at any moment."""

from __future__ import annotations

from collections.abc import Mapping

from market.kit.room import Check, rooms
from market.ledger.checks import find_rows


async def successes_are_whole() -> list[str]:
    """A payment that succeeded names its page and the moment it ended."""
    return await find_rows(
        "SELECT id FROM payments WHERE status IN ('succeeded', 'refunded') "
        "AND (checkout_id IS NULL OR ended_at IS NULL)",
        "payment {id} succeeded without a page or an end",
    )


async def events_are_settled() -> list[str]:
    """The gateway tells of the amounts we asked for."""
    return await find_rows("SELECT id, error FROM gateway_events WHERE error <> ''", "event {id}: {error}")


async def two_people_decided() -> list[str]:
    """Every confirmed remittance was confirmed by another person than the one who recorded it."""
    return await find_rows(
        "SELECT id FROM remittances WHERE status = 'confirmed' "
        "AND (decided_by_id IS NULL OR decided_by_id = proposed_by_id)",
        "remittance {id} was not confirmed by a second person",
    )


async def no_more_goes_back_than_came() -> list[str]:
    """The refunds of a payment, a remittance or a bank line add up to no more than it."""
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


async def lines_are_remittances() -> list[str]:
    """Every booked line of a bank statement is a confirmed remittance of its amount."""
    return await find_rows(
        "SELECT b.id, b.amount, r.amount AS booked FROM bank_lines b JOIN remittances r "
        "ON r.id = b.remittance_id WHERE b.status = 'booked' "
        "AND (r.status <> 'confirmed' OR r.amount <> b.amount)",
        "bank line {id} of {amount} is booked as {booked}",
    )


async def payables_are_declared() -> list[str]:
    """Every kind of payable that money came for is declared by a room, which books it."""
    return await find_rows(
        "SELECT payable_kind, count(*) AS n FROM (SELECT payable_kind FROM payments"
        "  UNION ALL SELECT payable_kind FROM remittances) AS paid "
        "WHERE payable_kind <> ALL($1::text[]) GROUP BY payable_kind",
        "{n} payments and remittances pay for {payable_kind}, which no room declares",
        list(rooms().payables),
    )


CHECKS: Mapping[str, Check] = {
    "payments: no more goes back than came": no_more_goes_back_than_came,
    "payments: booked bank lines are remittances": lines_are_remittances,
    "payments: every payable is declared": payables_are_declared,
    "payments: successes are whole": successes_are_whole,
    "payments: the gateway's amounts are ours": events_are_settled,
    "payments: two people confirmed each remittance": two_people_decided,
}
