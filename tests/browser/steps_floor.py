"""The acts of the market floor: a colleague invited, a list brought in, indicators, a changed listing."""

from __future__ import annotations

import io
import re

import openpyxl
from playwright.sync_api import FilePayload, Locator, Page, expect

from market.kit.workbooks.writing import WORKBOOK
from tests.browser.page_actions import (
    fill,
    follow_mail,
    hides,
    main,
    number_in,
    press,
    reload_until,
    shows,
    shows_flash,
)
from tests.browser.story import OUTCOME, PASSWORD, UNIVERSITY, UNIVERSITY_PHONE, Story

COLLEAGUE_MAIL = "wei@guihai.example.com"
STRENGTH = "抗拉强度（MPa）"
HEADS = (
    *("成果名称", "成果简介", "高新领域", "成熟阶段", "转化方式", "拟转让价（万元）", "应用背景"),
    *("成果介绍", "专利号", "成果完成人", "联系人", "联系电话", "关键字"),
)


def invite_colleague(story: Story) -> None:
    """Act 1, the third person: invited by mail in a role, sets a password, and is in."""
    author, colleague = story.author, story.colleague
    author.goto("/account/members")
    fill(author, {"同事的邮箱": COLLEAGUE_MAIL})
    main(author).locator("#invite select").select_option("agent")
    press(main(author), "发出邀请")
    shows(author, "等待接受", COLLEAGUE_MAIL)
    follow_mail(colleague, COLLEAGUE_MAIL)
    shows(colleague, UNIVERSITY, "单位名称经平台认证", COLLEAGUE_MAIL)
    address = colleague.url
    fill(colleague, {"您的姓名": "韦明", "密码": PASSWORD, "我同意": True})
    press(main(colleague), "设好密码并加入")
    shows(colleague, UNIVERSITY)
    guest = story.market.visitor("guest")
    answer = guest.goto(address)
    assert answer is not None
    assert answer.status == 404
    author.reload()
    shows(author, "韦明")
    hides(author, "等待接受")


def import_list(story: Story) -> None:
    """Act 2, the university's list: columns, faults mended at their cells, drafts, the result, undone."""
    page = story.colleague
    page.goto("/my/outcomes/import")
    main(page).locator("input[type=file]").set_input_files(
        FilePayload(name="可转化成果清单.xlsx", mimeType=WORKBOOK, buffer=_list())
    )
    press(main(page), "上传并核对")
    story.listing_import = number_in(page)
    heading = page.locator("h1")
    reload_until(page, lambda: "行可以导入" in heading.inner_text(), "the list to be checked")
    expect(heading).to_have_text("4 行里 1 行可以导入")
    shows(page, "表头在第 2 行，上面 1 行没有读", "3 行有错，共 3 处", "校验位")
    _row(page, "钛白副产酸再生循环").get_by_label("12.5万", exact=True).check()
    _row(page, "木薯渣固态发酵饲料").get_by_label("合作方式").select_option(label="普通许可")
    press(main(page), "保存改动，再核一遍")
    expect(heading).to_have_text("4 行里 3 行可以导入")
    press(main(page), "导入 3 行为草稿")
    reload_until(page, lambda: "新建" in heading.inner_text(), "the list to be imported")
    expect(heading).to_have_text("新建 3 条草稿，没有导入 1 行")
    with page.expect_download() as download:
        press(main(page), "下载结果表")
    sheet = openpyxl.load_workbook(io.BytesIO(download.value.path().read_bytes())).worksheets[0]
    lines = [" ".join(str(cell) for cell in line if cell) for line in sheet.iter_rows(values_only=True)]
    assert any("罗汉果甜苷酶法转化" in line and "校验位" in line for line in lines), lines
    page.goto("/my/outcomes")
    shows(page, "钛白副产酸再生循环", "12.50")
    page.goto(f"/my/imports/{story.listing_import}")
    press(main(page), "整批撤销")
    shows_flash(page, "已整批撤销")
    page.goto("/my/outcomes")
    shows(page, OUTCOME)
    hides(page, "钛白副产酸再生循环")


def _list() -> bytes:
    """Return a list as universities keep it: a title row, their own heads, and three rows with a fault."""
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["桂海理工学院 2026 年可转化成果清单"])
    sheet.merge_cells("A1:M1")
    sheet.append(HEADS)
    faults: tuple[tuple[str, str, str, str], ...] = (
        ("甘蔗尾叶青贮快速调质", "面议", "普通许可", ""),
        ("钛白副产酸再生循环", "12，5万", "技术转让", ""),
        ("木薯渣固态发酵饲料", "86", "授权使用", ""),
        ("罗汉果甜苷酶法转化", "210", "普通许可", "ZL202310587216.5"),
    )
    for title, price, mode, patent in faults:
        summary = f"{title}，中试线连续运行九十天"
        line = [title, summary, "资源与环境", "中试", mode, price, "原有做法能耗高。", "分级处理，余热回用。"]
        sheet.append([*line, patent, "韦明", "成果转化办公室", UNIVERSITY_PHONE, "固废；余热"])
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


def _row(page: Page, title: str) -> Locator:
    return page.locator("#rows tr").filter(has_text=title)


def compare_indicators(story: Story) -> None:
    """Act 4, the numbers: what the need asks for beside what the outcome has, and what it does not state."""
    buyer = story.buyer
    buyer.goto(f"/needs/{story.need}/matches")
    fit = main(buyer).locator("article").filter(has_text=OUTCOME)
    expect(fit).to_contain_text("导电率（%IACS）")
    expect(fit).to_contain_text("62.5")
    expect(fit).to_contain_text(re.compile("没有写"))


def change_listing(story: Story) -> None:
    """Act 4, the published outcome changed: the old version stays until an operator has accepted the new."""
    author, operator, guest = story.author, story.operator, story.market.visitor("guest")
    author.goto(f"/my/outcomes/{story.outcome}")
    fill(author, {"指标": ("导电率（%IACS）", STRENGTH), "现有": ("61.0", "170"), "本成果": ("62.5", "178")})
    main(author).locator("button.btn--act").first.click()
    shows(author, "变更待审核", STRENGTH)
    guest.goto(f"/outcomes/{story.outcome}")
    hides(guest, STRENGTH)
    operator.goto("/backoffice/changes")
    press(main(operator), OUTCOME)
    shows(operator, "改动", STRENGTH, "178")
    press(main(operator), "通过并公开")
    operator.wait_for_load_state()
    guest.reload()
    shows(guest, STRENGTH, "178")
    buyer = story.buyer
    fit = main(buyer).locator("article").filter(has_text=OUTCOME)
    reload_until(buyer, lambda: "高 8" in fit.inner_text(), "the match to be computed anew")
    expect(fit.locator("tr").filter(has_text="抗拉强度")).to_contain_text("达到")
