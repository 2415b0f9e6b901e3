"""Uploads: their type is recognised by content, never believed from the name or the browser."""

from __future__ import annotations

import io
import re
import unicodedata
import zipfile
from dataclasses import dataclass

import filetype

from market.kit.errors import Invalid
from market.kit.foreign_files import has_short_directory
from market.kit.formats import file_size
from market.kit.i18n import gettext as _
from market.kit.workbooks.biff import OLE
from market.kit.workbooks.reading import decode

MAX_SIZE = 20 * 1024 * 1024
"""Bytes of one file."""
MEDIA_TYPES = {
    "pdf": "application/pdf",
    "png": "image/png",
    "jpg": "image/jpeg",
    "heic": "image/heic",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    "doc": "application/msword",
    "xls": "application/vnd.ms-excel",
    "ppt": "application/vnd.ms-powerpoint",
    "wps": "application/vnd.ms-works",
    "et": "application/vnd.ms-excel",
    "dps": "application/vnd.ms-powerpoint",
    "ofd": "application/ofd",
    "zip": "application/zip",
    "rar": "application/vnd.rar",
    "7z": "application/x-7z-compressed",
    "txt": "text/plain",
    "csv": "text/csv",
    "jsonl": "application/jsonl",
    "gz": "application/gzip",
}
"""Accepted types, by extension. Archives are kept as they are and never unpacked."""
ACCEPT = ",".join(f".{extension}" for extension in (*MEDIA_TYPES, "jpeg"))
_ALIASES = {"jpeg": "jpg", "jpe": "jpg"}
_TEXT_TYPES = ("txt", "csv", "jsonl")
_STREAMS = {
    "WordDocument": frozenset({"doc", "wps"}),
    "PowerPoint Document": frozenset({"ppt", "dps"}),
    "Workbook": frozenset({"xls", "et"}),
    "Book": frozenset({"xls", "et"}),
}
"""Extensions of old office documents, of Microsoft and WPS, by the stream that holds the content."""
_MACROS = "_VBA_PROJECT".encode("utf-16-le")
_MEMBERS = {
    "word/document.xml": frozenset({"docx", "wps"}),
    "xl/workbook.xml": frozenset({"xlsx", "et"}),
    "ppt/presentation.xml": frozenset({"pptx", "dps"}),
    "OFD.xml": frozenset({"ofd"}),
}
"""Extensions of zipped documents by the member that every one of them has."""
_ACTIVE_CONTENT = ("<html", "<!doctype", "<svg", "<script", "<?xml", "<?php", "<body", "<iframe")


@dataclass(frozen=True)
class Upload:
    """A file whose content was checked."""

    name: str
    content: bytes
    media_type: str


_CONTROL = re.compile(r"[\x00-\x08\x0b\x0e-\x1f]")


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
        kinds = "、".join(name.upper() for name in MEDIA_TYPES)
        raise _invalid(_("只接收这些文件：%(kinds)s。", kinds=kinds))
    if extension not in _fitting_extensions(content, extension):
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


def _fitting_extensions(content: bytes, claimed: str) -> frozenset[str]:
    """Return the extensions that fit the content; plain text fits whichever is `claimed`. Macros fit none."""
    if content.startswith(OLE):
        if _MACROS in content:
            return frozenset()
        # A presentation may hold a workbook: any of the streams will do.
        fitting = [kinds for name, kinds in _STREAMS.items() if name.encode("utf-16-le") in content]
        return frozenset().union(*fitting)
    kind = filetype.guess(content)
    if kind is None:
        is_text = claimed in _TEXT_TYPES and _is_plain_text(content)
        return frozenset({claimed}) if is_text else frozenset()
    extension = _ALIASES.get(kind.extension, kind.extension)
    if extension in ("zip", "docx", "xlsx", "pptx"):
        return _extensions_of_archive(content)
    return frozenset({extension} & MEDIA_TYPES.keys())


def _is_plain_text(content: bytes) -> bool:
    if b"\x00" in content and not content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return False
    text = decode(content)
    if text is None:
        return False
    start = text.lstrip("\ufeff \t\r\n\f")[:2000].lower()
    return not _CONTROL.search(text) and not any(tag in start for tag in _ACTIVE_CONTENT)


def _extensions_of_archive(content: bytes) -> frozenset[str]:
    """Distinguish office documents from plain archives by their members; refuse macros."""
    if not has_short_directory(content):
        return frozenset()
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            members = set(archive.namelist())
    except (zipfile.BadZipFile, ValueError, NotImplementedError):
        return frozenset()
    if any("vbaproject" in member.lower() for member in members):
        return frozenset()
    return next((fitting for member, fitting in _MEMBERS.items() if member in members), frozenset({"zip"}))


def _invalid(message: str) -> Invalid:
    return Invalid(message, field="file")
