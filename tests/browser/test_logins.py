"""The demo logins at the door of the market, in a real browser."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Market

pytestmark = [pytest.mark.browser, pytest.mark.enable_socket]
LOGINS = [
    *("university", "university2", "enterprise", "broker", "finance"),
    *("finance2", "approver", "reviewer", "operator", "auditor"),
    *("officer2", "reviewer2", "reviewer3", "reviewer4", "reviewer5", "recommender"),
]


def test_each_demo_login_comes_to_a_home_of_its_own(market: Market) -> None:
    for login in LOGINS:
        if login in market.contexts:  # another story has gone on from there
            market.leave(login)
        page = market.demo(login)
        expect(page).to_have_url(re.compile("/dashboard"))
        expect(page.locator("h1")).to_have_count(1)

    assert market.faults == []
