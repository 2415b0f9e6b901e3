"""Released programmes are found by their name."""

from __future__ import annotations

from market.deps import Deps
from market.programmes.catalogue import load_programmes
from market.programmes.models import Programme
from market.programmes.search import INDEX, build_programmes
from market.search.relay import rebuild, status
from tests.factories import NOW


async def test_every_released_programme_is_in_the_index(deps: Deps) -> None:
    await load_programmes(NOW)

    count = await rebuild(INDEX, search=deps.search)

    index_status = await status(INDEX, search=deps.search)
    assert count == await Programme.all().count() > 0
    assert (index_status.documents, index_status.differences) == (count, 0)


async def test_a_programme_without_released_terms_is_not_found() -> None:
    programme = await Programme.create(
        slug="draft", name="征求意见稿", issuer="科技厅", region="450000", role="buyer"
    )

    assert await build_programmes([programme.id]) == {}
