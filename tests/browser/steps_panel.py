"""A panel in the browser: its experts drawn, who they are, each at the own seat, sheets sent at once."""

from __future__ import annotations

from collections.abc import Mapping

from playwright.sync_api import Page

from market.accounts.demo_logins import DOMAIN, PASSWORD
from market.seed.content import load
from tests.browser.conftest import Market
from tests.browser.page_actions import fill, main, press, reload_until


def draw_experts(operator: Page) -> list[str]:
    """Have a job draw the experts of the round that is open, and return their names without the reserves."""
    press(main(operator), "随机抽取专家（种子存证）")
    is_drawn = main(operator).get_by_text("种子已存证")
    reload_until(operator, lambda: is_drawn.count() > 0, "the experts to be drawn")
    rows = main(operator).locator("table tbody tr").filter(has_text="待声明")
    names = [row.locator("td").nth(1).inner_text().strip() for row in rows.all()]
    return list(dict.fromkeys(names))


def sign_in_expert(market: Market, name: str) -> Page:
    """Sign in as an expert of the demo's pool, unless they are already, and return their page of tasks."""
    key = next(key for key, entry in load("experts").items() if entry["name"] == name)
    return sign_in(market, key, address="/reviews")


def sign_in(market: Market, key: str, *, address: str) -> Page:
    """Sign in as a person of the demo by password, unless they are already, and open this page."""
    is_new = key not in market.contexts
    page = market.visitor(key)
    if is_new:
        page.goto("/login")
        fill(page, {"邮箱": f"{key.replace('_', '.')}{DOMAIN}", "密码": PASSWORD})
        press(main(page), "登录")
    page.goto(address)
    return page


def score_at_once(page: Page, address: str, scores: Mapping[str, int], opinion: str) -> None:
    """Send what the forms of a seat would send: accepted, then scored under each heading."""
    token = page.locator("[name=csrf_token]").first.input_value()
    sheet = {f"score_{heading}": str(score) for heading, score in scores.items()}
    for form in ({"act": "accept"}, {"act": "submit", "for_applicant": opinion, **sheet}):
        assert page.request.post(address, form={"csrf_token": token, **form}).ok
