"""How a match tells people what fits and what does not."""

from __future__ import annotations

from market.matching.labels import misfit_labels, part_labels, percent_score


def test_what_gave_most_is_told_first_and_what_gave_nothing_not_at_all() -> None:
    parts = part_labels({"wording": 120, "field": 300, "budget": 0})

    assert [points for _words, points in parts] == [300, 120]
    assert all(not words.isascii() for words, _points in parts)


def test_a_part_that_an_older_scorer_named_is_told_by_its_own_name() -> None:
    assert part_labels({"odour": 5}) == [("odour", 5)]
    assert misfit_labels(["odour"]) == ["odour"]


def test_a_score_of_a_thousand_is_read_as_one_of_a_hundred() -> None:
    assert [percent_score(score) for score in (0, 826, 1000)] == [0, 83, 100]
