"""The whole table of role × act, written out. A new act fails here until somebody decides about it."""

from __future__ import annotations

from enum import StrEnum

import pytest

from market.accounts.models import MemberRole, OrganisationKind, OrganisationStatus, StaffRole
from market.accounts.permissions import AccountAct, NotYours, Role, may, require
from market.auctions.states import AuctionAct
from market.budgets.states import BudgetAct
from market.challenges.states import ChallengeAct
from market.claims.states import ClaimAct
from market.contracts.states import ContractAct
from market.deals.states import DealAct
from market.eligibility.states import EligibilityAct
from market.experts.states import ExpertAct
from market.integrity.states import IntegrityAct
from market.notices.states import NoticeAct
from market.panels.states import PanelAct
from market.papers.states import PaperAct
from market.policies.states import PolicyAct
from market.programmes.call_states import CallAct
from market.programmes.states import ProgrammeAct
from market.rankings.states import RankingAct
from market.rewards.states import RewardAct
from market.rooms import ROOMS
from market.statistics.states import StatisticsAct
from market.surveys.states import SurveyAct
from market.targets.states import TargetAct
from tests.factories import make_broker, make_member, make_organisation, make_staff, make_user

ACTS = list(ROOMS.permissions)
ROLES = (
    Role.GUEST,
    Role.PERSON,
    Role.APPLICANT,
    Role.ADMIN,
    Role.AGENT,
    Role.FINANCE,
    Role.BROKER,
    Role.OFFICER,
    Role.RECHECKER,
    Role.APPROVER,
    Role.OPERATOR,
    Role.AUDITOR,
)
EXPECTED = {
    # guest, person, applicant, admin, agent, finance, broker,
    # officer, rechecker, approver, operator, auditor
    "manage_members": "- - - y - - - - - - - -",
    "edit_organisation": "- - - y - - - - - - - -",
    "verify_organisation": "- - - - - - - - - - y -",
    "draft_listing": "- - y y y - - - - - - -",
    "check_papers": "- - - - - - - - - - y -",
    "see_papers": "- - - - - - - - - - y y",
    "write_listing": "- - - y y - - - - - - -",
    "moderate": "- - - - - - - - - - y -",
    "ask_question": "- - - y y - y - - - - -",
    "answer_question": "- - - y y - - - - - - -",
    "hide_question": "- - - - - - - - - - y -",
    "enter_survey": "- - - y y - - - - - - -",
    "recommend_entries": "- - - y y - - - - - - -",
    "read_entries": "- - - y y - y - - - y y",
    "enter_by_mandate": "- - - - - - y - - - - -",
    "manage_surveys": "- - - - - - - - - - y -",
    "read_surveys": "- - - - - - - - - - y y",
    "see_matches": "- - - y y - y - - - - -",
    "judge_match": "- - - y y - - - - - - -",
    "take_up": "- - - - - - y - - - - -",
    "introduce": "- - - - - - y - - - - -",
    "open_deal": "- - - y y - - - - - - -",
    "see_deals": "- - - y y y y - - - - y",
    "make_offer": "- - - y y - - - - - - -",
    "accept_offer": "- - - y y - - - - - - -",
    "upload_to_deal": "- - - y y y y - - - - -",
    "terminate_deal": "- - - y y - - - - - - -",
    "publish_price": "- - - y y - - - - - - -",
    "submit_certificate": "- - - y y - - - - - - -",
    "decide_certificate": "- - - - - - - - - - y -",
    "enter_related_parties": "- - - - - - - y - - - -",
    "appeal_sanction": "- - - y y - - - - - - -",
    "object": "- y y y y y y y y y y -",
    "answer_objection": "- - - y y - - y - - - -",
    "see_objections": "- - - - - - - - - y y y",
    "propose_ruling": "- - - - - - - - - - y -",
    "decide_objection": "- - - - - - - - - y - -",
    "sign": "- - - y y - - - - - - -",
    "register_contract": "- - - y y - - - - - - -",
    "record_remittance": "- - - y y y - - - - - -",
    "confirm_remittance": "- - - - - y - - - - - -",
    "confirm_paid_in": "- - - - - y - - - - - -",
    "import_statement": "- - - y y y - - - - - -",
    "see_statements": "- - - y y y - - - - - y",
    "refund": "- - - y - y - - - - - -",
    "confirm_refund": "- - - - - y - - - - - -",
    "see_reconciliation": "- - - - - y - y - - y y",
    "pay_online": "- - - y y y - - - - - -",
    "connect_account": "- - - y - y - - - - - -",
    "report_sales": "- - - y y - - - - - - -",
    "write_claim": "- - - y y - - - - - - -",
    "see_desk": "- - - - - - - y y y - y",
    "open_for_reason": "- - - - - - - y y y - -",
    "accept_claim": "- - - - - - - y - - - -",
    "calculate": "- - - - - - - y - - - -",
    "recheck": "- - - - - - - - y - - -",
    "apply_for_review": "- - - y y - - - - - - -",
    "decide_review": "- - - - - - - - - y - -",
    "assign_claim": "- - - - - - - y - - - -",
    "decide_refusal": "- - - - - - - - y - - -",
    "propose_account": "- - - y - y - - - - - -",
    "confirm_account": "- - - y y y - - - - - -",
    "compare_account": "- - - - - - - y - - - -",
    "confirm_comparison": "- - - - - - - - y - - -",
    "propose_payee_change": "- - - - - - - - y - - -",
    "decide_payee_change": "- - - - - - - - - y - -",
    "make_list": "- - - - - - - y y - - -",
    "confirm_list": "- - - - - - - - y - - -",
    "declare_conflict": "- - - - - - - y y y - -",
    "apply_as_expert": "- y - - - - - - - - - -",
    "see_experts": "- - - - - - - - - y y y",
    "verify_expert": "- - - - - - - - - - y -",
    "decide_expert": "- - - - - - - - - y - -",
    "bar_expert": "- - - - - - - - - - y -",
    "confirm_bar": "- - - - - - - - - y - -",
    "avoid_experts": "- - - y y - - - - - - -",
    "run_rounds": "- - - - - - - - - - y -",
    "judge": "- y - - - - - - - - - -",
    "approve_redraw": "- - - - - - - - - y - -",
    "conclude_round": "- - - - - - - - y y - -",
    "draft_auction": "- - - y y - - - - - - -",
    "check_auction": "- - - - - - - - - - y -",
    "enrol_in_auction": "- - - y y - - - - - - -",
    "bid": "- - - y y - - - - - - -",
    "run_auction": "- - - y y - - - - - y -",
    "decide_auction": "- - - y y y - - - y - -",
    "switch_auction_publicity": "- - - y - - - - - - - -",
    "read_auctions": "- - - - - - - - - - y y",
    "draft_challenge": "- - - y y - - - - - - -",
    "select_solution": "- - - y y - - - - y y -",
    "agree_award": "- - - y y - - - - - - -",
    "solve_challenge": "- - - y y - - - - - - -",
    "watch_challenge": "- - - y y - y - - - - -",
    "screen_challenge": "- - - - - - - - - - y -",
    "decide_challenge": "- - - - - - - - - y - -",
    "read_challenges": "- - - - - - - - - y y y",
    "object_to_result": "- - - y y - - - - - - -",
    "decide_result_objection": "- - - - - - - - - y - -",
    "audit_rounds": "- - - - - - - - - - - y",
    "start_clawback": "- - - - - - - y - - - -",
    "confirm_clawback": "- - - - - - - - - y - -",
    "confirm_return": "- - - - - - - - y - - -",
    "propose_handover": "- - - - - - - y - - - -",
    "confirm_handover": "- - - - - - - - - y - -",
    "approve": "- - - - - - - - - y - -",
    "disburse": "- - - - - - - y - - - -",
    "confirm_result": "- - - - - - - - y - - -",
    "take_back_result": "- - - - - - - - y - - -",
    "decide_take_back": "- - - - - - - - - y - -",
    "release_payment": "- - - - - - - - y - - -",
    "draft_layout": "- - - - - - - y - - - -",
    "confirm_layout": "- - - - - - - - y - - -",
    "sign_run": "- - - - - - - - y - - -",
    "enter_rate": "- - - - - - - y - - - -",
    "confirm_rate": "- - - - - - - - - y - -",
    "draft_terms": "- - - - - - - y - - - -",
    "release_terms": "- - - - - - - - - y - -",
    "draft_call": "- - - - - - - y - - - -",
    "release_call": "- - - - - - - - - y - -",
    "draft_policy": "- - - - - - - y - - - -",
    "release_policy": "- - - - - - - - - y - -",
    "run_eligibility": "- - - - - - - - - - y -",
    "see_unreached": "- - - - - - - - - - y y",
    "see_sanctions": "- - - - - - - - - y y y",
    "manage_sanctions": "- - - - - - - - - - y -",
    "decide_sanction": "- - - - - - - - - y - -",
    "see_holidays": "- - - - - - - - - y y y",
    "enter_holidays": "- - - - - - - - - - y -",
    "confirm_holidays": "- - - - - - - - - y - -",
    "run_jobs": "- - - - - - - - - - y -",
    "read_mails": "y y y y y y y y y y y y",
    "move_clock": "- - - - - - - - - - y -",
    "read_audit": "- - - - - - - - - - - y",
    "export_audit": "- - - - - - - - - - - y",
    "read_own_data": "- y y y y y y y y y y y",
    "export_own_data": "- y y y y y y y y y y y",
    "change_factors": "- y y y y y y y y y y y",
    "write_message": "- - - y y y y - - - - -",
    "follow_up": "- - - - - - y - - - - -",
    "extend_notice": "- - - y y - - - y - - -",
    "change_contract": "- - - y y - - - - - - -",
    "state_royalty": "- - - y y y - - - - - -",
    "share_rewards": "- - - y y - - - - - - -",
    "see_rewards": "- - - y y y - - - - - y",
    "export_payouts": "- - - y y y - - - - - y",
    "pay_rewards": "- - - - - y - - - - - -",
    "save_search": "- y y y y y y y y y y -",
    "declare_deed": "- - - y y - - - - - - -",
    "check_deed": "- - - y y - - - - - y -",
    "read_deeds": "- - - - - - - y y y y y",
    "manage_targets": "- - - - - - - - - - y -",
    "decide_targets": "- - - - - - - - - y - -",
    "read_rankings": "- - - - - - - y y y y y",
    "run_rankings": "- - - - - - - - - - y -",
    "decide_rankings": "- - - - - - - - - y - -",
    "read_statistics": "- - - - - - - y y y y y",
    "run_statistics": "- - - - - - - - - - y -",
    "decide_statistics": "- - - - - - - - - y - -",
    "report_park": "- - - y y - - - - - - -",
    "object_ranking": "- - - y y - - - - - - -",
}
"""y may, - may not."""


