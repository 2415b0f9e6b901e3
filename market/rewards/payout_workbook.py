"""The payout list of a plan as an .xlsx workbook, for the unit's bank."""

from __future__ import annotations

import io

import xlsxwriter

from market.kit.formats import percent
from market.kit.i18n import gettext as _
from market.kit.money import Money
from market.rewards.models import RewardPlan


def payout_list(plan: RewardPlan) -> bytes:
    """Return one row per person and a total as bytes of an .xlsx file; text never becomes a formula."""
    content = io.BytesIO()
    book = xlsxwriter.Workbook(content, {"in_memory": True, "strings_to_formulas": False})
    sheet, bold = book.add_worksheet(_("发放清单")), book.add_format({"bold": True, "bottom": 1})
    money = book.add_format({"num_format": "#,##0.00"})
    heads = (
        _("序号"),
        _("姓名"),
        _("人员类别"),
        _("承担的工作"),
        _("份额"),
        _("金额（元）"),
        _("开户行和账号"),
    )
    for column, head in enumerate(heads):
        sheet.write_string(0, column, head, bold)
    shares = list(plan.shares)
    for line, share in enumerate(shares, start=1):
        role = _("主要贡献人员") if share.is_main else _("其他人员")
        words = [str(share.sequence), share.name, role, share.work, percent(share.basis_points)]
        for column, cell in enumerate(words):
            sheet.write_string(line, column, cell)
        sheet.write_number(line, 5, float(Money(share.amount, plan.currency).decimal), money)
        sheet.write_string(line, 6, share.account)
    sheet.write_string(len(shares) + 1, 4, _("合计"), bold)
    sheet.write_number(len(shares) + 1, 5, float(plan.pot.decimal), money)
    sheet.set_column(0, 6, 18)
    book.close()
    return content.getvalue()
