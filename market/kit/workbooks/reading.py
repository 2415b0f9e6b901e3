"""Read an uploaded table; its format is detected by content, never by name."""

from __future__ import annotations

from collections.abc import Iterator

from market.kit.i18n import gettext as _
from market.kit.workbooks.biff import OLE, read_biff
from market.kit.workbooks.cells import Limits, Sheet, UnreadableWorkbook
from market.kit.workbooks.delimited import read_delimited
from market.kit.workbooks.ooxml import ZIP, read_ooxml

_BARE_BIFF = (
    *(b"\x09\x00\x04\x00", b"\x09\x02\x06\x00", b"\x09\x04\x06\x00"),
    *(b"\x09\x08\x08\x00", b"\x09\x08\x10\x00"),
)
"""Beginnings of .xls files that lie in no container, as some programmes write them."""


def read_sheets(content: bytes, limits: Limits | None = None) -> Iterator[Sheet]:
    """Yield the sheets of an .xlsx, .xls or text file, each read when it is asked for.

    Raises:
        UnreadableWorkbook: it is none of these, damaged, locked, or larger than the limits.
    """
    limits = limits or Limits()
    if not content.strip(b"\x00\r\n\t "):
        raise UnreadableWorkbook(_("这个文件是空的。"))
    if content.startswith(ZIP):
        yield from read_ooxml(content, limits)
    elif content.startswith((OLE, *_BARE_BIFF)):
        yield from read_biff(content, limits)
    else:
        yield from read_delimited(content, limits)
