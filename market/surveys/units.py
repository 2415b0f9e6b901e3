"""Recommending units (推荐单位): authorities that the operator names for a region."""

from __future__ import annotations

from uuid import UUID, uuid4

from market.accounts.actors import Actor
from market.accounts.models import Organisation, OrganisationKind, OrganisationStatus
from market.audit.log import record
from market.kit.database import atomic
from market.kit.errors import Conflict, Invalid, NotFound
from market.kit.i18n import gettext as _
from market.records.by import By
from market.surveys.models import RecommendingUnit
from market.surveys.states import SurveyAct, UnitVerb


@atomic()
async def name_unit(organisation_id: UUID, region: str, *, by: By) -> RecommendingUnit:
    """Name an authority as the recommending unit of a region.

    Raises:
        Invalid: at `organisation`: it is no verified authority, or named already.
    """
    by.actor.require(SurveyAct.MANAGE_SURVEYS)
    organisation = await Organisation.filter(id=organisation_id).select_for_update().first()
    if (
        organisation is None
        or organisation.status is not OrganisationStatus.VERIFIED
        or organisation.kind is not OrganisationKind.AUTHORITY
    ):
        raise Invalid(_("推荐单位应是已认证的主管部门。"), field="organisation")
    if await RecommendingUnit.exists(organisation_id=organisation_id, ended_at__isnull=True):
        raise Invalid(_("它已经是推荐单位。"), field="organisation")
    unit = await RecommendingUnit.create(
        id=uuid4(),
        organisation_id=organisation_id,
        region=region,
        named_by_id=by.actor.user_id,
        named_at=by.now,
    )
    await record("recommending_unit", unit.id, UnitVerb.NAMED, by=by, region=region)
    return unit


@atomic()
async def end_unit(unit_id: UUID, *, by: By) -> None:
    """End a unit's duty; what it recommended stays."""
    by.actor.require(SurveyAct.MANAGE_SURVEYS)
    unit = await RecommendingUnit.filter(id=unit_id).select_for_update().first()
    if unit is None:
        raise NotFound(_("没有这个页面，或者您不能查看它。"))
    if unit.ended_at is not None:
        raise Conflict(_("它已经不是推荐单位。"))
    unit.ended_at = by.now
    await unit.save(update_fields=["ended_at"])
    await record("recommending_unit", unit.id, UnitVerb.ENDED, by=by)


async def list_units() -> list[RecommendingUnit]:
    """Return the units that recommend now, by region."""
    units = RecommendingUnit.filter(ended_at__isnull=True)
    return await units.select_related("organisation").order_by("region", "named_at")


async def list_authorities() -> list[Organisation]:
    """Return the verified authorities, which may be named."""
    authorities = Organisation.filter(kind=OrganisationKind.AUTHORITY, status=OrganisationStatus.VERIFIED)
    return await authorities.order_by("region", "name")


async def get_unit_for(actor: Actor) -> RecommendingUnit:
    """Return the recommending unit that a person acts for.

    Raises:
        NotFound: their organisation is none.
    """
    actor.require(SurveyAct.RECOMMEND_ENTRIES)
    unit = await find_unit_of(actor)
    if unit is None:
        raise NotFound(_("贵单位不是推荐单位。"))
    return unit


async def find_unit_of(actor: Actor) -> RecommendingUnit | None:
    """Return the recommending unit that a person acts for, if their organisation is one."""
    if not actor.acts_for(actor.organisation_id) or not may_recommend(actor):
        return None
    units = RecommendingUnit.filter(organisation_id=actor.organisation_id, ended_at__isnull=True)
    return await units.select_related("organisation").first()


def may_recommend(actor: Actor) -> bool:
    """Return whether the person's organisation is of the kind that may be a recommending unit."""
    return actor.organisation_kind is OrganisationKind.AUTHORITY
