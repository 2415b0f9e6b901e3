"""What our pages and our matching rely on, the same on every engine.

The embedded engine always; a Meilisearch as it answered when its exchanges were recorded (1.50), always;
and a real one when TEST_MEILI_URL is set (and TEST_MEILI_KEY, if it has one), under a prefix of its own.
"""

from __future__ import annotations

import os
import re
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

import pytest
import pytest_asyncio

from market.search.documents import prepare
from market.search.embedded import EmbeddedSearch
from market.search.engine import (
    AnyOf,
    Document,
    Filter,
    Hits,
    NoneOf,
    Query,
    Range,
    Rejected,
    SearchEngine,
    Sort,
)
from market.search.meili import MeiliSearch
from market.search.meili_indexes import ScratchTenant
from market.search.query_planner import PinnedResults
from tests.search.exchanges import PREFIX, Recorder, Replay
from tests.search.loopback import Loopback
from tests.search.real_server import hosts, real_server
from tests.search.vectors import unit_vector

pytestmark = pytest.mark.allow_hosts(hosts())

WIRE, FILM, CANE, MOTOR, ALLOY = (UUID(int=number) for number in range(1, 6))
DOCUMENTS: list[dict[str, Any]] = [
    {
        "id": WIRE,
        "revision": 3,
        "title": "高导电铝合金导线",
        "text": "在线淬火提高导电率",
        "keywords": ["铝合金", "导线"],
        "names": ["南宁导线研究所"],
        "field": "materials",
        "industries": ["aluminium", "machinery"],
        "trl": 6,
        "price_amount": 500_00,
        "regions": ["450000", "450100"],
        "has_open_licence": True,
        "has_subsidy": True,
        "interests": 2,
        "published_at": 100,
        "vectors": {"toy": unit_vector([1, 0, 0])},
    },
    {
        "id": FILM,
        "revision": 1,
        "title": "石墨烯导热膜",
        "text": "用于电子器件散热，基材为铝合金",
        "title_en": "Graphene heat conducting film",
        "field": "materials",
        "trl": 4,
        "regions": ["440000"],
        "has_open_licence": False,
        "has_subsidy": True,
        "interests": 0,
        "published_at": 200,
        "vectors": {"toy": unit_vector([1, 1, 0])},
    },
    {
        "id": CANE,
        "revision": 1,
        "title": "甘蔗联合收割机",
        "text": "整秆式收割，功率 3.5 kW 辅机",
        "field": "agriculture",
        "industries": ["sugar"],
        "trl": 8,
        "price_amount": 2000_00,
        "regions": ["450000", "450200"],
        "has_open_licence": False,
        "has_subsidy": False,
        "interests": 2,
        "published_at": 300,
        "vectors": {"toy": unit_vector([0, 0, 1])},
    },
    {
        "id": MOTOR,
        "revision": 1,
        "title": "航空发动机叶片涂层",
        "text": "耐高温",
        "field": "aerospace",
        "price_amount": 900_00,
        "has_open_licence": False,
        "has_subsidy": False,
        "interests": 0,
        "published_at": 400,
    },
    {
        "id": ALLOY,
        "revision": 1,
        "title": "Ti-6Al-4V 合金打印",
        "text": "增材制造",
        "field": "manufacturing",
        "trl": 6,
        "published_at": 500,
    },
]


Exchanges = Replay | Recorder


@pytest_asyncio.fixture(scope="module", loop_scope="session", params=["embedded", "recorded", "meilisearch"])
async def filled(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, loopback: Loopback
) -> AsyncIterator[tuple[SearchEngine, Exchanges | None]]:
    """An engine with DOCUMENTS, and where its exchanges with the server come from or go to."""
    engines = {"embedded": embedded, "recorded": recorded, "meilisearch": real}
    async with engines[request.param](loopback, tmp_path_factory) as (engine, exchanges):
        await engine.apply_settings()
        await _fill(engine)
        yield engine, exchanges


