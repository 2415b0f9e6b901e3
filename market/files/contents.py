"""What a handed-in file really is: told by its content, never by its name or the browser."""

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

LARGEST = 20 * 1024 * 1024
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
"""What is taken, by extension."""
ACCEPT = ".pdf,.ofd,.png,.jpg,.jpeg,.docx,.xlsx,.xls,.txt,.csv,.zip"
_SAME = {"jpeg": "jpg", "jpe": "jpg"}
_TEXTS = ("txt", "csv")
_OLD_WORKBOOK = ["Workbook".encode("utf-16-le"), "Book".encode("utf-16-le")]
"""Names of the stream in which an .xls keeps its cells."""
_OLD_MACROS = "_VBA_PROJECT".encode("utf-16-le")
_ACTIVE = ("<html", "<!doctype", "<svg", "<script", "<?xml", "<?php", "<body", "<iframe")


@dataclass(frozen=True)
class Upload:
    """A file that was looked at and may be kept."""

    name: str
    content: bytes
    media_type: str


def check_content(name: str, content: bytes) -> Upload:
    """Let pass a file of a kind we take, whose name says what its content is.

    Raises:
        Invalid: at the field `file`, with the reason.
    """
    name = clean_name(name)
    if not content:
        raise _refused(_("这个文件是空的，请重新选择。"))
    if len(content) > LARGEST:
        raise _refused(
            _(
                "文件最大 %(most)s，这个文件有 %(size)s。",
                most=file_size(LARGEST),
                size=file_size(len(content)),
            )
        )
    said = _extension(name)
    if said not in MEDIA_TYPES:
        raise _refused(_("只接收 PDF、OFD、PNG、JPG、DOCX、XLSX、XLS、TXT、CSV 或 ZIP 文件。"))
    if said != _found(content, said):
        raise _refused(_("文件的内容与扩展名不符，请用原来的程序重新保存后再上传。"))
    return Upload(name, content, MEDIA_TYPES[said])


def clean_name(name: str) -> str:
    """Return the last part of a file's name without control characters, at most 120 characters."""
    last = name.replace("\\", "/").rsplit("/", 1)[-1]
    kept = "".join(c for c in last if unicodedata.category(c)[0] != "C").strip(" .")
    stem, dot, extension = kept.rpartition(".")
    return (f"{stem[:110]}{dot}{extension[:9]}" if dot else kept[:120]) or "file"


def _extension(name: str) -> str:
    said = name.rpartition(".")[2].lower() if "." in name else ""
    return _SAME.get(said, said)


def _found(content: bytes, said: str) -> str:
    """Return the extension that the content deserves; texts and OFD need to be asked for."""
    if content.startswith(OLE):
        is_workbook = any(name in content for name in _OLD_WORKBOOK) and _OLD_MACROS not in content
        return "xls" if is_workbook else ""
    kind = filetype.guess(content)
    if kind is None:
        return said if said in _TEXTS and _is_plain_text(content) else ""
    found = _SAME.get(kind.extension, kind.extension)
    if found in ("zip", "docx", "xlsx"):
        return _in_archive(content)
    return found if found in MEDIA_TYPES else ""


def _is_plain_text(content: bytes) -> bool:
    if b"\x00" in content and not content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return False
    text = decode(content)
    if text is None:
        return False
    start = text.lstrip("\ufeff \t\r\n\f")[:2000].lower()
    return not any(c < " " and c not in "\t\r\n\f" for c in text) and not any(t in start for t in _ACTIVE)


def _in_archive(content: bytes) -> str:
    """Tell the archives of office programmes apart from plain ones by what lies in them."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            names = set(archive.namelist())
    except (zipfile.BadZipFile, ValueError, NotImplementedError):
        return ""
    if any("vbaproject" in each.lower() for each in names):
        return ""
    for member, extension in (("word/document.xml", "docx"), ("xl/workbook.xml", "xlsx"), ("OFD.xml", "ofd")):
        if member in names:
            return extension
    return "zip"


def _refused(message: str) -> Invalid:
    return Invalid(message, field="file")
