"""A rule set in words: whom it pays, on what, how much, up to what."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest

from market.programmes import summaries
from market.programmes.rule_files import find_terms, read_terms
from market.programmes.rule_terms import Terms


def terms_of(programme: str) -> Terms:
    return find_terms(programme)[-1]


def bent(programme: str, **changes: Any) -> Terms:
    return read_terms({**deepcopy(dict(terms_of(programme).content)), **changes})


@pytest.mark.parametrize(
    ("programme", "rates"),
    [
        ("guangxi", [("比例", "最高 50%")]),
        ("fuzhou", [("比例", "10%")]),
        ("nanning", [("比例", "所见文本未载比例，由核定给出")]),
        ("chongzuo", [("10 万元 至 50 万元", "3 万元")]),
        ("ningbo-broker", [("0 万元 至 1,000 万元", "1.5%"), ("1,000 万元 以上", "1%")]),
        ("fujian-registry", [("达到 20,000 万元", "5 万元"), ("超过 20,000 万元 的部分", "0.5‰")]),
        (
            "ningbo-buyer",
            [("卖方在宁波市", "最高 10%"), ("其他", "最高 5%"), ("经拍卖成交", "+5%（至多 100 万元）")],
        ),
    ],
)
def test_each_rate_is_told_with_the_case_it_is_for(programme: str, rates: list[tuple[str, str]]) -> None:
    terms = terms_of(programme)

    assert [(row.words, row.value) for row in summaries.rates(terms)] == rates
    assert all(row.clause for row in summaries.rates(terms))
    assert summaries.headline(terms) == " / ".join(value for _words, value in rates)


def test_an_add_on_is_told_with_its_cap_where_it_has_one() -> None:
    [add_on] = terms_of("ningbo-buyer").content["add_ons"]
    uncapped = {name: value for name, value in add_on.items() if name != "cap"}

    assert summaries.rates(terms_of("ningbo-buyer"))[-1].value == "+5%（至多 100 万元）"
    assert summaries.rates(bent("ningbo-buyer", add_ons=[uncapped]))[-1].value == "+5%"


@pytest.mark.parametrize(
    ("programme", "caps"),
    [
        ("guangxi", []),
        ("hefei", [("每项成果", "150 万元"), ("每个单位每年", "150 万元")]),
        ("shenzhen", [("每个申请单位", "200 万元"), ("不超过实缴增值税", "")]),
        ("hubei", [("每项成果", "500 万元")]),
        (
            "suzhou",
            [
                ("每份合同（经评定为重大项目，技术交易额超过 500 万元）", "500 万元"),
                ("每个单位每年", "50 万元"),
            ],
        ),
    ],
)
def test_each_upper_limit_is_told_with_whom_it_is_for(programme: str, caps: list[tuple[str, str]]) -> None:
    assert [(row.words, row.value) for row in summaries.caps(terms_of(programme))] == caps


@pytest.mark.parametrize(
    ("programme", "last"),
    [
        ("guangxi", "成果已转化应用并产生新增销售"),
        ("ningxia-buyer", "同一成果的许可此前未从同一卖方买过"),
        ("hefei", "该成果当年支付合计不低于 100 万元"),
    ],
)
def test_what_must_hold_over_all_contracts_stands_last_among_the_conditions(
    programme: str, last: str
) -> None:
    rows = summaries.conditions(terms_of(programme))

    assert rows[-1].words == last
    assert all(row.clause for row in rows)


def test_a_sum_without_a_least_amount_adds_no_condition() -> None:
    summed = bent("hefei", summed={"by": "outcome"})

    assert len(summaries.conditions(summed)) == len(summaries.conditions(terms_of("hefei"))) - 1


def test_a_set_is_told_by_whom_it_pays_where_on_what_and_for_which_contracts() -> None:
    terms = terms_of("ningxia-seller")

    assert summaries.who(terms) == "宁夏　卖方"
    assert summaries.applicant_kinds(terms) == "企业、高等院校、科研院所"
    assert summaries.who(terms_of("nanning")) == "广西·南宁　买方"
    assert summaries.base(terms_of("nanning")).words == "实际到账额"
    assert summaries.kinds(terms_of("nanning")) == "技术开发、技术转让"
