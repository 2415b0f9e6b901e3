"""The first acts: a university and an enterprise join, list an outcome and a need, and are matched."""

from __future__ import annotations

import re
from collections.abc import Mapping

from playwright.sync_api import Page, expect

from tests.browser.page_actions import (
    choose_paper,
    fill,
    follow_mail,
    hides,
    main,
    number_in,
    press,
    reload_until,
    shows,
)
from tests.browser.story import (
    ENTERPRISE,
    ENTERPRISE_PHONE,
    NEED,
    OUTCOME,
    PASSWORD,
    UNIVERSITY,
    UNIVERSITY_PHONE,
    Story,
)
from tests.factories import make_uscc

UNIVERSITY_USCC = make_uscc(730_000_451, "12450000")
ENTERPRISE_USCC = make_uscc(730_000_452)
Facts = Mapping[str, str | bool]
HEADINGS = ("advantage", "clarity", "cooperation", "language")


def join(story: Story) -> None:
    """Act 1: both organisations register, an operator verifies them, a second person joins one."""
    university: Facts = {
        "单位全称": UNIVERSITY,
        "统一社会信用代码": UNIVERSITY_USCC,
        "单位类型": "university",
        "机构性质": "022",
        "所属行业": "P83",
        "国有": True,
        "联系电话": UNIVERSITY_PHONE,
    }
    enterprise: Facts = {
        "单位全称": ENTERPRISE,
        "统一社会信用代码": ENTERPRISE_USCC,
        "单位类型": "enterprise",
        "机构性质": "150",
        "所属行业": "C32",
        "高新技术企业": True,
        "生产制造类": True,
        "联系电话": ENTERPRISE_PHONE,
    }
    _register_organisation(story.author, university, "林致远", "lin@guihai.example.com")
    _register_organisation(story.buyer, enterprise, "覃立新", "qin@youjiang.example.com")
    for name in (UNIVERSITY, ENTERPRISE):
        _verify(story.operator, name)
    _enter_account(story.buyer)
    _join_university(story)
    story.author.goto("/account/members")
    press(main(story.author), "同意加入")
    shows(story.author, "陆敏")
    hides(story.author, "申请加入 1")


def _register_organisation(page: Page, organisation: Mapping[str, str | bool], name: str, email: str) -> None:
    page.goto("/register")
    press(main(page), "登记单位")
    fill(page, organisation)
    fill(page, {"注册地": "450100", "成立日期": "2012-05-01", "联系人": name})
    _register_person(page, name, email)


def _register_person(page: Page, name: str, email: str) -> None:
    """Fill in who it is, send the form and follow the link in the mail, which signs in."""
    fill(page, {"您的姓名": name, "邮箱": email, "密码": PASSWORD, "我同意": True})
    press(main(page), "提交注册")
    follow_mail(page, email)
    press(main(page), "确认邮箱")
    expect(page).to_have_url(re.compile("/dashboard"))


def _verify(operator: Page, name: str) -> None:
    operator.goto("/backoffice/organisations")
    main(operator).get_by_role("link", name=name).click()
    shows(operator, name, "南宁")
    press(main(operator), "认证通过")
    operator.wait_for_load_state()


def _enter_account(page: Page) -> None:
    """The enterprise's account with its proof; it has one person, so the desk will compare the two."""
    page.goto("/account/payee")
    fill(page, {"开户银行": "百色城区信用社", "银行账号": "6222000045100776"})
    choose_paper(page, "账户证明.pdf")
    press(main(page), "提交")
    shows(page, "6222000045100776", "由主管部门比对证明后生效")


def _join_university(story: Story) -> None:
    page = story.cashier
    page.goto("/register")
    press(main(page), "申请加入")
    fill(page, {"单位的统一社会信用代码": UNIVERSITY_USCC, "您的身份": "finance"})
    _register_person(page, "陆敏", "lu@guihai.example.com")


