"""The rules of a choice and the worked numbers of the dossier."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from typing import Any

import pytest

from market.challenges.amounts import instalments, public_amount, team_amounts
from market.challenges.award_plans import offer_terms, published_plan, read_plan, revised
from market.challenges.challenge_terms import Indicator, Package
from market.challenges.milestones import is_met
from market.challenges.selection_rules import (
    FIRST,
    SECOND,
    Candidate,
    Choice,
    choice_faults,
    cost_of,
    may_promote,
    most_chosen,
    ranks_of,
    stage_amount,
)
from market.challenges.states import BudgetKind, Cooperation, Kind, Operator, Winners
from market.deals.models import ContractKind
from market.deals.terms import complete_plan
from tests.challenges.factories import DEADLINE, WAN, challenge_terms

TERMS = challenge_terms()
REASON = "外推年限没有数据支持。"
PUBLIC = {"kind": Kind.GOVERNMENT}


def candidate(place: int, price: int = 180, points: int | None = None, package: int = 0) -> Candidate:
    at = DEADLINE - timedelta(hours=10 - place)
    return Candidate(place, package, price * WAN, at, None if points is None else Fraction(points))


def chosen(place: int, amount: int = 180, rank: int = 1) -> Choice:
    return Choice(place, is_chosen=True, rank=rank, amount=amount * WAN)


def passed(place: int, rank: int = 2, reason: str = REASON) -> Choice:
    return Choice(place, is_chosen=False, rank=rank, reason=reason)


def words(terms: Any, candidates: list[Candidate], choices: list[Choice], **given: Any) -> list[str]:
    faults = choice_faults(terms, candidates, choices, **given)
    return [f"{fault.place} {fault.field} {fault.words}" for fault in faults]


def test_worked_numbers_of_the_dossier() -> None:
    assert instalments(180 * WAN, [3000, 4000, 3000]) == [54 * WAN, 72 * WAN, 54 * WAN]
    assert instalments(99_999_999, [3000, 4000, 3000]) == [30_000_000, 39_999_999, 30_000_000]
    assert team_amounts(180 * WAN, [5000, 3000, 2000]) == [90 * WAN, 54 * WAN, 36 * WAN]
    assert public_amount(180 * WAN, 3000, 100 * WAN) == 54 * WAN
    assert public_amount(400 * WAN, 3000, 100 * WAN) == 100 * WAN
    each = challenge_terms(
        budget=80 * WAN, winners=Winners.EACH, winners_most=2, each=50 * WAN, budget_kind=BudgetKind.CEILING
    )
    two = [candidate(1, 50), candidate(2, 50)]
    faults = words(each, two, [chosen(1, 50), chosen(2, 50, rank=2)])
    assert faults == ["0 rows 入选金额合计 100.00 万元，超过榜额 80.00 万元。"]


def test_a_plan_is_the_published_milestones_at_the_price_and_becomes_the_instalments() -> None:
    plan = published_plan(TERMS, 180 * WAN, FIRST)
    assert [row.amount for row in plan.stages] == [54 * WAN, 72 * WAN, 54 * WAN]
    assert read_plan(plan.rows) == plan
    changed = revised(plan, [(2, "两台槽稳定运行三个月", None)])
    assert changed.amount == plan.amount
    assert changed.content_hash != plan.content_hash
    offer = complete_plan(offer_terms(TERMS, changed, "揭榜"))
    assert (offer.kind, offer.price.amount) == (ContractKind.DEVELOPMENT, 180 * WAN)
    assert offer.plan[1].condition == "两台槽上槽运行：两台槽稳定运行三个月"
    transfer = challenge_terms(cooperation=Cooperation.TRANSFER)
    assert offer_terms(transfer, plan, "").kind is ContractKind.ASSIGNMENT


@pytest.mark.parametrize(
    ("choices", "fault"),
    [
        ([passed(1, 1), passed(2)], "0 rows 请至少选一家"),
        ([chosen(1), passed(2, reason="太贵")], "2 reason 未入选的请写明原因，至少 10 个字。"),
        ([chosen(1, 181), passed(2)], "1 amount 不能高于方案的报价"),
        ([Choice(1, is_chosen=True, rank=1), passed(2)], "1 amount 请填入选金额。"),
        ([chosen(1), Choice(2, is_chosen=False, reason=REASON)], "2 rank 请填名次。"),
        ([chosen(1), chosen(2, 150, rank=2)], "0 rows “整榜”最多入选 1 家，选了 2 家。"),
        ([chosen(1), passed(2, rank=1)], "2 rank 第 1 名有两家。"),
        ([chosen(1, rank=2), passed(2, rank=1)], "1 rank 名次在前的没有入选"),
    ],
)
def test_each_fault_of_a_choice_is_told_at_its_solution(choices: list[Choice], fault: str) -> None:
    faults = words(TERMS, [candidate(1, 180), candidate(2, 150)], choices)
    assert any(line.startswith(fault) for line in faults), faults


def test_a_choice_that_is_whole_can_stand() -> None:
    assert words(TERMS, [candidate(1), candidate(2, 150)], [chosen(1), passed(2)]) == []
    fixed = challenge_terms(budget_kind=BudgetKind.FIXED)
    assert words(fixed, [candidate(1, 200)], [chosen(1, 199)]) == [
        "1 amount 这张榜是定额，金额应为 ￥2,000,000.00。"
    ]
    each = challenge_terms(winners=Winners.EACH, winners_most=2, each=90 * WAN)
    assert words(each, [candidate(1, 90)], [chosen(1, 80)])[0].startswith("1 amount 每家金额相同")


def test_the_panels_ranking_decides_a_government_list() -> None:
    terms = challenge_terms(**PUBLIC)
    two = [candidate(1, 180, 82), candidate(2, 150, 82)]
    assert ranks_of(two) == {2: 1, 1: 2}
    assert ranks_of([candidate(2, 150, 82), candidate(1, 150, 82)]) == {1: 1, 2: 2}
    assert words(terms, two, [passed(1), chosen(2, 150)]) == []
    assert "1 rank 按评审得分应为第 2 名。" in words(terms, two, [chosen(1), passed(2)])
    assert words(terms, [candidate(1, 180, 60), candidate(2, 150, 50)], [chosen(1), passed(2)]) == []


def test_an_only_solution_needs_seventy_points_and_a_price_test_that_it_keeps_to() -> None:
    terms = challenge_terms(**PUBLIC)

    def alone(points: int | None, tested: int | None) -> list[str]:
        only = replace(candidate(1, 180, points), tested=None if tested is None else tested * WAN)
        return words(terms, [only], [chosen(1)])

    assert alone(59, 180) == ["1 is_chosen 评审 59.00 分，低于 70 分，不能入选。"]
    assert alone(None, 180) == ["1 is_chosen 评审 — 分，低于 70 分，不能入选。"]
    assert alone(70, 180) == []
    assert alone(70, None)[0].startswith("1 is_chosen 只有一份方案通过形式审查")
    assert alone(70, 179) == ["1 amount 不能高于价格比对认可的最高价 ￥1,790,000.00。"]


def test_a_race_costs_all_first_stages_and_the_rest_of_the_dearest() -> None:
    race = challenge_terms(race_lanes=2, race_cut="小试后按失重率淘汰")
    assert stage_amount(race, 150 * WAN, FIRST) == 45 * WAN
    assert stage_amount(race, 150 * WAN, SECOND) == 105 * WAN
    assert stage_amount(TERMS, 150 * WAN, FIRST) == 150 * WAN
    assert cost_of(race, [150 * WAN, 120 * WAN]) == (45 + 36 + 105) * WAN
    assert cost_of(race, [150 * WAN], SECOND) == 105 * WAN
    assert cost_of(race, []) == 0
    assert (most_chosen(race, 0), most_chosen(race, 0, SECOND)) == (2, 1)
    dear = [candidate(1, 180), candidate(2, 180)]
    both = [chosen(1), chosen(2, 180, rank=2)]
    assert words(race, dear, both) == ["0 rows 入选金额合计 234.00 万元，超过榜额 200.00 万元。"]
    assert [row.place for row in published_plan(race, 150 * WAN, FIRST).stages] == [1]
    assert [row.place for row in published_plan(race, 150 * WAN, SECOND).stages] == [2, 3]
    assert words(race, dear[:1], both[:1], stage=SECOND, spent=80 * WAN) == [
        "0 rows 入选金额合计 206.00 万元，超过榜额 200.00 万元。"
    ]


def test_of_a_package_as_many_are_chosen_as_copies_are_wanted() -> None:
    crowd = challenge_terms(
        cooperation=Cooperation.CROWD,
        packages=(Package("炉衬", "样品", 50 * WAN, 1), Package("软件", "源码", 40 * WAN, 2)),
    )
    three = [candidate(1, 50, package=1), candidate(2, 40, package=2), candidate(3, 40, package=2)]
    choices = [chosen(1, 50), chosen(2, 40), chosen(3, 40, rank=2)]
    assert words(crowd, three, choices) == []
    assert most_chosen(crowd, 2) == 2
    more = [*three, candidate(4, 40, package=2)]
    faults = words(crowd, more, [*choices, chosen(4, 40, rank=3)])
    assert faults == ["0 rows “软件”最多入选 2 家，选了 3 家。"]


@pytest.mark.parametrize(
    ("operator", "low", "high", "value", "met"),
    [
        (Operator.AT_LEAST, "84", "", "84", True),
        (Operator.AT_LEAST, "84", "", "83.9", False),
        (Operator.AT_MOST, "9", "", "9.01", False),
        (Operator.EQUAL, "5", "", "5.0", True),
        (Operator.BETWEEN, "1", "2", "2", True),
        (Operator.BETWEEN, "1", "2", "2.1", False),
        (Operator.YES, "", "", "有", None),
        (Operator.AT_LEAST, "84", "", "合格", None),
    ],
)
def test_a_measured_value_is_compared_with_what_is_required(
    operator: Operator, low: str, high: str, value: str, met: bool | None
) -> None:
    assert is_met(Indicator("寿命", operator=operator, low=low, high=high), value) is met


def test_the_next_in_rank_may_step_in_for_ninety_days() -> None:
    at = datetime(2026, 5, 4, tzinfo=UTC)
    assert may_promote(at, at + timedelta(days=90) - timedelta(microseconds=1))
    assert not may_promote(at, at + timedelta(days=90))
