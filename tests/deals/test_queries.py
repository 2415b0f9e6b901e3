"""Who finds a deal."""

from __future__ import annotations

from uuid import uuid4

import pytest

from market.deals.offers import accept_offer, make_offer
from market.deals.openings import agree_introduction
from market.deals.publicity import skip_publicity, start_publicity
from market.deals.termination import terminate
from market.kit.errors import NotFound
from market.records.by import By
from tests.deals.factories import (
    STATEMENT,
    make_agreed,
    make_parties,
    terms,
)
from tests.factories import HOLIDAYS, NOW, make_member


async def test_strangers_and_former_members_find_no_deal() -> None:
    parties = await make_parties()
    deal = await make_agreed(parties)
    stranger = await make_member()

    for act in (
        agree_introduction(deal.number, by=By(stranger, NOW)),
        terminate(deal.number, "price", "", by=By(stranger, NOW)),
        accept_offer(deal.number, uuid4(), "", by=By(stranger, NOW)),
        make_offer(deal.number, terms(), base_offer_id=None, valid_days=1, by=By(stranger, NOW)),
        start_publicity(deal.number, STATEMENT, calendar=HOLIDAYS, by=By(stranger, NOW)),
        skip_publicity(deal.number, by=By(stranger, NOW)),
    ):
        with pytest.raises(NotFound):
            await act
