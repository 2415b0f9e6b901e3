"""What the pool of experts contributes; assembled in `market/rooms.py`."""

from __future__ import annotations

from market.experts import checks, models
from market.experts.states import (
    FRESH,
    PERMISSIONS,
    AvoidanceVerb,
    ExpertAction,
    ExpertKind,
    ExpertRuling,
    ExpertStatus,
    ExpertTieKind,
    ExpertVerb,
    TieSource,
    TitleRank,
)
from market.kit.i18n import lazy
from market.kit.room import Room
from market.kit.subjects import Subject

ROOM = Room(
    "experts",
    permissions=PERMISSIONS,
    fresh=FRESH,
    models=(models,),
    subjects={"expert": Subject(lazy("专家"), number="ZF", verbs=(ExpertAction,))},
    labels={
        "expert": ExpertStatus,
        "expert_kind": ExpertKind,
        "title_rank": TitleRank,
        "expert_tie": ExpertTieKind,
        "tie_source": TieSource,
        "expert_ruling": ExpertRuling,
    },
    audit_verbs={"expert": (ExpertVerb,), "organisation": (AvoidanceVerb,)},
    checks=checks.CHECKS,
)
