"""Filter and order of the desk's queue, as an address holds them and as a person saves them by a name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode
from uuid import UUID, uuid4

from starlette.datastructures import QueryParams

from market.accounts.actors import Actor
from market.accounts.permissions import AccountAct
from market.claims import desk_queue
from market.claims.forms import QueueForm
from market.claims.models import SavedQueue
from market.claims.queries import NOBODY, ClaimFilter
from market.kit.database import atomic
from market.kit.errors import Conflict, Invalid
from market.kit.form_fields import ChoiceField
from market.kit.i18n import gettext as _
from market.kit.web import uuid_or_none
from market.records.by import By

MINE = "me"
"""Stands for the person who looks, in a filter by handler."""
PARAMETERS = (
    *("status", "year", "programme", "contract", "text", "city", "field", "doubt", "least", "most"),
    *("handler", "refusal", "sort"),
)


@dataclass(frozen=True)
class QueueQuery:
    """A filter and an order of the queue, as an address holds them."""

    claim_filter: ClaimFilter
    sort: str
    form: QueueForm
    query: str
    """The query string, without the page."""
    handler: str
    """The handler as the address names it."""


def read_queue_query(query: QueryParams, actor: Actor) -> QueueQuery:
    """Read a queue's filter and order; what cannot be read filters nothing."""
    year, sort, handler = query.get("year", ""), query.get("sort", ""), query.get("handler", "")
    form = QueueForm(query)
    form.validate()
    claim_filter = ClaimFilter(
        status=query.get("status", ""),
        year=int(year) if year.isascii() and year.isdigit() and len(year) == 4 else None,
        programme=query.get("programme", "").replace("\x00", "")[:60],
        contract=query.get("contract", "").replace("\x00", "")[:20],
        text=query.get("text", "").replace("\x00", "").strip()[:60],
        city=_prefix(_chosen(form.city)),
        field=_chosen(form.field),
        doubt=_chosen(form.doubt),
        is_to_refuse=query.get("refusal") == "waiting",
        is_to_conclude=query.get("panel") == "waiting",
        least=form.least.data,
        most=form.most.data,
        handler=read_handler(handler, actor),
    )
    return QueueQuery(
        claim_filter,
        sort if sort.removeprefix("-") in desk_queue.SORTS else "",
        form,
        urlencode([(name, query[name]) for name in PARAMETERS if query.get(name)]),
        handler if claim_filter.handler else "",
    )


def read_handler(text: str, actor: Actor) -> UUID | str:
    """Return the handler that an address or a form names; an unknown one filters nothing."""
    if text == MINE:
        return actor.user_id
    return NOBODY if text == NOBODY else uuid_or_none(text) or ""


def _chosen(field: ChoiceField) -> str:
    """Return what was chosen from the list, or nothing."""
    return "" if field.errors else str(field.data or "")


def _prefix(region: str) -> str:
    """Return what codes of places inside a region begin with."""
    while len(region) > 2 and region.endswith("00"):
        region = region[:-2]
    return region


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
