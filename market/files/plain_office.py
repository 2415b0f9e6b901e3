"""Office documents (docx, xlsx, pptx) copied without metadata: each part is read, freed of it and zipped."""

from __future__ import annotations

import io
import posixpath
import re
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from lxml import etree

from market.files.media_metadata import plain_media
from market.files.mentions import NameKind, Place, find_mentions
from market.files.plain_copy import CopyFault, CopyRefused, Doubt, PlainCopy, Removed

MOST_UNPACKED = 300 * 1024 * 1024
"""Bytes that the parts of a document may make together."""
MOST_PARTS = 5000
DEEPEST = 2
"""Documents inside documents that are followed."""
_DROPPED = {
    "docProps/": Removed.PROPERTIES,
    "customXml/": Removed.METADATA,
    "ppt/tags/": Removed.METADATA,
    "word/people.xml": Removed.COMMENT_AUTHORS,
    "word/commentsExtended.xml": Removed.COMMENT_AUTHORS,
    "word/commentsExtensible.xml": Removed.COMMENT_AUTHORS,
    "word/commentsIds.xml": Removed.COMMENT_AUTHORS,
    "xl/persons/": Removed.COMMENT_AUTHORS,
    "xl/threadedComments/": Removed.COMMENT_AUTHORS,
    "xl/revisions/": Removed.REVISION_AUTHORS,
    "xl/printerSettings/": Removed.HISTORY,
    "ppt/printerSettings/": Removed.HISTORY,
    "ppt/commentAuthors.xml": Removed.COMMENT_AUTHORS,
    "ppt/authors.xml": Removed.COMMENT_AUTHORS,
    "ppt/comments/": Removed.COMMENT_AUTHORS,
    "ppt/changesInfos/": Removed.REVISION_AUTHORS,
    "ppt/revisionInfo.xml": Removed.REVISION_AUTHORS,
    "_xmlsignatures/": Removed.SIGNATURES,
}
"""Parts that only say who did what, by the beginning of their name."""
_ATTRIBUTES = {
    "author": Removed.REVISION_AUTHORS,
    "initials": Removed.REVISION_AUTHORS,
    "date": Removed.REVISION_AUTHORS,
    "dateUtc": Removed.REVISION_AUTHORS,
    "userName": Removed.HISTORY,
    "lastModifiedBy": Removed.HISTORY,
    "refreshedBy": Removed.HISTORY,
    "refreshedDate": Removed.HISTORY,
}
"""Attributes, whatever their part, that name a person or a moment."""
_REQUIRED = frozenset({"author", "userName"})
"""Those which the schema wants; they stay, empty."""
_ELEMENTS = {
    "absPath": Removed.HISTORY,
    "docVars": Removed.METADATA,
    "attachedTemplate": Removed.HISTORY,
    "rsids": Removed.HISTORY,
    "mailMerge": Removed.EMBEDDED,
    "custDataLst": Removed.METADATA,
}
"""Elements that hold paths, variables and traces of editing."""
_RSID = re.compile("^rsid")
_CONTENT_TYPES = "[Content_Types].xml"
_EMPTY = "Normal"
_MEDIA = re.compile(r"\.(jpe?g|png|jp2|jpx)$", re.IGNORECASE)
_OTHER_MEDIA = re.compile(r"/media/|/embeddings/.*\.(emf|wmf|gif|bmp|tiff?|svg)$", re.IGNORECASE)
_DOCUMENT = re.compile(r"/embeddings/.*\.(docx|xlsx|pptx)$", re.IGNORECASE)
_BINARY = re.compile(r"/(embeddings|activeX)/", re.IGNORECASE)
_XML = re.compile(r"\.(xml|rels|vml)$", re.IGNORECASE)
_EPOCH = (1980, 1, 1, 0, 0, 0)


@dataclass
class _Work:
    """What was found while a document is copied."""

    names: Sequence[tuple[NameKind, str]]
    removed: set[Removed] = field(default_factory=set)
    texts: list[tuple[Place, str, str]] = field(default_factory=list)
    pictures: int = 0
    unread: list[str] = field(default_factory=list)


