"""How a question is asked, by its kind."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any
from uuid import UUID

import numpy as np
import pytest

from market.search.candidates import Candidates, record_of
from market.search.embedded import EmbeddedSearch
from market.search.embedders import EmbedderUnavailable, Vectors, normalise
from market.search.engine import AnyOf, Hits, NoneOf, Query, Sort
from market.search.query_planner import QueryKind, QueryPlanner, query_kind
from tests.search.vectors import unit_vector

WIRE, FILM, PUMP = (UUID(int=number) for number in (1, 2, 3))


class Translator:
    """Knows what two English words mean."""

    name = "toy"
    dimensions = 2

    def __init__(self, is_away: bool = False) -> None:
        self.is_away = is_away

    def embed(self, texts: Sequence[str], *, is_query: bool) -> Vectors:
        if self.is_away:
            raise EmbedderUnavailable("away")
        return normalise(
            np.array([["wire" in text, "film" in text] for text in texts], dtype=np.float32) + 0.01
        )


@pytest.fixture
async def engine(tmp_path: Path) -> EmbeddedSearch:
    engine_ = EmbeddedSearch(tmp_path)
    rows = ((WIRE, "铝合金导线", [1, 0]), (FILM, "石墨烯导热膜 graphene", [0, 1]), (PUMP, "水泵", None))
    await engine_.put(
        "outcomes",
        [
            {
                "id": id_,
                "revision": 1,
                "title": title,
                "field": "materials",
                "published_at": 1,
                "vectors": {"toy": unit_vector(of)} if of else {},
            }
            for id_, title, of in rows
        ],
    )
    return engine_


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("Aluminium alloy wire for power lines", QueryKind.FOREIGN),
        ("fadongji", QueryKind.WORDS),
        ("fa dong", QueryKind.WORDS),
        ("3 4 5 6", QueryKind.WORDS),
        ("石墨烯", QueryKind.TOPIC),
        ("石墨烯 导热膜", QueryKind.WORDS),
        ("一种基于平方和优化的飞行器大角度机动镇定控制器设计方法", QueryKind.WORDS),
        ("", QueryKind.WORDS),
    ],
)
def test_a_question_is_known_by_its_words(text: str, kind: QueryKind) -> None:
    assert query_kind(text) is kind


async def test_a_sentence_in_another_language_finds_what_means_the_like(engine: EmbeddedSearch) -> None:
    words = Query("outcomes", "a very good wire for power lines", facets=("field",))

    alone = await QueryPlanner(engine).search(words)
    hits = await QueryPlanner(engine, [Translator()]).search(words)

    assert alone.ids == ()
    assert (hits.ids, hits.total) == ((WIRE,), 1)
    assert hits.facets == {"field": {"materials": 1}}


async def test_pages_of_such_a_search_follow_each_other(engine: EmbeddedSearch) -> None:
    box = QueryPlanner(engine, [Translator()])
    pages = [await box.search(Query("outcomes", "film on a wire", offset=at, limit=1)) for at in (0, 1, 2)]

    assert {one for page in pages for one in page.ids} == {WIRE, FILM}
    assert [len(page.ids) for page in pages] == [1, 1, 0]


async def test_an_order_of_ones_own_and_a_model_that_is_away_leave_it_to_words(
    engine: EmbeddedSearch,
) -> None:
    ordered = Query("outcomes", "the best graphene film", sort=Sort("published_at"))

    assert (await QueryPlanner(engine, [Translator()]).search(ordered)).ids == (FILM,)
    away = await QueryPlanner(engine, [Translator(is_away=True)]).search(
        Query("outcomes", "some graphene foil here")
    )
    assert away.ids == (FILM,)


class Nearby:
    """An engine in which no listing has the words, and two are near to their meaning."""

    def __init__(self, cosines: list[float]) -> None:
        self.ids = [UUID(int=number) for number in range(1, len(cosines) + 1)]
        self.cosines = cosines
        self.queries: list[Query] = []

    async def search(self, query: Query) -> Hits:
        self.queries.append(query)
        named = next((limit.values for limit in query.filters if isinstance(limit, AnyOf)), ())
        left_out = {name for limit in query.filters if isinstance(limit, NoneOf) for name in limit.values}
        ids = tuple(sorted((UUID(name) for name in named if name not in left_out), reverse=True))
        return Hits(ids[: query.limit], len(ids))

    async def candidates(self, index: str, terms: Any, limit: int = 1000, **nearest: Any) -> Candidates:
        facts = [{"id": str(id_), "revision": 1, "counts": [0] * 6, "hashes": b""} for id_ in self.ids]
        records = [record_of(index, each) for each in facts]
        return Candidates.of(records, {"toy": np.array(self.cosines)})


@pytest.mark.parametrize(
    ("typed", "cosines", "expected"),
    [
        ("sugarcane", [0.26, 0.31, 0.12], [2, 1]),
        ("football", [0.11, 0.09], []),
        ("sugarcane", [], []),
        ("cn", [0.5], []),
        ("甘蔗", [0.5], []),
    ],
)
async def test_foreign_words_that_nobody_wrote_find_what_is_near_in_meaning(
    typed: str, cosines: list[float], expected: list[int]
) -> None:
    engine: Any = Nearby(cosines)

    hits = await QueryPlanner(engine, [Translator()]).search(Query(index="outcomes", text=typed))

    assert [id_.int for id_ in hits.ids] == expected


class HalfKnown(Nearby):
    """An engine in which listing 9 has the word `monitoring`, and no listing any other word."""

    async def search(self, query: Query) -> Hits:
        if "monitoring" not in query.text:
            return await super().search(query)
        self.queries.append(query)
        return Hits((UUID(int=9),), 1, terms=("bridge", "monitoring"))


@pytest.mark.parametrize(
    ("typed", "cosines", "expected"),
    [
        ("bridge monitoring", [0.21, 0.39, 0.36], [2, 3, 9]),
        ("bridge monitoring", [0.33, 0.3], [9]),
        ("monitoring monitoring", [0.5], [9]),
        ("monitoring", [0.5], [9]),
        ("桥梁 monitoring", [0.5], [9]),
    ],
)
async def test_beside_a_foreign_word_that_stands_somewhere_one_that_stands_nowhere_is_read_by_meaning(
    typed: str, cosines: list[float], expected: list[int]
) -> None:
    engine: Any = HalfKnown(cosines)

    hits = await QueryPlanner(engine, [Translator()]).search(Query(index="outcomes", text=typed))
    ordered = await QueryPlanner(engine, [Translator()]).search(
        Query(index="outcomes", text=typed, sort=Sort("published_at"))
    )

    assert [id_.int for id_ in hits.ids] == expected
    assert (hits.total, hits.terms) == (len(expected), ("bridge", "monitoring"))
    assert [id_.int for id_ in ordered.ids] == [9]


async def test_without_a_model_foreign_words_find_nothing_more() -> None:
    engine: Any = Nearby([0.5])

    assert (await QueryPlanner(engine).search(Query(index="outcomes", text="sugarcane"))).total == 0
    assert (
        await QueryPlanner(engine, [Translator()]).search(Query(index="policies", text="sugarcane"))
    ).total == 0


@pytest.mark.parametrize(
    ("typed", "cosines", "expected"),
    [
        ("lithium battery recycling", [0.35, 0.12, 0.31, 0.19], [1, 3]),
        ("football world cup final", [0.15, 0.15, 0.14], []),
        ("tea processing equipment", [0.42, *[0.21] * 12, 0.3], [*range(1, 10), 14]),
    ],
)
async def test_a_foreign_sentence_finds_what_is_near_and_never_the_whole_market(
    typed: str, cosines: list[float], expected: list[int]
) -> None:
    engine: Any = Nearby(cosines)

    hits = await QueryPlanner(engine, [Translator()]).search(Query(index="outcomes", text=typed))

    assert sorted(id_.int for id_ in hits.ids) == expected


async def test_a_foreign_sentence_also_finds_what_has_its_words_however_far_its_meaning(
    engine: EmbeddedSearch,
) -> None:
    hits = await QueryPlanner(engine, [Translator()]).search(
        Query("outcomes", "wire for graphene power lines", facets=("field",))
    )

    assert (hits.ids, hits.total) == ((WIRE, FILM), 2)
    assert hits.facets == {"field": {"materials": 2}}