Filled = tuple[SearchEngine, Exchanges | None]


@asynccontextmanager
async def embedded(_: Loopback, folders: pytest.TempPathFactory) -> AsyncIterator[Filled]:
    engine = EmbeddedSearch(folders.mktemp("index"))
    yield engine, None
    await engine.close()


@asynccontextmanager
async def recorded(loopback: Loopback, _: pytest.TempPathFactory) -> AsyncIterator[Filled]:
    replay = Replay()
    engine = MeiliSearch(loopback.mount(replay), None, tenant=ScratchTenant(PREFIX), embedders={"toy": 3})
    yield engine, replay
    await engine.close()


@asynccontextmanager
async def real(loopback: Loopback, _: pytest.TempPathFactory) -> AsyncIterator[Filled]:
    server = real_server()
    recorder = Recorder(server.url, server.prefix)
    tenant = ScratchTenant(server.prefix)
    engine = MeiliSearch(loopback.mount(recorder), server.key, tenant=tenant, embedders={"toy": 3})
    try:
        yield engine, recorder
    finally:
        recorder.is_recording = False
        await engine.drop()
        await engine.close()
        await recorder.close()
    if os.environ.get("RECORD"):
        recorder.save()


@pytest.fixture
def engine(request: pytest.FixtureRequest, filled: Filled) -> Iterator[SearchEngine]:
    """An engine that holds DOCUMENTS, for tests that only read."""
    engine, exchanges = filled
    if exchanges:
        exchanges.scene = re.sub(r"\b(recorded|meilisearch)\b-?", "", request.node.name)
    yield engine
    if isinstance(exchanges, Replay):
        assert exchanges.unknown == []


@pytest_asyncio.fixture(loop_scope="session")
async def written(engine: SearchEngine) -> AsyncIterator[SearchEngine]:
    """The same for tests that write."""
    yield engine
    await _fill(engine)


async def _fill(engine: SearchEngine) -> None:
    ids = {document["id"] for document in DOCUMENTS}
    await engine.delete("outcomes", set(await engine.ids_and_revisions("outcomes")) - ids)
    await engine.put("outcomes", DOCUMENTS)


async def ask(engine: SearchEngine, text: str = "", *filters: Filter, **more: Any) -> Hits:
    return await engine.search(Query("outcomes", text, filters, **more))


async def test_the_engine_answers(engine: SearchEngine) -> None:
    await engine.ping()


@pytest.mark.parametrize(
    ("typed", "first"),
    [
        ("铝合金导线", WIRE),
        ("石墨烯", FILM),
        ("發動機", MOTOR),
        ("fadongji", MOTOR),
        ("fdj", MOTOR),
        ("shimoxi", FILM),
        ("3.5kW", CANE),
        ("3.5 kw", CANE),
        ("Ti6Al4V", ALLOY),
        ("ti-6al-4v", ALLOY),
        ("ＴＩ-6AL-4V", ALLOY),
        ("graphene", FILM),
        ("南宁导线研究所", WIRE),
        ("甘蔗 收割", CANE),
        ("的甘蔗", CANE),
    ],
)
async def test_a_word_is_found_however_it_is_typed(engine: SearchEngine, typed: str, first: UUID) -> None:
    assert (await ask(engine, typed)).ids[:1] == (first,)


async def test_a_word_that_stands_nowhere_finds_nothing(engine: SearchEngine) -> None:
    hits = await ask(engine, "量子纠缠")

    assert (hits.ids, hits.total) == ((), 0)


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("ti6al4v", {ALLOY}),
        ("Ti-6Al-4V", {ALLOY}),
        ("6al4v", {ALLOY}),
        ("3.5kW", {CANE}),
        ("3.6kW", set()),
        ("ti-600", set()),
        ("CG-2026-000001", set()),
        ("ti-600 发动机", {MOTOR}),
        ("免热", set()),
    ],
)
async def test_a_code_and_a_single_word_are_found_whole_or_not_at_all(
    engine: SearchEngine, typed: str, expected: set[UUID]
) -> None:
    hits = await ask(engine, typed, facets=("field",))

    assert (set(hits.ids), hits.total) == (expected, len(expected))
    assert sum(hits.facets["field"].values()) == len(expected)
    limited = await ask(engine, typed, AnyOf("field", ("sports",)), sort=Sort("published_at"))
    assert (limited.ids, limited.total) == ((), 0)


