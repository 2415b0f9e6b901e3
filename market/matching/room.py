"""What the room of matching contributes; assembled in `market/rooms.py`."""

from __future__ import annotations

from market.accounts.permissions import Role
from market.kit.i18n import lazy
from market.kit.menus import Menu, MenuEntry, WorkEntry, WorkGroup
from market.kit.room import Room
from market.kit.subjects import Subject
from market.matching import jobs, models, views, worklist
from market.matching.fits import Group
from market.matching.states import PERMISSIONS, MatchAct, MatchAction, MatchStatus, MatchVerb

OF_LISTING = ("/needs/*/matches", "/outcomes/*/matches")
"""The matches of one listing, beside its public page."""

ROOM = Room(
    "matching",
    permissions=PERMISSIONS,
    models=(models,),
    routes=views.routes,
    workbench=(
        WorkEntry(
            WorkGroup.DEALS,
            10,
            lazy("匹配"),
            "matching:board",
            act=MatchAct.SEE_MATCHES,
            is_for=lambda actor: Role.BROKER not in actor.roles,
            under=OF_LISTING,
        ),
        WorkEntry(
            WorkGroup.DEALS,
            11,
            lazy("可接手的匹配"),
            "matching:board",
            act=MatchAct.TAKE_UP,
            under=OF_LISTING,
        ),
        WorkEntry(WorkGroup.DEALS, 12, lazy("我接手的"), "matching:board", "view=mine", act=MatchAct.TAKE_UP),
    ),
    menu=(
        MenuEntry(
            Menu.START,
            30,
            lazy("看推荐的对接"),
            "matching:board",
            is_for=lambda actor: Role.BROKER in actor.roles,
        ),
    ),
    jobs=(jobs.match_need, jobs.match_outcome, jobs.match_all, jobs.nightly, jobs.digest),
    subjects={"match": Subject(lazy("对接"), number="DJ", verbs=(MatchAction,))},
    index_listeners={"outcomes": jobs.outcomes_relayed, "needs": jobs.needs_relayed},
    pending=worklist.pending,
    worklist=worklist.new_matches,
    labels={
        "match": MatchStatus,
        "fit": Group,
    },
    audit_verbs={
        "match": (MatchVerb,),
    },
)
