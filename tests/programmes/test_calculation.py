"""The computation sheet: what a reader adds up on paper comes out."""

from __future__ import annotations

from itertools import pairwise

import pytest

from market.programmes.estimates import estimate
from market.programmes.facts import ContractFacts
from market.programmes.rule_files import find_terms
from market.programmes.sharing import number_rank
from market.programmes.texts import Text, percent, wan
from tests.programmes.sample_claims import WAN, assessed, claim, contract


def test_a_claim_without_contracts_is_shown_from_base_to_cap() -> None:
    raw = claim("shenzhen", vat_payable=1000 * WAN + 1, vat_paid=300 * WAN)

    lines = assessed("shenzhen", raw).lines

    assert [(line.step, line.base, line.amount) for line in lines] == [
        ("base", 1000 * WAN + 1, 1000 * WAN + 1),
        ("rate", 1000 * WAN + 1, 800 * WAN + 1),
        ("bound", 800 * WAN + 1, 300 * WAN),
        ("cap", 300 * WAN, 200 * WAN),
    ]
    assert str(lines[2].note) == "不超过实缴增值税 300 万元"


def test_addends_are_shown_by_largest_remainder_and_add_up() -> None:
    raw = claim("ningbo-buyer", contract("ningbo-buyer", trade_amount=1_235, mode="auction"))

    result = assessed("ningbo-buyer", raw)

    lines = {line.step: line.amount for line in result.contracts[0].lines}
    assert result.award == 185
    assert (lines["rate"], lines["contract_cap"], lines["add_on"]) == (123, 123, 62)


def test_each_line_begins_where_the_one_before_ended() -> None:
    sales = {"2024": 30_000 * WAN, "2025": 0}
    raw = claim("hubei", contract("hubei", new_sales=sales, granted_for_outcome=20 * WAN))

    lines = assessed("hubei", raw).contracts[0].lines

    assert [line.step for line in lines] == ["base", "rate", "outcome_cap"]
    assert all(after.base == before.amount for before, after in pairwise(lines))
    assert lines[-1].amount == 480 * WAN
    assert str(lines[-1].note) == "上限 500 万元，已获 20 万元，尚余 480 万元，按比例分摊"


def test_an_award_under_its_cap_says_what_is_left_of_it() -> None:
    raw = claim("henan-buyer", contract("henan-buyer", paid=10 * WAN), granted_this_year=20 * WAN)

    result = assessed("henan-buyer", raw)

    assert str(result.lines[-1].note) == "上限 100 万元，已获 20 万元，尚余 80 万元"
    assert result.lines[-1].clause.startswith("河南省技术转移补助文本")


def test_a_university_whose_outcome_is_not_named_has_it_open() -> None:
    contracts = [contract("ningxia-seller", no, paid=1500 * WAN, outcome=None) for no in (1, 2)]

    result = assessed("ningxia-seller", claim("ningxia-seller", *contracts, applicant={"kind": "university"}))

    assert result.award == 150 * WAN
    assert [finding.condition for finding in result.contracts[0].open] == ["outcome"]


def test_an_equity_estimate_supposes_the_whole_share_paid_in() -> None:
    terms = find_terms("guangxi")[0]

    result = estimate(terms, year=2026, trade_amount=100 * WAN, contract=ContractFacts(kind="equity")).result

    assert result.award == 50 * WAN


def test_contract_numbers_are_ordered_by_value_words_after_them_and_none_last() -> None:
    mixed = [None, "A-1", "4525010100000001", "0011", "10", "9"]

    assert sorted(mixed, key=number_rank) == ["9", "10", "0011", "4525010100000001", "A-1", None]


@pytest.mark.parametrize(
    ("basis_points", "text"), [(3000, "30%"), (150, "1.5%"), (5, "0.5‰"), (1234, "12.34%"), (0, "0%")]
)
def test_a_rate_is_written_as_people_write_it(basis_points: int, text: str) -> None:
    assert percent(basis_points) == text


def test_amounts_are_written_in_ten_thousands_where_they_come_out_even() -> None:
    assert wan(2_000_000 * WAN) == "2,000,000 万元"
    assert wan(123_456_789) == "1,234,567.89 元"


def test_a_sentence_is_translated_before_its_holes_are_filled() -> None:
    catalogue = {"缺少%(what)s": "%(what)s is missing", "技术交易额": "the trade amount"}
    text = Text("缺少%(what)s", {"what": Text("技术交易额")})

    assert text.render(lambda msgid: catalogue[msgid]) == "the trade amount is missing"
    assert str(text) == "缺少技术交易额"