def copy_office(content: bytes, names: Sequence[tuple[NameKind, str]]) -> PlainCopy:
    """Return a document without properties, authors and traces of editing; `names` are looked for.

    Raises:
        CopyRefused: it is broken, too large, or has an object inside that cannot be freed of metadata.
    """
    work = _Work(names)
    try:
        copied = _copy(content, work, 1)
    except (CopyRefused, MemoryError):
        raise
    except Exception as error:  # whatever a broken file makes the parsers raise
        raise CopyRefused(CopyFault.BROKEN) from error
    doubts = []
    if work.pictures:
        doubts.append((Doubt.PICTURE, str(work.pictures)))
    if work.unread:
        doubts.append((Doubt.UNREAD_MEDIA, "、".join(sorted(work.unread)[:10])))
    return PlainCopy(
        copied,
        [kind for kind in Removed if kind in work.removed],
        find_mentions(work.texts, names),
        doubts,
    )


def _copy(content: bytes, work: _Work, depth: int) -> bytes:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        members = [member for member in archive.infolist() if not member.is_dir()]
        if sum(member.file_size for member in members) > MOST_UNPACKED or len(members) > MOST_PARTS:
            raise CopyRefused(CopyFault.TOO_LARGE)
        if any(member.flag_bits & 1 for member in members):
            raise CopyRefused(CopyFault.ENCRYPTED)
        parts = {member.filename: archive.read(member) for member in members}
    kept = {name: part for name, part in parts.items() if not _is_dropped(name, work)}
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, part in kept.items():
            archive.writestr(zipfile.ZipInfo(name, _EPOCH), _plain(name, part, kept, work, depth))
    for place, at, text in read_texts(kept):
        work.texts.append((place, at, text))
    return target.getvalue()


def _is_dropped(name: str, work: _Work) -> bool:
    for beginning, kind in _DROPPED.items():
        if name.startswith(beginning):
            work.removed.add(kind)
            return True
    return False


def _plain(name: str, part: bytes, kept: Mapping[str, bytes], work: _Work, depth: int) -> bytes:
    """Return a part without metadata."""
    if _XML.search(name):
        return _plain_xml(name, part, kept, work)
    if _DOCUMENT.search(name):
        if depth == DEEPEST:
            raise CopyRefused(CopyFault.EMBEDDED)
        return _copy(part, work, depth + 1)
    if _MEDIA.search(name):
        work.pictures += 1
        plain = plain_media(part)
        if plain is None:
            work.unread.append(posixpath.basename(name))
            return part
        if plain != part:
            work.removed.add(Removed.EXIF)
        return plain
    if _OTHER_MEDIA.search(name):
        work.pictures += 1
        work.unread.append(posixpath.basename(name))
        return part
    if _BINARY.search(name):
        raise CopyRefused(CopyFault.EMBEDDED)
    return part


def parse_xml(part: bytes) -> etree._Element:
    """Parse a part without following anything outside it.

    Raises:
        etree.XMLSyntaxError: it is no XML, or declares a document type.
    """
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, remove_comments=True)
    root = etree.fromstring(part, parser)
    if root.getroottree().docinfo.doctype:
        raise CopyRefused(CopyFault.BROKEN)
    return root


def _local(tag: object) -> str:
    return etree.QName(tag).localname if isinstance(tag, str) else ""


def _plain_xml(name: str, part: bytes, kept: Mapping[str, bytes], work: _Work) -> bytes:
    root = parse_xml(part)
    if name == _CONTENT_TYPES:
        for override in list(root):
            if _local(override.tag) == "Override" and override.get("PartName", "").lstrip("/") not in kept:
                root.remove(override)
    elif name.endswith(".rels"):
        _plain_relations(name, root, kept, work)
    else:
        _plain_elements(name, root, work)
    return bytes(etree.tostring(root, xml_declaration=True, encoding="UTF-8", standalone=True))


def _plain_relations(name: str, root: etree._Element, kept: Mapping[str, bytes], work: _Work) -> None:
    """Drop relations to what is dropped; where they lead outside, to nowhere."""
    folder = posixpath.dirname(posixpath.dirname(name))
    for relation in list(root):
        target = relation.get("Target", "")
        if relation.get("TargetMode") == "External":
            relation.set("Target", "about:blank")
            work.removed.add(Removed.EMBEDDED)
            continue
        path = target.lstrip("/") if target.startswith("/") else posixpath.join(folder, target)
        if posixpath.normpath(path) not in kept and any(
            posixpath.normpath(path).startswith(beginning) for beginning in _DROPPED
        ):
            root.remove(relation)


