"""The container of an .xlsx: its parts, unpacked within the limit, and how they refer to each other."""

from __future__ import annotations

import posixpath
import struct
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from xml.parsers import expat
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile, ZipInfo

from market.kit.i18n import gettext as _
from market.kit.workbooks.cells import Limits, UnreadableWorkbook

Attributes = Mapping[str, str]
DAMAGE = (
    *(BadZipFile, zlib.error, struct.error, expat.ExpatError, EOFError, OSError, NotImplementedError),
    *(KeyError, IndexError, ValueError, OverflowError, RuntimeError),
)
"""What unpacking, parsing and converting raise on a file that is not what it says."""


class Part:
    """What is wanted of one part, taken from its elements as they come."""

    def start(self, tag: str, attributes: Attributes) -> None: ...

    def end(self, tag: str) -> None: ...

    def text(self, text: str) -> None: ...


@dataclass
class Relations(Part):
    """Where other parts lie, by id and by the last word of their type."""

    folder: str
    by_id: dict[str, str] = field(default_factory=dict)
    by_kind: dict[str, str] = field(default_factory=dict)

    def start(self, tag: str, attributes: Attributes) -> None:
        if tag == "Relationship" and attributes.get("TargetMode") != "External":
            target = attributes["Target"].replace("\\", "/")
            path = target.lstrip("/") if target.startswith("/") else posixpath.join(self.folder, target)
            path = posixpath.normpath(path)
            self.by_id[attributes["Id"]] = path
            self.by_kind.setdefault(attributes["Type"].rpartition("/")[2].lower(), path)


@dataclass
class Package:
    """The parts of the file, found by name whatever its case, each unpacked once and counted first."""

    archive: ZipFile
    limits: Limits
    _parts: dict[str, ZipInfo] = field(init=False)
    _unpacked: int = 0

    def __post_init__(self) -> None:
        members = self.archive.infolist()
        self._parts = {member.filename.replace("\\", "/").lstrip("/").lower(): member for member in members}

    def book_name(self) -> str:
        """Return the name of the part that lists the sheets."""
        roots = Relations("")
        if "_rels/.rels" in self._parts:
            self.parse("_rels/.rels", roots)
        return roots.by_kind.get("officedocument", "xl/workbook.xml")

    def parse(self, name: str, part: Part) -> None:
        """Unpack one part and hand its elements to `part`.

        Raises:
            UnreadableWorkbook: together the parts would unpack to more than the limit.
        """
        info = self._parts[name.lower()]
        if info.flag_bits & 1:
            raise UnreadableWorkbook(_("这个 Excel 文件有打开密码，请去掉密码后再上传。"))
        if info.compress_type not in (ZIP_STORED, ZIP_DEFLATED):
            raise NotImplementedError("compression that spreadsheets do not use")
        # The size is the one stated in the archive: no more is ever unpacked than that.
        self._unpacked += info.file_size
        if self._unpacked > self.limits.unpacked:
            raise self.limits.too_large()
        parser = expat.ParserCreate(namespace_separator=" ")
        parser.buffer_text = True
        parser.StartElementHandler = lambda tag, attributes: part.start(tag.rpartition(" ")[2], attributes)
        parser.EndElementHandler = lambda tag: part.end(tag.rpartition(" ")[2])
        parser.CharacterDataHandler = part.text
        parser.StartDoctypeDeclHandler = _refuse_doctype
        with self.archive.open(info) as stream:
            parser.ParseFile(stream)


def relations_of(part: str) -> str:
    """Return the name of the part that tells what a part refers to."""
    folder, name = posixpath.split(part)
    return posixpath.join(folder, "_rels", f"{name}.rels")


def _refuse_doctype(*_args: object) -> None:
    raise ValueError("a workbook defines no entities")
