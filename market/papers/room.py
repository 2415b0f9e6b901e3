"""What the room of organisations' papers contributes; assembled in `market/rooms.py`."""

from __future__ import annotations

from market.kit.i18n import lazy
from market.kit.menus import WorkEntry, WorkGroup
from market.kit.room import Room
from market.kit.subjects import Subject
from market.papers import models, paper_acts, views
from market.papers.states import PERMISSIONS, PaperAct, PaperKind, PaperVerb

ROOM = Room(
    "papers",
    permissions=PERMISSIONS,
    models=(models,),
    routes=views.routes,
    subjects={paper_acts.SUBJECT: Subject(lazy("单位证明"), files=paper_acts.may_open_paper)},
    labels={"paper": PaperKind},
    worklist=paper_acts.papers_to_check,
    audit_verbs={"organisation": (PaperVerb,)},
    workbench=(
        WorkEntry(
            WorkGroup.ORGANISATION,
            15,
            lazy("单位证明"),
            "papers:index",
            is_for=lambda actor: actor.is_administrator,
        ),
        WorkEntry(WorkGroup.MARKET, 45, lazy("单位证明待核"), "papers:unchecked", act=PaperAct.CHECK_PAPERS),
    ),
)
