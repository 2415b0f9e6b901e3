"""One outcome travels the whole chain, each act in a browser by the person whose act it is."""

from __future__ import annotations

import pytest

from tests.browser import steps_claiming as claiming
from tests.browser import steps_dealing as dealing
from tests.browser import steps_floor as floor
from tests.browser import steps_listing as listing
from tests.browser.conftest import Market
from tests.browser.story import Story

pytestmark = [pytest.mark.browser, pytest.mark.enable_socket]


def test_one_outcome_travels_the_whole_chain_from_the_listing_to_the_payout(market: Market) -> None:
    story = Story(market)

    listing.join(story)
    floor.invite_colleague(story)
    listing.list_outcome(story)
    floor.import_list(story)
    listing.post_need(story)
    listing.match(story)
    floor.compare_indicators(story)
    floor.change_listing(story)
    dealing.broker(story)
    dealing.bargain(story)
    dealing.publish(story)
    dealing.contract(story)
    claiming.claim(story)
    claiming.assess(story)
    claiming.put_on_list(story)
    claiming.pay_out(story)
    claiming.trace(story)

    assert market.faults == []
