"""The payout list of a plan as a workbook: gross, tax, net and a place to sign for each person."""

from __future__ import annotations

import io

import xlsxwriter

from market.kit.formats import percent
from market.kit.i18n import gettext as _
from market.kit.money import Money
from market.rewards.models import RewardPlan

WIDTHS = (6, 12, 14, 20, 10, 16, 16, 16, 30, 16)
AMOUNT = 5
"""The first of the three columns of amounts."""


def payout_list(plan: RewardPlan) -> bytes:
    """Return one row per person and the totals as bytes of an .xlsx file; text never becomes a formula.

    Amounts are numbers, accounts text. Where the tax is not known its cell is empty and the net is the gross.
    """
    content = io.BytesIO()
    book = xlsxwriter.Workbook(content, {"in_memory": True, "strings_to_formulas": False})
    sheet = book.add_worksheet(_("发放清单"))
    head = book.add_format({"bold": True, "bottom": 1, "text_wrap": True})
    text, money = book.add_format({"num_format": "@"}), book.add_format({"num_format": "#,##0.00"})
    total = book.add_format({"bold": True, "top": 1, "num_format": "#,##0.00"})
    unit = _("元") if plan.currency == "CNY" else plan.currency
    heads = (
        _("序号"),
        _("姓名"),
        _("人员类别"),
        _("承担的工作"),
        _("份额"),
        _("应发（%(unit)s）", unit=unit),
        _("代扣个人所得税（%(unit)s）", unit=unit),
        _("实发（%(unit)s）", unit=unit),
        _("开户行和账号"),
        _("领取人签字"),
    )
    for column, words in enumerate(heads):
        sheet.write_string(0, column, words, head)
        sheet.set_column(column, column, WIDTHS[column])

    def amount(minor: int) -> float:
        return float(Money(minor, plan.currency).decimal)

    shares = list(plan.shares)
    for line, share in enumerate(shares, start=1):
        role = _("主要贡献人员") if share.is_main else _("其他人员")
        cells = (str(share.sequence), share.name, role, share.work, percent(share.basis_points))
        for column, cell in enumerate(cells):
            sheet.write_string(line, column, cell, text)
        sheet.write_number(line, AMOUNT, amount(share.amount), money)
        if share.withheld_amount is not None:
            sheet.write_number(line, AMOUNT + 1, amount(share.withheld_amount), money)
        sheet.write_number(line, AMOUNT + 2, amount(share.net_amount), money)
        sheet.write_string(line, AMOUNT + 3, share.account, text)
    last = len(shares) + 1
    sheet.write_string(last, AMOUNT - 1, _("合计"), total)
    sheet.write_number(last, AMOUNT, amount(sum(share.amount for share in shares)), total)
    if any(share.withheld_amount is not None for share in shares):
        withheld = sum(share.withheld_amount or 0 for share in shares)
        sheet.write_number(last, AMOUNT + 1, amount(withheld), total)
    sheet.write_number(last, AMOUNT + 2, amount(sum(share.net_amount for share in shares)), total)
    if any(share.withheld_amount is None for share in shares):
        sheet.write_string(last + 1, 0, _("代扣税额空白的，尚未填写，实发按应发列出。"))
    for column, words in ((0, _("编制：")), (3, _("复核：")), (AMOUNT + 1, _("单位负责人："))):
        sheet.write_string(last + 3, column, words)
    sheet.set_landscape()
    sheet.fit_to_pages(1, 0)
    book.close()
    return content.getvalue()
