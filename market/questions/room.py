"""What the room of questions contributes; assembled in `market/rooms.py`."""

from __future__ import annotations

from market.kit.i18n import lazy
from market.kit.room import PersonalData, Room
from market.kit.subjects import Subject
from market.questions import answering, models, views, worklist
from market.questions.states import PERMISSIONS, QuestionAction, QuestionStatus, QuestionVerb

ROOM = Room(
    "questions",
    permissions=PERMISSIONS,
    models=(models,),
    routes=views.routes,
    subjects={"question": Subject(lazy("提问"), verbs=(QuestionAction,))},
    labels={"question": QuestionStatus},
    audit_verbs={"question": (QuestionVerb,)},
    pending=worklist.pending,
    recent=worklist.recent,
    personal_data=PersonalData("questions", answering.export, answering.erase),
)
