"""What the pool of experts contributes; assembled in `market/rooms.py`."""

from __future__ import annotations

from market.experts import checks, models, office_views, personal_data, queries, views, worklist
from market.experts.states import (
    FRESH,
    PERMISSIONS,
    AvoidanceVerb,
    ExpertAct,
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
from market.kit.menus import WorkEntry, WorkGroup
from market.kit.room import PersonalData, Room
from market.kit.subjects import Subject

ROOM = Room(
    "experts",
    permissions=PERMISSIONS,
    fresh=FRESH,
    models=(models,),
    routes=[*views.routes, *office_views.routes],
    subjects={
        "expert": Subject(
            lazy("专家"),
            page="experts:show",
            number="ZF",
            files=queries.may_open_resume,
            verbs=(ExpertAction,),
        )
    },
    labels={
        "expert": ExpertStatus,
        "expert_kind": ExpertKind,
        "title_rank": TitleRank,
        "expert_tie": ExpertTieKind,
        "tie_source": TieSource,
        "expert_ruling": ExpertRuling,
    },
    audit_verbs={"expert": (ExpertVerb,), "organisation": (AvoidanceVerb,)},
    pending=worklist.pending,
    workbench=(
        WorkEntry(WorkGroup.REVIEW, 50, lazy("专家库"), "experts:queue", act=ExpertAct.SEE_EXPERTS),
        WorkEntry(
            WorkGroup.ORGANISATION,
            65,
            lazy("专家入库"),
            "experts:own",
            act=ExpertAct.APPLY_AS_EXPERT,
            is_for=lambda actor: not views.decides(actor),
            under=("/experts/apply",),
        ),
        WorkEntry(
            WorkGroup.SUBSIDY, 80, lazy("专家回避申请"), "experts:avoided", act=ExpertAct.AVOID_EXPERTS
        ),
    ),
    checks=checks.CHECKS,
    personal_data=PersonalData(
        "expert", personal_data.export_expert, personal_data.erase_expert, personal_data.KEPT
    ),
)
