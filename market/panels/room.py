"""What the room of expert panels contributes; assembled in `market/rooms.py`."""

from __future__ import annotations

from market.kit.i18n import lazy
from market.kit.menus import WorkEntry, WorkGroup
from market.kit.room import Room
from market.panels import checks, expert_reviews, models, panel_acts, views, worklist
from market.panels.states import PERMISSIONS, PanelAct, PanelVerb

ROOM = Room(
    "panels",
    permissions=PERMISSIONS,
    models=(models,),
    routes=views.routes,
    checks=checks.CHECKS,
    moments={
        expert_reviews.DUE: lambda deps, review_id, now: panel_acts.remind_overdue(review_id, now=now),
    },
    pending=worklist.pending,
    audit_verbs={
        "*": (PanelVerb,),
    },
    workbench=(WorkEntry(WorkGroup.REVIEW, 10, lazy("我的评审"), "panels:tasks", act=PanelAct.SCORE_CLAIM),),
)