def _plain_elements(name: str, root: etree._Element, work: _Work) -> None:
    is_comments = "comments" in posixpath.basename(name).lower()
    for element in list(root.iter()):
        local = _local(element.tag)
        if local in _ELEMENTS:
            work.removed.add(_ELEMENTS[local])
            parent = element.getparent()
            if parent is not None:
                parent.remove(element)
            continue
        if is_comments and name.startswith("xl/") and local == "author":
            element.text = _EMPTY
            work.removed.add(Removed.COMMENT_AUTHORS)
        if local == "pageSetup":
            for key in [key for key in element.attrib if _local(key) == "id"]:
                del element.attrib[key]
        for key in list(element.attrib):
            attribute = _local(key)
            if _RSID.match(attribute):
                del element.attrib[key]
            elif attribute in _ATTRIBUTES and _is_trace(name, attribute, local):
                work.removed.add(Removed.COMMENT_AUTHORS if is_comments else _ATTRIBUTES[attribute])
                if attribute in _REQUIRED:
                    element.attrib[key] = _EMPTY
                else:
                    del element.attrib[key]


def _is_trace(name: str, attribute: str, element: str) -> bool:
    """Return whether an attribute of this name tells about people; in spreadsheets `date` may be a value."""
    return attribute != "date" or name.startswith("word/") or element.endswith("omment")


def read_texts(parts: Mapping[str, bytes]) -> Iterator[tuple[Place, str, str]]:
    """Yield the texts of a document with their places."""
    if "word/document.xml" in parts:
        yield from _word_texts(parts)
    elif "xl/workbook.xml" in parts:
        yield from _sheet_texts(parts)
    else:
        yield from _slide_texts(parts)


def _runs(element: etree._Element) -> str:
    """Return the text of an element's runs, deleted and field ones too."""
    wanted = ("t", "delText", "instrText", "v", "author", "text")
    return "".join(part.text or "" for part in element.iter() if _local(part.tag) in wanted)


def _word_texts(parts: Mapping[str, bytes]) -> Iterator[tuple[Place, str, str]]:
    body = parse_xml(parts["word/document.xml"])
    paragraphs = [part for part in body.iter() if _local(part.tag) == "p"]
    for number, paragraph in enumerate(paragraphs, 1):
        yield Place.PARAGRAPH, str(number), _runs(paragraph)
    for name, part in parts.items():
        if name.startswith("word/") and name.endswith(".xml") and name != "word/document.xml":
            yield Place.OTHER, posixpath.basename(name).removesuffix(".xml"), _runs(parse_xml(part))


def _sheet_texts(parts: Mapping[str, bytes]) -> Iterator[tuple[Place, str, str]]:
    strings = []
    if "xl/sharedStrings.xml" in parts:
        strings = [_runs(entry) for entry in parse_xml(parts["xl/sharedStrings.xml"])]
    for name, title, path in _sheets(parts):
        yield Place.SHEET, f"{title}!", title
        for cell in parse_xml(parts[path]).iter():
            if _local(cell.tag) == "c":
                text = _runs(cell)
                if cell.get("t") == "s" and text.isdigit() and int(text) < len(strings):
                    text = strings[int(text)]
                yield Place.SHEET, f"{title}!{cell.get('r', '')}", text
            elif _local(cell.tag) in ("oddHeader", "oddFooter"):
                yield Place.OTHER, name, cell.text or ""
    for name, part in parts.items():
        if name.startswith(("xl/comments", "xl/drawings/", "xl/charts/")) and name.endswith(".xml"):
            yield Place.OTHER, posixpath.basename(name).removesuffix(".xml"), _runs(parse_xml(part))


def _sheets(parts: Mapping[str, bytes]) -> Iterator[tuple[str, str, str]]:
    """Yield each worksheet's relation, title and path."""
    targets = {
        relation.get("Id", ""): posixpath.normpath(
            posixpath.join("xl", relation.get("Target", "").lstrip("/"))
        )
        for relation in parse_xml(parts["xl/_rels/workbook.xml.rels"])
    }
    for sheet in parse_xml(parts["xl/workbook.xml"]).iter():
        if _local(sheet.tag) != "sheet":
            continue
        relation = next((value for key, value in sheet.attrib.items() if _local(key) == "id"), "")
        path = targets.get(relation, "").replace("xl/xl/", "xl/")
        if path in parts:
            yield relation, sheet.get("name", ""), path


def _slide_texts(parts: Mapping[str, bytes]) -> Iterator[tuple[Place, str, str]]:
    for name, part in parts.items():
        slide = re.fullmatch(r"ppt/slides/slide([0-9]+)\.xml", name)
        if slide:
            yield Place.SLIDE, slide[1], _runs(parse_xml(part))
        elif name.startswith("ppt/") and name.endswith(".xml"):
            yield Place.OTHER, posixpath.basename(name).removesuffix(".xml"), _runs(parse_xml(part))
