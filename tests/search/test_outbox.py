"""What is changed in the database is found in the index, whatever fails between."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import Any
from uuid import UUID, uuid4

import pytest
import pytest_asyncio

import market.search.jobs
from market.deps import Deps
from market.kit.database import connection, in_transaction
from market.kit.errors import SearchUnavailable
from market.kit.jobs import run_pending
from market.kit.room import Room
from market.listings.states import OutcomeStatus
from market.search import outbox
from market.search.embedded import EmbeddedSearch
from market.search.engine import Document, Query, Rejected
from market.search.models import OutboxEntry
from market.search.relay import rebuild, reconcile, relay, status
from tests.another_room import another_room
from tests.factories import make_outcome

assert market.search.jobs, "the relay"


class Stubborn(EmbeddedSearch):
    """The real engine, which may be away or refuse a document."""

    down = False
    poison: UUID | None = None
    on_put: Any = None

    async def put(self, index: str, documents: Sequence[Document]) -> None:
        if self.down:
            raise SearchUnavailable("away")
        if any(document["id"] == self.poison for document in documents):
            raise Rejected("poison")
        await super().put(index, documents)
        if self.on_put:
            await self.on_put()


@pytest_asyncio.fixture(loop_scope="session")
async def search(deps: Deps) -> AsyncIterator[Stubborn]:
    engine = Stubborn(deps.settings.data_directory / "index")
    yield engine
    await engine.close()


async def found(engine: EmbeddedSearch, text: str = "") -> set[UUID]:
    return set((await engine.search(Query("outcomes", text))).ids)


async def test_a_change_is_found_once_the_relay_has_run(deps: Deps) -> None:
    outcome = await make_outcome(title="蔗渣制备活性炭")

    await outbox.enqueue("outcomes", outcome.id)
    await run_pending(deps, limit=1)

    assert (await deps.search.search(Query("outcomes", "活性炭"))).ids == (outcome.id,)
    assert not await OutboxEntry.exists()


async def test_a_change_that_is_rolled_back_is_not_noted() -> None:
    outcome = await make_outcome()

    async with in_transaction() as transaction:
        await outbox.enqueue("outcomes", outcome.id)
        await transaction.rollback()

    assert not await OutboxEntry.exists()
    assert not await connection().execute_query_dict("SELECT 1 FROM procrastinate_jobs")


async def test_what_leaves_the_market_leaves_the_index(search: Stubborn) -> None:
    outcome = await make_outcome()
    await outbox.enqueue("outcomes", outcome.id)
    await relay("outcomes", search=search)

    outcome.status = OutcomeStatus.UNLISTED
    await outcome.save(update_fields=["status"])
    await outbox.enqueue("outcomes", outcome.id)
    await relay("outcomes", search=search)

    assert await found(search) == set()


async def test_a_wish_that_grew_while_it_was_sent_stays(search: Stubborn) -> None:
    outcome = await make_outcome(title="旧名")

    async def edit() -> None:
        search.on_put = None
        outcome.title = "新名"
        await outcome.save(update_fields=["title"])
        await outbox.enqueue("outcomes", outcome.id)

    search.on_put = edit
    await outbox.enqueue("outcomes", outcome.id)
    await relay("outcomes", search=search)

    assert await found(search, "新名") == {outcome.id}
    assert not await OutboxEntry.exists()


async def test_with_the_engine_away_wishes_wait(search: Stubborn) -> None:
    outcome = await make_outcome()
    await outbox.enqueue("outcomes", outcome.id)
    search.down = True

    with pytest.raises(SearchUnavailable):
        await relay("outcomes", search=search)
    behind = await outbox.indexes_with_pending()
    search.down = False
    await relay("outcomes", search=search)

    assert behind == ["outcomes"]
    assert await found(search) == {outcome.id}


async def test_one_poisoned_document_is_set_aside_and_the_others_pass(search: Stubborn) -> None:
    outcomes = [await make_outcome() for _ in range(7)]
    search.poison = outcomes[3].id

    await outbox.enqueue_many("outcomes", [outcome.id for outcome in outcomes])
    await relay("outcomes", search=search)

    entry = await OutboxEntry.get()
    assert (entry.document_id, entry.is_quarantined, entry.error) == (outcomes[3].id, True, "poison")
    assert await found(search) == {outcome.id for outcome in outcomes} - {outcomes[3].id}

    search.poison = None
    await outbox.retry(entry.id)
    await relay("outcomes", search=search)

    assert len(await found(search)) == 7


async def test_a_document_that_no_engine_can_keep_is_named(deps: Deps) -> None:
    outcome = await make_outcome(price_amount=2**60)
    await outbox.enqueue("outcomes", outcome.id)

    await relay("outcomes", search=deps.search)

    assert "price_amount is too large" in (await OutboxEntry.get()).error


async def test_the_nightly_comparison_asks_for_every_difference(search: Stubborn) -> None:
    missing, outdated = await make_outcome(), await make_outcome()
    await outbox.enqueue("outcomes", outdated.id)
    await relay("outcomes", search=search)
    await search.put("outcomes", [{"id": uuid4(), "revision": 1, "title": "无主"}])
    outdated.revision = 9
    await outdated.save(update_fields=["revision"])

    before = await status("outcomes", search=search)
    count = await reconcile("outcomes", search=search)
    await relay("outcomes", search=search)
    after = await status("outcomes", search=search)

    assert (before.differences, count, after.differences) == (3, 3, 0)
    assert await found(search) == {missing.id, outdated.id}


async def test_a_rebuild_makes_the_index_equal_to_the_database(search: Stubborn) -> None:
    outcomes = [await make_outcome() for _ in range(3)]
    await search.put("outcomes", [{"id": uuid4(), "revision": 1, "title": "无主"}])
    steps: list[tuple[int, int]] = []

    count = await rebuild(
        "outcomes", search=search, on_progress=lambda done, total: steps.append((done, total))
    )

    assert count == 3
    assert await found(search) == {outcome.id for outcome in outcomes}
    assert steps[-1] == (3, 3)


async def test_an_index_that_no_room_fills_is_left_alone(search: Stubborn) -> None:
    assert await rebuild("policies", search=search) == 0


async def test_hooks_are_told_what_readers_now_find(search: Stubborn) -> None:
    calls: list[tuple[list[UUID], list[UUID]]] = []

    async def hook(published: Sequence[UUID], removed: Sequence[UUID]) -> None:
        calls.append((list(published), list(removed)))

    with another_room(Room("toy", index_listeners={"outcomes": hook})):
        here, gone = await make_outcome(), await make_outcome(status=OutcomeStatus.DRAFT)
        await outbox.enqueue_many("outcomes", [here.id, gone.id])
        await relay("outcomes", search=search)

    assert calls == [([here.id], [gone.id])]
