"""The embedded engine on its folder: other processes, other shapes, writers in turn."""

from __future__ import annotations

import asyncio
import dataclasses
import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from market.kit.errors import IndexDamaged, SearchUnavailable
from market.search.documents import prepare
from market.search.embedded import EmbeddedSearch
from market.search.embedded_store import PORTION, IndexFolder
from market.search.engine import Document, Query
from market.search.record_files import RecordFile
from tests.search.vectors import unit_vector

ONE, TWO = UUID(int=1), UUID(int=2)


def document(number: UUID, title: str) -> dict[str, object]:
    return {"id": number, "revision": 1, "title": title}


async def test_another_process_finds_what_was_written_at_once(tmp_path: Path) -> None:
    writer, reader = EmbeddedSearch(tmp_path), EmbeddedSearch(tmp_path)
    await writer.apply_settings()
    await writer.put("outcomes", [document(ONE, "石墨烯")])
    assert (await reader.search(Query("outcomes", "石墨烯"))).ids == (ONE,)

    await writer.put("outcomes", [document(TWO, "石墨烯薄膜")])

    assert set((await reader.search(Query("outcomes", "石墨烯"))).ids) == {ONE, TWO}


async def test_a_list_and_the_counts_beside_it_follow_what_another_process_wrote(tmp_path: Path) -> None:
    writer, reader = EmbeddedSearch(tmp_path), EmbeddedSearch(tmp_path)
    await writer.put("outcomes", [{**document(ONE, "石墨烯"), "trl": 6}])
    first, again = [await reader.search(Query("outcomes", facets=("trl",))) for _time in range(2)]

    await writer.put("outcomes", [{**document(TWO, "铝合金"), "trl": 6}])

    assert first == again
    assert (first.ids, first.facets) == ((ONE,), {"trl": {"6": 1}})
    now = await reader.search(Query("outcomes", facets=("trl",)))
    assert (set(now.ids), now.facets) == ({ONE, TWO}, {"trl": {"6": 2}})


async def test_a_reader_follows_a_swap_made_by_another_process(tmp_path: Path) -> None:
    writer, reader = EmbeddedSearch(tmp_path), EmbeddedSearch(tmp_path)
    await writer.put("outcomes", [document(ONE, "石墨烯")])
    await reader.count("outcomes")

    async def batches() -> AsyncIterator[list[Document]]:
        yield [document(TWO, "铝合金")]

    await writer.rebuild("outcomes", batches())

    assert (await reader.search(Query("outcomes"))).ids == (TWO,)


async def test_two_writers_take_turns(tmp_path: Path) -> None:
    engines = [EmbeddedSearch(tmp_path, linger=0.01) for _ in range(4)]
    await engines[0].apply_settings()

    await asyncio.gather(
        *(
            engine.put("outcomes", [document(UUID(int=10 * at + one), "铝") for one in range(5)])
            for at, engine in enumerate(engines, 1)
        )
    )

    assert await engines[0].count("outcomes") == 20


async def test_a_write_that_fails_half_way_leaves_nothing(tmp_path: Path) -> None:
    folder = IndexFolder("outcomes", tmp_path, linger=0.01)
    folder.put([prepare("outcomes", document(ONE, "石墨烯"))])
    wrong: dict[str, Any] = {"trl": "six"}
    broken = dataclasses.replace(prepare("outcomes", document(TWO, "铝")), numbers=wrong)

    with pytest.raises(TypeError):
        folder.put([prepare("outcomes", document(UUID(int=3), "锌")), broken])
    folder.put([])

    assert set(folder.ids_and_revisions()) == {ONE}
    folder.close()


async def test_of_more_documents_than_a_portion_all_are_written_or_none(tmp_path: Path) -> None:
    folder = IndexFolder("outcomes", tmp_path, linger=0.01)
    vectors = {"toy": unit_vector([1, 0, 1])}
    many = [prepare("outcomes", document(UUID(int=100 + number), "铝")) for number in range(PORTION)]
    first = prepare("outcomes", {**document(ONE, "石墨烯"), "vectors": vectors})
    wrong: dict[str, Any] = {"trl": "six"}
    broken = dataclasses.replace(prepare("outcomes", document(TWO, "锌")), numbers=wrong)

    with pytest.raises(TypeError):
        folder.put(iter([first, *many, broken]))
    assert folder.vector_files() == {}
    folder.put(iter([first, *many]))

    assert len(folder.ids_and_revisions()) == PORTION + 1
    assert folder.vector_files()["toy"].keys() == {ONE.bytes}
    folder.close()


