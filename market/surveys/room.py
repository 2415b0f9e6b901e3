"""What the room of surveys contributes; assembled in `market/rooms.py`."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from market.deps import Deps
from market.kit.i18n import lazy
from market.kit.room import PersonalData, Room
from market.kit.subjects import Subject
from market.surveys import checks, management, models, personal_data, worklist
from market.surveys.questions import QuestionKind
from market.surveys.states import (
    PERMISSIONS,
    Channel,
    EntryAction,
    EntryStatus,
    EntryVerb,
    SurveyAction,
    SurveyStatus,
    SurveyVerb,
    UnitVerb,
    Verdict,
)


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
    subjects={
        "survey": Subject(lazy("需求征集"), number="ZJ", verbs=(SurveyAction,)),
        "survey_entry": Subject(lazy("征集填报"), verbs=(EntryAction,)),
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
    moments={management.CLOSE: _close, management.REMIND: _remind, management.SORT: _sort},
    pending=worklist.pending,
    recent=worklist.recent,
    personal_data=PersonalData("survey_contacts", personal_data.export, personal_data.erase),
    checks=checks.CHECKS,
)
