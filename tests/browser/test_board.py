"""The broker's board by keyboard alone, in a real browser."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Market

pytestmark = [pytest.mark.browser, pytest.mark.enable_socket]


def test_a_broker_goes_through_the_board_and_moves_a_match_without_a_mouse(market: Market) -> None:
    page = market.demo("broker")
    page.goto("/matches")
    said, focused = page.get_by_role("status").filter(has_text="条"), page.locator("[data-card]:focus")

    page.locator("[data-card]").first.focus()
    page.keyboard.press("ArrowDown")
    expect(said).to_contain_text("第 2 条")
    taken = page.locator("[data-card]").nth(1).locator("h2").first.inner_text()
    page.keyboard.press("Shift+ArrowRight")

    expect(page).to_have_url(re.compile("view=mine"))
    expect(page.locator("[data-card]").filter(has_text=taken.split()[-1])).not_to_have_count(0)
    expect(focused).to_have_count(1)
    page.keyboard.press("ArrowRight")
    expect(page).to_have_url(re.compile("view=interested"))
    assert market.faults == []
    market.leave("broker")