async def test_what_holds_all_the_words_comes_before_what_holds_some(engine: SearchEngine) -> None:
    hits = await ask(engine, "铝合金 导线")

    assert hits.ids[0] == WIRE


async def test_where_hardly_anything_is_found_one_of_the_words_will_do(engine: SearchEngine) -> None:
    hits = await ask(engine, "铝合金 发动机", facets=("field",))

    assert set(hits.ids) == {WIRE, FILM, MOTOR}
    assert (hits.total, hits.facets["field"]) == (3, {"materials": 2, "aerospace": 1})
    limited = await ask(engine, "铝合金 发动机", AnyOf("field", ("materials",)), facets=("field",), limit=1)
    assert (len(limited.ids), limited.total, limited.facets) == (1, 2, hits.facets)


async def test_without_words_everything_is_found_the_newest_first(engine: SearchEngine) -> None:
    hits = await ask(engine)

    assert hits.ids == (ALLOY, MOTOR, CANE, FILM, WIRE)
    assert hits.total == 5


@pytest.mark.parametrize("typed", ["", " ", "-", '"', "，。", "\x00", "\u200b", "--\"'--"])
async def test_only_separators_are_no_words(engine: SearchEngine, typed: str) -> None:
    assert (await ask(engine, typed)).total == 5


@pytest.mark.parametrize(
    "typed",
    [
        "石" * 100_000,
        "a-" * 50_000,
        "-" * 100_000,
        '"' * 100_000,
        "甘蔗 " * 30_000,
        'field = "x" OR 1=1',
        "\ud800",
    ],
    ids=["one word", "joints", "separators", "quotes", "words", "a filter", "a surrogate"],
)
async def test_malicious_words_are_answered(engine: SearchEngine, typed: str) -> None:
    """How quickly, `make bench` shows."""
    await ask(engine, "甘蔗")

    await ask(engine, typed, facets=("field", "trl"))


@pytest.mark.parametrize(
    ("limit", "kept"),
    [
        (AnyOf("field", ("materials",)), {WIRE, FILM}),
        (AnyOf("field", ("materials", "agriculture")), {WIRE, FILM, CANE}),
        (AnyOf("industries", ("machinery",)), {WIRE}),
        (AnyOf("regions", ("450000",)), {WIRE, CANE}),
        (AnyOf("field", ()), set()),
        (AnyOf("field", ('x"] OR field = ["materials',)), set()),
        (NoneOf("field", ("materials",)), {CANE, MOTOR, ALLOY}),
        (NoneOf("industries", ("sugar",)), {WIRE, FILM, MOTOR, ALLOY}),
        (AnyOf("has_open_licence", ("yes",)), {WIRE}),
        (AnyOf("has_subsidy", ("no",)), {CANE, MOTOR}),
        (AnyOf("id", (str(CANE), str(WIRE))), {WIRE, CANE}),
        (NoneOf("id", (str(CANE), str(WIRE))), {FILM, MOTOR, ALLOY}),
        (NoneOf("id", ()), {WIRE, FILM, CANE, MOTOR, ALLOY}),
        (Range("trl", least=6), {WIRE, CANE, ALLOY}),
        (Range("trl", most=6), {WIRE, FILM, ALLOY}),
        (Range("trl", 5, 6), {WIRE, ALLOY}),
        (Range("price_amount", most=900_00), {WIRE, MOTOR}),
        (Range("price_amount", most=600_00, or_missing=True), {WIRE, FILM, ALLOY}),
        (Range("price_amount"), {WIRE, CANE, MOTOR}),
    ],
)
async def test_limits_keep_exactly_what_they_say(
    engine: SearchEngine, limit: Filter, kept: set[UUID]
) -> None:
    hits = await ask(engine, "", limit)

    assert (set(hits.ids), hits.total) == (kept, len(kept))


