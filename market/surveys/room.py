"""What the room of surveys contributes; assembled in `market/rooms.py`."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from market.deps import Deps
from market.kit.i18n import lazy
from market.kit.menus import WorkEntry, WorkGroup
from market.kit.room import PersonalData, Room
from market.kit.subjects import Subject, find_by
from market.surveys import (
    checks,
    desk_views,
    entry_views,
    list_views,
    management,
    mandates,
    models,
    personal_data,
    queries,
    recommending_views,
    sorting_views,
    views,
    worklist,
)
from market.surveys.firms import claim_held_entries
from market.surveys.list_target import TARGETS
from market.surveys.questions import QuestionKind
from market.surveys.states import (
    PERMISSIONS,
    Channel,
    EntryAction,
    EntryStatus,
    EntryVerb,
    SurveyAct,
    SurveyAction,
    SurveyStatus,
    SurveyVerb,
    UnitVerb,
    Verdict,
)
from market.surveys.units import may_recommend
from market.surveys.workbook import EXPORTS


async def _close(_deps: Deps, survey_id: UUID, now: datetime) -> bool:
    return await management.close_due(survey_id, now=now)


async def _remind(_deps: Deps, survey_id: UUID, now: datetime) -> bool:
    return await management.remind_due(survey_id, now=now)


async def _sort(_deps: Deps, survey_id: UUID, now: datetime) -> bool:
    return await management.sort_due(survey_id, now=now)


ROOM = Room(
    "surveys",
    models=(models,),
    permissions=PERMISSIONS,
    routes=[
        *views.routes,
        *entry_views.routes,
        *recommending_views.routes,
        *list_views.routes,
        *desk_views.routes,
        *sorting_views.routes,
    ],
    workbench=(
        WorkEntry(
            WorkGroup.NEEDS,
            50,
            lazy("我的征集填报"),
            "surveys:mine",
            act=SurveyAct.ENTER_SURVEY,
            is_for=lambda actor: actor.buys,
            under=("/surveys/*/entry", "/surveys/*/entries"),
        ),
        WorkEntry(
            WorkGroup.NEEDS,
            52,
            lazy("受托填报"),
            "surveys:mine",
            act=SurveyAct.ENTER_BY_MANDATE,
            is_for=lambda actor: not actor.buys,
            under=("/surveys/*/mandate", "/surveys/*/entries"),
        ),
        WorkEntry(
            WorkGroup.NEEDS,
            55,
            lazy("推荐填报"),
            "surveys:recommendations",
            act=SurveyAct.RECOMMEND_ENTRIES,
            is_for=may_recommend,
            under=("/my/imports", "/surveys/*/entries"),
        ),
        WorkEntry(
            WorkGroup.MARKET,
            18,
            lazy("需求征集"),
            "surveys:desk_index",
            act=SurveyAct.READ_SURVEYS,
        ),
        WorkEntry(WorkGroup.MARKET, 19, lazy("推荐单位"), "surveys:units", act=SurveyAct.MANAGE_SURVEYS),
    ),
    subjects={
        "survey": Subject(
            lazy("需求征集"),
            page="surveys:show",
            number="ZJ",
            find=find_by(queries.get_survey_for, "/surveys", is_public=True),
            verbs=(SurveyAction,),
        ),
        "survey_entry": Subject(lazy("征集填报"), verbs=(EntryAction,), files=mandates.may_open_letter),
        "recommending_unit": Subject(lazy("推荐单位"), verbs=(UnitVerb,)),
    },
    labels={
        "survey": SurveyStatus,
        "survey_channel": Channel,
        "survey_entry": EntryStatus,
        "survey_question": QuestionKind,
        "survey_verdict": Verdict,
    },
    audit_verbs={"survey": (SurveyVerb,), "survey_entry": (EntryVerb,)},
    exports=EXPORTS,
    import_targets=TARGETS,
    change_listener=claim_held_entries,
    moments={management.CLOSE: _close, management.REMIND: _remind, management.SORT: _sort},
    pending=worklist.pending,
    recent=worklist.recent,
    personal_data=PersonalData("survey_contacts", personal_data.export, personal_data.erase),
    checks=checks.CHECKS,
)
