"""What the room of expert panels contributes; assembled in `market/rooms.py`."""

from __future__ import annotations

from market.files.mentions import NameKind
from market.files.plain_copy import CopyFault, Doubt, Removed
from market.kit.i18n import lazy
from market.kit.menus import WorkEntry, WorkGroup
from market.kit.room import PersonalData, Room
from market.kit.subjects import Subject
from market.panels import (
    blind_checks,
    blind_models,
    blind_papers,
    blind_views,
    checks,
    fee_checks,
    fee_models,
    fee_views,
    jobs,
    models,
    panel_seats,
    personal_data,
    round_checks,
    round_models,
    round_views,
    rounds,
    seat_access,
    seat_checks,
    seat_views,
    views,
    worklist,
)
from market.panels.fees import FeeForm
from market.panels.round_states import Extension, RoundAction, RoundStatus, RoundVerb, SeatAction, SeatStatus
from market.panels.states import PERMISSIONS, PanelAct, PanelVerb
from market.panels.statistics import Flag, Statistic

ROOM = Room(
    "panels",
    permissions=PERMISSIONS,
    models=(models, round_models, blind_models, fee_models),
    routes=[*views.routes, *seat_views.routes, *round_views.routes, *blind_views.routes, *fee_views.routes],
    jobs=(jobs.copy_papers, jobs.draw_experts),
    checks={
        **checks.CHECKS,
        **round_checks.CHECKS,
        **seat_checks.CHECKS,
        **blind_checks.CHECKS,
        **fee_checks.CHECKS,
    },
    stored_checks=blind_checks.STORED_CHECKS,
    moments={
        panel_seats.DUE: lambda deps, seat_id, now: panel_seats.lapse(seat_id, now=now),
        rounds.TELL: lambda deps, round_id, now: rounds.publish_at_the_clock(round_id, now=now),
        panel_seats.REMIND: lambda deps, seat_id, now: panel_seats.remind(seat_id, now=now),
    },
    subjects={
        "round": Subject(
            lazy("专家评审"),
            page="panels:round",
            number="PS",
            verbs=(RoundAction,),
            files=blind_papers.may_open_copy,
        ),
        "seat": Subject(lazy("评审席位"), verbs=(SeatAction,), sealed=seat_access.sealed_seats),
    },
    labels={
        "round": RoundStatus,
        "seat": SeatStatus,
        "statistic": Statistic,
        "panel_flag": Flag,
        "panel_extension": Extension,
        "fee_form": FeeForm,
        "blind_fault": CopyFault,
        "blind_removed": Removed,
        "blind_doubt": Doubt,
        "blind_name": NameKind,
    },
    pending=worklist.pending,
    sealed_openers=seat_access.sealed_openers,
    personal_data=PersonalData(
        "expert_seats",
        export=personal_data.export_expert,
        erase=personal_data.erase_seats,
        kept=lazy("评审中提交的评分和意见、核定的专家咨询费保留：结论和支付以此为凭。"),
    ),
    audit_verbs={
        "*": (PanelVerb,),
        "round": (RoundVerb,),
        "seat": (RoundVerb,),
    },
    workbench=(
        WorkEntry(
            WorkGroup.REVIEW, 10, lazy("我的评审"), "panels:tasks", act=PanelAct.JUDGE, is_for=views.may_judge
        ),
        WorkEntry(WorkGroup.MARKET, 60, lazy("评审轮次"), "panels:rounds", act=PanelAct.RUN_ROUNDS),
        WorkEntry(WorkGroup.REVIEW, 30, lazy("评审轮次"), "panels:rounds", act=PanelAct.CONCLUDE_ROUND),
        WorkEntry(
            WorkGroup.RECORDS, 55, lazy("专家抽取与请托报告"), "panels:draws", act=PanelAct.AUDIT_ROUNDS
        ),
    ),
)