async def test_limits_are_joined_by_and(engine: SearchEngine) -> None:
    hits = await ask(engine, "", AnyOf("regions", ("450000",)), Range("trl", least=7))

    assert hits.ids == (CANE,)


async def test_an_unknown_field_is_an_error_of_ours(engine: SearchEngine) -> None:
    with pytest.raises(ValueError, match="no filter on colour"):
        await ask(engine, "", AnyOf("colour", ("red",)))
    with pytest.raises(ValueError, match="no order by title"):
        await ask(engine, sort=Sort("title"))


async def test_counts_beside_a_list_are_exact(engine: SearchEngine) -> None:
    hits = await ask(engine, facets=("field", "industries", "trl"))

    assert hits.facets["field"] == {"materials": 2, "agriculture": 1, "aerospace": 1, "manufacturing": 1}
    assert hits.facets["industries"] == {"aluminium": 1, "machinery": 1, "sugar": 1}
    assert hits.facets["trl"] == {"6": 2, "4": 1, "8": 1}


async def test_a_count_says_how_many_there_are_with_that_value_chosen(engine: SearchEngine) -> None:
    chosen = AnyOf("field", ("materials",))

    hits = await ask(engine, "", chosen, facets=("field", "regions"))

    assert hits.facets["field"]["agriculture"] == 1
    assert hits.facets["regions"] == {"450000": 1, "450100": 1, "440000": 1}
    for value, count in hits.facets["field"].items():
        assert (await ask(engine, "", AnyOf("field", (value,)))).total == count


async def test_counts_belong_to_the_words(engine: SearchEngine) -> None:
    hits = await ask(engine, "甘蔗", facets=("field",))

    assert hits.facets["field"] == {"agriculture": 1}


@pytest.mark.parametrize(
    ("order", "expected"),
    [
        (Sort("price_amount", is_descending=False), (WIRE, MOTOR, CANE)),
        (Sort("price_amount"), (CANE, MOTOR, WIRE)),
        (Sort("published_at", is_descending=False), (WIRE, FILM, CANE, MOTOR, ALLOY)),
        (Sort("interests"), (CANE, WIRE, MOTOR, FILM, ALLOY)),
        (Sort("interests", is_descending=False), (MOTOR, FILM, CANE, WIRE, ALLOY)),
        (Sort("trl"), (CANE, ALLOY, WIRE, FILM, MOTOR)),
    ],
)
async def test_an_order_is_strict_and_what_has_no_value_comes_last(
    engine: SearchEngine, order: Sort, expected: tuple[UUID, ...]
) -> None:
    hits = await ask(engine, sort=order)

    assert hits.ids[: len(expected)] == expected
    assert hits.total == 5


async def test_counters_and_marks_are_counted_like_any_field(engine: SearchEngine) -> None:
    hits = await ask(
        engine, "", AnyOf("has_subsidy", ("yes",)), facets=("has_subsidy", "has_open_licence", "interests")
    )

    assert hits.facets["has_subsidy"] == {"yes": 2, "no": 2}
    assert hits.facets["has_open_licence"] == {"yes": 1, "no": 1}
    assert hits.facets["interests"] == {"2": 1, "0": 1}


@pytest.mark.parametrize(
    ("text", "offset", "limit", "expected", "total"),
    [
        ("", 0, 20, (FILM, WIRE, ALLOY, MOTOR, CANE), 5),
        ("", 1, 2, (WIRE, ALLOY), 5),
        ("", 3, 2, (MOTOR, CANE), 5),
        ("铝合金", 0, 20, (FILM, WIRE), 2),
    ],
)
async def test_what_somebody_else_put_first_comes_first_if_it_is_a_hit(
    engine: SearchEngine, text: str, offset: int, limit: int, expected: tuple[UUID, ...], total: int
) -> None:
    led = PinnedResults(engine, [UUID(int=99), FILM, WIRE])

    hits = await led.search(Query("outcomes", text, facets=("field",), offset=offset, limit=limit))

    assert (hits.ids, hits.total) == (expected, total)
    assert hits.facets["field"] == (await ask(engine, text, facets=("field",))).facets["field"]


