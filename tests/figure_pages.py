"""Figures on pages and the rows behind them, as people follow one to the other."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from io import BytesIO

import httpx
from openpyxl import load_workbook

LINK = re.compile(r'<a\b[^>]*?href="(/[^"]*?/(?:rows|records|paid)\b[^"]*)"[^>]*>(.*?)</a>', re.S)
DOWNLOAD = re.compile(r'href="(/[^"]+\.(?:xlsx|csv|json)(?:\?[^"]*)?)"')
NUMBER = re.compile(r"-?[\d,]+(?:\.\d+)?")
NO_NUMBER = re.compile(r"\bnan\b|\binf(?:inity)?\b", re.I)
HIDDEN = re.compile(r"另有 (\d+)")
NEXT = re.compile(r'href="([^"]+)"[^>]*rel="next"')


@dataclass(frozen=True)
class Shown:
    """A figure as a page shows it, with the address of its rows."""

    address: str
    text: str

    @property
    def number(self) -> Decimal | None:
        """Return what is shown as a number; None for words such as a growth."""
        return Decimal(self.text.replace(",", "")) if NUMBER.fullmatch(self.text) else None

    @property
    def key(self) -> tuple[str, str]:
        """Return what figures without rows are told apart by."""
        figure = re.search(r"[?&](?:figure|indicator)=(\w+)", self.address)
        return self.address.partition("?")[0], figure[1] if figure else ""


@dataclass
class Rows:
    """What a page of rows lists, over all of its pages."""

    count: int = 0
    hidden: int = 0
    amount: Decimal | None = Decimal(0)
    """Sum of the last cells; None where one is not public."""


def figures_on(text: str, known: set[object]) -> Iterator[Shown]:
    """Yield the figures of a page that are not known yet, and of words and zeros one of each kind."""
    for address, words in LINK.findall(text):
        shown = Shown(html.unescape(address), re.sub(r"<[^>]*>", "", html.unescape(words)).strip())
        key = shown if shown.number else shown.key
        if key not in known:
            known.add(key)
            yield shown


async def rows_of(client: httpx.AsyncClient, address: str) -> Rows:
    """Return the rows that a figure opens."""
    rows, next_address = Rows(), address
    while next_address:
        page = await client.get(next_address)
        assert page.status_code == 200, next_address
        assert_no_nonsense(page.text, next_address)
        body = re.search(r"<tbody>(.*?)</tbody>", page.text, re.S)
        lines = re.findall(r"<tr\b.*?</tr>", body[1], re.S) if body else []
        rows.count += len(lines)
        rows.hidden = max([rows.hidden, *map(int, HIDDEN.findall(page.text))])
        for line in lines:
            cell = re.sub(r"<[^>]*>", "", re.findall(r"<td\b.*?</td>", line, re.S)[-1]).strip()
            is_number = NUMBER.fullmatch(cell)
            rows.amount = (
                rows.amount + Decimal(cell.replace(",", ""))
                if is_number and rows.amount is not None
                else None
            )
        following = NEXT.search(page.text)
        next_address = html.unescape(following[1]) if following else ""
    return rows


async def assert_opens_its_rows(client: httpx.AsyncClient, shown: Shown) -> None:
    """Fail unless a figure is the count, or the sum, of the rows that it opens."""
    rows = await rows_of(client, shown.address)
    number = shown.number
    if number is None:
        return
    if "." not in shown.text:
        assert rows.count + rows.hidden == number, (shown, rows)
    elif rows.amount is not None and not rows.hidden:
        assert number in (rows.amount, (rows.amount / 10_000).quantize(Decimal("0.01"))), (shown, rows)


async def assert_files_are_clean(client: httpx.AsyncClient, text: str) -> int:
    """Fail unless the files that a page offers can be read and hold no number that is none."""
    addresses = {html.unescape(address) for address in DOWNLOAD.findall(text)}
    for address in addresses:
        file = await client.get(address)
        assert file.status_code == 200, address
        if ".xlsx" in address:
            book = load_workbook(BytesIO(file.content))
            cells = [cell.value for sheet in book for row in sheet.iter_rows() for cell in row]
            assert_no_nonsense("\n".join(map(str, cells)), address)
        else:
            assert_no_nonsense(file.content.decode("utf-8-sig"), address)
    return len(addresses)


def assert_no_nonsense(text: str, address: str) -> None:
    words = re.sub(r"<[^>]*>", " ", text)
    assert not NO_NUMBER.search(words), (address, NO_NUMBER.search(words))
