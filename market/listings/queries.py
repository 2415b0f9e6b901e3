"""Queries of listings: guarded getters, and lists shared by several pages."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime, timedelta
from functools import cache
from typing import Any, cast
from uuid import UUID

from tortoise.functions import Count

from market.accounts.actors import Actor
from market.accounts.desk_access import require_named_or_reason
from market.accounts.models import Organisation
from market.accounts.permissions import AccountAct
from market.kit.database import connection
from market.kit.errors import NotFound
from market.kit.hydration import Hydration, relate
from market.kit.i18n import gettext as _
from market.kit.i18n import lazy
from market.kit.pagination import Page, PageRequest
from market.kit.statements import Statement
from market.kit.subjects import SubjectRecord
from market.listings.kinds import NEED, OUTCOME, Kind, Listing, get_kind
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
"""Columns for rows of a list, for workbooks, feeds and estimates."""


async def get_outcome_for(actor: Actor | None, number: str) -> Outcome:
    """Return an outcome that this person, or a guest, may see.

    Raises:
        NotFound: there is none, or it is not public and not theirs.
    """
    return cast(Outcome, await get_listing_for(OUTCOME, actor, number))


async def get_need_for(actor: Actor | None, number: str) -> Need:
    """Return a need that this person, or a guest, may see.

    Raises:
        NotFound: there is none, or it is not public and not theirs.
    """
    return cast(Need, await get_listing_for(NEED, actor, number))


async def get_own(kind: Kind, actor: Actor, number: str) -> Listing:
    """Return a listing of the organisation the person acts for, to be changed.

    Raises:
        NotFound: there is none, or it is another organisation's.
    """
    listing = await kind.model.filter(number=number).select_related("organisation").first()
    if listing is None or actor.organisation_id != listing.organisation_id:
        raise NotFound(_("没有这个页面，或者您不能查看它。"))
    return cast(Listing, listing)


async def get_for_review(kind: Kind, number: str) -> Listing:
    """Return any listing, for the operator.

    Raises:
        NotFound: there is none.
    """
    listing = await kind.model.filter(number=number).select_related("organisation", "created_by").first()
    if listing is None:
        raise NotFound(_("没有这个页面，或者您不能查看它。"))
    return cast(Listing, listing)


def is_owner(actor: Actor | None, listing: Listing) -> bool:
    """Return whether the person is a member of the listing's organisation."""
    return actor is not None and any(
        identity == listing.organisation_id for identity, _n in actor.organisations
    )


def may_see_contacts(listing: Listing, actor: Actor | None) -> bool:
    """Return whether the person may see the contact: members of verified organisations may, and who oversees.

    That of a masked need is visible to its owner and to who oversees only.
    """
    if actor is None:
        return False
    if is_owner(actor, listing) or actor.oversees:
        return True
    return actor.is_organisation_verified and not (isinstance(listing, Need) and listing.is_masked)


async def list_own(kind: Kind, actor: Actor, *, status: str = "", page_request: PageRequest) -> Page[Listing]:
    """Return the organisation's own listings, the last updated first, filtered by `status` if given."""
    listings = kind.model.filter(organisation_id=actor.organisation_id)
    if status:
        listings = listings.filter(status=status)
    items = await listings.order_by("-updated_at", "id").offset(page_request.offset).limit(page_request.size)
    return page_request.page(items, await listings.count())


async def list_own_outcomes(actor: Actor) -> list[Outcome]:
    """Return the organisation's outcomes on offer, for a select field."""
    return (
        await Outcome.filter(organisation_id=actor.organisation_id, status__in=live(OutcomeStatus))
        .order_by("-published_at", "id")
        .limit(200)
    )


async def count_own(kind: Kind, actor: Actor) -> dict[str, int]:
    """Count the organisation's listings by status."""
    rows = (
        await kind.model.filter(organisation_id=actor.organisation_id)
        .annotate(n=Count("id"))
        .group_by("status")
        .values("status", "n")
    )
    return {str(row["status"].value): int(row["n"]) for row in rows}


