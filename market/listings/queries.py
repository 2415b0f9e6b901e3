"""Reads of listings: the guarded ways to one, and the lists that several pages share."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date
from typing import Any, cast
from uuid import UUID

from tortoise.functions import Count

from market.accounts.actors import Actor
from market.accounts.models import Organisation
from market.kit.database import connection
from market.kit.errors import NotFound
from market.kit.i18n import gettext as _
from market.kit.pagination import Page, PageRequest
from market.listings.kinds import NEED, OUTCOME, Kind, Listing
from market.listings.models import Need, Outcome, Review
from market.listings.states import LIVE, PUBLIC, NeedStatus, OutcomeStatus

_ROW = (
    *("id", "number", "status", "revision", "organisation_id", "title", "field", "modes", "region"),
    *("verified_on", "reminded_on", "published_at", "created_at", "updated_at"),
)
_ROW_OF = {
    "outcome": ("highlight", "trl", "price_kind", "price_amount"),
    "need": (
        *("is_masked", "kind", "description", "targets", "deadline_on"),
        *("budget_min_amount", "budget_max_amount"),
    ),
}
_OWNER = ("id", "name", "kind", "uscc", "region")
"""What a row of a list shows, a workbook or a feed tells, and an estimate asks for."""


async def get_outcome_for(actor: Actor | None, number: str) -> Outcome:
    """Return an outcome that this person, or a guest, may see.

    Raises:
        NotFound: there is none, or it is not public and not theirs.
    """
    return cast(Outcome, await _get_for(OUTCOME, actor, number))


async def get_need_for(actor: Actor | None, number: str) -> Need:
    """Return a need that this person, or a guest, may see.

    Raises:
        NotFound: there is none, or it is not public and not theirs.
    """
    return cast(Need, await _get_for(NEED, actor, number))


async def get_own(kind: Kind, actor: Actor, number: str) -> Listing:
    """Return a listing of the organisation the person acts for, to be changed.

    Raises:
        NotFound: there is none, or it is somebody else's.
    """
    found = await kind.model.filter(number=number).select_related("organisation").first()
    if found is None or not actor.acts_for(found.organisation_id):
        raise NotFound(_("没有这个页面，或者您不能查看它。"))
    return cast(Listing, found)


async def get_for_review(kind: Kind, number: str) -> Listing:
    """Return any listing, for the operator.

    Raises:
        NotFound: there is none.
    """
    found = await kind.model.filter(number=number).select_related("organisation", "created_by").first()
    if found is None:
        raise NotFound(_("没有这个页面，或者您不能查看它。"))
    return cast(Listing, found)


def is_owner(actor: Actor | None, listing: Listing) -> bool:
    """Tell whether the person is a member of the organisation that the listing belongs to."""
    return actor is not None and any(
        identity == listing.organisation_id for identity, _n in actor.organisations
    )


def is_owner_visible(need: Need, actor: Actor | None, *, brokers: Collection[UUID] = ()) -> bool:
    """Tell whether this person may know whose need it is.

    `brokers` are the people who took up a match of it; the rooms above know them.
    """
    if not need.is_masked or is_owner(actor, need):
        return True
    return actor is not None and (actor.is_staff or actor.user_id in brokers)


def need_owner_name(need: Need, actor: Actor | None, *, brokers: Collection[UUID] = ()) -> str:
    """Return the enterprise's name, or 某企业 for who may not know it. Needs the organisation fetched."""
    return need.organisation.name if is_owner_visible(need, actor, brokers=brokers) else _("某企业")


def may_see_contacts(listing: Listing, actor: Actor | None) -> bool:
    """Tell whether the contact is shown: to verified organisations and to staff.

    That of a masked need is shown to staff and its owner only.
    """
    if actor is None:
        return False
    if is_owner(actor, listing) or actor.is_staff:
        return True
    return actor.is_organisation_verified and not (isinstance(listing, Need) and listing.is_masked)


async def list_own(kind: Kind, actor: Actor, *, status: str = "", page_request: PageRequest) -> Page[Listing]:
    """Return the organisation's own listings, those last worked on first; `status` narrows them."""
    found = kind.model.filter(organisation_id=actor.organisation_id)
    if status:
        found = found.filter(status=status)
    items = await found.order_by("-updated_at", "id").offset(page_request.offset).limit(page_request.size)
    return page_request.page(items, await found.count())


async def list_own_outcomes(actor: Actor) -> list[Outcome]:
    """Return the organisation's outcomes on offer, for a choice in a form."""
    return (
        await Outcome.filter(organisation_id=actor.organisation_id, status__in=live(OutcomeStatus))
        .order_by("-published_at", "id")
        .limit(200)
    )


async def count_own(kind: Kind, actor: Actor) -> dict[str, int]:
    """Return how many of the organisation's listings stand in each state."""
    rows = (
        await kind.model.filter(organisation_id=actor.organisation_id)
        .annotate(n=Count("id"))
        .group_by("status")
        .values("status", "n")
    )
    return {str(row["status"].value): int(row["n"]) for row in rows}


async def count_renewable(kind: Kind, actor: Actor, until: date) -> int:
    """Return how many of the organisation's listings lapse by `until`, or have."""
    return int(await _renewable(kind, actor, until).count())


