"""The middle acts: the broker introduces, the sides agree on a price, it is published, they sign and pay."""

from __future__ import annotations

import re

from playwright.sync_api import Locator, Page, expect

from tests.browser.page_actions import (
    choose_paper,
    fill,
    hides,
    main,
    number_in,
    press,
    reload_until,
    shows,
    shows_flash,
)
from tests.browser.story import (
    ENTERPRISE,
    ENTERPRISE_PHONE,
    NEED,
    OUTCOME,
    UNIVERSITY,
    UNIVERSITY_PHONE,
    Story,
)

MOST_DAYS_SHIFTED = 12
"""No run of days off is longer; by so much the last day of a period may move at most."""


def broker(story: Story) -> None:
    """Act 5: a broker takes the match up and introduces; contacts are open when both sides agree."""
    page = story.market.demo("broker")
    page.goto(f"/matches?q={NEED}")
    press(_row(page), "接手")
    shows_flash(page, "已接手")
    press(_row(page), "登记引荐")
    shows(page, OUTCOME, NEED, ENTERPRISE)
    fill(page, {"约定佣金": "2", "佣金由谁承担": "seller", "引荐说明": "指标相合，企业有现成的连铸连轧线。"})
    press(main(page), "登记引荐")
    shows(page, "登记引荐", "2%", "双方都同意对接以后")
    story.deal = number_in(page)
    author, buyer = story.author, story.buyer
    author.goto(f"/deals/{story.deal}")
    shows(author, "某企业", "待您方办理")
    hides(author, ENTERPRISE, ENTERPRISE_PHONE)
    press(main(author), "同意对接")
    shows(author, "实际到账的 2%", "≈ ￥")
    press(main(author), "同意对接，佣金 2%")
    hides(author, ENTERPRISE, ENTERPRISE_PHONE)
    buyer.goto(f"/deals/{story.deal}")
    hides(buyer, UNIVERSITY_PHONE)
    press(main(buyer), "同意对接")
    shows(buyer, UNIVERSITY, UNIVERSITY_PHONE)
    author.reload()
    shows(author, ENTERPRISE, ENTERPRISE_PHONE)


def _row(broker: Page) -> Locator:
    return main(broker).locator("article").filter(has_text=NEED).filter(has_text=OUTCOME)


def bargain(story: Story) -> None:
    """Act 6: offer, changed offer, counter-offer, acceptance; a file; whose turn it is."""
    author, buyer = story.author, story.buyer
    shows(buyer, "这笔交易的后补助")
    press(main(buyer), "提出报价")
    fill(
        buyer,
        {
            "合同类别": "licence",
            "价格": "90",
            "许可年限": "5",
            "许可地域": "广西",
            "条件": ("合同生效后", "首批合格导线下线后"),
            "金额": ("50", "40"),
        },
    )
    press(main(buyer), "送出报价")
    author.reload()
    shows(author, "900,000.00", "待您方办理")
    press(main(author), "接受这份报价")
    shows(author, "合同价格就定为", "900,000.00", "玖拾万元整")
    press(main(buyer), "修改我方报价")
    fill(buyer, {"价格": "100", "金额": ("60", "40")})
    press(main(buyer), "送出报价")
    shows(buyer, "由转让方办理", "已被新报价替换")
    press(main(author), "接受，价格定为 ￥900,000.00")
    shows(author, "请看过现在的报价再确认")
    author.goto(f"/deals/{story.deal}")
    press(main(author), "还价")
    fill(author, {"价格": "120", "金额": ("80", "40"), "其他条件": "含两次现场调试。"})
    press(main(author), "送出报价")
    shows(author, "由受让方办理")
    choose_paper(author, "工艺说明.pdf")
    press(main(author), "上传")
    shows(author, "工艺说明.pdf", "第 1 版")
    buyer.reload()
    shows(buyer, "待您方办理", "1,200,000.00", "工艺说明.pdf")
    press(main(buyer), "接受这份报价")
    press(main(buyer), "接受，价格定为 ￥1,200,000.00")
    shows(buyer, "已定价", "发布协议定价公示", "双方确认", "600,000.00", "以最终审定为准")


def publish(story: Story) -> None:
    """Act 7: the price stands before the public for 15 days; an objection stops the deal until decided."""
    author = story.author
    author.reload()
    press(main(author), "发布协议定价公示")
    fill(author, {"定价依据": "参照三份同类许可合同和中试成本协商。", "受让方与本单位": "no"})
    press(main(author), "预览公示文本")
    shows(author, OUTCOME, "1,200,000.00", "公示期 15 个自然日")
    press(main(author), "发布公示")
    shows(author, "公示中", "文本校验值", "还剩")
    press(main(author), "看公示")
    story.notice = number_in(author)
    expect(author.locator("p.hash").first).to_have_text(re.compile("[0-9a-f]{64}"))
    _object_and_decide(story)
    move_clock(story, days=15)
    author.goto(f"/deals/{story.deal}")
    for _day in range(MOST_DAYS_SHIFTED):
        if main(author).get_by_text("公示期满", exact=True).count():
            break
        move_clock(story, days=1)
        author.reload()
    shows(author, "公示期满", "待签约")