@pytest.mark.parametrize(("offset", "limit"), [(0, 2), (2, 2), (4, 2), (1, 3), (3, 100), (10, 5)])
async def test_pages_are_cut_from_one_order(engine: SearchEngine, offset: int, limit: int) -> None:
    whole = (await ask(engine)).ids

    hits = await ask(engine, offset=offset, limit=limit)

    assert hits.ids == whole[offset : offset + limit]
    assert hits.total == 5


async def test_the_words_to_mark_come_with_the_hits(engine: SearchEngine) -> None:
    assert "发动机" in (await ask(engine, "發動機")).terms


async def test_put_replaces_the_whole_document(written: SearchEngine) -> None:
    await written.put("outcomes", [{"id": CANE, "revision": 2, "title": "木薯收获机"}])

    assert (await ask(written, "木薯")).ids == (CANE,)
    assert (await ask(written, "甘蔗")).total == 0
    assert (await ask(written, "", AnyOf("industries", ("sugar",)))).total == 0
    assert await written.count("outcomes") == 5


async def test_sending_the_same_state_twice_changes_nothing(written: SearchEngine) -> None:
    await written.put("outcomes", DOCUMENTS)

    assert await written.count("outcomes") == 5
    assert (await ask(written, "甘蔗")).total == 1


async def test_what_is_deleted_is_found_no_more_and_deleting_the_unknown_is_no_error(
    written: SearchEngine,
) -> None:
    await written.delete("outcomes", [CANE, UUID(int=99)])

    assert (await ask(written, "甘蔗")).total == 0
    assert set(await written.ids_and_revisions("outcomes")) == {WIRE, FILM, MOTOR, ALLOY}


async def test_the_engine_tells_what_it_holds(engine: SearchEngine) -> None:
    revisions = await engine.ids_and_revisions("outcomes")

    assert revisions == {document["id"]: document["revision"] for document in DOCUMENTS}


@pytest.mark.parametrize(
    "wrong", [{"trl": "six"}, {"colour": "red"}, {"price_amount": 2**63}, {"revision": None}]
)
async def test_a_document_that_cannot_be_kept_is_refused_and_nothing_of_the_call_taken(
    written: SearchEngine, wrong: dict[str, Any]
) -> None:
    good = {"id": UUID(int=8), "revision": 1, "title": "好"}

    with pytest.raises(Rejected):
        await written.put("outcomes", [good, {"id": UUID(int=9), "revision": 1, "title": "坏", **wrong}])

    assert await written.count("outcomes") == 5


async def test_candidates_share_a_term_and_bring_their_facts(engine: SearchEngine) -> None:
    candidates = await engine.candidates("outcomes", ["导线", "甘蔗", "不存在"])

    facts = {id_: candidates.facts(at) for at, id_ in enumerate(candidates.ids)}
    assert set(facts) == {WIRE, CANE}
    assert facts[WIRE]["revision"] == 3
    assert facts[WIRE]["price_amount"] == 500_00
    assert facts[WIRE]["industries"] == ["aluminium", "machinery"]
    assert facts[WIRE]["hashes"] == prepare("outcomes", DOCUMENTS[0]).facts()["hashes"]
    assert facts[WIRE]["counts"][0] > 0


