"""A claim before experts in a real browser: drawn, scored, concluded by another, its rate in the lines."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Market
from tests.browser.page_actions import fill, main, number_in, press, shows, shows_flash
from tests.browser.steps_panel import draw_experts, score_at_once, sign_in_expert

pytestmark = [pytest.mark.browser, pytest.mark.enable_socket]
HEADINGS = ("novelty", "maturity", "benefit")
OPINION = "路线成熟，新增销售与成果的对应关系清楚。"
FIRST, OTHERS = (88, 84, 86), ((90, 84, 84), (86, 84, 88))
"""Scores by heading: 86.02, 86.04 and 86.00 points."""


def test_a_claim_goes_through_a_round_to_a_rate_that_says_what_it_rests_on(market: Market) -> None:
    officer, operator, rechecker = (market.demo(login) for login in ("finance", "operator", "finance2"))

    claim = _accept_claim(officer)
    officer.reload()
    expect(main(officer).get_by_role("button", name="核算", exact=True)).to_have_count(1)
    number, experts = _draw(operator, claim)
    _score_by_hand(_first_seat(market, experts[0]))
    for name, scores in zip(experts[1:], OTHERS, strict=True):
        page = _first_seat(market, name)
        score_at_once(page, page.url, dict(zip(HEADINGS, scores, strict=True)), OPINION)
    rechecker.goto(f"/admin/rounds/{number}/conclude")
    shows(rechecker, "86.02", "专家A", "85 分以上按上限的 100%")
    fill(rechecker, {"理由": "三位专家意见一致，按平均分作结论。"})
    press(main(rechecker), "作出结论")
    shows_flash(rechecker, "评审结论已作出")
    _compute(officer, claim, number)

    assert market.faults == []


def _accept_claim(officer: Page) -> str:
    """Accept a claim that was handed in and return its number."""
    officer.goto("/desk?status=submitted")
    link = main(officer).locator("tbody a[href^='/desk/BZ']").first
    claim = link.inner_text().strip()
    link.click()
    press(main(officer), "受理")
    shows_flash(officer, "已受理")
    return claim


def _draw(operator: Page, claim: str) -> tuple[str, list[str]]:
    """Prepare a round over the claim and draw its experts; return its number and their names."""
    operator.goto("/admin/rounds/new")
    shows(operator, claim)
    fill(operator, {"其中财务专家至少": "1", "随机口令": "漓江 0417"})
    press(main(operator), "编制")
    number = number_in(operator)
    experts = draw_experts(operator)
    shows(operator, "专家A", "财务专家")
    return number, experts


def _first_seat(market: Market, name: str) -> Page:
    """Return the page of an expert's own seat."""
    page = sign_in_expert(market, name)
    main(page).locator("a[href^='/reviews/seats/']").filter(has_text="第 1 项").first.click()
    return page


def _score_by_hand(page: Page) -> None:
    """Declare, type a score that is none, mend it and submit."""
    press(main(page), "无需回避，接受评审")
    shows(page, "应用效益")
    for heading, score in zip(HEADINGS, ("九十", *FIRST[1:]), strict=True):
        page.locator(f"[name=score_{heading}]").fill(str(score))
    fill(page, {"给申报人的意见": OPINION})
    press(main(page), "提交并锁定")
    shows(page, "请填整数")
    page.locator("[name=score_novelty]").fill(str(FIRST[0]))
    press(main(page), "提交并锁定")
    shows_flash(page, "评分已提交并锁定")


def _compute(officer: Page, claim: str, number: str) -> None:
    """Compute the claim: its rate follows from the scores and says so in the lines."""
    officer.goto(f"/desk/{claim}")
    shows(officer, number, "已有结论", "按得分核定比例")
    main(officer).get_by_role("button", name="核算", exact=True).click()
    shows_flash(officer, "请另一位复核人复核")
    officer.goto(f"/desk/{claim}/sheet")
    shows(officer, "86.02", f"评审 {number}，按平均分作结论")
