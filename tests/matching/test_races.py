"""Two brokers at the same moment, on real connections."""

from __future__ import annotations

import asyncio

import pytest

from market.kit.errors import Conflict
from market.matching import match_acts
from market.matching.models import Match
from market.records.by import By
from tests.factories import NOW, make_broker
from tests.matching.test_match_acts import make_match


@pytest.mark.committed
async def test_of_two_brokers_who_take_up_a_match_at_once_one_has_it_and_one_is_told() -> None:
    match = await make_match()
    brokers = [await make_broker(), await make_broker()]

    results = await asyncio.gather(
        *(match_acts.take_up(match.id, by=By(broker, NOW)) for broker in brokers), return_exceptions=True
    )

    refused = [one for one in results if isinstance(one, Conflict)]
    assert len(refused) == 1
    assert (await Match.get(id=match.id)).broker_id in {one.user_id for one in brokers}
