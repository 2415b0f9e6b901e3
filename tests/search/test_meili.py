"""What our adapter sends to Meilisearch and what it makes of answers. Tried on a stand-in."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import pytest
import pytest_asyncio

from market.kit.errors import SearchUnavailable
from market.search.candidates import Candidates
from market.search.engine import AnyOf, Document, NoneOf, Query, Range, Rejected, Sort
from market.search.indexes import INDEXES, settings_of
from market.search.meili import MeiliSearch
from market.search.meili_indexes import ScratchTenant
from market.search.meili_requests import decode_record
from tests.search.fake_meili import DEFAULTS, FakeMeili
from tests.search.loopback import Loopback, Received

pytestmark = pytest.mark.allow_hosts(["127.0.0.1"])

ONE, TWO, THREE = UUID(int=1), UUID(int=2), UUID(int=3)


def document(number: UUID, **more: Any) -> dict[str, Any]:
    return {"id": number, "revision": 1, "title": "Ti-6Al-4V 合金", **more}


@pytest.fixture
def server() -> FakeMeili:
    return FakeMeili()


@pytest_asyncio.fixture(loop_scope="session")
async def engine(server: FakeMeili, loopback: Loopback) -> AsyncIterator[MeiliSearch]:
    """The adapter of a server that has every index already."""
    for index in INDEXES:
        server.indexes[f"a_{index}"], server.settings[f"a_{index}"] = {}, DEFAULTS | settings_of(index)
    engine = MeiliSearch(loopback.mount(server), "key", tenant=ScratchTenant("a"))
    yield engine
    await engine.close()


async def test_settings_are_sent_whole_and_missing_indexes_named(
    server: FakeMeili, loopback: Loopback
) -> None:
    engine = MeiliSearch(loopback.mount(server), None, tenant=ScratchTenant("a"))

    first, second = await engine.apply_settings(), await engine.apply_settings()
    await engine.close()

    assert (first, second) == (list(INDEXES), [])
    assert server.settings == {f"a_{index}": DEFAULTS | settings_of(index) for index in INDEXES}


async def test_an_index_whose_documents_lack_a_field_is_named_and_left_until_it_is_built_anew(
    server: FakeMeili, engine: MeiliSearch
) -> None:
    server.settings["a_needs"] = {
        **server.settings["a_needs"],
        "filterableAttributes": [{"attributePatterns": ["id"]}],
    }

    assert await engine.apply_settings() == ["needs"]
    assert server.settings["a_needs"] != settings_of("needs")


async def test_every_request_refuses_compression_and_carries_the_key(
    server: FakeMeili, engine: MeiliSearch
) -> None:
    await engine.ping()
    await engine.put("outcomes", [document(ONE)])

    assert {request.headers["accept-encoding"] for request in server.requests} == {"identity"}
    assert {request.headers["authorization"] for request in server.requests} == {"Bearer key"}


async def test_a_write_returns_only_when_its_task_is_done(server: FakeMeili, engine: MeiliSearch) -> None:
    server.looks_until_done = 5

    await engine.put("outcomes", [document(ONE)])

    assert server.tasks[-1]["looks"] == 5


async def test_texts_are_sent_normalised_and_facts_beside(server: FakeMeili, engine: MeiliSearch) -> None:
    await engine.put("outcomes", [document(ONE, trl=6, field="materials")])

    stored = server.indexes["a_outcomes"][str(ONE)]
    assert stored["s_title"] == "ti6al4v ti 6 al 4 v 合金"
    assert (stored["trl"], stored["field"]) == (6, ["materials"])
    candidates = Candidates.of([decode_record(stored["record"])])
    assert (candidates.ids, sum(candidates.heads["counts"][0][:5])) == ([ONE], len(stored["terms"]))
    assert "hejin" in stored["pinyin"].split()


@pytest.mark.parametrize(
    ("outcome", "error", "expected"),
    [
        ("failed", {"code": "invalid_document_id", "type": "invalid_request"}, Rejected),
        ("failed", {"code": "no_space_left_on_device", "type": "system"}, SearchUnavailable),
        ("canceled", None, SearchUnavailable),
    ],
)
async def test_a_task_that_ends_badly_is_no_success(
    server: FakeMeili,
    engine: MeiliSearch,
    outcome: str,
    error: dict[str, Any] | None,
    expected: type[Exception],
) -> None:
    server.outcome, server.error = outcome, error

    with pytest.raises(expected):
        await engine.put("outcomes", [document(ONE)])


@pytest.mark.parametrize(
    ("status", "expected"), [(400, Rejected), (403, SearchUnavailable), (503, SearchUnavailable)]
)
async def test_an_answer_that_refuses_is_told_apart_from_a_server_that_is_away(
    server: FakeMeili, engine: MeiliSearch, status: int, expected: type[Exception]
) -> None:
    server.answer_status = status

    with pytest.raises(expected):
        await engine.put("outcomes", [document(ONE)])


@pytest.mark.parametrize("is_hot", [True, False])
async def test_a_server_that_does_not_answer_is_away(loopback: Loopback, is_hot: bool) -> None:
    engine = MeiliSearch("http://127.0.0.1:9", None, tenant=ScratchTenant("a"))

    with pytest.raises(SearchUnavailable):
        await (engine.search(Query("outcomes", "铝")) if is_hot else engine.ping())
    await engine.close()


@dataclass
class Silent:
    """A server that answers only when nobody waits any more."""

    is_given_up: asyncio.Event = field(default_factory=asyncio.Event)

    async def answer(self, request: Received) -> tuple[int, Any]:
        await self.is_given_up.wait()
        return 200, {"status": "available", "results": []}


@pytest.mark.parametrize("is_hot", [True, False])
async def test_a_server_that_answers_too_late_is_away(loopback: Loopback, is_hot: bool) -> None:
    server = Silent()
    engine = MeiliSearch(loopback.mount(server), None, tenant=ScratchTenant("a"), timeout=0.1)

    with pytest.raises(SearchUnavailable):
        await (engine.search(Query("outcomes", "铝")) if is_hot else engine.ping())
    server.is_given_up.set()
    await engine.close()


async def test_a_search_asks_for_a_numbered_page_and_rarest_words_first(
    server: FakeMeili, engine: MeiliSearch
) -> None:
    await engine.put("outcomes", [document(id_) for id_ in (ONE, TWO, THREE)])

    hits = await engine.search(Query("outcomes", '-"發動機" 3.5kW', sort=Sort("trl"), offset=2, limit=2))

    query = server.bodies("/multi-search")[0]["queries"][0]
    assert (query["q"], query["page"], query["hitsPerPage"]) == ("发动机 3.5kw 3.5 kw", 2, 2)
    assert (query["matchingStrategy"], query["locales"], query["sort"]) == (
        "frequency",
        ["cmn", "eng"],
        ["trl:desc"],
    )
    assert (hits.ids, hits.total) == ((THREE,), 3)


async def test_an_odd_offset_is_cut_from_a_larger_page(server: FakeMeili, engine: MeiliSearch) -> None:
    await engine.put("outcomes", [document(id_) for id_ in (ONE, TWO, THREE)])

    hits = await engine.search(Query("outcomes", offset=1, limit=2))

    assert hits.ids == (TWO, THREE)


async def test_limits_are_written_so_that_no_value_can_break_out(
    server: FakeMeili, engine: MeiliSearch
) -> None:
    filters = (
        AnyOf("field", ('a"] OR field = "b', "c\\")),
        NoneOf("industries", ("sugar",)),
        Range("trl", 3, 6),
        Range("price_amount", most=100, or_missing=True),
    )

    await engine.search(Query("outcomes", "铝", filters))

    assert server.bodies("/multi-search")[0]["queries"][0]["filter"] == [
        'field IN ["a\\"] OR field = \\"b", "c\\\\"]',
        'industries NOT IN ["sugar"]',
        "(trl >= 3 AND trl <= 6)",
        "((price_amount <= 100) OR price_amount NOT EXISTS)",
    ]


async def test_the_counts_of_a_filtered_field_are_asked_without_that_filter(
    server: FakeMeili, engine: MeiliSearch
) -> None:
    server.facets = {"field": {"materials": 2}, "regions": {"450000": 1}}
    filters = (AnyOf("field", ("materials",)), Range("trl", least=3))

    hits = await engine.search(Query("outcomes", "铝", filters, facets=("field", "regions")))

    main, other = server.bodies("/multi-search")[0]["queries"]
    assert (main["facets"], other["facets"]) == (["regions"], ["field"])
    assert other["filter"] == ["(trl >= 3)"]
    assert hits.facets == server.facets


async def test_candidates_are_asked_by_one_filter_on_terms(server: FakeMeili, engine: MeiliSearch) -> None:
    await engine.put("outcomes", [document(ONE)])

    candidates = await engine.candidates("outcomes", ["合金", "铝"], limit=300)

    query = server.bodies("/multi-search")[0]["queries"][0]
    assert query["filter"] == ['terms IN ["合金", "铝"]']
    assert (query["limit"], candidates.ids) == (300, [ONE])


async def test_a_record_is_asked_for_once_until_it_changes(server: FakeMeili, engine: MeiliSearch) -> None:
    await engine.put("outcomes", [document(ONE), document(UUID(int=2))])
    await engine.candidates("outcomes", ["合金"])
    await engine.candidates("outcomes", ["合金"])
    await engine.put("outcomes", [document(ONE, trl=9)])

    candidates = await engine.candidates("outcomes", ["合金"])

    fetched = [sorted(body["ids"]) for body in server.bodies("/indexes/a_outcomes/documents/fetch")]
    assert fetched == [[str(ONE), str(UUID(int=2))], [str(ONE)]]
    assert {candidates.facts(at).get("trl") for at in range(len(candidates))} == {9, None}


async def test_an_index_that_an_earlier_release_wrote_is_searched_and_has_no_candidates(
    server: FakeMeili, engine: MeiliSearch
) -> None:
    server.indexes["a_outcomes"] = {str(ONE): {"id": str(ONE), "revision": 1, "_rankingScore": 0.5}}

    assert (await engine.search(Query("outcomes", "铝"))).ids == (ONE,)
    assert (await engine.candidates("outcomes", ["铝"])).ids == []


async def test_what_the_server_holds_is_read_page_by_page(server: FakeMeili, engine: MeiliSearch) -> None:
    await engine.put("outcomes", [document(UUID(int=number)) for number in range(1, 1202)])

    revisions = await engine.ids_and_revisions("outcomes")
    counts = await engine.term_frequencies("outcomes")

    assert len(revisions) == 1201
    assert counts["合金"] == 1201


async def test_a_rebuild_fills_an_index_beside_and_swaps(server: FakeMeili, engine: MeiliSearch) -> None:
    await engine.put("outcomes", [document(ONE)])
    seen: list[int] = []

    async def batches() -> AsyncIterator[Sequence[Document]]:
        yield [document(TWO)]
        seen.append(len(server.indexes["a_outcomes"]))
        yield [document(THREE)]

    count = await engine.rebuild("outcomes", batches())

    assert (count, seen) == (2, [1])
    assert set(server.indexes["a_outcomes"]) == {str(TWO), str(THREE)}
    assert "a_outcomes_next" not in server.indexes
