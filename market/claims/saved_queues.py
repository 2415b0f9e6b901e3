"""Filters of the desk's queue that a person keeps under a name."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

from market.accounts.permissions import AccountAct
from market.claims.models import SavedQueue
from market.kit.database import atomic
from market.kit.errors import Conflict, Invalid
from market.kit.i18n import gettext as _
from market.records.by import By

MOST_SAVED = 20
MOST_QUERY = 600


@atomic()
async def save_queue(name: str, query: str, *, by: By) -> SavedQueue:
    """Keep a query string of the queue under a name; the same name again replaces it.

    Raises:
        Invalid: no name, or nothing is filtered.
        Conflict: the person keeps as many as one may.
    """
    by.actor.require(AccountAct.SEE_DESK)
    name = " ".join(name.replace("\x00", "").split())[:30]
    if not name:
        raise Invalid(_("请给这组条件起个名字。"), field="name")
    if not query or len(query) > MOST_QUERY:
        raise Invalid(_("先选条件或排序，再存下来。"), field="name")
    queues = await SavedQueue.filter(user_id=by.actor.user_id).select_for_update()
    saved = next((row for row in queues if row.name == name), None)
    if saved is not None:
        saved.query = query
        await saved.save(update_fields=["query"])
        return saved
    if len(queues) >= MOST_SAVED:
        raise Conflict(_("最多存 %(most)s 组条件，请先删去一组。", most=MOST_SAVED))
    return await SavedQueue.create(
        id=uuid4(), user_id=by.actor.user_id, name=name, query=query, created_at=by.now
    )


async def delete_saved_queue(saved_id: UUID, *, by: By) -> None:
    """Delete a filter of the actor's own; idempotent."""
    by.actor.require(AccountAct.SEE_DESK)
    await SavedQueue.filter(id=saved_id, user_id=by.actor.user_id).delete()


async def list_saved_queues(user_id: UUID) -> list[SavedQueue]:
    """Return a person's filters, the oldest first."""
    return await SavedQueue.filter(user_id=user_id).order_by("created_at", "name")


async def export_saved_queues(user_id: UUID) -> list[dict[str, Any]]:
    """Return a person's filters, for the export of their personal data."""
    return list(
        await SavedQueue.filter(user_id=user_id).order_by("created_at").values("name", "query", "created_at")
    )


async def erase_saved_queues(user_id: UUID) -> None:
    await SavedQueue.filter(user_id=user_id).delete()
