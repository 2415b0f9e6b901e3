"""The list of payments as the bank takes it: an Excel file whose cells are never formulas."""

from __future__ import annotations

import io
from collections.abc import Sequence

import xlsxwriter

from market.budgets.models import Batch, Disbursement
from market.codes.labels import label
from market.kit.i18n import gettext as _
from market.kit.money import Money


def payment_file(batch: Batch, orders: Sequence[Disbursement]) -> bytes:
    """Return the batch's orders, with claim and applicant fetched, as a workbook; amounts in 元.

    The last three columns are for the bank's results; `results_import` reads them back.
    """
    made = io.BytesIO()
    book = xlsxwriter.Workbook(
        made, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    )
    page = book.add_worksheet(batch.number)
    head, money = book.add_format({"bold": True}), book.add_format({"num_format": "#,##0.00"})
    titles = (
        *(_("拨付编号"), _("申报编号"), _("收款单位"), _("开户行"), _("账号"), _("金额（元）"), _("状态")),
        *(_("银行结果"), _("日期"), _("银行流水号")),
    )
    results = {"paid": _("已付出"), "returned": _("被银行退回")}
    for column, title in enumerate(titles):
        page.write_string(0, column, title, head)
    for row, order in enumerate(orders, start=1):
        texts = (
            order.number,
            order.claim.number,
            order.claim.applicant.name,
            order.payee_bank,
            order.payee_account,
        )
        for column, text in enumerate(texts):
            page.write_string(row, column, text)
        page.write_number(row, 5, Money(order.amount).decimal, money)
        page.write_string(row, 6, label("disbursement", order.status))
        if order.ended_on is not None:
            page.write_string(row, 7, results[order.status.value])
            page.write_string(row, 8, order.ended_on.isoformat())
            page.write_string(row, 9, order.bank_reference)
        else:
            page.data_validation(row, 7, row, 7, {"validate": "list", "source": list(results.values())})
    page.set_column(0, 1, 18)
    page.set_column(2, 4, 26)
    page.set_column(5, 9, 16)
    book.close()
    return made.getvalue()
