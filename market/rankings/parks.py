"""High-tech zones and the organisations that belong to them, with the days since and until."""

from __future__ import annotations

from datetime import date
from uuid import UUID, uuid4

from market.accounts.models import Organisation, OrganisationStatus
from market.audit.log import record
from market.codes.regions import GUANGXI, cities_of
from market.kit.clock import local_date
from market.kit.database import atomic
from market.kit.errors import Invalid, NotFound
from market.kit.i18n import gettext as _
from market.rankings.models import Park, ParkMember
from market.rankings.states import ParkLevel, ParkVerb, RankingAct
from market.records.by import By

SUBJECT = "park"


@atomic()
async def create_park(
    code: str, name: str, level: ParkLevel, city: str, office_id: UUID | None, *, by: By
) -> Park:
    """Write down a park, for the operator.

    Raises:
        Invalid: at `code`, `city` or `office`: taken, or unknown.
    """
    by.actor.require(RankingAct.RUN_RANKINGS)
    if await Park.exists(code=code):
        raise Invalid(_("这个代码已有园区使用。"), field="code")
    if f"{city}00" not in cities_of(GUANGXI):
        raise Invalid(_("请选择园区所在的市。"), field="city")
    if office_id is not None and not await _is_verified(office_id):
        raise Invalid(_("管理机构应是已认证的单位。"), field="office")
    park = await Park.create(
        id=uuid4(), code=code, name=name, level=level, city=city, office_id=office_id, created_at=by.now
    )
    await record(SUBJECT, park.id, ParkVerb.CREATE, by=by, code=code, level=level.value, city=city)
    return park


@atomic()
async def join_park(code: str, organisation_id: UUID, since: date, *, by: By) -> ParkMember:
    """Write down that an organisation belongs to a park from a day on; what it did before stays where it was.

    Raises:
        NotFound: there is no such park.
        Invalid: at `organisation` or `since`: not verified, in a park then, or a day to come.
    """
    by.actor.require(RankingAct.RUN_RANKINGS)
    park = await get_park(code)
    organisation = await Organisation.filter(id=organisation_id).select_for_update().first()
    if organisation is None or organisation.status is not OrganisationStatus.VERIFIED:
        raise Invalid(_("请选择已认证的单位。"), field="organisation")
    if since > local_date(by.now):
        raise Invalid(_("入园日不能晚于今天。"), field="since")
    periods = await ParkMember.filter(organisation_id=organisation_id)
    if any(period.until is None or period.until > since for period in periods):
        raise Invalid(_("这一天它还属于一个园区，请先登记离园。"), field="since")
    member = await ParkMember.create(
        id=uuid4(),
        park_id=park.id,
        organisation_id=organisation_id,
        since=since,
        recorded_by_id=by.actor.user_id,
        recorded_at=by.now,
    )
    await record(SUBJECT, park.id, ParkVerb.JOIN, by=by, member=member.id, since=since.isoformat())
    return member


@atomic()
async def leave_park(member_id: UUID, until: date, *, by: By) -> ParkMember:
    """End a period in a park; `until` is the first day on which the organisation is not in it any more.

    Raises:
        NotFound: there is no such period that runs.
        Invalid: at `until`: a day to come, or not after its beginning.
    """
    by.actor.require(RankingAct.RUN_RANKINGS)
    member = await ParkMember.filter(id=member_id, until=None).select_for_update().first()
    if member is None:
        raise NotFound(_("没有这条入园登记，或者已经登记离园。"))
    if not member.since < until <= local_date(by.now):
        raise Invalid(_("离园日应晚于入园日，不晚于今天。"), field="until")
    member.until = until
    await member.save(update_fields=["until"])
    await record(SUBJECT, member.park_id, ParkVerb.LEAVE, by=by, member=member.id, until=until.isoformat())
    return member


async def get_park(code: str) -> Park:
    """Return a park.

    Raises:
        NotFound: there is none of this code.
    """
    park = await Park.get_or_none(code=code).select_related("office")
    if park is None:
        raise NotFound(_("没有这个园区。"))
    return park


async def list_parks() -> list[Park]:
    """Return the parks by level and code."""
    return await Park.all().select_related("office").order_by("level", "code")


async def list_members(park: Park) -> list[ParkMember]:
    """Return the periods of organisations in a park, those that run first."""
    members = await ParkMember.filter(park_id=park.id).select_related("organisation").order_by("-since")
    return sorted(members, key=lambda member: member.until is not None)


async def _is_verified(organisation_id: UUID) -> bool:
    return await Organisation.exists(id=organisation_id, status=OrganisationStatus.VERIFIED)
