"""What the room of targets contributes; assembled in `market/rooms.py`."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from market.deps import Deps
from market.kit.i18n import lazy
from market.kit.menus import Menu, MenuEntry, WorkEntry, WorkGroup
from market.kit.room import Room
from market.kit.subjects import Subject, find_by
from market.targets import (
    checks,
    closing_models,
    deed_views,
    follow_ups,
    jobs,
    models,
    plan_views,
    plans,
    queries,
    reminders,
    share_views,
    views,
    worklist,
)
from market.targets.cities import checks_for_a_city
from market.targets.figures import FIGURES, FOLLOW_UP_FIGURES
from market.targets.states import (
    PERMISSIONS,
    Answer,
    ClosingVerb,
    DeedAction,
    DeedStatus,
    DeedVerb,
    DefinitionVerb,
    Event,
    PlanAction,
    PlanStatus,
    PlanVerb,
    Result,
    SampleVerb,
    ScopeKind,
    StruckFor,
    TargetAct,
)


async def _after_12(_deps: Deps, deed_id: UUID, now: datetime) -> bool:
    return await follow_ups.remind_unit(deed_id, 12, now=now)


async def _after_24(_deps: Deps, deed_id: UUID, now: datetime) -> bool:
    return await follow_ups.remind_unit(deed_id, 24, now=now)


async def _ends(_deps: Deps, plan_id: UUID, now: datetime) -> bool:
    return await reminders.remind_of_end(plan_id, now=now)


async def _is_over(_deps: Deps, plan_id: UUID, now: datetime) -> bool:
    return await reminders.remind_of_closing(plan_id, now=now)


ROOM = Room(
    "targets",
    models=(models, closing_models),
    permissions=PERMISSIONS,
    routes=[*views.routes, *deed_views.routes, *share_views.routes, *plan_views.routes],
    jobs=(jobs.recount,),
    menu=(MenuEntry(Menu.MAIN, 75, lazy("数据"), "targets:wall", "data"),),
    workbench=(
        WorkEntry(
            WorkGroup.INCOME,
            40,
            lazy("重大成果转化"),
            "targets:mine",
            act=TargetAct.DECLARE_DEED,
            is_for=lambda actor: actor.may_sell,
            under=("/deeds",),
        ),
        WorkEntry(
            WorkGroup.NEEDS,
            56,
            lazy("审核成果转化"),
            "targets:check_queue",
            act=TargetAct.CHECK_DEED,
            is_for=checks_for_a_city,
            under=("/deeds",),
        ),
        WorkEntry(
            WorkGroup.MARKET,
            80,
            lazy("目标与口径"),
            "targets:desk",
            act=TargetAct.READ_DEEDS,
            under=("/backoffice/deed-samples", "/backoffice/target-definitions"),
        ),
        WorkEntry(
            WorkGroup.MARKET,
            81,
            lazy("重大成果转化"),
            "targets:office",
            act=TargetAct.READ_DEEDS,
            under=("/deeds",),
        ),
    ),
    subjects={
        "deed": Subject(
            lazy("重大成果转化"),
            page="targets:deed",
            number="ZD",
            files=queries.may_open_paper,
            find=find_by(queries.get_deed_for, "/deeds", lambda deed: str(deed.contract.name)),
            verbs=(DeedAction,),
        ),
        "deed_sample": Subject(lazy("核验抽样"), page="targets:sample", number="CY"),
        "target_plan": Subject(
            lazy("年度目标"),
            page="targets:plan",
            number="KH",
            find=find_by(plans.get_plan_for, "/backoffice/targets"),
            verbs=(PlanAction,),
        ),
        "target_definition": Subject(lazy("指标口径")),
        "target_closing": Subject(lazy("年度封存")),
    },
    labels={
        "deed": DeedStatus,
        "deed_answer": Answer,
        "deed_result": Result,
        "deed_struck_for": StruckFor,
        "target_event": Event,
        "target_plan": PlanStatus,
        "target_scope": ScopeKind,
    },
    audit_verbs={
        "deed": (DeedVerb,),
        "deed_sample": (SampleVerb,),
        "target_plan": (PlanVerb,),
        "target_definition": (DefinitionVerb,),
        "target_closing": (ClosingVerb,),
    },
    figures=(*FIGURES, *FOLLOW_UP_FIGURES),
    moments={
        follow_ups.FOLLOW_UP[12]: _after_12,
        follow_ups.FOLLOW_UP[24]: _after_24,
        reminders.ENDS_SOON: _ends,
        reminders.ENDS_TODAY: _ends,
        reminders.IS_OVER: _is_over,
    },
    pending=worklist.pending,
    checks=checks.CHECKS,
)
