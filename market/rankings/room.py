"""What the room of rankings contributes; assembled in `market/rooms.py`."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from market.deps import Deps
from market.kit.i18n import lazy
from market.kit.menus import WorkEntry, WorkGroup
from market.kit.room import Room
from market.kit.subjects import Subject
from market.rankings import checks, desk_views, freezing, models, views, worklist
from market.rankings.indicators import FIGURES
from market.rankings.states import (
    PERMISSIONS,
    ParkLevel,
    ParkVerb,
    PeriodKind,
    PlaceKind,
    RankingAct,
    RankingAction,
    RankingStatus,
    RankingVerb,
    RowStatus,
    SchemeVerb,
)


async def _conclude(_deps: Deps, ranking_id: UUID, now: datetime) -> bool:
    return await freezing.conclude_due(ranking_id, now=now)


ROOM = Room(
    "rankings",
    models=(models,),
    permissions=PERMISSIONS,
    routes=[*views.routes, *desk_views.routes],
    workbench=(
        WorkEntry(
            WorkGroup.MARKET,
            85,
            lazy("排序和方案"),
            "rankings:desk",
            act=RankingAct.READ_RANKINGS,
            under=("/backoffice/ranking-schemes",),
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
        "park": Subject(lazy("高新区")),
    },
    labels={
        "park_level": ParkLevel,
        "ranking": RankingStatus,
        "ranking_period": PeriodKind,
        "ranking_place": PlaceKind,
        "ranking_row": RowStatus,
    },
    audit_verbs={
        "ranking": (RankingVerb,),
        "ranking_scheme": (SchemeVerb,),
        "park": (ParkVerb,),
    },
    figures=FIGURES,
    moments={freezing.CONCLUDE: _conclude},
    pending=worklist.pending,
    checks=checks.CHECKS,
)
