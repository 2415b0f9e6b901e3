"""What the room of challenges contributes; assembled in `market/rooms.py`."""

from __future__ import annotations

from market.challenges import (
    checks,
    clock,
    desk_views,
    list_views,
    models,
    owner_views,
    queries,
    screening_panel,
    views,
    worklist,
)
from market.challenges.states import (
    PERMISSIONS,
    BudgetKind,
    ChallengeAct,
    ChallengeAction,
    ChallengeStatus,
    ChallengeVerb,
    Cooperation,
    EndReason,
    Kind,
    Ruling,
)
from market.kit.i18n import lazy
from market.kit.menus import Menu, MenuEntry, WorkEntry, WorkGroup
from market.kit.room import Room
from market.kit.subjects import Subject, find_by

ROOM = Room(
    "challenges",
    models=(models,),
    permissions=PERMISSIONS,
    routes=[*list_views.routes, *views.routes, *owner_views.routes, *desk_views.routes],
    menu=(MenuEntry(Menu.MAIN, 33, lazy("揭榜挂帅"), "challenges:index", "challenges"),),
    workbench=(
        WorkEntry(
            WorkGroup.NEEDS,
            60,
            lazy("我的榜单"),
            "challenges:mine",
            act=ChallengeAct.DRAFT_CHALLENGE,
            is_for=queries.may_put_up,
            under=("/challenges/*/edit",),
        ),
        WorkEntry(
            WorkGroup.MARKET,
            65,
            lazy("揭榜挂帅"),
            "challenges:desk_index",
            act=ChallengeAct.READ_CHALLENGES,
            under=("/admin/challenges",),
        ),
    ),
    pending=worklist.pending,
    subjects={
        "challenge": Subject(
            lazy("榜单"),
            page="challenges:show",
            number="BD",
            find=find_by(queries.get_challenge_for, "/challenges", is_public=True),
            parties=queries.parties_of,
            verbs=(ChallengeAction,),
        ),
    },
    labels={
        "challenge": ChallengeStatus,
        "challenge_kind": Kind,
        "challenge_cooperation": Cooperation,
        "challenge_budget": BudgetKind,
        "challenge_end": EndReason,
        "challenge_ruling": Ruling,
    },
    audit_verbs={"challenge": (ChallengeVerb,)},
    panel_clients={"challenge": screening_panel.CLIENT},
    moments={
        clock.OPEN: lambda deps, challenge_id, now: clock.begin_responding(challenge_id, now=now),
        clock.CLOSE: lambda deps, challenge_id, now: clock.close(challenge_id, now=now),
    },
    checks=checks.CHECKS,
)
