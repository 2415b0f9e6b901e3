"""What is ranked, cities and parks, and who speaks for each."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from market.accounts.actors import Actor
from market.accounts.models import MemberRole
from market.codes.regions import GUANGXI, cities_of, name
from market.kit.database import connection
from market.kit.errors import NotFound
from market.kit.i18n import gettext as _
from market.rankings.models import Park
from market.rankings.parks import list_parks
from market.rankings.states import PlaceKind
from market.surveys.models import RecommendingUnit

WRITERS = {MemberRole.ADMIN, MemberRole.AGENT}
"""Whose messages are about the office's work."""


@dataclass(frozen=True)
class Place:
    """A city, by four digits, or a park, by its code."""

    kind: PlaceKind
    key: str
    name: str
    group: str = ""
    """The level of a park: it is ranked among its like."""


async def places_of(kind: PlaceKind) -> list[Place]:
    """Return what is ranked."""
    if kind is PlaceKind.CITY:
        return [Place(kind, code[:4], name(code)) for code in cities_of(GUANGXI)]
    return [Place(kind, park.code, park.name, park.level.value) for park in await list_parks()]


async def name_of_place(kind: PlaceKind, key: str) -> str:
    """Return what a place is called.

    Raises:
        NotFound: there is none.
    """
    place = next((place for place in await places_of(kind) if place.key == key), None)
    if place is None:
        raise NotFound(_("没有这个地方。"))
    return place.name


async def offices_of(kind: PlaceKind) -> dict[str, UUID | None]:
    """Return the organisations that speak for places: offices of parks, recommending units of cities.

    Of several units of a city the first named one speaks, one of a county only where the city has none.
    """
    if kind is PlaceKind.PARK:
        return {park.code: park.office_id for park in await Park.all()}
    units = await RecommendingUnit.filter(ended_at__isnull=True).order_by("named_at")
    offices: dict[str, UUID | None] = {}
    for unit in sorted(units, key=lambda unit: not unit.region.endswith("00")):
        offices.setdefault(unit.region[:4], unit.organisation_id)
    return offices


async def lock_place(kind: PlaceKind, key: str) -> None:
    """Lock a place until the transaction ends: what is proposed about it comes one after the other."""
    await connection().execute_query(
        "SELECT pg_advisory_xact_lock(hashtextextended($1, 2))", [f"{kind}:{key}"]
    )


async def places_for(actor: Actor) -> list[Place]:
    """Return the places that the person's organisation speaks for."""
    if actor.organisation_id is None or not actor.acts_for(actor.organisation_id):
        return []
    own: list[Place] = []
    for kind in PlaceKind:
        offices = await offices_of(kind)
        if actor.organisation_id in offices.values():
            own += [
                place for place in await places_of(kind) if offices.get(place.key) == actor.organisation_id
            ]
    return own
