"""The pure rules of targets: what a total is split into, what is drawn, expected and demanded."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from market.kit.money import allocate
from market.targets.criteria import DeedFacts, Stated, answers, failed, lacks_statement, unmet
from market.targets.forecast import Forecast, PassRate, Progress, tenths_words
from market.targets.sampling import Candidate, may_pass_rest, pick
from market.targets.states import Answer, DeedStatus, Result, results_from

WAN = 1_000_000
WEIGHTS = [30, 25, 20, 5, 8, 4, 5, 5, 7, 5, 3, 4, 4, 3]
SEED = "ab" * 32


def test_four_hundred_over_fourteen_cities_add_up_by_largest_remainder() -> None:
    parts = allocate(400, WEIGHTS)

    assert parts == [94, 78, 63, 16, 25, 12, 16, 16, 22, 16, 9, 12, 12, 9]
    assert sum(parts) == 400


def test_the_forecast_is_what_was_verified_and_what_last_year_let_through() -> None:
    forecast = Forecast(312, 60, 0, PassRate(7, 10), PassRate(0, 0), target=400)

    assert forecast.value == 354
    assert forecast.gap == 46
    assert "312 + 60 × 70.0 %" in forecast.formula
    assert "实际比例" in forecast.basis


def test_found_deeds_are_expected_by_both_shares_and_fractions_are_left_out() -> None:
    forecast = Forecast(312, 34, 52, PassRate(86, 100), PassRate(50, 100))

    assert forecast.value == 312 + int(34 * 0.86 + 52 * 0.5 * 0.86)


def test_without_a_last_year_everything_is_expected_and_the_page_says_so() -> None:
    forecast = Forecast(2, 3, 4, PassRate(0, 0), PassRate(0, 0), target=10)

    assert forecast.value == 9
    assert "假定" in forecast.basis


def test_progress_has_no_percentage_without_a_target() -> None:
    assert Progress(312, 400, 332, 365).done == 780
    assert Progress(312, 400, 332, 365).over == 910
    assert Progress(312, 400, 332, 365).behind == 130
    assert Progress(5, 0, 1, 365).done is None
    assert Progress(5, 0, 1, 365).behind == 3
    assert tenths_words(780) == "78.0 %"
    assert tenths_words(None) == "—"


def draw(candidates: list[Candidate], seed: str = SEED, **rules: int) -> list[str]:
    return pick(candidates, seed, **({"all_from": 100 * WAN, "share": 2000, "least": 5} | rules))


def test_large_deeds_are_all_examined_and_of_the_others_a_fifth_but_five_a_city() -> None:
    big = [Candidate(f"A{n:03}", "4501", 100 * WAN) for n in range(3)]
    small = [Candidate(f"B{n:03}", "4501", 50 * WAN) for n in range(40)]
    other = [Candidate(f"C{n:03}", "4502", 50 * WAN) for n in range(7)]

    picked = draw([*big, *small, *other])

    assert {candidate.number for candidate in big} <= set(picked)
    assert sum(number.startswith("B") for number in picked) == 8
    assert sum(number.startswith("C") for number in picked) == 5
    assert picked == draw([*other, *reversed(small), *big])
    assert picked != draw([*big, *small, *other], "cd" * 32)
    assert draw(small, share=0, least=0) == []
    assert draw(other[:2]) == ["C000", "C001"]


@given(st.lists(st.tuples(st.sampled_from(["4501", "4502"]), st.integers(1, 200)), max_size=60))
def test_a_draw_takes_each_deed_once_at_most(deeds: list[tuple[str, int]]) -> None:
    candidates = [Candidate(f"ZD{n:03}", city, wan * WAN) for n, (city, wan) in enumerate(deeds)]
    picked = draw(candidates)

    assert len(picked) == len(set(picked))
    for city in ("4501", "4502"):
        own = [candidate.number for candidate in candidates if candidate.city == city]
        assert len(set(own) & set(picked)) >= min(5, len(own))


@pytest.mark.parametrize(
    ("sampled", "waiting", "errors", "passes"),
    [(10, 0, 1, True), (10, 0, 2, False), (10, 1, 0, False), (0, 0, 0, False)],
)
def test_what_was_not_drawn_passes_only_with_few_errors(
    sampled: int, waiting: int, errors: int, passes: bool
) -> None:
    assert may_pass_rest(sampled=sampled, waiting=waiting, errors=errors, most_errors=1000) is passes


def facts(**given: Any) -> DeedFacts:
    values: dict[str, Any] = {
        "contract_amount": 115 * WAN,
        "received_share": 7000,
        "is_registered": True,
        "is_in_use": False,
        "is_related": False,
        "is_ended": False,
        "least_amount": 50 * WAN,
        "least_received": 3000,
    }
    return DeedFacts(**(values | given))


def answer(code: str, **given: Any) -> Answer:
    return next(criterion.answer for criterion in answers(facts(**given)) if criterion.code == code)


def test_records_answer_what_they_tell() -> None:
    assert failed(answers(facts())) == [] == unmet(answers(facts()))
    assert answer("amount", contract_amount=49 * WAN) is Answer.FAILED
    assert answer("unrelated", is_related=True) is Answer.FAILED
    assert answer("standing", is_ended=True) is Answer.FAILED
    assert answer("registered", is_registered=False) is Answer.OPEN
    assert answer("fulfilled", received_share=0, is_in_use=True) is Answer.MET


@pytest.mark.parametrize(
    ("stated", "is_needed", "answers_so", "stands_in_the_way"),
    [
        (Stated.NOTHING, True, Answer.OPEN, True),
        (Stated.REJECTED, True, Answer.OPEN, False),
        (Stated.WAITING, False, Answer.OPEN, False),
        (Stated.CONFIRMED, False, Answer.MET, False),
    ],
)
def test_what_records_do_not_tell_is_stated_with_a_paper(
    stated: Stated, is_needed: bool, answers_so: Answer, stands_in_the_way: bool
) -> None:
    criteria = answers(facts(received_share=2999, stated=stated))

    assert lacks_statement(criteria, stated) is is_needed
    assert answer("fulfilled", received_share=2999, stated=stated) is answers_so
    assert bool(unmet(criteria)) is stands_in_the_way
    assert any(criterion.is_stated for criterion in criteria) is (stated is not Stated.NOTHING)


def test_a_result_fits_where_the_deed_stands() -> None:
    assert results_from(DeedStatus.CHECKED) == [
        *(Result.VERIFIED, Result.PARTIAL, Result.REFUSED, Result.DOUBTFUL)
    ]
    assert results_from(DeedStatus.DOUBTFUL) == [Result.VERIFIED, Result.PARTIAL, Result.REFUSED]
    assert results_from(DeedStatus.VERIFIED) == [Result.STRUCK]
    assert results_from(DeedStatus.FOUND) == []
