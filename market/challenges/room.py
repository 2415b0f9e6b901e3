"""What the room of challenges contributes; assembled in `market/rooms.py`."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from market.challenges import (
    annex_views,
    annexes,
    award_deals,
    award_views,
    checks,
    clock,
    co_funding,
    desk_views,
    extension_views,
    jobs,
    list_views,
    milestone_answers,
    models,
    owner_views,
    personal_data,
    price_views,
    queries,
    reminders,
    result_notices,
    screening_panel,
    selection_checks,
    selection_models,
    selection_panel,
    selection_queries,
    selection_views,
    selection_worklist,
    solution_checks,
    solution_models,
    solution_queries,
    solution_views,
    views,
    watch_views,
    worklist,
)
from market.challenges.askable import ASKABLE
from market.challenges.selection_states import (
    AwardAction,
    AwardStatus,
    AwardVerb,
    Comparison,
    SelectionKind,
    SelectionVerb,
)
from market.challenges.solution_states import SolutionAction, SolutionStatus, SolutionVerb
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
from market.deps import Deps
from market.kit.i18n import lazy
from market.kit.menus import Menu, MenuEntry, WorkEntry, WorkGroup
from market.kit.room import PersonalData, Room
from market.kit.subjects import Subject, find_by


async def _remind(_deps: Deps, challenge_id: UUID, now: datetime) -> bool:
    return await reminders.remind(challenge_id, now=now)


ROOM = Room(
    "challenges",
    models=(models, solution_models, selection_models),
    permissions=PERMISSIONS,
    routes=[
        *list_views.routes,
        *views.routes,
        *owner_views.routes,
        *desk_views.routes,
        *solution_views.routes,
        *extension_views.routes,
        *watch_views.routes,
        *selection_views.routes,
        *award_views.routes,
        *price_views.routes,
        *annex_views.routes,
    ],
    jobs=(jobs.open_solutions,),
    menu=(MenuEntry(Menu.MAIN, 33, lazy("揭榜挂帅"), "challenges:index", "challenges"),),
    workbench=(
        WorkEntry(
            WorkGroup.NEEDS,
            60,
            lazy("我的榜单"),
            "challenges:mine",
            act=ChallengeAct.DRAFT_CHALLENGE,
            is_for=queries.may_put_up,
            under=("/challenges/*/edit", "/challenges/*/annexes", "/challenges/*/selection"),
        ),
        WorkEntry(
            WorkGroup.DEALS,
            65,
            lazy("我的揭榜"),
            "challenges:my_solutions",
            act=ChallengeAct.SOLVE_CHALLENGE,
            is_for=lambda actor: actor.sells,
            under=("/challenges/*/solution",),
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
    pending=lambda actor: [*worklist.pending(actor), *selection_worklist.pending(actor)],
    recent=worklist.recent,
    subjects={
        "challenge": Subject(
            lazy("榜单"),
            page="challenges:show",
            number="BD",
            find=find_by(queries.get_challenge_for, "/challenges", is_public=True),
            asked=ASKABLE,
            describe=queries.describe,
            support=co_funding.promised_by_deal,
            signed=award_deals.follow_soon,
            parties=selection_queries.parties_of,
            verbs=(ChallengeAction,),
        ),
        "solution": Subject(
            lazy("揭榜方案"),
            files=selection_queries.may_open_solution_file,
            sealed=solution_queries.sealed_solutions,
            verbs=(SolutionAction,),
        ),
        annexes.KIND: Subject(
            lazy("榜单附件"),
            files=annexes.may_open_annex,
            openings=annexes.may_read_openings,
            sealed=annexes.sealed_annexes,
        ),
        "challenge_award": Subject(lazy("入选"), verbs=(AwardAction,)),
        "milestone_report": Subject(lazy("阶段成果"), files=selection_queries.may_open_report_file),
    },
    labels={
        "challenge": ChallengeStatus,
        "challenge_kind": Kind,
        "challenge_cooperation": Cooperation,
        "challenge_budget": BudgetKind,
        "challenge_end": EndReason,
        "challenge_ruling": Ruling,
        "solution": SolutionStatus,
        "challenge_award": AwardStatus,
        "selection_kind": SelectionKind,
        "price_comparison": Comparison,
    },
    audit_verbs={
        "challenge": (ChallengeVerb, SelectionVerb),
        "solution": (SolutionVerb,),
        "challenge_award": (AwardVerb,),
    },
    personal_data=PersonalData(
        "challenges",
        export=personal_data.export,
        erase=personal_data.erase,
        kept=lazy("提交的揭榜方案保留：选定和合同以此为凭。"),
    ),
    panel_clients={"challenge": screening_panel.CLIENT, "solution": selection_panel.CLIENT},
    publicity=(result_notices.PUBLICITY,),
    document_facts={"needs": queries.need_document_facts},
    deadlines=lambda deps, now: award_deals.follow_deals(now),
    moments={
        clock.OPEN: lambda deps, challenge_id, now: clock.begin_responding(challenge_id, now=now),
        clock.CLOSE: lambda deps, challenge_id, now: clock.close(challenge_id, now=now),
        **dict.fromkeys(reminders.BEFORE, _remind),
        award_deals.SIGNED: lambda deps, award_id, now: award_deals.follow_award(award_id, now=now),
        award_deals.SIGN_DUE: lambda deps, award_id, now: award_deals.remind_to_sign(award_id, now=now),
        milestone_answers.ANSWER_DUE: lambda deps, award_id, now: milestone_answers.remind_of_answer(
            award_id, now=now
        ),
        milestone_answers.ANSWER_LATE: lambda deps, award_id, now: milestone_answers.hand_over_answer(
            award_id, now=now
        ),
    },
    checks={**checks.CHECKS, **solution_checks.CHECKS, **selection_checks.CHECKS},
    keyed_checks=solution_checks.KEYED_CHECKS,
    stored_checks=solution_checks.STORED_CHECKS,
)
