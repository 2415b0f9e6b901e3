"""An auction in real browsers: enrol, bid against one another, its result; a default and who steps in."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Market
from tests.browser.page_actions import choose_paper, fill, main, press, reload_until, shows, shows_flash

pytestmark = [pytest.mark.browser, pytest.mark.enable_socket]
OPEN, LIVE, CONCLUDED = (
    "木薯挖掘收获与薯土分离机专利",
    "蠕墨铸铁气缸体在线蠕化率控制技术",
    "蔗渣浆模塑餐具无氟防水防油专利包",
)
MOST_STOPS = 200
"""Of the tabulator on a page, until whatever is asked for."""
WINNER = "崇左锰阳新材料有限公司"


def test_two_bidders_from_enrolment_to_the_deal(market: Market) -> None:
    first, second = market.demo("enterprise"), market.demo("enterprise2")

    _enrol(first)
    lot = _open(first, LIVE)
    second.goto(lot)
    _bid_against_one_another(first, second)
    _refuse_what_counts_not(first, lot)
    _replay(first)
    _open_the_deal(second)
    _pass_month(market)
    _decide(market, lot, "确认竞价结果")
    first.goto(lot)
    shows(first, "受让方", "结果公示中", "￥1,360,000.00", "结果一致")
    _default_and_step_in(market, _open(first, CONCLUDED))

    assert market.faults == []


def _open(page: Page, title: str) -> str:
    """Open a lot from the hall and return its address."""
    page.goto("/auctions")
    press(main(page), title)
    page.wait_for_url(re.compile(r"/auctions/JJ-"))
    return page.url


def _enrol(page: Page) -> None:
    _open(page, OPEN)
    press(main(page), "报名竞价")
    choose_paper(page, "授权委托书.pdf")
    fill(page, {"我单位已阅读": True})
    press(main(page), "提交报名")
    shows_flash(page, "已报名")


def _bid_against_one_another(first: Page, second: Page) -> None:
    """Each offers the lowest price that counts, by keys alone; the other's open page tells at once."""
    shows(first, "未报价")
    shows(second, "已被超过", "报 1,320,000.00 即领先")
    for bidder, other, price in ((first, second, "1,320,000.00"), (second, first, "1,360,000.00")):
        _press_by_keys(bidder, f"报 {price}")
        shows(bidder, f"￥{price}", "确认后不能撤回")
        _press_by_keys(bidder, "确认报价")
        expect(bidder.locator(".flash--done")).to_contain_text(f"报价 ￥{price} 有效")
        shows(bidder, "领先")
        expect(other.locator("[data-live=price]")).to_have_text(price)
    shows(first, "已被超过", "报 1,400,000.00 即领先")


def _press_by_keys(page: Page, words: str) -> None:
    """Skip to the body, go on by the tabulator to what begins with these words, and press Enter."""
    page.evaluate("document.activeElement.blur()")
    for _stop in range(MOST_STOPS):
        page.keyboard.press("Tab")
        reached = page.evaluate("document.activeElement.innerText")
        if reached.startswith((words, "跳到正文")):
            page.keyboard.press("Enter")
        if reached.startswith(words):
            return
    pytest.fail(f"no {words!r} within {MOST_STOPS} stops of the tabulator on {page.url}")


def _refuse_what_counts_not(bidder: Page, lot: str) -> None:
    for amount, words in (
        ("1e6", "请填金额"),
        ("１２万", "您报的是 ￥120,000.00。当前价已是 ￥1,360,000.00"),
        ("2000万", "超过当前价十倍"),
    ):
        bidder.goto(lot)
        bidder.locator("#own-amount").fill(amount)
        bidder.locator("#own-amount").press("Enter")
        shows(bidder, words)
        expect(main(bidder).get_by_role("button", name="确认报价")).to_have_count(0)
    bidder.goto(lot)
    bidder.locator("#own-amount").fill("200万")
    bidder.locator("#own-amount").press("Enter")
    shows(bidder, "请再核对一次单位和位数", "贰佰万元整")


def _replay(page: Page) -> None:
    """The course of the auction that was concluded before, bid by bid."""
    _open(page, CONCLUDED)
    shows(page, WINNER, "结果一致")
    press(main(page), "逐笔回放")
    shows(page, "第 1 笔，共 7 笔")
    press(main(page), "下一笔")
    shows(page, "第 2 笔，共 7 笔")


def _open_the_deal(buyer: Page) -> None:
    """That auction has its deal, at its price, whose contract can be entered."""
    _open(buyer, CONCLUDED)
    shows(buyer, WINNER, "￥740,000.00")
    buyer.goto("/deals")
    main(buyer).get_by_role("link", name=re.compile("蔗渣")).first.click()
    shows(buyer, "网络竞价", "740,000.00")
    main(buyer).locator("a.btn--act").first.click()
    shows(buyer, "签订日期")


def _pass_month(market: Market) -> None:
    """Time passes: the live auction ends, and who won the other one has not signed."""
    operator = market.demo("operator")
    for _half in range(2):
        operator.goto("/backoffice/clock")
        press(main(operator), "+15 天")
        shows_flash(operator, "时钟已前进 15 天")


def _decide(market: Market, lot: str, ruling: str, **facts: str) -> None:
    """One of the exchange proposes a ruling as soon as it is due, another confirms it."""
    proposer, decider = market.demo("exchange"), market.demo("exchange2")
    desk = lot.replace("/auctions/", "/organise/auctions/")
    proposer.goto(desk)
    proposal = main(proposer).get_by_role("button", name=ruling, exact=True)
    reload_until(proposer, lambda: proposal.count() > 0, f"the time of {ruling}")
    fill(proposer, facts)
    proposal.click()
    shows_flash(proposer, "等另一人决定")
    decider.goto(desk)
    main(decider).get_by_role("button", name="确认", exact=True).click()
    shows_flash(decider, "已决定")


def _default_and_step_in(market: Market, lot: str) -> None:
    """The winner did not sign; the second steps in at its own price; the default is settled."""
    winner, second = market.demo("enterprise2"), market.demo("enterprise")
    _decide(market, lot, "认定悔约", 悔约的事实="期满未签约，两次催告没有回应")
    second.goto(lot)
    shows(second, "受让方悔约", "可以按 ￥720,000.00 递补")
    press(main(second), "同意按我的报价递补")
    shows_flash(second, "已同意递补")
    _decide(market, lot, "次高递补")
    _pass_month(market)
    proposer, decider = market.demo("exchange"), market.demo("exchange2")
    proposer.goto(f"{lot}/default")
    reload_until(proposer, lambda: main(proposer).get_by_text("提出结算").count() > 0, "the second's result")
    press(main(proposer), "提出结算")
    fill(proposer, {"重新竞价的费用": "10000", "费用是什么": "公告费"})
    press(main(proposer), "提出结算")
    decider.goto(f"{lot}/default")
    main(decider).get_by_role("button", name="确认", exact=True).click()
    winner.goto(lot)
    press(main(winner), "悔约与结算")
    shows(winner, "20,000.00", "30,000.00", "60,000.00", "已确认")
