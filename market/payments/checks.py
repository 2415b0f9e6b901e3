"""What must be true of payments and remittances at any moment."""

from __future__ import annotations

from market.ledger.checks import find_rows, register_check


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
        "AND (decided_by_id IS NULL OR decided_by_id = recorded_by_id)",
        "remittance {id} was not confirmed by a second person",
    )


register_check("payments: successes are whole", successes_are_whole)
register_check("payments: the gateway's amounts are ours", events_are_settled)
register_check("payments: two people confirmed each remittance", two_people_decided)
