"""Drafts of rule versions."""

from __future__ import annotations

import pytest

from market.kit.errors import Invalid
from market.programmes import drafts
from market.programmes.models import ProgrammeTerms
from market.records.by import By
from tests.claims.factories import make_applicant, make_desk
from tests.factories import NOW
from tests.programmes.factories import next_version


async def test_what_is_no_next_version_is_not_kept() -> None:
    desk = await make_desk()
    await make_applicant()
    texts = [
        "{",
        "[]",
        "{}",
        next_version(programme="henan-buyer"),
        next_version(valid_from="2019-01-01"),
        next_version(rates=[]),
        next_version(title="零\x00"),
    ]

    for text in texts:
        with pytest.raises(Invalid):
            await drafts.draft_terms("guangxi", text=text, by=By(desk.officer, NOW))
    assert not await ProgrammeTerms.filter(status="draft").exists()
