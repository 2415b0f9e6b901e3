"""The first acts of the story in a real browser: sign in, list, return, correct, publish, find."""

from __future__ import annotations

import re
import time

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Market

pytestmark = [pytest.mark.browser, pytest.mark.enable_socket]
LOGINS = [
    *("university", "university2", "enterprise", "broker", "finance"),
    *("finance2", "approver", "reviewer", "operator", "auditor"),
]
TITLE = "浏览器试验用微弧氧化铝支架"


def test_each_demo_login_comes_to_a_home_of_its_own_and_an_outcome_is_listed_and_found(
    market: Market,
) -> None:
    for login in LOGINS:
        page = market.demo(login)
        expect(page).to_have_url(re.compile("/dashboard"))
        expect(page.locator("h1")).to_have_count(1)

    author = market.visitor("university")
    _write_outcome(author)
    number = author.url.rstrip("/").rsplit("/", 1)[-1]
    expect(author.locator("main")).to_contain_text("完整度")
    author.get_by_role("button", name="提交审核").click()
    expect(author.locator("main")).to_contain_text("待审核")

    operator = market.visitor("operator")
    _judge(operator, number, points=2, decision="returned")
    author.goto(f"/my/outcomes/{number}")
    expect(author.locator("main")).to_contain_text("请补充对比数据的依据")
    author.get_by_role("button", name="提交审核").click()
    expect(author.locator("main")).to_contain_text("待审核")
    _judge(operator, number, points=4, decision="published")

    started = time.monotonic()
    guest = market.visitor("guest")
    while True:
        guest.goto("/outcomes?q=微弧氧化铝支架")
        if guest.get_by_role("link", name=TITLE).count():
            break
        assert time.monotonic() - started < 20, "published but not found"
    guest.get_by_role("link", name=TITLE).first.click()
    expect(guest.locator("h1")).to_have_text(TITLE)
    expect(guest.locator("main")).to_contain_text("以最终审定为准")
    assert market.faults == []


def _write_outcome(page: Page) -> None:
    page.goto("/my/outcomes/new")
    page.fill("[name=title]", TITLE)
    page.get_by_role("button", name="保存草稿").click()
    expect(page).to_have_url(re.compile(r"/my/outcomes/CG-\d{4}-\d+"))
    page.fill("[name=highlight]", "膜厚 30 微米，盐雾 1,000 小时不起泡")
    page.select_option("[name=field]", "materials")
    page.select_option("[name=trl]", "6")
    page.check("[name=modes][value=licence]")
    page.select_option("[name=region]", "450100")
    page.select_option("[name=price_kind]", "fixed")
    page.fill("[name=price_amount]", "120.50")
    page.fill("[name=problem]", "铝支架在沿海环境中两年即起泡，重涂费用高。")
    page.fill("[name=solution]", "双极性脉冲微弧氧化，电解液不含铬，膜层与基体冶金结合。")
    page.fill("[name=keywords]", "铝合金；微弧氧化；防腐")
    page.fill("[name=contact_name]", "成果转化办公室")
    page.fill("[name=contact_phone]", "0771-5550199")
    page.fill("[name='comparison-0-indicator']", "盐雾时间（h）")
    page.fill("[name='comparison-0-current']", "500")
    page.fill("[name='comparison-0-ours']", "1000")
    page.fill("[name='team-0-name']", "韦工")
    page.get_by_role("button", name="保存草稿").click()
    page.wait_for_load_state()


def _judge(page: Page, number: str, *, points: int, decision: str) -> None:
    page.goto(f"/backoffice/listings/outcome/{number}")
    for heading in ("advantage", "clarity", "cooperation", "language"):
        page.check(f"[name={heading}][value='{points}']", force=True)
    page.fill("[name=comment]", "请补充对比数据的依据。")
    page.locator(f"button[name=decision][value={decision}]").click()
    page.wait_for_load_state()
