"""Change listeners: rooms above, such as search, that follow public facts of organisations and brokers."""

from __future__ import annotations

from uuid import UUID

from market.kit.room import rooms


async def notify_change_listeners(kind: str, record_id: UUID) -> None:
    """Call every room's change listener, in the transaction of the change.

    `kind` is "organisations" or "brokers".
    """
    for listener in rooms().change_listeners:
        await listener(kind, record_id)
