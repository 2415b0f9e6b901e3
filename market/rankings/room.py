"""What the room of rankings contributes; assembled in `market/rooms.py`."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from market.accounts.models import OrganisationKind
from market.deps import Deps
from market.kit.i18n import lazy
from market.kit.menus import WorkEntry, WorkGroup
from market.kit.room import Room
from market.kit.subjects import Subject
from market.rankings import (
    appraisals,
    checks,
    deduction_views,
    desk_views,
    freezing,
    models,
    objection_views,
    objections,
    reports,
    views,
    warning_views,
    warnings,
    worklist,
    year_notices,
)
from market.rankings.indicators import FIGURES
from market.rankings.states import (
    PERMISSIONS,
    AppraisalVerb,
    DeductionVerb,
    ObjectionAction,
    ObjectionStatus,
    ObjectionVerb,
    Occasion,
    ParkLevel,
    ParkVerb,
    PeriodKind,
    PlaceKind,
    RankingAct,
    RankingAction,
    RankingStatus,
    RankingVerb,
    ReportVerb,
    RowStatus,
    SchemeVerb,
    WarningAction,
    WarningKind,
    WarningStatus,
    WarningVerb,
)


async def _conclude(_deps: Deps, ranking_id: UUID, now: datetime) -> bool:
    return await freezing.conclude_due(ranking_id, now=now)


async def _plan_is_over(_deps: Deps, warning_id: UUID, now: datetime) -> bool:
    return await warnings.plan_is_over(warning_id, now=now)


ROOM = Room(
    "rankings",
    models=(models,),
    permissions=PERMISSIONS,
    routes=[
        *objection_views.routes,
        *warning_views.routes,
        *views.routes,
        *deduction_views.routes,
        *desk_views.routes,
    ],
    workbench=(
        WorkEntry(
            WorkGroup.MARKET,
            85,
            lazy("排序和方案"),
            "rankings:desk",
            act=RankingAct.READ_RANKINGS,
            under=("/backoffice/ranking-schemes", "/backoffice/ranking-deductions"),
        ),
        WorkEntry(
            WorkGroup.MARKET,
            87,
            lazy("园区月报"),
            "rankings:reports",
            act=RankingAct.READ_RANKINGS,
        ),
        WorkEntry(
            WorkGroup.NEEDS,
            57,
            lazy("排序、月报和警告"),
            "rankings:own_park",
            act=RankingAct.REPORT_PARK,
            is_for=lambda actor: actor.organisation_kind is OrganisationKind.AUTHORITY,
        ),
        WorkEntry(
            WorkGroup.MARKET,
            86,
            lazy("高新区和迁址"),
            "rankings:parks",
            act=RankingAct.READ_RANKINGS,
            under=("/backoffice/park-members", "/backoffice/organisation-moves"),
        ),
    ),
    subjects={
        "ranking": Subject(lazy("排序"), page="rankings:show", number="PX", verbs=(RankingAction,)),
        "ranking_scheme": Subject(lazy("排序方案")),
        "ranking_objection": Subject(
            lazy("排序异议"), files=objections.may_open_paper, verbs=(ObjectionAction,)
        ),
        "ranking_deduction": Subject(lazy("扣分")),
        "ranking_appraisal": Subject(lazy("年度评议")),
        "ranking_warning": Subject(
            lazy("排序警告"),
            page="rankings:warning",
            number="JG",
            files=warnings.may_open_paper,
            verbs=(WarningAction,),
        ),
        "month_report": Subject(lazy("园区月报"), files=reports.may_open_paper),
        "park": Subject(lazy("高新区")),
    },
    labels={
        "park_level": ParkLevel,
        "ranking": RankingStatus,
        "ranking_objection": ObjectionStatus,
        "ranking_occasion": Occasion,
        "ranking_period": PeriodKind,
        "ranking_place": PlaceKind,
        "ranking_row": RowStatus,
        "ranking_warning": WarningStatus,
        "warning_kind": WarningKind,
    },
    audit_verbs={
        "ranking": (RankingVerb,),
        "ranking_scheme": (SchemeVerb,),
        "ranking_warning": (WarningVerb,),
        "ranking_objection": (ObjectionVerb,),
        "ranking_deduction": (DeductionVerb,),
        "ranking_appraisal": (AppraisalVerb,),
        "month_report": (ReportVerb,),
        "park": (ParkVerb,),
    },
    figures=FIGURES,
    moments={freezing.CONCLUDE: _conclude, warnings.PLAN_DUE: _plan_is_over},
    publicity=(year_notices.PUBLICITY,),
    panel_clients={appraisals.KIND: appraisals.CLIENT},
    pending=worklist.pending,
    checks=checks.CHECKS,
)
