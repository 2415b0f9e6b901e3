"""The score of a pair: pure, the same from both sides, explained."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from market.codes.labels import labels
from market.matching.facts import (
    NeedFacts,
    OutcomeFacts,
    Text,
    need_facts,
    need_with_words,
    outcome_facts,
    outcome_with_words,
)
from market.matching.ranking import Pair, score_pairs
from market.matching.scoring import (
    FEEDBACK,
    LIKE_REFUSED,
    MAX_SCORE,
    MISFITS,
    PARTS,
    WEIGHTS,
    CandidateColumns,
    score,
    score_many,
)
from market.matching.term_frequencies import Frequencies
from market.matching.top_matches import MAX_MATCHES, add_reasons, select_top_matches
from market.search.documents import Prepared, prepare

NEED = NeedFacts(
    id=UUID(int=1),
    revision=2,
    text=Text.of(["铝合金", "导线"], [], ["导电"]),
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
    text=Text.of(["铝合金"], ["导线"], ["淬火"]),
    field="materials",
    industries=frozenset({"aluminium"}),
    modes=frozenset({"licence", "assignment"}),
    price=120,
    trl=6,
    region="450103",
)


MEANING = {"a model": 0.6}


def rare(term: str) -> float:
    return 5.0


def value(need: NeedFacts, outcome: OutcomeFacts, rarity: Any = rare, meaning: Any = None) -> float:
    subject, other = (need, outcome) if need.text.words or not need.text.hashes else (outcome, need)
    return float(score_many(subject, CandidateColumns.of_pairs([other], [meaning or {}]), rarity)[0])


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

    assert result.parts[part] == round(share * getattr(WEIGHTS, part))


def test_without_vectors_wording_has_the_points_of_meaning() -> None:
    without, similar = score(NEED, OUTCOME, rare), score(NEED, OUTCOME, rare, meaning={"a model": 1.0})

    share = WEIGHTS.model("a model").share
    assert without.parts["meaning"] == 0
    assert similar.parts["meaning"] == round(WEIGHTS.content * share / (1 + share))
    assert without.parts["wording"] == pytest.approx(similar.parts["wording"] * (1 + share), abs=2)
    assert without.parts["field"] == similar.parts["field"] == WEIGHTS.field


def test_two_models_that_agree_say_what_one_says_and_count_more() -> None:
    same = replace(WEIGHTS, models={"": WEIGHTS.model("a model")})
    one = score(NEED, OUTCOME, rare, same, meaning={"a": 0.6})
    two = score(NEED, OUTCOME, rare, same, meaning={"a": 0.6, "b": 0.6})

    assert two.parts["meaning"] > one.parts["meaning"]
    assert two.parts["wording"] < one.parts["wording"]


def test_rare_words_in_common_weigh_more_than_common_ones() -> None:
    def idf(term: str) -> float:
        return 7.0 if term == "导线" else 1.0

    assert score(NEED, OUTCOME, idf).terms[0] == "导线"
    assert value(NEED, OUTCOME, rare) > value(NEED, OUTCOME, lambda term: 1.0)


def test_parts_of_words_and_terms_that_hardly_count_are_no_reasons() -> None:
    text = Text.of(["石墨烯", "石墨", "墨烯", "技术"])
    need, outcome = replace(NEED, text=text), replace(OUTCOME, text=text)

    result = score(need, outcome, lambda term: 0.2 if term == "技术" else 6.0)

    assert result.terms == ["石墨烯"]


def test_weights_of_all_parts_add_up() -> None:
    others = sum(getattr(WEIGHTS, name) for name in PARTS if name not in ("wording", "meaning"))
    assert WEIGHTS.content + others == MAX_SCORE


@pytest.mark.parametrize(
    ("kind", "keys"), [("match_part", (*PARTS, FEEDBACK)), ("misfit", (*MISFITS, LIKE_REFUSED))]
)
def test_parts_and_misfits_have_names(kind: str, keys: tuple[str, ...]) -> None:
    assert set(labels(kind)) == set(keys)


WORDS = st.lists(st.text("铝铜铁锌", min_size=2, max_size=3), unique=True)
LETTERS = st.lists(st.sampled_from("铝铜铁锌"), unique=True)
NUMBER = st.none() | st.integers(0, 10**12)


@settings(max_examples=40)
@given(
    words=WORDS,
    others=WORDS,
    letters=LETTERS,
    budget=NUMBER,
    price=NUMBER,
    trl=st.none() | st.integers(1, 9),
    cosine=st.none() | st.floats(-1, 1),
)
def test_whatever_the_pair_the_parts_add_up_within_bounds(
    words: list[str],
    others: list[str],
    letters: list[str],
    budget: int | None,
    price: int | None,
    trl: int | None,
    cosine: float | None,
) -> None:
    need = replace(NEED, text=Text.of(words, letters=(letters, [], [])), budget_most=budget)
    outcome = replace(OUTCOME, text=Text.of([], others, letters=([], letters, [])), price=price, trl=trl)
    meaning = None if cosine is None else {"a model": cosine}

    result = score(need, outcome, rare, meaning=meaning)

    assert result.value == sum(result.parts.values())
    assert result.value == pytest.approx(value(need, outcome, meaning=meaning), abs=len(PARTS) / 2)
    assert all(points >= 0 for points in result.parts.values())
    assert 0 <= result.value <= MAX_SCORE
    assert set(result.misfits) <= set(MISFITS)


@settings(max_examples=40)
@given(words=WORDS, others=WORDS, letters=LETTERS)
def test_a_pair_scores_the_same_from_both_sides_and_among_others(
    words: list[str], others: list[str], letters: list[str]
) -> None:
    need = replace(NEED, text=Text.of(words, others[:1], letters=(letters, [], [])))
    outcome = replace(OUTCOME, text=Text.of(others, words[:1], letters=([], letters, [])))
    unnamed_need = replace(need, text=replace(need.text, words=()))
    unnamed_outcome = replace(outcome, text=replace(outcome.text, words=()))

    from_need, from_outcome = score(need, unnamed_outcome, rare), score(unnamed_need, outcome, rare)

    assert from_need == from_outcome
    among = score_many(
        need, CandidateColumns.of_pairs([OUTCOME, unnamed_outcome, OUTCOME], [{}, {}, {}]), rare
    )
    assert among[1] == value(unnamed_need, outcome)


def test_single_letters_in_common_count_when_no_word_is_the_same() -> None:
    need = need_with_words(_prepared("needs", title="水稻种植"))
    similar = outcome_facts(_facts("outcomes", title="稻米培育"))
    stranger = outcome_facts(_facts("outcomes", title="电机控制"))

    assert value(need, similar) > value(need, stranger)


def test_simplified_and_traditional_texts_score_the_same() -> None:
    outcome = outcome_facts(_facts("outcomes", title="高导电铝合金导线"))
    one = need_with_words(_prepared("needs", title="铝合金导线导电率"))
    other = need_with_words(_prepared("needs", title="鋁合金導線導電率"))

    assert score(one, outcome, rare) == score(other, outcome, rare)


def test_the_order_of_sentences_changes_nothing() -> None:
    outcome = outcome_facts(_facts("outcomes", title="高导电铝合金导线", text="强度高，耐腐蚀"))
    one = need_with_words(_prepared("needs", title="导线", text="导电率不足。强度不降。"))
    other = need_with_words(_prepared("needs", title="导线", text="强度不降。导电率不足。"))

    assert value(one, outcome, rare) == value(other, outcome, rare)


def test_the_best_pairs_are_chosen_and_those_already_kept_beside() -> None:
    outcomes = [replace(OUTCOME, id=UUID(int=100 + at)) for at in range(MAX_MATCHES + 10)]
    last = outcomes[-1].id
    pairs = _scored([Pair(NEED, one) for one in outcomes])

    best = select_top_matches(pairs, rare)
    with_kept = select_top_matches(pairs, rare, existing=[one for one in pairs if one.outcome.id == last])

    assert [matches.outcome_id for matches in best] == [one.id for one in outcomes[:MAX_MATCHES]]
    assert {one.outcome_id for one in with_kept} == {one.outcome_id for one in best} | {last}


def test_a_pair_that_says_nothing_in_common_is_not_shown_however_well_all_else_fits() -> None:
    stranger = replace(OUTCOME, text=Text.of(["甘蔗"]))
    pairs = _scored([Pair(NEED, stranger)])

    assert pairs[0].value > WEIGHTS.threshold
    assert select_top_matches(pairs, rare) == []


@settings(max_examples=30)
@given(
    title=st.lists(st.sampled_from(["铝合金", "导线", "水稻", "电机"]), min_size=1, max_size=4),
    text=st.lists(st.sampled_from(["铝合金", "导线", "淬火", "Ti-6Al-4V", "強度"]), max_size=6),
    cosine=st.none() | st.floats(0, 1),
)
def test_without_the_top_reason_in_the_need_the_score_falls_by_what_was_shown(
    title: list[str], text: list[str], cosine: float | None
) -> None:
    document = {"id": UUID(int=1), "revision": 1, "title": "的".join(title), "text": "，".join(text)}
    facts = _facts("outcomes", title="高导电铝合金导线", text="淬火提高强度，水稻，Ti6Al4V 电机")
    meaning = {} if cosine is None else {"a model": cosine}
    pair = Pair(need_with_words(prepare("needs", document)), outcome_facts(facts), meaning)

    matches = add_reasons(
        select_top_matches(_scored([pair], rarity := Frequencies(0, 0, {})), rarity.idf),
        {UUID(int=1): document},
        rarity.idf,
    )

    for one in matches:
        for word, shown in one.reasons.items():
            cut = {
                name: of.replace(word, "\n").replace("Ti-6Al-4V" if word == "ti6al4v" else word, "\n")
                for name, of in document.items()
                if isinstance(of, str)
            }
            cut = {name: of.replace("強度", "\n") if word == "强度" else of for name, of in cut.items()}
            need = need_with_words(prepare("needs", {**document, **cut}))
            after = score(need, pair.outcome, rarity.idf, meaning=meaning)
            assert one.score.value - after.value == shown


def _scored(pairs: list[Pair], known: Frequencies | None = None) -> list[Pair]:
    if known is None:
        known = Frequencies(0, 0, {})
        known._rarity.update(dict.fromkeys(NEED.text.words, 5.0))
    return score_pairs(pairs, known)


def _prepared(index: str, **fields: Any) -> Prepared:
    return prepare(index, {"id": UUID(int=7), "revision": 1, **fields})


def _facts(index: str, **fields: Any) -> dict[str, Any]:
    return prepare(index, {"id": UUID(int=7), "revision": 1, **fields}).facts()


def test_an_outcome_scores_needs_as_they_score_it_and_two_of_a_kind_never_match() -> None:
    outcome = outcome_with_words(_prepared("outcomes", title="高导电铝合金导线", field="materials"))
    need = need_facts(_facts("needs", title="铝合金导线", field="materials"))

    [points] = score_many(outcome, CandidateColumns.of_pairs([need], [{}]), rare)

    assert points == pytest.approx(score(need, outcome, rare).value, abs=len(PARTS) / 2)
    with pytest.raises(TypeError):
        score_many(outcome, CandidateColumns.of_pairs([outcome], [{}]), rare)
