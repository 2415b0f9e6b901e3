"""The filter and the order of the desk's queue, as an address holds them."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlencode
from uuid import UUID

from starlette.datastructures import QueryParams

from market.accounts.actors import Actor
from market.claims import desk_queue
from market.claims.forms import QueueForm
from market.claims.queries import NOBODY, ClaimFilter
from market.kit.form_fields import ChoiceField
from market.kit.web import uuid_or_none

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