async def count_renewable(kind: Kind, actor: Actor, until: date) -> int:
    """Count the organisation's listings that expire by `until` or have expired."""
    return int(await _renewable(kind, actor, until).count())


async def list_renewable(kind: Kind, actor: Actor, until: date, page_request: PageRequest) -> Page[Listing]:
    """Return the listings that `count_renewable` counts, the next to expire first."""
    listings = _renewable(kind, actor, until)
    items = await listings.order_by("expires_on", "id").offset(page_request.offset).limit(page_request.size)
    return page_request.page(items, await listings.count())


RENEWABLE = (*LIVE, OutcomeStatus.EXPIRED, NeedStatus.EXPIRED)
"""Statuses of listings that their author confirms again before their day."""


def _renewable(kind: Kind, actor: Actor, until: date) -> Any:
    statuses = [status for status in RENEWABLE if isinstance(status, kind.statuses)]
    return kind.model.filter(
        organisation_id=actor.organisation_id, status__in=statuses, expires_on__lte=until
    )


async def list_pending(kind: Kind, page_request: PageRequest) -> Page[Listing]:
    """Return the listings that wait for review, the longest waiting first."""
    listings = kind.model.filter(status=kind.pending)
    items = (
        await listings.select_related("organisation")
        .order_by("submitted_at", "id")
        .offset(page_request.offset)
        .limit(page_request.size)
    )
    return page_request.page(items, await listings.count())


async def count_pending(kind: Kind) -> int:
    """Count the listings that wait for review."""
    return int(await kind.model.filter(status=kind.pending).count())


async def count_pending_by_age(kind: Kind, now: datetime) -> tuple[int, int, int]:
    """Count the listings that wait for less than three days, for three to seven, and for longer."""
    times = await kind.model.filter(status=kind.pending).values_list("submitted_at", flat=True)
    days = [(now - submitted_at).days for submitted_at in times if submitted_at]
    fresh, older = sum(age < 3 for age in days), sum(3 <= age <= 7 for age in days)
    return fresh, older, len(days) - fresh - older


async def list_reviews(kind: Kind, listing_id: UUID) -> list[Review]:
    """Return the reviews of a listing with their reviewers and remarks, the newest first."""
    return (
        await Review.filter(subject_kind=kind.key, subject_id=listing_id)
        .select_related("reviewer")
        .prefetch_related("remarks")
        .order_by("-reviewed_at")
    )


async def list_latest_outcomes(count: int) -> list[Outcome]:
    """Return the latest published outcomes."""
    return await _LATEST.all(count)


async def list_urgent_needs(count: int, today: date) -> list[Need]:
    """Return the needs on offer with the next deadlines."""
    return await _URGENT.all(today, count)


async def count_live(kind: Kind) -> int:
    """Count the listings on offer."""
    return int(await kind.model.filter(status__in=live(kind.statuses)).count())


async def list_live_of(kind: Kind, organisation_id: UUID, page_request: PageRequest) -> Page[Listing]:
    """Return an organisation's listings on offer, without masked needs, the newest first."""
    listings = kind.model.filter(status__in=live(kind.statuses), organisation_id=organisation_id)
    if kind is NEED:
        listings = listings.filter(is_masked=False)
    items = (
        await listings.select_related("organisation")
        .order_by("-published_at", "id")
        .offset(page_request.offset)
        .limit(page_request.size)
    )
    return page_request.page(items, await listings.count())


async def list_by_ids(kind: Kind, ids: Sequence[UUID]) -> list[Listing]:
    """Return these listings in this order, with their organisations; those no longer public are left out."""
    listings = await _public(kind, ids).select_related("organisation")
    return _in_order(ids, listings)