def test_each_act_is_allowed_to_exactly_these_roles() -> None:
    rows = {
        act.value: " ".join("y" if may(frozenset({role}), act) else "-" for role in ROLES) for act in ACTS
    }

    assert rows == EXPECTED


def test_the_table_names_every_role_and_every_act() -> None:
    assert set(ROLES) == set(Role)
    assert set(EXPECTED) == {act.value for act in ACTS}


def test_the_auditor_changes_nothing_but_the_own_second_factor() -> None:
    reading = {
        DealAct.SEE_DEALS,
        AccountAct.SEE_DESK,
        ContractAct.SEE_RECONCILIATION,
        ContractAct.SEE_STATEMENTS,
        RewardAct.SEE_REWARDS,
        ExpertAct.SEE_EXPERTS,
        PanelAct.AUDIT_ROUNDS,
        NoticeAct.SEE_HOLIDAYS,
        NoticeAct.SEE_OBJECTIONS,
        IntegrityAct.SEE_SANCTIONS,
        AccountAct.READ_AUDIT,
        AccountAct.EXPORT_AUDIT,
        AccountAct.READ_OWN_DATA,
        AccountAct.EXPORT_OWN_DATA,
        AccountAct.CHANGE_FACTORS,
        AccountAct.READ_MAILS,
        PaperAct.SEE_PAPERS,
        AuctionAct.READ_AUCTIONS,
        ChallengeAct.READ_CHALLENGES,
        SurveyAct.READ_ENTRIES,
        SurveyAct.READ_SURVEYS,
        RewardAct.EXPORT_PAYOUTS,
        EligibilityAct.SEE_UNREACHED,
        TargetAct.READ_DEEDS,
        RankingAct.READ_RANKINGS,
        StatisticsAct.READ_STATISTICS,
    }

    assert {act for act in ACTS if may(frozenset({Role.AUDITOR}), act)} <= reading


