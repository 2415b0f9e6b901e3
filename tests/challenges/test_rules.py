"""The pure rules of challenges: what can be listed, money to the fen, the deadline to the millisecond."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from market.challenges.amounts import instalments, public_amount, public_parts, team_amounts
from market.challenges.challenge_terms import Criterion, Indicator, Milestone, Package
from market.challenges.deadlines import (
    deadline_words,
    exact_words,
    is_open,
    left_words,
    shown_status,
    takes_solutions,
)
from market.challenges.prefill import again, from_need
from market.challenges.rules import (
    ceiling_fault,
    earliest_deadline,
    faults_of,
    listing_faults,
    packages_total,
)
from market.challenges.states import (
    CHALLENGE_WORKFLOW,
    BudgetKind,
    ChallengeAction,
    ChallengeStatus,
    Cooperation,
    Kind,
    Operator,
    Winners,
)
from market.kit.clock import end_of_day
from market.kit.terms import from_content, hash_content, to_content
from market.kit.workflow import ActionNotAllowed
from market.listings.models import Need
from tests.challenges.factories import DEADLINE, OPENS, WAN, challenge_terms
from tests.factories import NOW

S, A = ChallengeStatus, ChallengeAction
SHANGHAI = ZoneInfo("Asia/Shanghai")


def test_the_instalments_of_the_dossier_are_exact() -> None:
    assert instalments(180 * WAN, [3000, 4000, 3000]) == [54 * WAN, 72 * WAN, 54 * WAN]
    assert instalments(99_999_999, [3000, 4000, 3000]) == [30_000_000, 39_999_999, 30_000_000]
    assert team_amounts(180 * WAN, [5000, 3000, 2000]) == [90 * WAN, 54 * WAN, 36 * WAN]
    with pytest.raises(ValueError, match="100"):
        instalments(180 * WAN, [3000, 4000])


def test_public_money_is_a_share_up_to_a_most() -> None:
    assert public_amount(180 * WAN, 3000, 100 * WAN) == 54 * WAN
    assert public_amount(400 * WAN, 3000, 100 * WAN) == 100 * WAN
    assert public_amount(400 * WAN, 3000, None) == 120 * WAN


def test_public_money_of_several_contracts_adds_up_and_a_later_one_moves_no_earlier() -> None:
    assert public_parts([180 * WAN], 3000, 100 * WAN) == [54 * WAN]
    assert public_parts([180 * WAN, 220 * WAN], 3000, 100 * WAN) == [54 * WAN, 46 * WAN]
    assert public_parts([33_33, 33_33, 33_34], 3000, None) == [1000, 1000, 1000]
    assert public_parts([], 3000, None) == []


def test_two_winners_of_fifty_each_do_not_fit_a_ceiling_of_eighty() -> None:
    terms = challenge_terms(budget=80 * WAN, winners=Winners.EACH, winners_most=2, each=50 * WAN)

    assert [fault for fault in faults_of(terms) if fault[0] == "each"] == [
        ("each", "2 家各 50.00 万元，合计 100.00 万元，超过榜额 80.00 万元。")
    ]
    assert not faults_of(replace(terms, each=40 * WAN))
    assert faults_of(replace(terms, each=None)) == [("each", "请填每家的金额。")]
    assert ceiling_fault(terms, [50 * WAN, 50 * WAN]) == "入选金额合计 100.00 万元，超过榜额 80.00 万元。"
    assert ceiling_fault(terms, [40 * WAN, 40 * WAN]) == ""
    assert ceiling_fault(replace(terms, budget=None), [900 * WAN]) == ""


@pytest.mark.parametrize(
    ("arrives", "in_time"),
    [
        ("2026-12-31T16:59:59.999", True),
        ("2026-12-31T17:00:00.000", False),
        ("2026-12-31T17:00:01.000", False),
        ("2026-12-01T00:00:00.000", True),
        ("2026-11-30T23:59:59.999", False),
    ],
)
def test_the_deadline_is_meant_to_the_millisecond(arrives: str, in_time: bool) -> None:
    opens = datetime(2026, 12, 1, tzinfo=SHANGHAI).astimezone(UTC)
    deadline = datetime(2026, 12, 31, 17, tzinfo=SHANGHAI).astimezone(UTC)
    moment = (
        datetime.fromisoformat(arrives).replace(tzinfo=SHANGHAI).astimezone(ZoneInfo("America/Los_Angeles"))
    )

    assert is_open(moment, opens, deadline) is in_time
    for status in (S.LISTED, S.RESPONDING):
        assert takes_solutions(status, moment, opens, deadline) is in_time
    assert not takes_solutions(S.CLOSED, moment, opens, deadline)
    assert not takes_solutions(S.LISTED, moment, None, deadline)
    assert deadline_words(deadline) == "2026-12-31 17:00:00"


def test_what_people_read_follows_the_clock_and_not_a_job() -> None:
    tick = timedelta(milliseconds=1)
    assert shown_status(S.LISTED, OPENS - tick, OPENS, DEADLINE) is S.LISTED
    assert shown_status(S.LISTED, OPENS, OPENS, DEADLINE) is S.RESPONDING
    assert shown_status(S.LISTED, DEADLINE - tick, OPENS, DEADLINE) is S.RESPONDING
    assert shown_status(S.RESPONDING, DEADLINE, OPENS, DEADLINE) is S.CLOSED
    assert shown_status(S.DRAFT, DEADLINE, None, None) is S.DRAFT
    assert deadline_words(None) == "—"
    assert deadline_words(end_of_day(date(2026, 12, 30))) == "2026-12-30 24:00:00"
    assert exact_words(DEADLINE - tick) == "2026-04-30 16:59:59.999"
    assert left_words(DEADLINE, DEADLINE) == "已截止"
    assert left_words(DEADLINE - timedelta(days=20, hours=3), DEADLINE) == "还剩 20 天"
    assert left_words(DEADLINE - timedelta(hours=5), DEADLINE) == "还剩 5 小时"
    assert left_words(DEADLINE - timedelta(seconds=30), DEADLINE) == "还剩 1 分钟"


def test_what_lacks_nothing_can_be_listed() -> None:
    assert listing_faults(challenge_terms(), NOW) == []


GOOD = challenge_terms().indicators[0]


@pytest.mark.parametrize(
    ("given", "field", "words"),
    [
        ({"summary": ""}, "summary", "一两句话"),
        ({"background": ""}, "background", "请写背景"),
        ({"field": ""}, "field", "技术领域"),
        ({"failure": ""}, "failure", "技术失败"),
        ({"contact": ""}, "contact", "咨询"),
        ({"indicators": ()}, "indicators", "至少写一项"),
        ({"indicators": (replace(GOOD, name=""),)}, "indicators", "第 1 项指标没有名称"),
        ({"indicators": (replace(GOOD, unit=""),)}, "indicators", "第 1 项指标缺少单位"),
        ({"indicators": (replace(GOOD, low=""),)}, "indicators", "缺少要求达到的数值"),
        (
            {"indicators": (GOOD, replace(GOOD, method=""))},
            "indicators",
            "第 2 项指标缺少检测方法：请写明按什么标准、由谁检测。",
        ),
        (
            {"indicators": (replace(GOOD, operator=Operator.BETWEEN, low="9", high="8"),)},
            "indicators",
            "前一个小于后一个",
        ),
        ({"indicators": (replace(GOOD, operator=Operator.BETWEEN),)}, "indicators", "要写两个数"),
        ({"indicators": (replace(GOOD, package=2),)}, "indicators", "所属的包不存在"),
        ({"budget": None}, "budget", "请填榜额"),
        ({"kind": Kind.GOVERNMENT, "budget_kind": BudgetKind.NEGOTIABLE}, "budget_kind", "须写明榜额"),
        ({"budget_kind": BudgetKind.RANGE}, "budget_least", "下限"),
        ({"budget_kind": BudgetKind.RANGE, "budget_least": 300 * WAN}, "budget_least", "下限"),
        ({"public_share": 3000}, "public_share", "企业榜没有财政支持"),
        ({"winners_most": 2}, "winners_most", "家数填 1"),
        ({"winners": Winners.SPLIT}, "winners_most", "至少 2"),
        ({"race_lanes": 1}, "race_lanes", "至少两支"),
        ({"race_lanes": 2}, "race_lanes", "按什么淘汰"),
        (
            {"race_lanes": 2, "race_cut": "小试后", "winners": Winners.SPLIT, "winners_most": 2},
            "race_lanes",
            "最后只留一家",
        ),
        ({"milestones": ()}, "milestones", "分几个阶段"),
        ({"milestones": (Milestone("验收", "达到", None, 9000),)}, "milestones", "合计 90%，应为 100%"),
        ({"milestones": (Milestone("验收", "", None, 10_000),)}, "milestones", "第 1 个阶段"),
        (
            {
                "milestones": (
                    Milestone("一", "达到", date(2027, 1, 1), 5000),
                    Milestone("二", "达到", date(2026, 1, 1), 5000),
                )
            },
            "milestones",
            "从早到晚",
        ),
        ({"criteria": ()}, "criteria", "怎样选"),
        ({"criteria": (Criterion("价格", 90),)}, "criteria", "合计 90，应为 100"),
        ({"criteria": (Criterion("价格", 100), Criterion("", 0))}, "criteria", "大于 0"),
        ({"criteria": (Criterion("价格", 50), Criterion("价格", 50))}, "criteria", "名称相同"),
        ({"packages": (Package("一", "内容", WAN),)}, "packages", "只有研发众包才分包"),
        ({"cooperation": Cooperation.CROWD}, "packages", "至少分一个包"),
        ({"opens_at": None}, "opens_on", "从什么时候"),
        ({"deadline_at": None}, "deadline_on", "截止的日期"),
        ({"opens_at": DEADLINE}, "deadline_on", "晚于开始"),
        ({"title": "某机密装置"}, "title", "涉密内容不得发布"),
        ({"conditions": "须由原厂提供"}, "conditions", "只有一家能满足"),
        ({"deadline_at": NOW + timedelta(days=20)}, "deadline_on", "至少揭榜 20 天"),
        ({"kind": Kind.GOVERNMENT, "deadline_at": NOW + timedelta(days=30)}, "deadline_on", "至少揭榜 30 天"),
    ],
)
def test_what_keeps_a_challenge_from_being_listed_is_told_at_its_field(
    given: dict[str, Any], field: str, words: str
) -> None:
    faults = listing_faults(challenge_terms(**given), NOW)

    assert [sentence for name, sentence in faults if name == field and words in sentence], faults


def test_the_day_of_publication_does_not_count() -> None:
    assert earliest_deadline(Kind.ENTERPRISE, NOW) == datetime(2026, 3, 23, tzinfo=SHANGHAI)
    assert listing_faults(challenge_terms(deadline_at=earliest_deadline(Kind.ENTERPRISE, NOW)), NOW) == []


def test_what_is_negotiable_needs_no_amount_and_what_is_had_or_not_no_number() -> None:
    yes = Indicator("可在线监测", operator=Operator.YES, method="现场演示")

    assert faults_of(challenge_terms(budget=None, budget_kind=BudgetKind.NEGOTIABLE, indicators=(yes,))) == []
    assert yes.required == "具备"
    assert Indicator("温度", operator=Operator.BETWEEN, low="10", high="20").required == "10–20"
    assert GOOD.required == "≥ 84"


def test_packages_fit_the_budget_and_wait_for_one_another_in_order() -> None:
    first = Package("数据标注", "一万张", 20 * WAN, 2)
    second = Package("模型", "权重和说明", 100 * WAN, 1, after=1)
    indicators = (replace(GOOD, package=1), replace(GOOD, package=2))
    crowd = challenge_terms(cooperation=Cooperation.CROWD, packages=(first, second), indicators=indicators)

    assert faults_of(crowd) == []
    assert packages_total(crowd.packages) == 140 * WAN
    assert crowd.package_name(2) == "模型"
    assert crowd.package_name(0) == "整榜"
    assert "超过榜额" in faults_of(replace(crowd, budget=139 * WAN))[0][1]
    assert faults_of(replace(crowd, budget=None, budget_kind=BudgetKind.NEGOTIABLE)) == []
    assert "没有考核指标" in faults_of(replace(crowd, indicators=indicators[:1]))[0][1]
    assert "之后" in faults_of(replace(crowd, packages=(replace(first, after=2), second)))[0][1]
    assert "报酬和份数" in faults_of(replace(crowd, packages=(replace(first, text=""), second)))[0][1]


def test_terms_keep_their_hash_through_storage_and_change_it_with_any_word() -> None:
    terms = challenge_terms()

    assert from_content(type(terms), to_content(terms)) == terms
    assert terms.content_hash == hash_content(to_content(terms))
    assert replace(terms, failure="各担一半。").content_hash != terms.content_hash


def test_a_need_becomes_a_draft_whose_targets_are_indicators() -> None:
    need = Need(
        title="提高导线导电率",
        background="强度不够",
        description="要更高",
        field="materials",
        budget_max_amount=50 * WAN,
        targets=[
            {"indicator": "导电率", "present": "61", "target": "≥ 63.5 %IACS"},
            {"indicator": "强度", "present": "", "target": "不降低"},
            {"indicator": "", "present": "", "target": ""},
        ],
        requirements="有中试条件",
        is_masked=True,
    )
    terms = from_need(need)

    assert [(row.name, row.operator, row.low, row.unit) for row in terms.indicators] == [
        ("导电率", Operator.AT_LEAST, "63.5", "%IACS"),
        ("强度", Operator.AT_LEAST, "", ""),
    ]
    assert (terms.budget, terms.is_masked, terms.conditions) == (50 * WAN, True, "有中试条件")
    assert again(challenge_terms()).deadline_at is None


LEADS = {
    (S.DRAFT, A.SUBMIT): S.COLLECTING,
    (S.COLLECTING, A.RETURN): S.DRAFT,
    (S.COLLECTING, A.REJECT): S.REJECTED,
    (S.COLLECTING, A.LIST): S.LISTED,
    (S.LISTED, A.OPEN): S.RESPONDING,
    (S.RESPONDING, A.CLOSE): S.CLOSED,
    (S.CLOSED, A.OPEN_SOLUTIONS): S.CHECKING,
    (S.CHECKING, A.REVIEW): S.REVIEWING,
    (S.REVIEWING, A.SELECT): S.AGREED,
    (S.AGREED, A.PUBLISH): S.PUBLICITY,
    (S.AGREED, A.CONTRACT): S.CONTRACTED,
    (S.PUBLICITY, A.CLEAR): S.CONTRACTED,
    (S.PUBLICITY, A.SET_ASIDE): S.REVIEWING,
    (S.CONTRACTED, A.PROMOTE): S.AGREED,
    (S.CONTRACTED, A.EXECUTE): S.EXECUTING,
    (S.EXECUTING, A.CUT): S.AGREED,
    (S.EXECUTING, A.ACCEPT): S.ACCEPTED,
    (S.EXECUTING, A.FAIL): S.FAILED,
}
NONE_FROM = {S.CLOSED, S.CHECKING, S.REVIEWING, S.AGREED, S.CONTRACTED}
END_FROM = {S.LISTED, S.RESPONDING, S.CLOSED, S.CHECKING, S.REVIEWING, S.AGREED, S.PUBLICITY}


def test_every_status_and_action_leads_where_the_table_says_and_nowhere_else() -> None:
    table = {
        **LEADS,
        **{(status, A.FIND_NONE): S.NO_TAKER for status in NONE_FROM},
        **{(status, A.END): S.ENDED for status in END_FROM},
    }
    for status in S:
        for action in A:
            if (status, action) in table:
                assert CHALLENGE_WORKFLOW.next(status, action) is table[status, action]
            else:
                with pytest.raises(ActionNotAllowed):
                    CHALLENGE_WORKFLOW.next(status, action)


def test_nothing_that_was_listed_goes_back_to_a_draft() -> None:
    before = {S.DRAFT, S.COLLECTING, S.REJECTED}
    for status in set(S) - before:
        assert (
            not {CHALLENGE_WORKFLOW.next(status, action) for action in A if _leads(status, action)} & before
        )


def _leads(status: ChallengeStatus, action: ChallengeAction) -> bool:
    try:
        CHALLENGE_WORKFLOW.next(status, action)
    except ActionNotAllowed:
        return False
    return True