async def test_what_is_there_after_a_restart_is_what_was_written(tmp_path: Path) -> None:
    first = EmbeddedSearch(tmp_path)
    await first.put("outcomes", [document(ONE, "石墨烯")])
    await first.close()

    second = EmbeddedSearch(tmp_path)

    assert "outcomes" not in await second.apply_settings()
    assert await second.count("outcomes") == 1


async def test_what_is_written_again_unchanged_takes_no_room_beside_the_index(tmp_path: Path) -> None:
    search = EmbeddedSearch(tmp_path)
    vectors = {"toy": unit_vector([1, 0, 1])}
    candidates_before = [{**document(ONE, "石墨烯"), "vectors": vectors}, document(TWO, "铝")]
    await search.put("outcomes", candidates_before)
    folder = tmp_path / "outcomes" / (tmp_path / "outcomes" / "CURRENT").read_text().split()[0]
    sizes = [(folder / name).stat().st_size for name in ("facts", "toy.vectors")]

    await search.put("outcomes", [{**one, "interests": 7} for one in candidates_before])

    assert [(folder / name).stat().st_size for name in ("facts", "toy.vectors")] == sizes
    candidates = await search.candidates("outcomes", ["石墨"], vectors=vectors)
    assert candidates.ids == [ONE]
    assert candidates.meaning(0)["toy"] == pytest.approx(1, abs=1e-3)


def test_records_are_read_by_whoever_knows_their_place_while_others_are_written(tmp_path: Path) -> None:
    writer, reader = RecordFile(tmp_path / "facts"), RecordFile(tmp_path / "facts")
    first = writer.append([b"one", b"", b"two and a half"])
    assert reader.read(first) == [b"one", b"", b"two and a half"]

    (third,) = writer.append([b"three"])

    assert reader.read([third, first[0]]) == [b"three", b"one"]
    assert reader.read([]) == RecordFile(tmp_path / "none").read([]) == []


async def test_an_index_of_another_shape_is_made_anew_and_named(tmp_path: Path) -> None:
    old = EmbeddedSearch(tmp_path)
    await old.put("outcomes", [document(ONE, "石墨烯")])
    await old.close()
    (tmp_path / "outcomes" / "CURRENT").write_text("1 anothershape")

    new = EmbeddedSearch(tmp_path)

    assert "outcomes" in await new.apply_settings()
    assert await new.count("outcomes") == 0


async def test_a_lost_folder_is_no_empty_index_to_who_has_used_it(tmp_path: Path) -> None:
    engine = EmbeddedSearch(tmp_path)
    await engine.put("outcomes", [document(ONE, "石墨烯")])
    await engine.close()
    shutil.rmtree(tmp_path / "outcomes")

    with pytest.raises(IndexDamaged):
        await engine.count("outcomes")
    await engine.put("outcomes", [document(TWO, "石墨烯")])
    assert await engine.count("outcomes") == 1


async def test_a_folder_that_cannot_be_written_is_an_engine_that_is_away(tmp_path: Path) -> None:
    (tmp_path / "index").write_text("in the way")

    with pytest.raises(SearchUnavailable):
        await EmbeddedSearch(tmp_path / "index").put("outcomes", [document(ONE, "石墨烯")])


async def test_who_names_a_topic_in_the_title_comes_before_who_repeats_it(tmp_path: Path) -> None:
    search = EmbeddedSearch(tmp_path)
    in_title = {**document(ONE, "石墨烯导热膜的制备"), "text": "散热材料在电子器件中的应用，" * 20}
    repeated = {**document(TWO, "一种薄膜"), "text": "石墨烯导热膜，" * 5}
    await search.put("outcomes", [in_title, repeated])

    assert (await search.search(Query("outcomes", "石墨烯导热膜"))).ids == (ONE, TWO)
