"""An index that is lost, damaged or another market's is told from an empty one, and made anew."""

from __future__ import annotations

import shutil
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from market.accounts.models import Organisation, StaffRole
from market.deps import Deps
from market.kit.errors import SearchUnavailable
from market.search.embedded import EmbeddedSearch
from market.search.engine import Query
from market.search.health import IndexState, index_state, list_incidents, watch
from market.search.relay import rebuild
from tests.factories import NOW, make_organisation, make_outcome, make_staff
from tests.visitor import sign_in


async def made(folder: Path, outcomes: int = 3) -> EmbeddedSearch:
    """An index of a few outcomes, as a release makes it."""
    search = EmbeddedSearch(folder)
    await search.apply_settings()
    organisation = await make_organisation()
    for _ in range(outcomes):
        await make_outcome(organisation)
    for index in ("outcomes", "organisations"):
        await rebuild(index, search=search)
    return search


async def test_an_empty_market_has_a_whole_index_without_documents(tmp_path: Path) -> None:
    search = await made(tmp_path, outcomes=0)

    assert await index_state("outcomes", search=search) is IndexState.OK
    assert await watch(search=search, now=NOW, pause=0) == {}


def lose(folder: Path) -> None:
    shutil.rmtree(folder / "outcomes")


def damage(folder: Path) -> None:
    for path in folder.glob("outcomes/*/meta.json"):
        path.write_text("{")


def unmark(folder: Path) -> None:
    for path in folder.glob("*/*/MARK"):
        path.unlink()


@pytest.mark.parametrize("harm", [lose, damage])
async def test_an_index_that_vanished_or_broke_in_use_is_said_and_made_anew(
    tmp_path: Path, harm: object
) -> None:
    search = await made(tmp_path)
    await search.count("outcomes")
    harm(tmp_path)  # type: ignore[operator]

    with pytest.raises(SearchUnavailable):
        await search.search(Query("outcomes"))
    assert await index_state("outcomes", search=search) is IndexState.DAMAGED

    assert await watch(search=search, now=NOW, pause=0) == {"outcomes": IndexState.DAMAGED}
    assert (await search.search(Query("outcomes"))).total == 3
    assert await index_state("outcomes", search=search) is IndexState.OK
    [incident] = await list_incidents(NOW - timedelta(days=1))
    assert (incident.index, incident.documents) == ("outcomes", 3)


async def test_an_index_that_the_relay_began_anew_after_a_loss_is_not_taken_for_a_whole_one(
    tmp_path: Path,
) -> None:
    await made(tmp_path)
    lose(tmp_path)
    later = EmbeddedSearch(tmp_path)  # another process, such as the next start
    await later.apply_settings()

    assert await index_state("outcomes", search=later) is IndexState.LOST
    assert await watch(search=later, now=NOW, pause=0) == {"outcomes": IndexState.LOST}
    assert await later.count("outcomes") == 3


async def test_an_index_of_another_market_is_made_anew_whatever_it_holds(tmp_path: Path) -> None:
    search = await made(tmp_path)
    await search.set_mark("outcomes", "another market's")

    assert await watch(search=search, now=NOW, pause=0) == {"outcomes": IndexState.FOREIGN}
    assert await index_state("outcomes", search=search) is IndexState.OK


async def test_a_whole_index_of_an_earlier_release_is_marked_and_not_made_anew(tmp_path: Path) -> None:
    search = await made(tmp_path)
    unmark(tmp_path)

    assert await watch(search=search, now=NOW, pause=0) == {}
    assert await search.mark("outcomes") is not None


async def test_documents_that_nobody_waits_for_are_reconciled(tmp_path: Path) -> None:
    search = await made(tmp_path)
    await make_outcome(await Organisation.get())

    assert await watch(search=search, now=NOW, pause=0) == {"outcomes": IndexState.BEHIND}


async def test_the_probe_and_the_operator_are_told_of_a_lost_index(
    client: httpx.AsyncClient, deps: Deps
) -> None:
    await deps.search.apply_settings()
    await make_outcome()

    assert (await client.get("/readyz")).json()["search"] == "lost"

    await watch(search=deps.search, now=NOW, pause=0)
    assert (await client.get("/readyz")).json()["search"] == "ok"
    await watch(search=deps.search, now=deps.clock(), pause=0)
    await sign_in(client, await make_staff(StaffRole.OPERATOR))
    assert (await client.get("/backoffice/search")).status_code == 200
