"""Whom an applicant asks to avoid: at most three people at a time, each with the reason.

A person is named by name and unit. Whether they are in the pool is told to nobody outside the office.
"""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID, uuid4

from market.accounts.actors import Actor
from market.accounts.models import Organisation
from market.audit.log import record
from market.codes.canonical import canonical_key
from market.experts.models import AvoidedExpert, Expert
from market.experts.states import MOST_AVOIDED, AvoidanceVerb, ExpertAct
from market.kit.database import atomic
from market.kit.errors import Conflict, Invalid, NotFound
from market.kit.i18n import gettext as _
from market.records.by import By

SHORTEST_REASON = 10
"""Characters of the shortest reason that says something."""


@atomic()
async def avoid_expert(name: str, unit_name: str, reason: str, *, by: By) -> AvoidedExpert:
    """Ask that a person judges nothing of the organisation that the actor acts for.

    Raises:
        Invalid: at `name` or `reason`: missing, or too short to be judged.
        Conflict: three people are named already, or this one is.
    """
    organisation = await _lock_own_organisation(by.actor)
    if not name:
        raise Invalid(_("请填写专家姓名。"), field="name")
    if len(reason) < SHORTEST_REASON:
        raise Invalid(_("请写明理由（至少 %(count)s 个字）。", count=SHORTEST_REASON), field="reason")
    named = await AvoidedExpert.filter(organisation_id=organisation.id, withdrawn_at__isnull=True)
    if any((row.name, row.unit_name) == (name, unit_name) for row in named):
        raise Conflict(_("已经申请过这位专家回避。"))
    places = set(range(1, MOST_AVOIDED + 1)) - {row.place for row in named}
    if not places:
        raise Conflict(_("最多申请 %(most)s 位专家回避。", most=MOST_AVOIDED))
    avoided = await AvoidedExpert.create(
        id=uuid4(),
        organisation_id=organisation.id,
        place=min(places),
        name=name,
        unit_name=unit_name,
        reason=reason,
        named_by_id=by.actor.user_id,
        named_at=by.now,
    )
    await record("organisation", organisation.id, AvoidanceVerb.AVOID_EXPERT, by=by, avoided=avoided.id)
    return avoided


@atomic()
async def withdraw_avoidance(avoided_id: UUID, *, by: By) -> None:
    """Withdraw a request to avoid somebody.

    Raises:
        NotFound: the organisation has none of this id in force.
    """
    organisation = await _lock_own_organisation(by.actor)
    avoided = await AvoidedExpert.get_or_none(
        id=avoided_id, organisation_id=organisation.id, withdrawn_at__isnull=True
    )
    if avoided is None:
        raise NotFound(_("没有这项回避申请。"))
    avoided.withdrawn_at = by.now
    await avoided.save(update_fields=["withdrawn_at"])
    await record("organisation", organisation.id, AvoidanceVerb.WITHDRAW_AVOIDANCE, by=by, avoided=avoided.id)


def is_meant(avoided: AvoidedExpert, name: str, units: Collection[str]) -> bool:
    """Return whether an applicant means the person of this name, who worked for these units."""
    if canonical_key(avoided.name) != canonical_key(name):
        return False
    unit = canonical_key(avoided.unit_name)
    return not unit or unit in {canonical_key(other) for other in units}


async def list_avoidances_of(expert: Expert) -> list[AvoidedExpert]:
    """Return the requests that mean this expert, loaded with person and units, for the office."""
    units = [unit.name for unit in expert.units]
    named = AvoidedExpert.filter(withdrawn_at__isnull=True).select_related("organisation")
    return [row for row in await named.order_by("named_at") if is_meant(row, expert.user.name, units)]


async def list_avoided(organisation_id: UUID) -> list[AvoidedExpert]:
    """Return whom an organisation asks to avoid at present."""
    named = AvoidedExpert.filter(organisation_id=organisation_id, withdrawn_at__isnull=True)
    return await named.order_by("place")


async def _lock_own_organisation(actor: Actor) -> Organisation:
    actor.require(ExpertAct.AVOID_EXPERTS)
    organisation = await Organisation.filter(id=actor.organisation_id).select_for_update().first()
    if organisation is None:
        raise NotFound(_("您没有代表任何单位。"))
    return organisation
