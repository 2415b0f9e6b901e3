"""Bank statements as three banks write them, for tests: title lines, GBK, thousands separators and all."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass

from openpyxl import Workbook

OWN = "2102110109300012345"


@dataclass(frozen=True)
class Row:
    amount: str
    text: str = ""
    payer: str = "南宁铝业有限公司"
    account: str = "4500160473000056"
    day: str = "2026-03-21"
    incoming: bool = True
    reference: str = ""


def icbc(*rows: Row) -> bytes:
    """ICBC, CSV in GBK: a title, columns 借 and 贷 side by side, tabs behind numbers, a total line."""
    head = (
        "凭证号,本方账号,对方账号,交易时间,借/贷,借方发生额,贷方发生额,"
        "对方行号,摘要,用途,对方单位名称,余额,个性化信息"
    )
    lines = [["[HISTORYDETAIL]"], ["账户名称：测试大学", "币种：人民币"], head.split(",")]
    for n, row in enumerate(rows):
        debit, credit = ("", row.amount) if row.incoming else (row.amount, "")
        lines.append(
            [
                f"{row.reference or n}\t",
                f"{OWN}\t",
                f"{row.account}\t",
                f"{row.day} 10:{n % 60:02d}:00",
                "贷" if row.incoming else "借",
                debit,
                credit,
                "",
                "转账",
                row.text,
                row.payer,
                f"{1000 + n:,}.00",
                "",
            ]
        )
    lines.append(["合计", "", "", "", "", "0.00", "1.00"])
    return _csv(lines).encode("gb18030")


def ccb(*rows: Row) -> bytes:
    """CCB, Excel: amounts as numbers, days as text, heads with units."""
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["中国建设银行企业账户活期明细"])
    sheet.append(["查询时间：", "20260322"])
    heads = (
        "账号,账户名称,交易时间,借方发生额（支取）,贷方发生额（收入）,余额,币种,对方户名,对方账号,"
        "对方开户机构"
    )
    sheet.append([*heads.split(","), "记账日期", "摘要", "备注", "账户明细编号-交易流水号"])
    for n, row in enumerate(rows):
        amount = float(row.amount.replace(",", ""))
        sheet.append(
            [
                OWN,
                "测试大学",
                f"{row.day.replace('-', '')} 10:{n % 60:02d}:00",
                None if row.incoming else amount,
                amount if row.incoming else None,
                1000 + n,
                "人民币元",
                row.payer,
                row.account,
                "南宁支行",
                row.day.replace("-", ""),
                "转账存入",
                row.text,
                row.reference or f"{n}-45001",
            ]
        )
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


def boc(*rows: Row) -> bytes:
    """BOC, CSV in UTF-8 with a mark: heads in two languages, one amount, the direction as 来账 or 往账."""
    heads = [
        "交易类型[ Transaction Type ]",
        "付款人账号[ Debit Account No. ]",
        "付款人名称[ Payer's Name ]",
        "收款人账号[ Beneficiary Account No. ]",
        "收款人名称[ Beneficiary Name ]",
        "交易日期[ Transaction Date ]",
        "交易货币[ Trade Currency ]",
        "交易金额[ Trade Amount ]",
        "交易后余额[ After-transaction balance ]",
        "交易流水号[ Transaction reference number ]",
        "摘要[ Reference ]",
        "用途[ Purpose ]",
        "交易附言[ Remark ]",
    ]
    lines = [["查询账号[ Inquirer account number ]", OWN], ["总笔数", str(len(rows))], heads]
    for n, row in enumerate(rows):
        lines.append(
            [
                "来账" if row.incoming else "往账",
                *(
                    (row.account, row.payer, OWN, "测试大学")
                    if row.incoming
                    else (OWN, "测试大学", row.account, row.payer)
                ),
                row.day.replace("-", ""),
                "CNY",
                f"+{row.amount}" if row.incoming else f"-{row.amount}",
                f"{1000 + n}.00",
                row.reference or f"BOC{n}",
                "跨行转账",
                "",
                row.text,
            ]
        )
    return ("﻿" + _csv(lines)).encode()


def _csv(lines: list[list[str]]) -> str:
    target = io.StringIO()
    csv.writer(target).writerows(lines)
    return target.getvalue()