async def list_renewable(kind: Kind, actor: Actor, until: date, page_request: PageRequest) -> Page[Listing]:
    """Return exactly those listings, the next to lapse first."""
    found = _renewable(kind, actor, until)
    items = await found.order_by("expires_on", "id").offset(page_request.offset).limit(page_request.size)
    return page_request.page(items, await found.count())


def _renewable(kind: Kind, actor: Actor, until: date) -> Any:
    statuses = [s for s in (*LIVE, OutcomeStatus.EXPIRED, NeedStatus.EXPIRED) if isinstance(s, kind.statuses)]
    return kind.model.filter(
        organisation_id=actor.organisation_id, status__in=statuses, expires_on__lte=until
    )


async def list_pending(kind: Kind, page_request: PageRequest) -> Page[Listing]:
    """Return what waits for the operator, the longest waiting first."""
    found = kind.model.filter(status=kind.pending)
    items = (
        await found.select_related("organisation")
        .order_by("submitted_at", "id")
        .offset(page_request.offset)
        .limit(page_request.size)
    )
    return page_request.page(items, await found.count())


async def count_pending(kind: Kind) -> int:
    """Return how many wait for the operator."""
    return int(await kind.model.filter(status=kind.pending).count())


async def list_reviews(kind: Kind, listing_id: UUID) -> list[Review]:
    """Return all judgements of a listing with who gave them, the newest first."""
    return (
        await Review.filter(subject_kind=kind.key, subject_id=listing_id)
        .select_related("reviewer")
        .order_by("-reviewed_at")
    )


async def list_latest_outcomes(count: int) -> list[Outcome]:
    """Return the outcomes published last."""
    return (
        await Outcome.filter(status__in=live(OutcomeStatus))
        .select_related("organisation")
        .order_by("-published_at", "-number")
        .limit(count)
    )


async def list_urgent_needs(count: int, today: date) -> list[Need]:
    """Return the needs on offer whose deadline comes next."""
    return (
        await Need.filter(status__in=live(NeedStatus), deadline_on__gte=today)
        .select_related("organisation")
        .order_by("deadline_on", "number")
        .limit(count)
    )


async def count_live(kind: Kind) -> int:
    """Return how many are on offer."""
    return int(await kind.model.filter(status__in=live(kind.statuses)).count())


async def list_live_of(kind: Kind, organisation_id: UUID, page_request: PageRequest) -> Page[Listing]:
    """Return what an organisation has on offer, masked needs left out, the newest first."""
    found = kind.model.filter(status__in=live(kind.statuses), organisation_id=organisation_id)
    if kind is NEED:
        found = found.filter(is_masked=False)
    items = (
        await found.select_related("organisation")
        .order_by("-published_at", "id")
        .offset(page_request.offset)
        .limit(page_request.size)
    )
    return page_request.page(items, await found.count())


async def list_by_ids(kind: Kind, ids: Sequence[UUID]) -> list[Listing]:
    """Return these listings in this order, with their organisations; those no longer public are left out."""
    found = await _public(kind, ids).select_related("organisation")
    return _in_order(ids, found)


async def list_rows_by_ids(kind: Kind, ids: Sequence[UUID]) -> list[Listing]:
    """Return the same with only what rows of a list show.

    A page of twenty is asked for by a statement written here: to load whole listings and to put such
    statements together took the query set longer than the search.
    """
    if not ids:
        return []
    statuses = [s.value for s in PUBLIC if isinstance(s, kind.statuses)]
    columns = [f"l.{name}" for name in (*_ROW, *_ROW_OF[kind.key])]
    columns += [f"o.{name} AS owner_{name}" for name in _OWNER]
    rows = await connection().execute_query_dict(
        f"SELECT {', '.join(columns)} FROM {kind.model._meta.db_table} l "  # noqa: S608  # words of our own
        "JOIN organisations o ON o.id = l.organisation_id WHERE l.id = ANY($1) AND l.status = ANY($2)",
        [list(ids), statuses],
    )
    owners: dict[UUID, Organisation] = {}
    found = []
    for row in rows:
        owner = {name: row.pop(f"owner_{name}") for name in _OWNER}
        if owner["id"] not in owners:
            owners[owner["id"]] = Organisation._init_from_db(**owner)
        each = kind.model._init_from_db(**row)
        each.organisation = owners[owner["id"]]
        found.append(each)
    return _in_order(ids, found)


def _public(kind: Kind, ids: Sequence[UUID]) -> Any:
    statuses = [s for s in PUBLIC if isinstance(s, kind.statuses)]
    return kind.model.filter(id__in=list(ids), status__in=statuses)


def _in_order(ids: Sequence[UUID], found: Sequence[Listing]) -> list[Listing]:
    by_id = {each.id: each for each in found}
    return [by_id[identity] for identity in ids if identity in by_id]


def live(statuses: type[OutcomeStatus] | type[NeedStatus]) -> list[Any]:
    """Return the states in which a listing of this kind is on offer."""
    return [status for status in LIVE if isinstance(status, statuses)]


async def _get_for(kind: Kind, actor: Actor | None, number: str) -> Listing:
    found = await kind.model.filter(number=number).select_related("organisation").first()
    if found is None or not (
        found.status in PUBLIC or (actor and (actor.is_staff or is_owner(actor, found)))
    ):
        raise NotFound(_("没有这个页面，或者您不能查看它。"))
    return cast(Listing, found)
