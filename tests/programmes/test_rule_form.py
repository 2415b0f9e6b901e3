"""Rules drafted in a form: what is saved unchanged changes nothing, and each fault stands at its field."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from typing import Any

import pytest
from starlette.datastructures import MultiDict

from market.programmes.rule_edits import do_act, faults_of, find_act, put, put_typed
from market.programmes.rule_files import read_terms, schema_faults, shipped
from market.programmes.rule_form import rule_form
from market.programmes.rule_layout import acts_in, fields_in
from market.programmes.rule_terms import Terms
from market.programmes.rule_values import Kind

EVERY = [pytest.param(terms, id=f"{terms.programme}@{terms.version}") for terms in shipped()]


def of(name: str) -> dict[str, Any]:
    return deepcopy(dict(next(t.content for t in shipped() if f"{t.programme}@{t.version}" == name)))


def as_posted(content: Mapping[str, Any], **changes: Any) -> MultiDict:
    """Return what a browser sends for the form as it is shown, with other values for some controls."""
    pairs: list[tuple[str, Any]] = []
    for control in fields_in(rule_form(content)):
        if control.kind is Kind.CHOICES:
            chosen = [
                value
                for value in control.options
                if isinstance(control.value, list) and value in control.value
            ]
            pairs += [(control.name, value) for value in chosen]
        else:
            pairs.append((control.name, control.text.replace("\n", "\r\n")))
    posted = MultiDict(pairs)
    for name, value in changes.items():
        if isinstance(value, list):
            posted.setlist(name, value)
        else:
            posted[name] = value
    return posted


@pytest.mark.parametrize("terms", EVERY)
def test_opening_and_saving_every_shipped_set_changes_nothing(terms: Terms) -> None:
    edited = put_typed(terms.content, as_posted(terms.content))

    assert edited.is_valid
    assert edited.content == terms.content
    assert faults_of(edited.content).is_valid


def leaves(node: Any, path: tuple[str | int, ...] = ()) -> set[tuple[str | int, ...]]:
    if isinstance(node, Mapping) and node:
        return {leaf for key, value in node.items() for leaf in leaves(value, (*path, key))}
    if isinstance(node, list) and node and isinstance(node[0], Mapping):
        return {leaf for at, value in enumerate(node) for leaf in leaves(value, (*path, at))}
    return {path}


@pytest.mark.parametrize("terms", EVERY)
def test_every_value_of_every_shipped_set_has_a_control_of_its_own(terms: Terms) -> None:
    shown = [control.path for control in fields_in(rule_form(terms.content))]

    missing = leaves(terms.content) - set(shown) - {("programme",)}
    rest = {path for path in missing if not _is_empty_list(terms.content, path) and path[-1] != "rate"}
    assert rest == set()
    assert len(shown) == len(set(shown))


def _is_empty_list(content: Any, path: tuple[str | int, ...]) -> bool:
    for step in path:
        content = content[step]
    return bool(content == [])


@pytest.mark.parametrize("terms", EVERY)
def test_every_part_that_the_form_adds_or_takes_away_leaves_a_set_of_the_right_shape(terms: Terms) -> None:
    # Of equal parts of a list one will do.
    acts = {(act.template, *map(_step, act.path)): act for act in acts_in(rule_form(terms.content))}
    for act in acts.values():
        changed = do_act(terms.content, act)

        assert schema_faults(changed) == [], act
        assert rule_form(changed)


def _step(step: str | int) -> str:
    return step if isinstance(step, str) else "*"


def test_a_new_ceiling_is_typed_in_percent_and_money_in_ten_thousands() -> None:
    content = of("guangxi@2019")
    posted = as_posted(content, **{"rule.rates.0.rate.flat": "30", "rule.version": "2027"})

    edited = put_typed(content, posted)

    assert edited.content["rates"][0]["rate"] == {"flat": 3000}
    assert read_terms(edited.content).ceiling == 3000


@pytest.mark.parametrize(
    ("name", "typed", "words"),
    [
        ("rule.rates.0.rate.flat", "三成", "请填百分数"),
        ("rule.rates.0.rate.flat", "130", "0 与 100 之间"),
        ("rule.rates.0.rate.flat", "1e999999999", "请填百分数"),
        ("rule.rates.0.rate.flat", "NaN", "请填百分数"),
        ("rule.valid_from", "明年", "2026-05-01"),
        ("rule.title", "", "请填写"),
        ("rule.procedure.publicity_days", "七", "请填整数"),
        ("rule.applicant.role", "martian", "请从列表中选择"),
    ],
)
def test_what_cannot_be_read_is_told_at_its_field(name: str, typed: str, words: str) -> None:
    content = of("guangxi@2019")

    edited = put_typed(content, as_posted(content, **{name: typed}))

    assert list(edited.errors) == [name]
    assert words in edited.errors[name]


def test_what_the_engine_refuses_is_told_in_chinese_at_its_field() -> None:
    content = of("guangxi@2019")
    put(content, ("procedure", "instalments"), [5000])
    put(content, ("version",), "第一版")

    assert "格式不对" in faults_of(content).errors["rule.version"]

    put(content, ("version",), "2027")
    assert "各期之和" in faults_of(content).errors["rule.procedure.instalments"]


def test_the_first_kind_of_applicant_stays_the_first_when_another_is_ticked() -> None:
    content = of("guangxi@2019")
    first = content["applicant"]["kinds"][0]

    more = put_typed(content, as_posted(content, **{"rule.applicant.kinds": ["farmers_coop", first]}))
    none = put_typed(content, as_posted(content, **{"rule.applicant.kinds": []}))

    assert more.content["applicant"]["kinds"][0] == first
    assert "farmers_coop" in more.content["applicant"]["kinds"]
    assert "至少选一项" in none.errors["rule.applicant.kinds"]


def test_a_condition_compares_with_a_value_of_the_sort_of_its_fact() -> None:
    content = of("nanning@2025")
    path = "rule.conditions.0"
    posted = as_posted(
        content, **{f"{path}.fact": "signed_on", f"{path}.test": "at_least", f"{path}.value": "2024-01-01"}
    )

    edited = put_typed(content, posted)
    wrong = put_typed(content, as_posted(content, **{f"{path}.fact": "signed_on"}))

    assert edited.content["conditions"][0]["value"] == "2024-01-01"
    assert "日期" in wrong.errors[f"{path}.value"]


def test_a_condition_and_a_clause_are_added_by_a_button() -> None:
    content = of("guangxi@2019")
    add = find_act(content, "add.rule.conditions")
    clause = find_act(content, "add.rule.clauses")
    assert add is not None
    assert clause is not None

    changed = do_act(do_act(content, add), clause)

    assert len(changed["conditions"]) == len(content["conditions"]) + 1
    assert set(changed["clauses"]) - set(content["clauses"]) == {"clause_1"}
    assert faults_of(changed).is_valid
    assert find_act(content, "drop.rule.nothing") is None


def test_a_clause_that_is_still_referred_to_is_missed_at_the_field() -> None:
    content = of("nanning@2025")
    drop = find_act(content, "drop.rule.clauses.sales")
    assert drop is not None

    dropped = do_act(content, drop)
    faults = faults_of(dropped)
    kept = put_typed(dropped, as_posted(dropped))

    assert any("没有条款" in words for words in faults.errors.values())
    assert kept.content == dropped, "the reference is not silently turned to another clause"
    for control in fields_in(rule_form(dropped)):
        if control.kind is Kind.CHOICE and control.text:
            assert control.text in control.options


def test_each_field_of_a_condition_stands_beside_its_clause() -> None:
    content = of("nanning@2025")
    _basics, _applicant, contracts, *_rest = rule_form(content)
    conditions = next(group for group in contracts.groups if group.path == ("conditions",))

    relation = next(group for group in conditions.groups if group.title == "技术交易额不超过当年新增销售额")

    assert relation.clause is not None
    assert (relation.clause.document, relation.clause.article) == ("南科规〔2025〕3号", "第六条")
    assert relation.clause.summary == "合同技术交易额不得超过当年新增销售额"
