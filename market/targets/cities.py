"""Who checks the deeds of a city: its recommending unit, or the operator where it has none."""

from __future__ import annotations

from market.accounts.actors import Actor
from market.accounts.permissions import Role
from market.surveys.models import RecommendingUnit
from market.surveys.units import find_unit_of, may_recommend
from market.targets.states import TargetAct


async def unit_of_city(city: str) -> RecommendingUnit | None:
    """Return the unit that checks a city's deeds now, if there is one; of several the first named."""
    units = RecommendingUnit.filter(region__startswith=city, ended_at__isnull=True)
    return await units.select_related("organisation").order_by("named_at").first()


async def cities_with_unit() -> set[str]:
    """Return the cities whose deeds a unit of their own checks."""
    regions = await RecommendingUnit.filter(ended_at__isnull=True).values_list("region", flat=True)
    return {str(region)[:4] for region in regions}


async def city_of(actor: Actor) -> str:
    """Return the city whose deeds the person's unit checks; empty where it checks none."""
    if not actor.may(TargetAct.CHECK_DEED) or not may_recommend(actor):
        return ""
    unit = await find_unit_of(actor)
    return unit.region[:4] if unit else ""


async def may_check(actor: Actor, city: str) -> bool:
    """Return whether the person checks the deeds of a city."""
    if not actor.may(TargetAct.CHECK_DEED):
        return False
    if Role.OPERATOR in actor.roles:
        return await unit_of_city(city) is None
    return await city_of(actor) == city


def checks_for_a_city(actor: Actor) -> bool:
    """Return whether the person's organisation is of the kind that may check deeds."""
    return Role.OPERATOR not in actor.roles and may_recommend(actor)
