"""Uploads: their type is recognised by content, never believed from the name or the browser."""

from __future__ import annotations

import io
import unicodedata
import zipfile
from dataclasses import dataclass

import filetype

from market.kit.errors import Invalid
from market.kit.formats import file_size
from market.kit.i18n import gettext as _
from market.kit.workbooks.biff import OLE
from market.kit.workbooks.delimited import decode

MAX_SIZE = 20 * 1024 * 1024
"""Bytes of one file."""
MEDIA_TYPES = {
    "pdf": "application/pdf",
    "png": "image/png",
    "jpg": "image/jpeg",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "xls": "application/vnd.ms-excel",
    "ofd": "application/ofd",
    "zip": "application/zip",
    "txt": "text/plain",
    "csv": "text/csv",
}
"""Accepted types, by extension."""
ACCEPT = ".pdf,.ofd,.png,.jpg,.jpeg,.docx,.xlsx,.xls,.txt,.csv,.zip"
_ALIASES = {"jpeg": "jpg", "jpe": "jpg"}
_TEXT_TYPES = ("txt", "csv")
_XLS_STREAMS = ["Workbook".encode("utf-16-le"), "Book".encode("utf-16-le")]
"""Names of the stream in which an .xls stores its cells."""
_XLS_MACROS = "_VBA_PROJECT".encode("utf-16-le")
_ACTIVE_CONTENT = ("<html", "<!doctype", "<svg", "<script", "<?xml", "<?php", "<body", "<iframe")


@dataclass(frozen=True)
class Upload:
    """A file whose content was checked."""

    name: str
    content: bytes
    media_type: str


def check_content(name: str, content: bytes) -> Upload:
    """Check that a file is of an accepted type, and that its extension fits its content.

    Raises:
        Invalid: at the field `file`, with the reason.
    """
    name = clean_name(name)
    if not content:
        raise _invalid(_("这个文件是空的，请重新选择。"))
    if len(content) > MAX_SIZE:
        raise _invalid(
            _(
                "文件最大 %(most)s，这个文件有 %(size)s。",
                most=file_size(MAX_SIZE),
                size=file_size(len(content)),
            )
        )
    extension = _extension_of_name(name)
    if extension not in MEDIA_TYPES:
        raise _invalid(_("只接收 PDF、OFD、PNG、JPG、DOCX、XLSX、XLS、TXT、CSV 或 ZIP 文件。"))
    if extension != _extension_of_content(content, extension):
        raise _invalid(_("文件的内容与扩展名不符，请用原来的程序重新保存后再上传。"))
    return Upload(name, content, MEDIA_TYPES[extension])


def clean_name(name: str) -> str:
    """Return the last part of a file's name without control characters, at most 120 characters."""
    last = name.replace("\\", "/").rsplit("/", 1)[-1]
    printable = "".join(c for c in last if unicodedata.category(c)[0] != "C").strip(" .")
    stem, dot, extension = printable.rpartition(".")
    return (f"{stem[:110]}{dot}{extension[:9]}" if dot else printable[:120]) or "file"


def _extension_of_name(name: str) -> str:
    extension = name.rpartition(".")[2].lower() if "." in name else ""
    return _ALIASES.get(extension, extension)


def _extension_of_content(content: bytes, claimed: str) -> str:
    """Return the extension that fits the content, or nothing; plain text fits whichever is `claimed`."""
    if content.startswith(OLE):
        is_workbook = any(name in content for name in _XLS_STREAMS) and _XLS_MACROS not in content
        return "xls" if is_workbook else ""
    kind = filetype.guess(content)
    if kind is None:
        return claimed if claimed in _TEXT_TYPES and _is_plain_text(content) else ""
    extension = _ALIASES.get(kind.extension, kind.extension)
    if extension in ("zip", "docx", "xlsx"):
        return _extension_of_archive(content)
    return extension if extension in MEDIA_TYPES else ""


def _is_plain_text(content: bytes) -> bool:
    if b"\x00" in content and not content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return False
    text = decode(content)
    if text is None:
        return False
    start = text.lstrip("\ufeff \t\r\n\f")[:2000].lower()
    is_printable = not any(c < " " and c not in "\t\r\n\f" for c in text)
    return is_printable and not any(tag in start for tag in _ACTIVE_CONTENT)


def _extension_of_archive(content: bytes) -> str:
    """Distinguish office documents from plain archives by their members; refuse macros."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            members = set(archive.namelist())
    except (zipfile.BadZipFile, ValueError, NotImplementedError):
        return ""
    if any("vbaproject" in member.lower() for member in members):
        return ""
    for member, extension in (("word/document.xml", "docx"), ("xl/workbook.xml", "xlsx"), ("OFD.xml", "ofd")):
        if member in members:
            return extension
    return "zip"


def _invalid(message: str) -> Invalid:
    return Invalid(message, field="file")