async def test_an_auditor_is_nothing_else_even_as_a_member_of_an_organisation() -> None:
    actor = await make_member(None, MemberRole.ADMIN, staff_role=StaffRole.AUDITOR)

    assert actor.roles == {Role.AUDITOR}


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (ClaimAct.CALCULATE, ClaimAct.RECHECK),
        (ClaimAct.RECHECK, BudgetAct.APPROVE),
        (ClaimAct.CALCULATE, BudgetAct.APPROVE),
        (ProgrammeAct.DRAFT_TERMS, ProgrammeAct.RELEASE_TERMS),
        (CallAct.DRAFT_CALL, CallAct.RELEASE_CALL),
        (PolicyAct.DRAFT_POLICY, PolicyAct.RELEASE_POLICY),
        (BudgetAct.CONFIRM_LIST, BudgetAct.APPROVE),
        (BudgetAct.START_CLAWBACK, BudgetAct.CONFIRM_CLAWBACK),
        (BudgetAct.PROPOSE_HANDOVER, BudgetAct.CONFIRM_HANDOVER),
        (BudgetAct.ENTER_RATE, BudgetAct.CONFIRM_RATE),
        (ExpertAct.VERIFY_EXPERT, ExpertAct.DECIDE_EXPERT),
        (ExpertAct.BAR_EXPERT, ExpertAct.CONFIRM_BAR),
        (ChallengeAct.SCREEN_CHALLENGE, ChallengeAct.DECIDE_CHALLENGE),
        (TargetAct.MANAGE_TARGETS, TargetAct.DECIDE_TARGETS),
        (RankingAct.RUN_RANKINGS, RankingAct.DECIDE_RANKINGS),
        (StatisticsAct.RUN_STATISTICS, StatisticsAct.DECIDE_STATISTICS),
    ],
)
def test_no_single_role_does_both_of_what_takes_two_people(first: StrEnum, second: StrEnum) -> None:
    assert not [role for role in Role if may(frozenset({role}), first) and may(frozenset({role}), second)]


