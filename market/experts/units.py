"""Where an expert works and worked: periods, told by the expert, ended but never changed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID, uuid4

from market.accounts.models import Organisation, OrganisationStatus
from market.audit.log import record
from market.experts.models import Expert, ExpertUnit
from market.experts.states import ExpertVerb
from market.kit.clock import local_date
from market.kit.database import atomic
from market.kit.errors import Conflict, Invalid, NotFound
from market.kit.i18n import gettext as _
from market.records.by import By


@dataclass(frozen=True)
class Period:
    """A period of employment as it is told."""

    name: str
    began_on: date
    ended_on: date | None = None


def require_periods(periods: Sequence[Period], today: date) -> None:
    """Check the units of an application.

    Raises:
        Invalid: at `units`: none, a period that ends before it began or lies in the future, or two that last.
    """
    if not periods:
        raise Invalid(_("请至少填写一个任职单位。"), field="units")
    for period in periods:
        _require_period(period, today, "units")
    if sum(period.ended_on is None for period in periods) > 1:
        raise Invalid(
            _("只能有一个现任单位：其他单位请填离任日期，兼职报酬请申报为关联关系。"), field="units"
        )


def _require_period(period: Period, today: date, field: str) -> None:
    if period.began_on > today or (period.ended_on is not None and period.ended_on > today):
        raise Invalid(_("“%(unit)s”的日期不能晚于今天。", unit=period.name), field=field)
    if period.ended_on is not None and period.ended_on < period.began_on:
        raise Invalid(_("“%(unit)s”的离任日期早于任职日期。", unit=period.name), field=field)


async def add_periods(expert: Expert, periods: Sequence[Period]) -> None:
    """Add periods to a locked expert; a unit that is on the market is tied to its organisation."""
    names = [period.name for period in periods]
    organisations = await Organisation.filter(name__in=names, status=OrganisationStatus.VERIFIED)
    ids = {organisation.name: organisation.id for organisation in organisations}
    for period in periods:
        await ExpertUnit.create(
            id=uuid4(),
            expert_id=expert.id,
            organisation_id=ids.get(period.name),
            name=period.name,
            began_on=period.began_on,
            ended_on=period.ended_on,
        )


async def lock_own_expert(by: By) -> Expert:
    """Return the acting person's entry in the pool, locked until the transaction ends.

    Raises:
        NotFound: they have none.
    """
    expert = await Expert.filter(user_id=by.actor.user_id).select_for_update().first()
    if expert is None:
        raise NotFound(_("您还没有申请入库。"))
    return expert


@atomic()
async def add_unit(period: Period, *, by: By) -> None:
    """Add a unit for which the expert works or worked; one that lasts ends no other by itself.

    Raises:
        Invalid: at `unit_name`: the period is impossible, or another unit still lasts.
    """
    expert = await lock_own_expert(by)
    _require_period(period, local_date(by.now), "unit_name")
    if period.ended_on is None and await ExpertUnit.exists(expert_id=expert.id, ended_on__isnull=True):
        raise Invalid(_("请先登记从现任单位离任的日期，再登记新的单位。"), field="unit_name")
    await add_periods(expert, [period])
    await record("expert", expert.id, ExpertVerb.ADD_UNIT, by=by, has_ended=period.ended_on is not None)


@atomic()
async def end_unit(unit_id: UUID, ended_on: date, *, by: By) -> None:
    """Enter the last day on which the expert worked for a unit.

    Nobody confirms it: conflicts are counted from the day on which it is entered.

    Raises:
        NotFound: the expert has no such unit.
        Conflict: it has ended before.
        Invalid: at `ended_on`: the day is in the future or before the first.
    """
    expert = await lock_own_expert(by)
    unit = await ExpertUnit.get_or_none(id=unit_id, expert_id=expert.id)
    if unit is None:
        raise NotFound(_("没有这个任职单位。"))
    if unit.ended_on is not None:
        raise Conflict(_("这个单位已经登记过离任日期，不能再改。"))
    today = local_date(by.now)
    _require_period(Period(unit.name, unit.began_on, ended_on), today, "ended_on")
    unit.ended_on, unit.end_entered_on = ended_on, today
    await unit.save(update_fields=["ended_on", "end_entered_on"])
    await record("expert", expert.id, ExpertVerb.END_UNIT, by=by, unit=unit.id)
