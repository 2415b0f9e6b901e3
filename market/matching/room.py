"""What the room of matching contributes; assembled in `market/rooms.py`."""

from __future__ import annotations

from market.accounts.permissions import Role
from market.kit.i18n import lazy
from market.kit.room import Menu, MenuEntry, Room, Subject
from market.matching import board, jobs, models, views
from market.matching.states import PERMISSIONS, MatchAction, MatchStatus, MatchVerb

ROOM = Room(
    "matching",
    permissions=PERMISSIONS,
    models=(models,),
    routes=views.routes,
    menu=(
        MenuEntry(
            Menu.START,
            30,
            lazy("看推荐的对接"),
            "matching:board",
            is_for=lambda actor: Role.BROKER in actor.roles,
        ),
    ),
    jobs=(jobs.match_need, jobs.match_outcome, jobs.match_all, jobs.nightly),
    subjects={"match": Subject(lazy("对接"), number="DJ", verbs=(MatchAction,))},
    index_listeners={"outcomes": jobs.outcomes_relayed, "needs": jobs.needs_relayed},
    dashboard=board.dashboard_cards,
    labels={
        "match": MatchStatus,
    },
    audit_verbs={
        "match": (MatchVerb,),
    },
)
