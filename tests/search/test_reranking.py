"""A second look at the first hits of an engine."""

from __future__ import annotations

from market.search.documents import prepare
from market.search.reranking import ScoredHit, rerank


def hit(score: float, *, is_stale: bool = False, **texts: object) -> ScoredHit:
    document = {"id": "00000000-0000-0000-0000-000000000001", "revision": 1, **texts}
    facts = prepare("outcomes", document).facts()
    return ScoredHit(score, facts["hashes"], facts["counts"], is_stale)


def test_a_hit_that_holds_more_of_what_was_asked_comes_before_one_that_the_engine_liked_a_little_more() -> (
    None
):
    hits = [hit(0.9, title="铝合金门窗"), hit(0.88, title="铝合金架空导线"), hit(0.87, text="铝合金，导线")]

    assert rerank("铝合金 导线", hits)[0] == 1


def test_a_listing_that_nobody_confirmed_falls_behind_one_that_says_the_same() -> None:
    hits = [hit(0.9, is_stale=True, title="铝合金导线"), hit(0.9, title="铝合金导线")]

    assert rerank("铝合金", hits) == [1, 0]


def test_hits_that_tell_nothing_stay_as_they_are() -> None:
    assert rerank("fadongji", [hit(0.5), hit(0.5), hit(0.5)]) == [0, 1, 2]
    assert rerank("", []) == []


def test_a_listing_that_holds_the_whole_of_a_topic_comes_before_one_that_holds_its_pieces_in_the_title() -> (
    None
):
    hits = [hit(0.9, title="石墨烯与导热热膜"), hit(0.9, title="一种薄膜", text="石墨烯导热膜")]

    assert rerank("石墨烯导热膜", hits) == [1, 0]
