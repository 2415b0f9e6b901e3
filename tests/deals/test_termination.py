"""Ending a deal before it is signed."""

from __future__ import annotations

import pytest

from market.deals.models import Deal
from market.deals.states import DealStatus
from market.deals.termination import terminate
from market.kit.errors import Invalid
from market.kit.workflow import ActionNotAllowed
from market.notices.models import Notice
from market.notices.states import NoticeStatus
from market.records.by import By
from tests.deals.factories import (
    make_agreed,
    make_parties,
    make_published,
)
from tests.factories import NOW


async def test_an_end_closes_the_offer_and_the_notice() -> None:
    parties = await make_parties()
    deal = await make_published(parties)

    await terminate(deal.number, "price", "没有谈拢", by=By(parties.buyer, NOW))

    deal = await Deal.get(id=deal.id)
    assert (deal.status, deal.end_reason) == (DealStatus.TERMINATED, "price")
    assert (await Notice.get(subject_id=deal.id)).status is NoticeStatus.ARCHIVED
    with pytest.raises(ActionNotAllowed):
        await terminate(deal.number, "price", "", by=By(parties.seller, NOW))


async def test_an_end_needs_a_reason_from_the_list() -> None:
    parties = await make_parties()
    deal = await make_agreed(parties)

    with pytest.raises(Invalid):
        await terminate(deal.number, "mood", "", by=By(parties.buyer, NOW))
