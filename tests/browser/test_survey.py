"""A survey in a real browser: a fault of an entry mended, recommended, sorted, published, matched."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Market
from tests.browser.page_actions import fill, main, number_in, press, reload_until, shows, shows_flash

pytestmark = [pytest.mark.browser, pytest.mark.enable_socket]
SURVEY = "架空导线用铝材技术难题征集"
NEED = "耐热铝合金架空导线导电率再提高一个百分点"


def test_a_survey_goes_from_its_call_to_a_need_with_its_match(market: Market) -> None:
    operator, firm, unit = (market.demo(login) for login in ("operator", "enterprise", "recommender"))

    survey = _open_survey(operator)
    _enter(firm, survey)
    unit.goto(f"/recommendations/{survey}")
    press(main(unit), "推荐")
    shows_flash(unit, "已推荐")
    shows(unit, "已推荐 1 项")
    _sort_and_publish(operator, survey)

    firm.goto("/my/surveys")
    shows(firm, "转为正式需求")
    guest = market.visitor("guest of surveys")
    guest.goto(f"/surveys/{survey}")
    shows(guest, "转为正式需求 1 条")
    press(main(guest), NEED)
    need = number_in(guest)
    expect(guest.locator("h1")).to_have_text(NEED)
    firm.goto(f"/needs/{need}")
    rows = firm.locator("#matches .near")
    reload_until(firm, lambda: rows.count() > 0, "a match of the need")
    assert market.faults == []


def _open_survey(operator: Page) -> str:
    """Write a survey that ends today, name its unit, open it and return its number."""
    operator.goto("/backoffice/clock")
    today = re.search(r"\d{4}-\d\d-\d\d", main(operator).locator(".amount--big").inner_text())
    assert today
    operator.goto("/backoffice/surveys/new")
    fill(
        operator,
        {
            "征集名称": SURVEY,
            "征集通知": "征集有明确指标的技术难题，采纳的公开发布。",
            "截止日期": today[0],
            "填报渠道": "recommended",
            "联系方式": "平台管理员 0771-5550199",
        },
    )
    press(main(operator), "保存")
    survey = number_in(operator)
    operator.goto(f"/backoffice/surveys/{survey}/quotas")
    main(operator).locator("tr").filter(has_text="南宁").get_by_role("checkbox").check(force=True)
    press(main(operator), "保存")
    press(main(operator), "开始征集")
    shows(operator, "征集中")
    return survey


def _enter(firm: Page, survey: str) -> None:
    """Submit an entry: what is missing is said at its field, then mended."""
    firm.goto(f"/surveys/{survey}")
    press(main(firm), "填报")
    fill(
        firm,
        {
            "需求名称": NEED,
            "技术领域": "materials",
            "需求类型": "process",
            "需求描述": "耐热铝合金架空导线导电率只有 60 %IACS，要提高到 61 %IACS 以上，强度和耐热不降。",
            "指标": ("导电率（%IACS）",),
            "现有": ("60.0",),
            "目标": ("61.5",),
            "截止日期": "2199-12-31",
            "联系人": "莫志远",
            "联系电话": "0776-2855019",
        },
    )
    press(main(firm), "提交")
    shows(firm, "请选择推荐单位", "请确认填报内容不涉及国家秘密")
    main(firm).get_by_label("推荐单位").select_option(index=1)
    fill(firm, {"本单位确认": True})
    press(main(firm), "提交")
    shows_flash(firm, "已提交")


def _sort_and_publish(operator: Page, survey: str) -> None:
    """Let the day pass, give the one verdict, and publish in one act."""
    operator.goto("/backoffice/clock")
    press(main(operator), "+1 天")
    desk = f"/backoffice/surveys/{survey}"
    operator.goto(desk)
    begin = main(operator).get_by_role("button", name="开始甄别")
    reload_until(operator, lambda: begin.count() > 0, "the closing to be recorded")
    begin.click()
    press(main(operator), "从第一条开始")
    main(operator).locator("input[name=verdict][value=publish]").check(force=True)
    press(main(operator), "保存，看下一条")
    shows_flash(operator, "都有结论了")
    press(main(operator), "公布结果")
    shows(operator, "提交 1 = 转为需求 1 + 合并 0 + 告知原因 0")
    press(main(operator), "公布结果")
    shows_flash(operator, "已公布：1 条转为需求")