def list_outcome(story: Story) -> None:
    """Act 2: draft, completeness, hand-in, return with reasons, correction, publication, found."""
    author = story.author
    author.goto("/my/outcomes")
    press(main(author), "写一份成果")
    fill(author, {"成果名称": OUTCOME, "一句话亮点": "导电率 62.5 %IACS，强度 178 MPa，伸长率 6%"})
    press(main(author), "保存草稿")
    shows(author, "完整度", "还缺这些", "要解决的问题", "知识产权")
    story.outcome = number_in(author)
    fill(
        author,
        {
            "技术领域": "materials",
            "成熟度": "7",
            "所在地": "450100",
            "关键词": "铝导线；稀土；导电率；连铸连轧；架空线",
            "高端铝": True,
            "要解决的问题": "架空铝导线的导电率与强度此消彼长，线损大，同截面换线不能增容。",
            "技术方案": "以富铈稀土微合金化净化晶界，控制铁硅比，连铸连轧后分级时效，同时提高导电率和强度。",
            "指标": ("导电率（%IACS）",),
            "现有": ("61.0",),
            "本成果": ("62.5",),
            "普通许可": True,
            "价格方式": "fixed",
            "挂牌价": "120",
            "姓名": ("林致远",),
            "联系人": "成果转化办公室",
            "联系电话": UNIVERSITY_PHONE,
        },
    )
    press(main(author), "提交审核")
    shows(author, "待审核")
    _judge(story.operator, "outcome", story.outcome, points=2, decision="退回修改")
    author.reload()
    press(main(author), OUTCOME)
    shows(author, "退回修改", "请写明对比的依据", "2／5")
    fill(author, {"依据": ("国家电线质检中心 2026 年检验报告",), "成熟度证据": "中试线连续运行 90 天。"})
    press(main(author), "提交审核")
    shows(author, "待审核")
    guest = story.market.visitor("guest")
    guest.goto(f"/outcomes?q={OUTCOME}")
    assert not main(guest).get_by_role("link", name=OUTCOME, exact=True).count()
    _judge(story.operator, "outcome", story.outcome, points=4, decision="通过并发布")
    _find(guest)
    shows(guest, "后补助预估", "600,000.00", "符合", "待核", "以最终审定为准")


def _judge(operator: Page, kind: str, number: str, *, points: int, decision: str) -> None:
    operator.goto(f"/backoffice/listings?kind={kind}")
    main(operator).locator(f"a[href$='/{number}']").first.click()
    for heading in HEADINGS:
        operator.check(f"[name={heading}][value='{points}']", force=True)
    fill(operator, {"意见": "请写明对比的依据，由谁在哪一年检验。"})
    press(main(operator), decision)
    operator.wait_for_load_state()


def _find(guest: Page) -> None:
    link = main(guest).get_by_role("link", name=OUTCOME, exact=True)
    reload_until(guest, lambda: link.count() > 0, "the outcome to be found")
    link.first.click()
    expect(guest.locator("h1")).to_have_text(OUTCOME)


def post_need(story: Story) -> None:
    """Act 3: the enterprise posts a need without its name; the same review."""
    buyer = story.buyer
    buyer.goto("/my/needs")
    press(main(buyer), "写一条需求")
    fill(
        buyer,
        {
            "需求名称": NEED,
            "不公开单位名称": True,
            "技术领域": "materials",
            "需求类型": "process",
            "所在地": "450100",
            "关键词": "铝导线；导电率；稀土；架空线",
            "高端铝": True,
            "需求描述": "现有架空铝导线导电率 61 %IACS，希望用微合金化提高导电率，强度不降，适合连铸连轧线。",
            "指标": ("导电率（%IACS）", "抗拉强度（MPa）"),
            "现有": ("61.0", "170"),
            "目标": ("62.3", "170"),
            "普通许可": True,
            "预算下限": "80",
            "预算上限": "150",
            "截止日期": "2199-12-31",
            "联系人": "覃立新",
            "联系电话": ENTERPRISE_PHONE,
        },
    )
    press(main(buyer), "提交审核")
    shows(buyer, "待审核")
    press(main(buyer), NEED)
    story.need = number_in(buyer)
    _judge(story.operator, "need", story.need, points=4, decision="通过并发布")
    guest = story.market.visitor("guest")
    guest.goto(f"/needs/{story.need}")
    shows(guest, NEED, "某企业", "62.3", "2199-12-31")
    hides(guest, ENTERPRISE, ENTERPRISE_PHONE)


def match(story: Story) -> None:
    """Act 4: both see the match with its reasons; the enterprise is not interested in another."""
    buyer, author = story.buyer, story.author
    buyer.goto(f"/needs/{story.need}")
    rows = buyer.locator("#matches .near")
    reload_until(
        buyer, lambda: rows.filter(has_text=OUTCOME).count() == 1 and rows.count() > 1, "two matches"
    )
    expect(rows.first).to_contain_text(OUTCOME)
    author.goto(f"/outcomes/{story.outcome}")
    row = author.locator("#matches .near").filter(has_text=NEED)
    expect(row).to_contain_text("某企业")
    other = rows.nth(1).locator("h3").inner_text()
    press(rows.nth(1), "不感兴趣")
    fill(buyer, {"指标达不到": True})
    press(main(buyer), "确认不感兴趣")
    expect(rows.filter(has_text=OUTCOME)).to_have_count(1)
    expect(rows.filter(has_text=other)).to_have_count(0)