@pytest.mark.parametrize("role", MemberRole)
async def test_a_members_role_counts_only_once_the_organisation_is_verified(role: MemberRole) -> None:
    waiting = await make_organisation(status=OrganisationStatus.PENDING)

    actor = await make_member(waiting, role)

    assert actor.roles == {Role.PERSON} | ({Role.APPLICANT} if role is MemberRole.ADMIN else set())
    assert not actor.acts_for(waiting.id)
    with pytest.raises(NotYours, match="还在等待认证"):
        actor.require(DealAct.OPEN_DEAL)


async def test_who_has_not_confirmed_the_address_may_nothing() -> None:
    actor = await make_member(None, MemberRole.ADMIN, email_confirmed_at=None)

    assert [act for act in ACTS if actor.may(act)] == []
    with pytest.raises(NotYours):
        actor.require(AccountAct.READ_OWN_DATA)


@pytest.mark.parametrize(
    ("kind", "may_sell", "may_buy"),
    [
        (OrganisationKind.UNIVERSITY, True, False),
        (OrganisationKind.INSTITUTE, True, False),
        (OrganisationKind.ENTERPRISE, True, True),
        (OrganisationKind.FARMERS_COOP, True, True),
        (OrganisationKind.AGENCY, False, False),
        (OrganisationKind.REGISTRY, False, False),
        (OrganisationKind.AUTHORITY, False, False),
        (OrganisationKind.SOURCE, False, False),
    ],
)
async def test_who_may_sell_and_who_may_buy(kind: OrganisationKind, may_sell: bool, may_buy: bool) -> None:
    actor = await make_member(await make_organisation(kind=kind))

    assert (actor.may_sell, actor.may_buy) == (may_sell, may_buy)


async def test_roles_come_together() -> None:
    broker = await make_broker()
    officer = await make_staff(StaffRole.OFFICER)

    assert (broker.role, officer.role) == ("broker", "officer")
    assert officer.is_staff
    assert not broker.is_staff
    assert (await make_user()).staff_role is None


def test_an_act_that_none_of_the_roles_may_do_is_refused() -> None:
    require(frozenset({Role.OFFICER, Role.ADMIN}), AccountAct.MANAGE_MEMBERS)
    with pytest.raises(NotYours):
        require(frozenset({Role.OFFICER}), AccountAct.MANAGE_MEMBERS)
