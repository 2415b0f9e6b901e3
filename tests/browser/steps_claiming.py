"""The last acts: the subsidy from the sales to the payout, and the way back from it to the listing."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from tests.browser.conftest import PATIENCE
from tests.browser.page_actions import choose_paper, fill, main, number_in, press, shows, shows_flash
from tests.browser.steps_dealing import move_clock
from tests.browser.story import ENTERPRISE, OUTCOME, Story

PROGRAMME = "广西企业购买科技成果转化后补助"
DAYS_OF_PUBLICITY = 7


def claim(story: Story) -> None:
    """Act 9, the enterprise: new sales, the claim with its papers, hand-in."""
    page = story.buyer
    page.goto(f"/contracts/{story.contract}")
    press(main(page), "填报新增销售")
    fill(page, {"新增销售收入": "860", "说明": "高导铝导线四百二十吨，按发票汇总。"})
    press(main(page), "填报")
    shows_flash(page, "新增销售收入已填报")
    page.goto("/claims")
    press(main(page), PROGRAMME)
    shows(page, "试算", "550,000.00", "估算，以最终审定为准")
    press(main(page), "建立申报")
    shows_flash(page, "合同、到账和登记证明已自动带入")
    story.claim = number_in(page)
    page.locator("details.add-paper summary").click()
    fill(page, {"材料": "conversion_report", "编号": "ZX-2026-0118"})
    choose_paper(page, "成果收入专项报告.pdf", label="文件")
    press(page.locator("details.add-paper"), "添加")
    shows(page, "成果收入专项报告.pdf", "银行付款凭证", "26452000000087654321")
    if page.get_by_label("明白可能被退回补正").count():
        fill(page, {"明白可能被退回补正": True})
    fill(page, {"我单位声明": True})
    press(main(page), "提交申报")
    shows(page, "已提交", "核算")


def assess(story: Story) -> None:
    """Act 9, the desk: one officer computes, who may not recheck; another person rechecks."""
    officer, rechecker = story.market.demo("finance"), story.market.demo("finance2")
    _compare_account(officer, rechecker)
    officer.goto("/desk?status=submitted")
    press(main(officer), story.claim)
    shows(officer, ENTERPRISE, "符合")
    press(main(officer), "受理")
    main(officer).get_by_role("button", name="核算", exact=True).click()
    shows_flash(officer, "请另一位复核人复核")
    shows(officer, "550,000.00", "以技术交易金额为基数", "1,100,000.00")
    expect(main(officer).get_by_role("button", name="复核一致")).to_have_count(0)
    assert _send(officer, f"/desk/{story.claim}/recheck", sequence="1") == 403
    rechecker.goto(f"/desk/{story.claim}")
    for box in main(rechecker).get_by_role("checkbox").all():
        box.check()
    press(main(rechecker), "复核一致")
    shows(rechecker, "已复核")


def _compare_account(officer: Page, rechecker: Page) -> None:
    """The account of an enterprise of one person: the officer compares its proof, the rechecker confirms."""
    for page, words in ((officer, "与证明一致，交复核人确认"), (rechecker, "确认账户")):
        page.goto("/payees")
        press(main(page), ENTERPRISE)
        shows(page, "账户证明.pdf")
        press(main(page), words)


def _send(page: Page, address: str, **values: str) -> int:
    """Send a form that the page does not offer; return the status of the answer."""
    token = page.locator("[name=csrf_token]").first.input_value()
    return page.request.post(address, form={"csrf_token": token, **values}).status


def put_on_list(story: Story) -> None:
    """Act 9, the list: drawn up, confirmed by the second officer, before the public, approved."""
    officer, rechecker = story.market.demo("finance"), story.market.demo("finance2")
    officer.goto("/desk/batches")
    mine = main(officer).get_by_label(story.claim)
    for group in main(officer).locator("a[href*='group=guangxi']").all():
        if not mine.count():
            group.click()
    for box in main(officer).locator("[name=claims]").all():
        box.set_checked(box.input_value() == story.claim)
    fill(officer, {"批次名称": "浏览器里的一批"})
    press(main(officer), "拟定批次")
    shows(officer, "浏览器里的一批", story.claim, "由复核人确认名单")
    story.batch = number_in(officer)
    rechecker.goto(f"/desk/batches/{story.batch}")
    if main(rechecker).get_by_text("预算还没有下达").count():
        _release_budget(story)
        rechecker.reload()
    press(main(rechecker), "确认名单并公示")
    shows(rechecker, "公示中", "可用余额")
    for _day in range(DAYS_OF_PUBLICITY + 1):
        move_clock(story, days=1)
    approver = story.market.demo("approver")
    approver.goto(f"/desk/batches/{story.batch}")
    for _day in range(12):
        if main(approver).get_by_role("button", name="批准").count():
            break
        move_clock(story, days=1)
        approver.reload()
    press(main(approver), "批准")
    shows(approver, "已批准")


def _release_budget(story: Story) -> None:
    """A year that the demo has no budget for gets one: drafted by one person, released by another."""
    officer, approver = story.market.demo("finance"), story.market.demo("approver")
    officer.goto("/desk/budgets")
    fill(officer, {"政策": "guangxi", "预算": "800"})
    press(main(officer), "拟定")
    approver.goto("/desk/budgets")
    press(main(approver), "下达")


def pay_out(story: Story) -> None:
    """Act 9, the payout: ordered, and the bank's answer entered."""
    officer = story.market.demo("finance")
    officer.goto(f"/desk/batches/{story.batch}")
    press(main(officer), "下达拨付")
    rechecker = story.market.demo("finance2")
    rechecker.goto(f"/desk/batches/{story.batch}")
    main(rechecker).get_by_role("link", name="看拨付指令").click()
    shows(rechecker, ENTERPRISE, "550,000.00", "6222000045100776")
    press(main(rechecker), "放行")
    officer.reload()
    main(officer).locator("a[href*='/desk/disbursements/']").click()
    story.disbursement = number_in(officer)
    shows(officer, ENTERPRISE, "550,000.00", "6222000045100776")
    fill(officer, {"银行结果": "paid", "银行流水号": "GK20261218000551"})
    press(main(officer), "登记")
    shows(officer, "待确认的银行结果")
    rechecker.goto(f"/desk/disbursements/{story.disbursement}")
    press(main(rechecker), "确认结果")
    shows(rechecker, "已拨付", "已付出并记账")
    buyer = story.buyer
    buyer.goto(f"/claims/{story.claim}")
    shows(buyer, "已拨付", "核定补助", "550,000.00")


def trace(story: Story) -> None:
    """Act 10: from the payout to the listing and back; who did what; every chain of the log holds."""
    auditor = story.market.demo("auditor")
    auditor.goto(f"/desk/disbursements/{story.disbursement}")
    chain = auditor.get_by_role("navigation", name="链条")
    expect(chain).to_contain_text(story.contract)
    press(chain, story.outcome)
    expect(auditor.locator("h1")).to_have_text(OUTCOME)
    press(chain, story.disbursement)
    expect(auditor).to_have_url(re.compile(f"/desk/disbursements/{story.disbursement}$"))
    auditor.goto("/audit-log")
    fill(auditor, {"编号": story.claim})
    press(main(auditor), "筛选")
    press(main(auditor), story.claim)
    shows(auditor, "链完整", "核算", "复核")
    verifying, checking = story.market.command("audit", "verify"), story.market.command("check")
    said, _errors = verifying.communicate(timeout=PATIENCE)
    assert verifying.returncode == 0, said
    assert "every chain and every root holds" in said
    said, _errors = checking.communicate(timeout=PATIENCE)
    assert checking.returncode == 0, said
