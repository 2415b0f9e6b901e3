"""Who wants to know when an organisation or a broker is to be shown otherwise.

Rooms above register themselves; the index of the search engine is one of them.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from uuid import UUID

Listener = Callable[[str, UUID], Awaitable[None]]
"""Is told "organisations" or "brokers" and the record's id, in the transaction of the change."""

_listeners: list[Listener] = []


def listen(listener: Listener) -> None:
    """Have `listener` told of every change from now on."""
    if listener not in _listeners:
        _listeners.append(listener)


async def changed(kind: str, record_id: UUID) -> None:
    """Tell everybody who listens."""
    for listener in _listeners:
        await listener(kind, record_id)