def _object_and_decide(story: Story) -> None:
    third, author, operator = story.market.demo("university2"), story.author, story.operator
    third.goto(f"/notices/{story.notice}")
    press(main(third), "提出异议（实名）")
    fill(third, {"异议的事实和理由": "价格低于我校同类成果的许可价，请说明。"})
    press(main(third), "提出异议")
    shows(third, "异议处理中，程序中止")
    author.goto(f"/deals/{story.deal}")
    shows(author, "异议处理中，程序中止")
    author.goto(f"/notices/{story.notice}")
    press(main(author), "答复")
    fill(author, {"答复": "许可年限和地域不同，附三份合同的比价表。"})
    press(main(author), "公开答复")
    shows(author, "已答复，待裁定")
    operator.goto("/backoffice/objections")
    main(operator).locator("article").filter(has_text=story.notice).get_by_role("link").first.click()
    fill(operator, {"裁定": "dismissed"})
    fill(operator, {"裁定的理由": "比价依据充分，异议不成立。"})
    press(main(operator), "提交拟裁定")
    shows(operator, "待批准人决定")
    approver = story.market.demo("approver")
    approver.goto("/backoffice/objections")
    main(approver).locator("article").filter(has_text=story.notice).get_by_role("link").first.click()
    press(main(approver), "同意并公开裁定")
    shows(approver, "异议不成立", "公示中")


def move_clock(story: Story, *, days: int) -> None:
    story.operator.goto("/backoffice/clock")
    press(main(story.operator), f"+{days} 天")
    shows_flash(story.operator, f"时钟已前进 {days} 天")


def contract(story: Story) -> None:
    """Act 8: one side enters the contract, the other confirms; registered; paid in two ways."""
    author, buyer = story.author, story.buyer
    author.goto(f"/deals/{story.deal}")
    main(author).locator("a.btn--act").first.click()
    today = main(author).get_by_label("签订日期").input_value()
    fill(author, {"类别": ("equipment",), "名称": ("在线测温仪",), "金额": ("10",)})
    choose_paper(author, "许可合同.pdf", label="合同扫描件")
    press(main(author), "下一步：核对并签署")
    shows(author, "壹佰贰拾万元整", "第 2 期", "许可合同.pdf")
    press(main(author), "登记并签署，成交额 ￥1,200,000.00")
    shows_flash(author, "请等对方确认")
    buyer.goto(f"/deals/{story.deal}")
    main(buyer).locator("a.btn--act").first.click()
    shows(buyer, "1,100,000.00", "许可合同.pdf")
    press(main(buyer), "核对无误，去签署")
    shows(buyer, "壹佰贰拾万元整", "第 2 期", "对方选的是")
    main(buyer).get_by_label("已对照扫描件核对").check()
    press(main(buyer), "确认签署，成交额 ￥1,200,000.00")
    story.contract = number_in(buyer)
    shows(buyer, "尚未登记")
    author.goto(f"/contracts/{story.contract}")
    press(main(author), "填写登记编号")
    fill(author, {"登记编号": "2026 4501 0087 6543", "登记日期": today, "登记机构": "南宁市技术合同登记处"})
    press(main(author), "记录登记")
    shows(author, "2026450100876543")
    _transfer(story, today)
    _pay_online(story)
    shows(buyer, "1,200,000.00", "1,100,000.00", "2 笔已确认", "未到账 0.00")


def _transfer(story: Story, today: str) -> None:
    """The first instalment by bank transfer, recorded by one person and confirmed by another."""
    author, cashier = story.author, story.cashier
    press(main(author), "登记对公转账")
    fill(
        author,
        {
            "到账日期": today,
            "银行流水号": "GX20261209001",
            "发票号码": "26452000000087654321",
            "发票金额": "800000",
        },
    )
    choose_paper(author, "银行回单.pdf", label="银行回单")
    press(author.locator("main form"), "登记")
    shows(author, "已登记，待确认", "0 笔已确认")
    expect(main(author).get_by_role("link", name="确认到账")).to_have_count(0)
    cashier.goto(f"/contracts/{story.contract}")
    press(main(cashier), "确认到账")
    press(main(cashier), "确认已到账 ￥800,000.00")
    shows(cashier, "1 笔已确认", "26452000000087654321", "未到账 400,000.00")


def _pay_online(story: Story) -> None:
    """The second instalment through the gateway, charged to the university's own account there."""
    author, buyer = story.author, story.buyer
    author.goto("/account/payouts")
    press(main(author), "开通网上收款")
    press(main(author), "完成开户")
    opened = main(author).get_by_text("已开通", exact=True)
    reload_until(author, lambda: opened.count() > 0, "the account for payouts")
    buyer.goto(f"/contracts/{story.contract}")
    press(main(buyer), "在线支付")
    shows(buyer, "不会真的扣款", UNIVERSITY, "400,000.00")
    press(main(buyer), "支付")
    paid = main(buyer).get_by_text("付款成功")
    reload_until(buyer, lambda: paid.count() > 0, "the payment to be booked")
    press(main(buyer), "回合同")
