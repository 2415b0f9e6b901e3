"""Rule files: what is shipped, what is refused, which version applies."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from typing import Any

import pytest

from market.programmes.rule_files import (
    RulesError,
    VersionError,
    find_terms,
    in_force,
    property_order,
    read_terms,
    shipped,
    translatable_strings,
    version_for,
    versions_of,
)
from market.programmes.rule_terms import TermError

ONE_RATE = {
    "guangxi@2019",
    "nanning@2025",
    "ningxia-buyer@2023",
    "ningxia-seller@2023",
    "henan-buyer@2020",
    "henan-seller@2020",
    "luan@2020",
    "hefei@2022",
    "qianwan@2022",
    "fuzhou@2025",
    "hubei@2020",
    "shenzhen@2020",
    "xianju@2020",
    "fujian-agency@2019",
    "guangxi-challenge@2026",
}


def test_twenty_three_sets_are_shipped_each_with_source_clauses_and_assumptions() -> None:
    assert len(shipped()) == 23
    for rule_set in shipped():
        assert rule_set.content["source"]["document"]
        assert all(clause["summary"] for clause in rule_set.content["clauses"].values())
        assert rule_set.content["assumptions"]
        assert rule_set.valid_from.isoformat() == f"{rule_set.version}-01-01"


def test_a_rule_file_that_names_no_kind_of_applicant_is_refused() -> None:
    content = deepcopy(shipped()[0].content)
    for kinds in (None, [], ["enterprise", "enterprise"], ["martian"]):
        if kinds is None:
            content["applicant"].pop("kinds")
        else:
            content["applicant"]["kinds"] = kinds
        with pytest.raises(RulesError, match=r"\$\.applicant"):
            read_terms(content)


def test_a_case_whose_rate_is_not_in_the_text_seen_has_none_until_one_is_given() -> None:
    (terms,) = find_terms("nanning@2025")

    with pytest.raises(TermError, match="比例未载"):
        _ = terms.cases[0].known_rate
    assert terms.with_rate(2000).cases[0].known_rate.flat == 2000


def test_one_rate_may_be_replaced_where_a_set_has_but_one() -> None:
    assert {
        f"{rule_set.programme}@{rule_set.version}" for rule_set in shipped() if rule_set.one_rate
    } == ONE_RATE


def test_only_articles_that_the_sources_name_are_given() -> None:
    articles = {
        (rule_set.programme, clause["article"])
        for rule_set in shipped()
        for clause in rule_set.content["clauses"].values()
        if clause["article"]
    }

    assert articles == {("nanning", "第六条")}


@pytest.mark.parametrize(("year", "version"), [(2024, "2024"), (2025, "2025"), (2031, "2025")])
def test_the_version_of_the_claims_year_applies(year: int, version: str) -> None:
    assert version_for(versions_of("fuzhou"), year).version == version


def test_a_year_before_the_first_version_has_none() -> None:
    with pytest.raises(VersionError, match="2023"):
        version_for(versions_of("fuzhou"), 2023)


@pytest.mark.parametrize("name", ["nowhere", "fuzhou@2023", "fuzhou@"])
def test_an_unknown_programme_or_version_is_refused(name: str) -> None:
    with pytest.raises(VersionError):
        find_terms(name)


def test_one_version_of_each_programme_is_in_force() -> None:
    assert len(in_force(2026)) == 22
    assert {rule_set.programme for rule_set in in_force(2018)} == {"chongzuo", "ningbo-buyer"} | {
        "ningbo-seller",
        "ningbo-broker",
    }


def _set(content: dict[str, Any], *path: Any, value: Any) -> None:
    for key in path[:-1]:
        content = content[key]
    content[path[-1]] = value


@pytest.mark.parametrize(
    ("name", "path", "value", "told"),
    [
        ("guangxi", ("colour",), "red", "colour"),
        ("guangxi", ("rounding", "mode"), "up", "rounding"),
        ("guangxi", ("rates", 0, "rate", "flat"), 10_001, "rates"),
        ("guangxi", ("rates", 0, "rate", "flat"), 30.5, "rates"),
        ("guangxi", ("rates", 0, "clause"), "nowhere", "nowhere"),
        ("guangxi", ("conditions", 0, "fact"), "colour", "colour"),
        ("guangxi", ("conditions", 0, "test"), "near", "near"),
        ("guangxi", ("valid_from",), "2019-02-30", "valid_from"),
        ("guangxi", ("procedure", "instalments"), [5000], "instalments"),
        ("guangxi", ("order",), ["rate", "base"], "order"),
        ("nanning", ("conditions", 4, "value"), "2022-13-01", "2022-13-01"),
        ("nanning", ("conditions", 3, "value"), "colour", "colour"),
        ("luan", ("conditions", 0, "value"), 34, "within"),
        ("chongzuo", ("conditions", 1, "value"), 1, "slab"),
        ("nanning-voucher", ("rates", 0, "rate", "marginal", 0, "to"), None, "marginal"),
        ("nanning-voucher", ("rates", 0, "rate", "marginal", 1, "to"), 1, "marginal"),
        ("ningbo-buyer", ("rates", 1, "when"), [], "rates"),
        ("shenzhen", ("conditions",), [{"name": "x", "text": "x"}], "conditions"),
    ],
)
def test_a_bad_rule_file_is_refused_with_its_place(
    name: str, path: tuple[Any, ...], value: Any, told: str
) -> None:
    content = deepcopy(dict(find_terms(name)[0].content))
    _set(content, *path, value=value)

    with pytest.raises(RulesError, match=told):
        read_terms(content)


def _reverse_cases(content: dict[str, Any]) -> None:
    content["rates"].reverse()


def _leave_a_gap(content: dict[str, Any]) -> None:
    slab = content["rates"][0]["rate"]["slab"]
    content["rates"][0]["rate"]["slab"] = [{**slab[0], "to": 20}, slab[0]]


@pytest.mark.parametrize(
    ("name", "bend", "told"),
    [("ningbo-buyer", _reverse_cases, "when"), ("chongzuo", _leave_a_gap, "首尾相接")],
)
def test_cases_and_brackets_must_join(name: str, bend: Callable[[dict[str, Any]], None], told: str) -> None:
    content = deepcopy(dict(find_terms(name)[0].content))
    bend(content)

    with pytest.raises(RulesError, match=told):
        read_terms(content)


def test_the_sentences_of_a_rule_file_can_be_collected_for_the_catalogues() -> None:
    sentences = set(translatable_strings(find_terms("nanning")[0].content))

    assert "买卖双方无隶属或关联关系" in sentences
    assert "“经营一年以上”按成立日期至申报年度 12 月 31 日满一年计" in sentences
    assert all(not sentence.isascii() for sentence in sentences)


def test_a_rule_file_is_read_from_its_name_to_its_procedure() -> None:
    order = property_order()

    assert order[:3] == ["programme", "version", "title"]
    assert order[-1] == "procedure"
    assert set(find_terms("guangxi")[-1].content) <= set(order)