async def list_rows_by_ids(kind: Kind, ids: Sequence[UUID]) -> list[Listing]:
    """Return the same with only the columns that rows of a list show.

    Uses hand-written SQL: loading whole listings by the query set took longer than the search.
    """
    if not ids:
        return []
    statuses = [s.value for s in PUBLIC if isinstance(s, kind.statuses)]
    own = (*_ROW, *_ROW_OF[kind.key])
    columns = [*(f"l.{name}" for name in own), *(f"o.{name}" for name in _OWNER)]
    _count, rows = await connection().execute_query(
        f"SELECT {', '.join(columns)} FROM {kind.model._meta.db_table} l "  # noqa: S608  # words of our own
        "JOIN organisations o ON o.id = l.organisation_id WHERE l.id = ANY($1) AND l.status = ANY($2)",
        [list(ids), statuses],
    )
    owners: dict[UUID, Organisation] = {}
    listings = []
    of_listing, of_owner = _hydrations(kind.key)
    for row in map(tuple, rows):
        listing = of_listing.make(row)
        owner = owners.get(listing.organisation_id) or of_owner.make(row)
        owners[listing.organisation_id] = owner
        relate(listing, "organisation", owner)
        listings.append(listing)
    return _in_order(ids, listings)


@cache
def _hydrations(key: str) -> tuple[Hydration[Any], Hydration[Organisation]]:
    """Return how the columns of such rows become a listing and its organisation."""
    own = (*_ROW, *_ROW_OF[key])
    return Hydration(get_kind(key).model, own), Hydration(Organisation, _OWNER, len(own))


def _public(kind: Kind, ids: Sequence[UUID]) -> Any:
    statuses = [s for s in PUBLIC if isinstance(s, kind.statuses)]
    return kind.model.filter(id__in=list(ids), status__in=statuses)


def _in_order(ids: Sequence[UUID], listings: Sequence[Listing]) -> list[Listing]:
    by_id = {listing.id: listing for listing in listings}
    return [by_id[identity] for identity in ids if identity in by_id]


def live(statuses: type[OutcomeStatus] | type[NeedStatus]) -> list[Any]:
    """Return the statuses in which a listing of this kind is on offer."""
    return [status for status in LIVE if isinstance(status, statuses)]


_LATEST = Statement(
    lambda count: (
        Outcome.filter(status__in=live(OutcomeStatus), published_at__isnull=False)
        .select_related("organisation")
        .order_by("-published_at", "-number")
        .limit(count)
    ),
    987_654,
)
_URGENT = Statement(
    lambda today, count: (
        Need.filter(status__in=live(NeedStatus), deadline_on__gte=today)
        .select_related("organisation")
        .order_by("deadline_on", "number")
        .limit(count)
    ),
    date(1999, 1, 1),
    987_654,
)
_LISTING = {
    kind.key: Statement(
        lambda number, model=kind.model: model.filter(number=number).select_related("organisation").limit(1),
        "a number",
    )
    for kind in (OUTCOME, NEED)
}


async def get_listing_for(kind: Kind, actor: Actor | None, number: str) -> Listing:
    """Return a listing of a kind that this person, or a guest, may see.

    Raises:
        NotFound: there is none, or it is not public and not theirs.
        ReasonNeeded: the desk opens it for a stated reason.
    """
    listing = await _LISTING[kind.key].first(number)
    if listing is not None and (
        listing.status in PUBLIC or (actor and (actor.oversees or is_owner(actor, listing)))
    ):
        return cast(Listing, listing)
    if listing is None or actor is None or not actor.may(AccountAct.SEE_DESK):
        raise NotFound(_("没有这个页面，或者您不能查看它。"))
    await require_named_or_reason(actor, kind.key, listing.id)
    return cast(Listing, listing)


def outcome_subject(outcome: Outcome) -> SubjectRecord:
    """Return the subject record of a fetched outcome."""
    return SubjectRecord(
        kind="outcome",
        id=outcome.id,
        number=outcome.number,
        title=outcome.title,
        label=lazy("成果"),
        address=f"/outcomes/{outcome.number}",
        field=outcome.field,
    )


async def outcome_subjects(ids: Collection[UUID]) -> Mapping[UUID, SubjectRecord]:
    """Load the subject records of these outcomes, by id."""
    outcomes = await Outcome.filter(id__in=list(ids)).only("id", "number", "title", "field")
    return {outcome.id: outcome_subject(outcome) for outcome in outcomes}


RENEW_AHEAD = timedelta(days=30)
