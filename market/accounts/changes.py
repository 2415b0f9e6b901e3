"""Calls the rooms above when public facts of an organisation or a broker change, such as the search index."""

from __future__ import annotations

from uuid import UUID

from market.kit.room import rooms


async def notify_changed(kind: str, record_id: UUID) -> None:
    """Call every room's change listener, in the transaction of the change.

    `kind` is "organisations" or "brokers".
    """
    for listener in rooms().change_listeners:
        await listener(kind, record_id)
