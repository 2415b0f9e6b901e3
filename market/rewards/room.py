"""What the room of inventors' rewards contributes; assembled in `market/rooms.py`."""

from __future__ import annotations

from market.kit.i18n import lazy
from market.kit.menus import WorkEntry, WorkGroup
from market.kit.room import LedgerAccount, Room
from market.kit.subjects import Subject, find_by
from market.rewards import checks, models, plan_acts, queries, states, views, worklist
from market.rewards.states import FRESH, PERMISSIONS, RewardAct, RewardRuleVerb

ROOM = Room(
    "rewards",
    permissions=PERMISSIONS,
    fresh=FRESH,
    models=(models,),
    routes=views.routes,
    subjects={
        "reward": Subject(
            lazy("收益分配"),
            page="rewards:show",
            number="JL",
            find=find_by(queries.get_plan_for, "/rewards"),
            verbs=(states.RewardAction, states.RewardVerb),
        ),
    },
    labels={"reward": states.RewardStatus, "reward_kind": states.RewardKind},
    publicity=(plan_acts.PUBLICITY,),
    pending=worklist.pending,
    checks=checks.CHECKS,
    recent=worklist.recent,
    ledger_accounts={
        "income": LedgerAccount(lazy("转化净收入"), is_guarded=False),
        "reward": LedgerAccount(lazy("奖励发放"), is_guarded=False),
        "pot": LedgerAccount(lazy("奖励池"), is_guarded=True),
    },
    audit_verbs={
        "organisation": (RewardRuleVerb,),
    },
    workbench=(
        WorkEntry(
            WorkGroup.INCOME,
            10,
            lazy("收益分配"),
            "rewards:index",
            act=RewardAct.SEE_REWARDS,
            is_for=lambda actor: actor.may_sell or actor.is_staff,
        ),
        WorkEntry(
            WorkGroup.INCOME,
            20,
            lazy("分配规定"),
            "rewards:rules",
            act=RewardAct.SHARE_REWARDS,
            is_for=lambda actor: actor.may_sell,
        ),
    ),
)
