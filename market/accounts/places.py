"""Where organisations are and were: a move has its day, so that what happened before stays there."""

from __future__ import annotations

from datetime import date
from uuid import UUID, uuid4

from market.accounts.models import Organisation, OrganisationVerb
from market.accounts.move_models import OrganisationMove
from market.accounts.permissions import AccountAct
from market.audit.log import record
from market.codes.regions import is_known
from market.kit.clock import local_date
from market.kit.database import atomic
from market.kit.errors import Invalid, NotFound
from market.kit.i18n import gettext as _
from market.kit.room import notify_change_listeners
from market.records.by import By


@atomic()
async def record_move(organisation_id: UUID, region: str, moved_on: date, *, by: By) -> OrganisationMove:
    """Record that an organisation moved to another region on a day, for the operator.

    Raises:
        NotFound: there is no such organisation.
        Invalid: at `region`, the same or unknown; at `moved_on`, a day to come or before the last move.
    """
    by.actor.require(AccountAct.VERIFY_ORGANISATION)
    organisation = await Organisation.filter(id=organisation_id).select_for_update().first()
    if organisation is None:
        raise NotFound(_("没有这个单位。"))
    if not is_known(region) or region == organisation.region:
        raise Invalid(_("请选择与现在不同的所在地。"), field="region")
    last = await OrganisationMove.filter(organisation_id=organisation_id).order_by("-moved_on").first()
    if moved_on > local_date(by.now) or (last is not None and moved_on <= last.moved_on):
        raise Invalid(_("迁入日不能晚于今天，也不能早于上一次迁移。"), field="moved_on")
    move = await OrganisationMove.create(
        id=uuid4(),
        organisation_id=organisation_id,
        moved_on=moved_on,
        before_region=organisation.region,
        region=region,
        recorded_by_id=by.actor.user_id,
        recorded_at=by.now,
    )
    organisation.region = region
    organisation.revision += 1
    await organisation.save(update_fields=["region", "revision"])
    await record(
        "organisation",
        organisation_id,
        OrganisationVerb.MOVE,
        by=by,
        before=move.before_region,
        region=region,
        on=moved_on.isoformat(),
    )
    await notify_change_listeners("organisations", organisation_id)
    return move


def region_on_sql(organisation: str, day: str) -> str:
    """Return the SQL of the region in which an organisation (an alias) was on a day (an expression)."""
    return (
        "coalesce((SELECT move.before_region FROM organisation_moves move "  # noqa: S608 -- our own aliases
        f"WHERE move.organisation_id = {organisation}.id AND move.moved_on > {day} "
        f"ORDER BY move.moved_on LIMIT 1), {organisation}.region)"
    )
