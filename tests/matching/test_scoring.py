"""The score of a pair: pure, the same from both sides, explained."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from market.codes.labels import labels
from market.matching.facts import NeedFacts, OutcomeFacts, need_facts, outcome_facts
from market.matching.rematch import BEST, choose
from market.matching.scoring import MISFITS, PARTS, WEIGHTS, WHOLE, Weights, score, value
from market.search.documents import prepare

NEED = NeedFacts(
    id=UUID(int=1),
    revision=2,
    terms={"铝合金": 3.0, "导线": 3.0, "导电": 1.0},
    size=19.0,
    field="materials",
    industries=frozenset({"aluminium"}),
    modes=frozenset({"licence"}),
    budget_most=150,
    trl_least=5,
    region="450100",
)
OUTCOME = OutcomeFacts(
    id=UUID(int=2),
    revision=1,
    terms={"铝合金": 3.0, "导线": 2.0, "淬火": 1.0},
    size=14.0,
    field="materials",
    industries=frozenset({"aluminium"}),
    modes=frozenset({"licence", "assignment"}),
    price=120,
    trl=6,
    region="450103",
)


def rare(term: str) -> float:
    return 5.0


def test_a_pair_that_fits_in_everything_has_no_misfit_and_points_in_every_part() -> None:
    result = score(NEED, OUTCOME, rare)

    assert result.misfits == []
    assert {name for name, points in result.parts.items() if points} == set(PARTS) - {"meaning"}
    assert result.terms == ["铝合金", "导线"]


@pytest.mark.parametrize(
    ("change", "misfit", "part"),
    [
        ({"price": 151}, "budget_below_price", "budget"),
        ({"price": 900}, "budget_below_price", "budget"),
        ({"trl": 4}, "maturity_too_low", "maturity"),
        ({"trl": 1}, "maturity_too_low", "maturity"),
        ({"modes": frozenset({"equity"})}, "mode_not_offered", "mode"),
        ({"region": "440100"}, "region_far", "region"),
        ({"field": "energy", "industries": frozenset()}, "field_differs", "field"),
    ],
)
def test_what_does_not_fit_is_named_and_costs_points(change: dict[str, Any], misfit: str, part: str) -> None:
    whole, less = score(NEED, OUTCOME, rare), score(NEED, replace(OUTCOME, **change), rare)

    assert less.misfits == [misfit]
    assert less.parts[part] < whole.parts[part]
    assert {**less.parts, part: 0} == {**whole.parts, part: 0}


def test_a_wish_for_exclusive_use_does_not_fit_what_is_licensed_already() -> None:
    need = replace(NEED, modes=frozenset({"exclusive_licence"}))
    outcome = replace(OUTCOME, modes=frozenset({"exclusive_licence"}), is_exclusive_possible=False)

    assert score(need, outcome, rare).misfits == ["exclusive_not_possible"]


@pytest.mark.parametrize(
    ("part", "need", "outcome", "share"),
    [
        ("budget", {}, {"price": 150}, 1.0),
        ("budget", {}, {"price": 195}, 0.3),
        ("budget", {}, {"price": 196}, 0.0),
        ("budget", {}, {"price": None}, 0.5),
        ("budget", {"budget_most": None}, {}, 0.5),
        ("region", {}, {"region": "450200"}, 0.7),
        ("region", {"region": "450000"}, {}, 0.7),
        ("region", {}, {"region": ""}, 0.0),
        ("maturity", {}, {"trl": 5}, 1.0),
        ("maturity", {}, {"trl": 4}, 0.5),
        ("maturity", {"trl_least": None}, {}, 0.0),
        ("mode", {"modes": frozenset()}, {}, 0.0),
        ("field", {"industries": frozenset()}, {}, 0.6),
        ("field", {"field": ""}, {}, 0.4),
    ],
)
def test_each_part_gives_points_for_what_is_known_to_fit(
    part: str, need: dict[str, Any], outcome: dict[str, Any], share: float
) -> None:
    result = score(replace(NEED, **need), replace(OUTCOME, **outcome), rare)

    expected = share * getattr(WEIGHTS, part) * WHOLE / (WHOLE - WEIGHTS.meaning)
    assert result.parts[part] == round(expected)


def test_without_vectors_the_other_parts_share_the_points_of_meaning() -> None:
    without, alike = score(NEED, OUTCOME, rare), score(NEED, OUTCOME, rare, meaning=1.0)

    assert without.parts["meaning"] == 0
    assert alike.parts["meaning"] == WEIGHTS.meaning
    assert without.parts["field"] > alike.parts["field"] == WEIGHTS.field


def test_rare_words_in_common_weigh_more_than_common_ones() -> None:
    def idf(term: str) -> float:
        return 7.0 if term == "导线" else 1.0

    assert score(NEED, OUTCOME, idf).terms[0] == "导线"
    assert value(NEED, OUTCOME, rare) > value(NEED, OUTCOME, lambda term: 1.0)


def test_parts_of_words_and_terms_that_hardly_count_are_no_reasons() -> None:
    terms = dict.fromkeys(["石墨烯", "石墨", "墨烯", "技术"], 3.0)
    need, outcome = replace(NEED, terms=terms), replace(OUTCOME, terms=terms)

    result = score(need, outcome, lambda term: 0.2 if term == "技术" else 6.0)

    assert result.terms == ["石墨烯"]


def test_weights_of_all_parts_add_up() -> None:
    assert sum(getattr(WEIGHTS, name) for name in PARTS) == WHOLE


@pytest.mark.parametrize(("kind", "keys"), [("match_part", PARTS), ("misfit", MISFITS)])
def test_parts_and_misfits_have_names(kind: str, keys: tuple[str, ...]) -> None:
    assert set(labels(kind)) == set(keys)


TERMS = st.dictionaries(st.text("铝铜铁锌", min_size=1, max_size=3), st.sampled_from([1.0, 2.0, 3.0]))
NUMBER = st.none() | st.integers(0, 10**12)


@given(
    words=TERMS,
    others=TERMS,
    budget=NUMBER,
    price=NUMBER,
    trl=st.none() | st.integers(1, 9),
    meaning=st.none() | st.floats(0, 1),
)
def test_whatever_the_pair_the_parts_add_up_within_bounds(
    words: dict[str, float],
    others: dict[str, float],
    budget: int | None,
    price: int | None,
    trl: int | None,
    meaning: float | None,
) -> None:
    need = replace(NEED, terms=words, size=math.fsum(w * w for w in words.values()), budget_most=budget)
    outcome = replace(
        OUTCOME, terms=others, size=math.fsum(w * w for w in others.values()), price=price, trl=trl
    )

    result = score(need, outcome, rare, meaning=meaning)

    assert result.value == sum(result.parts.values()) == value(need, outcome, rare, meaning=meaning)
    assert all(points >= 0 for points in result.parts.values())
    assert 0 <= result.value <= WHOLE
    assert set(result.misfits) <= set(MISFITS)


def test_facts_cut_to_the_terms_asked_for_score_the_same() -> None:
    need = need_facts(_facts("needs", title="铝合金导线导电率", text="强度不降"))
    facts = _facts("outcomes", title="高导电铝合金导线", text="淬火提高强度", keywords=["铝合金"], trl=6)

    whole, cut = outcome_facts(facts), outcome_facts(facts, among=need.terms)

    assert len(cut.terms) < len(whole.terms)
    assert score(need, cut, rare) == score(need, whole, rare)


def test_simplified_and_traditional_texts_score_the_same() -> None:
    outcome = outcome_facts(_facts("outcomes", title="高导电铝合金导线"))
    one = need_facts(_facts("needs", title="铝合金导线导电率"))
    other = need_facts(_facts("needs", title="鋁合金導線導電率"))

    assert score(one, outcome, rare) == score(other, outcome, rare)


def test_the_order_of_sentences_changes_nothing() -> None:
    outcome = outcome_facts(_facts("outcomes", title="高导电铝合金导线", text="强度高，耐腐蚀"))
    one = need_facts(_facts("needs", title="导线", text="导电率不足。强度不降。"))
    other = need_facts(_facts("needs", title="导线", text="强度不降。导电率不足。"))

    assert value(one, outcome, rare) == value(other, outcome, rare)


def test_the_best_pairs_are_chosen_and_those_already_kept_beside() -> None:
    outcomes = [replace(OUTCOME, id=UUID(int=100 + at)) for at in range(BEST + 10)]
    last = outcomes[-1].id

    best = choose([(NEED, one) for one in outcomes], rare)
    with_kept = choose([(NEED, one) for one in outcomes], rare, kept={last})

    assert [pair.outcome_id for pair in best] == [one.id for one in outcomes[:BEST]]
    assert {pair.outcome_id for pair in with_kept} == {pair.outcome_id for pair in best} | {last}


def test_a_pair_without_words_in_common_is_not_shown_however_well_all_else_fits() -> None:
    stranger = replace(OUTCOME, terms={"甘蔗": 3.0})

    assert value(NEED, stranger, rare) > WEIGHTS.threshold
    assert choose([(NEED, stranger)], rare) == []


def test_other_weights_are_another_version() -> None:
    assert Weights(version="2").version != WEIGHTS.version


def _facts(index: str, **fields: Any) -> dict[str, Any]:
    return prepare(index, {"id": UUID(int=7), "revision": 1, **fields}).facts()