async def test_candidates_bring_what_was_written_last(written: SearchEngine) -> None:
    await written.candidates("outcomes", ["导线"])
    await written.put("outcomes", [{**DOCUMENTS[0], "revision": 4, "title": "铜导线", "trl": 9}])
    at_once = await written.candidates("outcomes", ["导线"])
    await written.put("outcomes", [{**DOCUMENTS[0], "revision": 4, "title": "铜导线", "price_amount": 7}])

    candidates = await written.candidates("outcomes", ["导线"])

    new = prepare("outcomes", {**DOCUMENTS[0], "title": "铜导线"}).facts()
    assert (at_once.facts(0)["trl"], at_once.facts(0)["hashes"]) == (9, new["hashes"])
    assert (candidates.ids, candidates.facts(0)["trl"], candidates.facts(0)["price_amount"]) == ([WIRE], 6, 7)


async def test_no_terms_have_no_candidates(engine: SearchEngine) -> None:
    assert (await engine.candidates("outcomes", [])).ids == []


async def test_the_nearest_in_meaning_are_candidates_beside_those_that_share_a_term(
    engine: SearchEngine,
) -> None:
    vectors = {"toy": unit_vector([1, 0.1, 0])}

    alone = await engine.candidates("outcomes", [], vectors=vectors, nearest=2)
    with_terms = await engine.candidates("outcomes", ["甘蔗"], vectors=vectors, nearest=1)

    assert set(alone.ids) == {WIRE, FILM}
    assert set(with_terms.ids) == {WIRE, CANE}
    assert all((*alone.hashes, *with_terms.hashes))


async def test_candidates_bring_their_cosine_if_they_have_a_vector(engine: SearchEngine) -> None:
    vectors = {"toy": unit_vector([1, 0, 0]), "a model nobody uses": unit_vector([1, 0])}

    candidates = await engine.candidates("outcomes", ["导线", "甘蔗", "涂层"], vectors=vectors, nearest=2)

    cosines = {id_: candidates.meaning(at) for at, id_ in enumerate(candidates.ids)}
    assert set(cosines) == {WIRE, FILM, CANE, MOTOR}
    assert cosines[MOTOR] == {}
    assert cosines[WIRE] == pytest.approx({"toy": 1.0}, abs=0.002)
    assert cosines[FILM] == pytest.approx({"toy": 0.7071}, abs=0.002)
    assert cosines[CANE] == pytest.approx({"toy": 0.0}, abs=0.002)


async def test_a_document_sent_without_its_vector_or_removed_is_near_to_nothing(
    written: SearchEngine,
) -> None:
    await written.put("outcomes", [{name: of for name, of in DOCUMENTS[0].items() if name != "vectors"}])
    await written.delete("outcomes", [FILM])

    candidates = await written.candidates("outcomes", [], vectors={"toy": unit_vector([1, 0, 0])}, nearest=5)

    assert candidates.ids == [CANE]


async def test_the_engine_counts_in_how_many_documents_a_term_stands(engine: SearchEngine) -> None:
    counts = await engine.term_frequencies("outcomes")

    assert counts["合金"] == 3
    assert counts["甘蔗"] == 1


async def test_a_rebuild_swaps_and_readers_never_see_a_gap(written: SearchEngine) -> None:
    totals: list[int] = []

    async def batches() -> AsyncIterator[Sequence[Document]]:
        yield DOCUMENTS[:2]
        totals.append((await ask(written)).total)
        yield DOCUMENTS[2:3]
        totals.append((await ask(written)).total)

    count = await written.rebuild("outcomes", batches())

    assert (totals, count) == ([5, 5], 3)
    assert set((await ask(written)).ids) == {WIRE, FILM, CANE}
    await written.put("outcomes", DOCUMENTS)
    assert (await ask(written)).total == 5


async def test_settings_can_be_applied_again(engine: SearchEngine) -> None:
    assert await engine.apply_settings() == []
    assert await engine.count("outcomes") == 5


async def test_the_words_that_may_have_been_meant_are_those_of_the_english_texts_too(
    engine: SearchEngine,
) -> None:
    words = await engine.words("outcomes")

    assert words["甘蔗"] == words["graphene"] == words["conducting"] == 1
    assert words["合金"] == 3
