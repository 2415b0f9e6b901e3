"""What words in statements of banks mean: directions, sums, marks of reversals. Pure."""

from __future__ import annotations

import re
import unicodedata

INCOMING = (*"贷收C+", "来账", "来帐", "转入", "入账", "入帐", "进账", "存入", "CR", "CREDIT", "IN")
OUTGOING = (*"借支付D-", "往账", "往帐", "转出", "出账", "出帐", "取出", "DR", "DEBIT")
"""Words for the direction: a Chinese one is a prefix of the cell, any other is the whole cell."""
_SUMMARY = re.compile(
    "合计|总计|小计|累计|承前|过次|结转下页|打印|笔数|总金额|总笔|期初|期末|上期|余额|制表|复核|操作员|"
    r"柜员|电子回单|仅供|以下空白|备注[:：]|第\s*\d*\s*页|共\s*\d*\s*页"
)
_TOTAL = re.compile(
    r"[本当每该]?(?:[日月季页期]|年度?)?(?:交易|借方|贷方|收入|支出|收支)?(?:发生额)?(?:合计|小计|累计|总计|总额)"
    r"(?:数|额|发生额|金额)?"
    r"|[日月季年]结|(?:承前|转下|过次|接上|接下)页?|结转(?:下页|下年)|(?:上[年页期月]|昨日)(?:结转|余额)"
    r"|(?:期初|期末|承前|本[日期月页年]|月末|年末|日终)余额"
    r"|(?:GRAND|SUB|PAGE)?-?TOTALS?|(?:OPENING|CLOSING)BALANCE|BALANCE(?:BROUGHT|CARRIED)?FORWARD|[BC]/F"
)
_RED = re.compile("红")
_TAKEN_BACK = re.compile("红|冲|抹|撤|^是$|^[1Yy]$")
_NOT_MARKED = re.compile("未|非|不|无|否|没")


def direction_of(word: str) -> bool | None:
    """Return whether a word says that money came in; None where it says nothing known."""
    text = unicodedata.normalize("NFKC", word).upper().strip()
    for words, is_incoming in ((INCOMING, True), (OUTGOING, False)):
        if any(
            text == spelling or (not spelling.isascii() and text.startswith(spelling)) for spelling in words
        ):
            return is_incoming
    return None


def is_summary(text: str) -> bool:
    """Return whether a cell of a row without a day holds a word of sums, titles or footers."""
    return _SUMMARY.search(text) is not None


def is_total(text: str) -> bool:
    """Return whether a cell is nothing but a word for a sum or a balance: 本日合计, 过次页."""
    word = "".join(unicodedata.normalize("NFKC", text).split()).strip(":-*").upper()
    return _TOTAL.fullmatch(word) is not None


def marks_of(text: str) -> tuple[bool, bool]:
    """Return whether a column of marks says that a booking is reversed, and whether by red figures.

    未冲正 and 非红字 say the contrary.
    """
    if _NOT_MARKED.search(text):
        return False, False
    return _TAKEN_BACK.search(text) is not None, _RED.search(text) is not None
