"""The end of a target's year: people are reminded three days before, on its last day and on the day after."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from uuid import UUID

from market.accounts.messages import OrganisationNotice, notify_organisations, notify_staff
from market.accounts.models import StaffRole
from market.kit.clock import local_date, start_of_day
from market.kit.database import connection
from market.kit.i18n import gettext as _
from market.records.decisions import Verdict
from market.records.moments import clear_moments, set_moments
from market.targets.closing_models import TargetClosing
from market.targets.declaring import WRITERS
from market.targets.models import Deed, TargetPlan
from market.targets.states import PENDING, DeedStatus, PlanStatus

ENDS_SOON, ENDS_TODAY, IS_OVER = "targets.ends_soon", "targets.ends_today", "targets.is_over"
DAYS = {ENDS_SOON: -3, ENDS_TODAY: 0, IS_OVER: 1}
"""Acts that fall due at a moment of an issued target, in days from the last of its year."""
_UNDECLARED = """
SELECT d.unit_id AS organisation_id, count(*) AS n FROM deeds d
WHERE d.year = $1 AND d.status = 'found' AND NOT d.is_related GROUP BY d.unit_id
"""
_UNCHECKED = """
SELECT r.organisation_id, count(*) AS n FROM deeds d JOIN recommending_units r
    ON r.ended_at IS NULL AND starts_with(r.region, d.city)
WHERE d.year = $1 AND d.status = 'declared' GROUP BY r.organisation_id
"""


async def set_reminders(plan: TargetPlan) -> None:
    """Have people be reminded of the end of an issued target's year."""
    last = date(plan.year, 12, 31)
    await set_moments(
        TargetPlan.record_kind,
        [(plan.id, act, start_of_day(last + timedelta(days=days))) for act, days in DAYS.items()],
    )


async def clear_reminders(plan: TargetPlan) -> None:
    """Remind nobody of a target that was replaced."""
    await clear_moments(TargetPlan.record_kind, plan.id)


async def remind_of_end(plan_id: UUID, *, now: datetime) -> bool:
    """Remind units of what they have not declared, cities of what they have not checked, in the last days."""
    plan = await _standing(plan_id)
    left = (date(plan.year, 12, 31) - local_date(now)).days if plan else -1
    if plan is None or left < 0:
        return False
    undeclared = await connection().execute_query_dict(_UNDECLARED, [plan.year])
    unchecked = await connection().execute_query_dict(_UNCHECKED, [plan.year])
    await notify_organisations(
        [
            *(
                OrganisationNotice(
                    row["organisation_id"],
                    _("年度还剩 %(days)s 天，贵单位有 %(n)s 项成果转化没有申报。", days=left, n=row["n"])
                    if left
                    else _("今天是年度最后一天，贵单位有 %(n)s 项成果转化没有申报。", n=row["n"]),
                    "/my/deeds?status=found",
                )
                for row in undeclared
            ),
            *(
                OrganisationNotice(
                    row["organisation_id"],
                    _("年度还剩 %(days)s 天，有 %(n)s 项成果转化等贵单位审核。", days=left, n=row["n"])
                    if left
                    else _("今天是年度最后一天，有 %(n)s 项成果转化等贵单位审核。", n=row["n"]),
                    "/check/deeds?status=declared",
                )
                for row in unchecked
            ),
        ],
        roles=WRITERS,
        now=now,
    )
    return True


async def remind_of_closing(plan_id: UUID, *, now: datetime) -> bool:
    """Tell the operator that a target's year is over and what is still pending, unless it is closed."""
    plan = await _standing(plan_id)
    if plan is None or await TargetClosing.exists(year=plan.year, verdict=Verdict.CONFIRMED):
        return False
    pending = await Deed.filter(year=plan.year, status__in=list(PENDING)).count()
    undeclared = await Deed.filter(year=plan.year, status=DeedStatus.FOUND, is_related=False).count()
    await notify_staff(
        StaffRole.OPERATOR,
        _(
            "%(year)s 年度已结束：待核验 %(pending)s 项，发现未报 %(undeclared)s 项；办完后封存年度数。",
            year=plan.year,
            pending=pending,
            undeclared=undeclared,
        ),
        now=now,
        address=f"/backoffice/deeds?year={plan.year}",
    )
    return True


async def _standing(plan_id: UUID) -> TargetPlan | None:
    return await TargetPlan.filter(id=plan_id, status=PlanStatus.ISSUED).select_for_update().first()
