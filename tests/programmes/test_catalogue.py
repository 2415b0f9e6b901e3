"""Programmes loaded from the rule files."""

from __future__ import annotations

from copy import deepcopy
from typing import Any
from uuid import uuid4

from market.deps import Deps
from market.programmes.catalogue import INDEX, build_programmes, load_programmes
from market.programmes.checks import programmes_are_as_released
from market.programmes.models import Programme, ProgrammeTerms
from market.programmes.rule_files import find_terms
from market.programmes.states import TermsStatus
from market.search.relay import rebuild, status
from tests.databases import tampered
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


async def test_loading_the_programmes_again_changes_nothing() -> None:
    first = await load_programmes(NOW)
    again = await load_programmes(NOW)

    assert len(first.added) == 23
    assert (again.added, again.reworded, again.different) == ([], [], {})
    assert len(again.unchanged) == 23
    assert not await Programme.filter(revision__gt=1).exists()


async def _released_earlier(slug: str, **changes: Any) -> ProgrammeTerms:
    """An earlier release of this market released the set with some parts other than they are now."""
    terms = find_terms(slug)[-1]
    content = deepcopy(dict(terms.content))
    programme = await Programme.create(
        id=uuid4(), slug=slug, name=terms.title, issuer="x", region=terms.place, role=terms.role
    )
    return await ProgrammeTerms.create(
        id=uuid4(),
        programme=programme,
        version=terms.version,
        status=TermsStatus.RELEASED,
        content={**content, **changes},
        valid_from=terms.valid_from,
        proposed_at=NOW,
        released_at=NOW,
    )


async def test_terms_of_an_earlier_release_stay_and_only_another_computation_is_a_fault() -> None:
    source = {"document": "六安市 2020 年补助文本（文号未见）", "note": "x"}
    worded = await _released_earlier("luan", assumptions=["公示 7 个自然日"], source=source)
    other = await _released_earlier("chongzuo", assumptions=[], sharing="x", excludes=[])

    loaded = await load_programmes(NOW)

    assert (len(loaded.added), loaded.reworded) == (21, ["luan@2020"])
    assert loaded.different == {"chongzuo@2018": ["excludes", "sharing"]}
    [fault] = loaded.faults
    assert fault.startswith("chongzuo@2018 was released with other terms (excludes, sharing)")
    assert fault.endswith("give the changed file a new version")
    for terms in (worded, other):
        assert (await ProgrammeTerms.get(id=terms.id)).content == terms.content


async def test_a_version_ends_the_day_before_the_next_begins() -> None:
    await load_programmes(NOW)

    old = await ProgrammeTerms.get(programme__slug="fuzhou", version="2024")

    assert str(old.valid_to) == "2024-12-31"


CHANGED = (
    ("UPDATE programmes SET name = '全额补助' WHERE slug = 'fuzhou'", "政策 fuzhou 的名称"),
    ("UPDATE programmes SET region = '110000' WHERE slug = 'fuzhou'", "政策 fuzhou 的名称"),
    ("UPDATE programmes SET role = 'seller' WHERE slug = 'fuzhou'", "政策 fuzhou 的名称"),
    (
        "UPDATE programme_terms SET valid_to = NULL WHERE version = '2024' AND valid_to = '2024-12-31'",
        "政策 fuzhou 的 2024 版有效期不对",
    ),
)


async def test_a_programme_that_is_not_as_its_terms_were_released_is_found() -> None:
    await load_programmes(NOW)
    assert await programmes_are_as_released() == []

    for statement, words in CHANGED:
        async with tampered(statement):
            [finding] = await programmes_are_as_released()
            assert finding.startswith(words)
