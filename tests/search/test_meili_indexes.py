"""Several markets and test runs share one Meilisearch: a stand-in always, a real server if there is one."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import pytest
import pytest_asyncio

from market.commands.records import describe
from market.kit.errors import SearchUnavailable
from market.kit.models import SystemState
from market.search.engine import Document, Query, Rejected, Tenancy
from market.search.indexes import INDEXES
from market.search.meili import MeiliSearch
from market.search.meili_client import MeiliAdmin
from market.search.meili_indexes import AppliedSettings, MarketTenant, ScratchTenant, reset_tenancy
from market.settings import Settings, SettingsError
from tests.conftest import forget_site_server
from tests.search.fake_meili import FakeMeili
from tests.search.loopback import Loopback
from tests.search.real_server import RealServer, hosts, real_server

pytestmark = pytest.mark.allow_hosts(hosts())

ONE, TWO = UUID(int=1), UUID(int=2)


def document(id_: UUID, title: str) -> dict[str, Any]:
    return {"id": id_, "revision": 1, "title": title, "published_at": 1}


@pytest.fixture(params=["stand-in", "real"])
def server(request: pytest.FixtureRequest, loopback: Loopback) -> RealServer:
    if request.param == "real":
        return real_server()
    return RealServer(loopback.mount(FakeMeili(looks_until_done=1)), None)


@asynccontextmanager
async def market(
    server: RealServer, name: str, embedders: Mapping[str, int] | None = None
) -> AsyncIterator[MeiliSearch]:
    """A market on this server, its indexes built; they are gone at the end."""
    tenant = ScratchTenant(f"{server.prefix}_{name}")
    engine = MeiliSearch(server.url, server.key, tenant=tenant, embedders=embedders)
    try:
        assert await engine.apply_settings() == list(INDEXES)
        yield engine
    finally:
        await engine.drop()
        await engine.close()


async def state_of(server: RealServer, name: str) -> Any:
    """Return settings and number of documents of every index of a market, as the server holds them."""
    admin = MeiliAdmin(server.url, server.key)
    uids = [f"{server.prefix}_{name}_{index}" for index in INDEXES]
    return {uid: (await admin.settings(uid), await admin.count_documents(uid)) for uid in uids}


async def test_two_markets_and_a_test_run_share_one_server_unharmed(server: RealServer) -> None:
    async with market(server, "north", {"model": 3}) as north, market(server, "south") as south:
        await north.put("outcomes", [document(ONE, "铝合金导线")])
        await south.put("outcomes", [document(TWO, "甘蔗收割机")])
        before = await state_of(server, "north"), await state_of(server, "south")

        async with market(server, "run", {"toy": 2}) as run:
            await run.put("outcomes", [document(TWO, "石墨烯")])
            await run.delete("outcomes", [ONE, TWO])

        assert (await state_of(server, "north"), await state_of(server, "south")) == before
        await north.put("needs", [document(TWO, "需要导线")])
        await south.put("needs", [document(ONE, "需要收割机")])
        assert (await north.search(Query("outcomes"))).ids == (ONE,)
        assert (await south.search(Query("outcomes"))).ids == (TWO,)
        assert (await north.tenancy()).drift == (await south.tenancy()).drift == {}
    uids = await MeiliAdmin(server.url, server.key).index_uids()
    assert [uid for uid in uids if uid.startswith(server.prefix)] == []


async def test_a_name_that_begins_like_another_reaches_none_of_its_indexes(server: RealServer) -> None:
    async with market(server, "north") as longer:
        await longer.put("outcomes", [document(ONE, "铝合金导线")])
        shorter = MeiliSearch(server.url, server.key, tenant=ScratchTenant(server.prefix))

        await shorter.drop()
        await shorter.close()

        assert await longer.count("outcomes") == 1


@dataclass
class Changed:
    """A market whose `outcomes` somebody else gave an embedder that its documents say nothing about."""

    engine: MeiliSearch
    admin: MeiliAdmin
    uid: str


@pytest_asyncio.fixture(loop_scope="session")
async def changed(server: RealServer) -> AsyncIterator[Changed]:
    async with market(server, "north") as engine:
        await engine.put("needs", [document(ONE, "需要导线")])
        changed = Changed(engine, MeiliAdmin(server.url, server.key), f"{server.prefix}_north_outcomes")
        await changed.admin.update_settings(
            changed.uid, {"embedders": {"toy": {"source": "userProvided", "dimensions": 3}}}
        )
        yield changed


class Log(logging.Handler):
    """Keeps what is logged."""

    def __init__(self) -> None:
        super().__init__()
        self.messages: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.messages.append(record.getMessage())


@pytest.fixture
def log() -> Iterator[Log]:
    log, logger = Log(), logging.getLogger("market.search.meili_indexes")
    logger.addHandler(log)
    yield log
    logger.removeHandler(log)


async def one_batch() -> AsyncIterator[Sequence[Document]]:
    yield [document(ONE, "铝合金导线")]


async def test_settings_that_somebody_else_changed_are_told_and_left(changed: Changed, log: Log) -> None:
    before = await changed.admin.settings(changed.uid)

    assert await changed.engine.apply_settings() == []

    assert (await changed.engine.tenancy()).drift == {"outcomes": ["embedders"]}
    assert await changed.admin.settings(changed.uid) == before
    assert log.messages == [f"settings of index {changed.uid} were changed by somebody else: embedders"]


async def test_writes_wait_while_the_settings_are_somebody_elses_and_a_rebuild_restores_ours(
    changed: Changed,
) -> None:
    with pytest.raises(SearchUnavailable, match="changed by somebody else: embedders"):
        await changed.engine.put("outcomes", [document(ONE, "铝合金导线")])
    await changed.engine.put("needs", [document(TWO, "需要收割机")])

    await changed.engine.rebuild("outcomes", one_batch())

    assert (await changed.engine.tenancy()).drift == {}
    await changed.engine.put("outcomes", [document(TWO, "甘蔗收割机")])
    assert await changed.engine.count("outcomes") == 2


async def test_no_task_fails_again_and_again_for_settings_of_somebody_else(loopback: Loopback) -> None:
    fake = FakeMeili()
    async with market(RealServer(loopback.mount(fake), None, "a"), "north") as engine:
        fake.settings["a_north_outcomes"]["embedders"] = {"toy": {"source": "userProvided", "dimensions": 3}}
        for _ in range(5):
            with pytest.raises(SearchUnavailable):
                await engine.put("outcomes", [document(ONE, "铝合金导线")])

        assert len([task for task in fake.tasks if task["status"] == "failed"]) == 1


async def test_a_fault_of_a_document_is_still_its_own_while_the_settings_are_ours(loopback: Loopback) -> None:
    fake = FakeMeili()
    async with market(RealServer(loopback.mount(fake), None, "a"), "north") as engine:
        fake.outcome, fake.error = "failed", {"code": "invalid_document_id", "type": "invalid_request"}

        with pytest.raises(Rejected):
            await engine.put("outcomes", [document(ONE, "铝合金导线")])

        fake.outcome = "succeeded"


async def test_an_index_that_was_lost_is_named_and_made_again_by_a_rebuild(server: RealServer) -> None:
    async with market(server, "north") as engine:
        await MeiliAdmin(server.url, server.key).delete_index(f"{server.prefix}_north_outcomes")
        await engine.put("outcomes", [document(TWO, "写入使索引按默认设置重现")])

        assert (await engine.tenancy()).drift == {}
        assert await engine.apply_settings() == ["outcomes"]
        await engine.rebuild("outcomes", one_batch())
        assert await engine.apply_settings() == []
        assert set(await engine.ids_and_revisions("outcomes")) == {ONE}


async def test_a_rebuild_needs_no_index_to_replace(server: RealServer) -> None:
    async with market(server, "north") as engine:
        await MeiliAdmin(server.url, server.key).delete_index(f"{server.prefix}_north_outcomes")

        assert await engine.rebuild("outcomes", one_batch()) == 1
        assert (await engine.search(Query("outcomes"))).ids == (ONE,)


async def test_settings_of_a_new_release_are_written_over_those_of_the_last(loopback: Loopback) -> None:
    fake, tenant = FakeMeili(), ScratchTenant("a")
    address = loopback.mount(fake)
    old = MeiliSearch(address, None, tenant=tenant)
    new = MeiliSearch(address, None, tenant=tenant, embedders={"model": 3})
    await old.apply_settings()
    writes = len(fake.tasks)

    assert await old.apply_settings() == []
    assert len(fake.tasks) == writes, "nothing is written when all is as it should be"
    assert await new.apply_settings() == []
    assert set(fake.settings["a_outcomes"]["embedders"]) == {"model"}
    await old.close()
    await new.close()


async def test_a_write_of_settings_that_was_interrupted_is_repeated(loopback: Loopback) -> None:
    fake, tenant = FakeMeili(), ScratchTenant("a")
    engine = MeiliSearch(loopback.mount(fake), None, tenant=tenant)
    await engine.apply_settings()
    wanted = dict(fake.settings["a_needs"])
    await tenant.remember("needs", AppliedSettings("of this release", None))
    fake.settings["a_needs"] |= {"rankingRules": ["words"]}

    assert await engine.apply_settings() == []
    assert fake.settings["a_needs"] == wanted
    await engine.close()


async def test_sites_and_workers_of_one_market_agree_on_a_prefix_and_two_markets_do_not() -> None:
    site, worker = MarketTenant(), MarketTenant()
    with pytest.raises(SearchUnavailable):
        await site.prefix()

    await asyncio.gather(site.establish(), worker.establish())

    first = await site.prefix()
    assert first == await worker.prefix()
    assert first.startswith("market_")
    await reset_tenancy()  # as a market restored from a backup does
    copy = MarketTenant()
    await copy.establish()
    assert await copy.prefix() != first


async def test_a_prefix_of_the_settings_wins() -> None:
    tenant = MarketTenant("kezhuan")

    assert await tenant.prefix() == "kezhuan"


async def test_what_was_written_into_settings_is_kept_in_the_database() -> None:
    tenant = MarketTenant()
    assert await tenant.applied("needs") is None

    await tenant.remember("needs", AppliedSettings("a hash", {"rankingRules": ["words"]}))

    assert await MarketTenant().applied("needs") == AppliedSettings("a hash", {"rankingRules": ["words"]})
    await reset_tenancy()
    assert await tenant.applied("needs") is None
    assert not await SystemState.filter(key__startswith="search:").exists()


@pytest.mark.parametrize("prefix", ["a/b", "甲", "x" * 61, "a b", "a?"])
def test_a_prefix_that_no_index_may_have_is_refused_at_the_start(prefix: str) -> None:
    with pytest.raises(SettingsError, match="MEILI_PREFIX"):
        Settings.from_env({"SECRET_KEY": "s" * 32, "MEILI_PREFIX": prefix})


def test_search_status_names_the_prefix_and_whose_settings_are_not_ours() -> None:
    assert describe("embedded", Tenancy()) == "engine embedded\n"
    assert describe("meilisearch", Tenancy("market_a", {"needs": ["embedders", "rankingRules"]})) == (
        "engine meilisearch, indexes market_a_*\n"
        "needs: somebody else changed embedders, rankingRules; `search rebuild` restores ours\n"
    )


def test_the_suite_forgets_the_sites_own_server() -> None:
    environ = {
        "MEILI_URL": "http://site",
        "MEILI_KEY": "k",
        "MEILI_PREFIX": "p",
        "TEST_MEILI_URL": "http://t",
    }

    forget_site_server(environ)

    assert environ == {"TEST_MEILI_URL": "http://t"}
