"""PDF copied without metadata: pages are written anew, with what draws them and nothing else."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence

from pypdf import PdfReader, PdfWriter
from pypdf.generic import (
    ArrayObject,
    DictionaryObject,
    IndirectObject,
    NameObject,
    PdfObject,
    StreamObject,
)

from market.files.media_metadata import plain_jpeg, plain_media
from market.files.mentions import NameKind, Place, find_mentions
from market.files.plain_copy import CopyFault, CopyRefused, Doubt, PlainCopy, Removed

MOST_PAGES = 1000
_PAGE_KEYS = frozenset(
    {
        "/Type",
        "/Parent",
        "/Resources",
        "/MediaBox",
        "/CropBox",
        "/BleedBox",
        "/TrimBox",
        "/ArtBox",
        "/Contents",
        "/Rotate",
        "/Group",
        "/UserUnit",
        "/Annots",
    }
)
"""What a page is drawn by; the rest are scripts, thumbnails, structure and what programs leave."""
_MARKINGS = frozenset(
    {
        "/Text",
        "/FreeText",
        "/Line",
        "/Square",
        "/Circle",
        "/Polygon",
        "/PolyLine",
        "/Highlight",
        "/Underline",
        "/Squiggly",
        "/StrikeOut",
        "/Caret",
        "/Ink",
    }
)
"""Annotations that are kept, without their authors; stamps, fields and attachments are not."""
_MARKING_KEYS = frozenset(
    {
        "/Type",
        "/Subtype",
        "/Rect",
        "/AP",
        "/F",
        "/C",
        "/IC",
        "/Border",
        "/BS",
        "/QuadPoints",
        "/Vertices",
        "/InkList",
        "/L",
        "/LE",
        "/DA",
        "/Q",
        "/Contents",
        "/CA",
        "/RD",
    }
)
_HIDDEN_KEYS = ("/Metadata", "/PieceInfo", "/LastModified", "/OPI", "/StructParent", "/StructParents", "/AF")
"""What any object may carry beside what it draws."""
_NAMES = ("/Name", "/Title", "/Creator", "/CreatorInfo", "/Author", "/Producer")


def copy_pdf(content: bytes, names: Sequence[tuple[NameKind, str]]) -> PlainCopy:
    """Return the pages of a PDF alone; `names` are looked for in their text.

    Raises:
        CopyRefused: it has a password, is broken or has too many pages.
    """
    try:
        return _copy(content, names)
    except (CopyRefused, MemoryError):
        raise
    except Exception as error:  # whatever a broken file makes the parser raise
        raise CopyRefused(CopyFault.BROKEN) from error


def _copy(content: bytes, names: Sequence[tuple[NameKind, str]]) -> PlainCopy:
    reader = PdfReader(io.BytesIO(content))
    if reader.is_encrypted and not reader.decrypt(""):
        raise CopyRefused(CopyFault.ENCRYPTED)
    if not 0 < len(reader.pages) <= MOST_PAGES:
        raise CopyRefused(CopyFault.TOO_LARGE if reader.pages else CopyFault.BROKEN)
    removed = set(_removed_of_document(reader))
    texts: list[tuple[Place, str, str]] = []
    scans: list[str] = []
    writer = PdfWriter()
    writer.metadata = None
    for number, page in enumerate(reader.pages, 1):
        text = page.extract_text()
        if not text.strip() and _has_pictures(page):
            scans.append(str(number))
        removed |= _strip_page(page)
        texts.append((Place.PAGE, str(number), f"{text}\n{_marked_text(page)}"))
        writer.add_page(page)
    removed |= _strip_objects(writer)
    writer.compress_identical_objects()
    target = io.BytesIO()
    writer.write(target)
    doubts = [(Doubt.SCAN, "、".join(scans))] if scans else []
    return PlainCopy(
        target.getvalue(),
        [kind for kind in Removed if kind in removed],
        find_mentions(texts, names),
        doubts,
    )


def _removed_of_document(reader: PdfReader) -> Iterator[Removed]:
    """Yield what the document holds beside its pages, none of which is copied."""
    if reader.metadata:
        yield Removed.PROPERTIES
    root = reader.root_object
    if "/Metadata" in root:
        yield Removed.METADATA
    if "/AcroForm" in root:
        yield Removed.SIGNATURES
    if "/OpenAction" in root or "/AA" in root or reader.attachments:
        yield Removed.EMBEDDED
    if {"/Outlines", "/OCProperties", "/StructTreeRoot", "/Names", "/Dests"} & root.keys():
        yield Removed.OUTLINE


def _strip_page(page: DictionaryObject) -> set[Removed]:
    """Take from a page what does not draw it."""
    removed: set[Removed] = set()
    for key in [key for key in page if key not in _PAGE_KEYS]:
        removed.add(Removed.METADATA if key in _HIDDEN_KEYS else Removed.HISTORY)
        del page[key]
    kept = ArrayObject()
    for entry in _annotations(page):
        kind = entry.get("/Subtype")
        if kind not in _MARKINGS:
            removed.add(Removed.EMBEDDED if kind in ("/Link", "/FileAttachment") else Removed.SIGNATURES)
            continue
        if {"/T", "/M", "/CreationDate", "/NM"} & entry.keys():
            removed.add(Removed.COMMENT_AUTHORS)
        plain = DictionaryObject()
        for key, value in entry.items():
            if key in _MARKING_KEYS:
                plain[NameObject(key)] = value
        kept.append(plain)
    if "/Annots" in page:
        del page["/Annots"]
    if kept:
        page[NameObject("/Annots")] = kept
    return removed


def _annotations(page: DictionaryObject) -> list[DictionaryObject]:
    entries = page.get("/Annots")
    entries = entries.get_object() if entries is not None else None
    if not isinstance(entries, ArrayObject):
        return []
    objects = [entry.get_object() for entry in entries]
    return [entry for entry in objects if isinstance(entry, DictionaryObject)]


def _marked_text(page: DictionaryObject) -> str:
    return "\n".join(str(entry.get("/Contents", "")) for entry in _annotations(page))


def _has_pictures(page: DictionaryObject) -> bool:
    resources = page.get("/Resources")
    resources = resources.get_object() if resources is not None else None
    return isinstance(resources, DictionaryObject) and "/XObject" in resources


def _strip_objects(writer: PdfWriter) -> set[Removed]:
    """Take metadata from every object of the copy, and from the pictures as they are stored."""
    removed: set[Removed] = set()
    info = writer._info.get_object() if writer._info is not None else None
    for entry in writer._objects:
        metadata_object = entry.get_object() if isinstance(entry, IndirectObject) else entry
        if metadata_object is not None and metadata_object is not info:
            removed |= _strip(metadata_object)
    return removed


def _strip(value: PdfObject) -> set[Removed]:
    """Take metadata from an object and from what stands inside it; references are visited by themselves."""
    removed: set[Removed] = set()
    waiting: list[PdfObject] = [value]
    while waiting:
        part = waiting.pop()
        if isinstance(part, ArrayObject):
            waiting += list(part)
        if not isinstance(part, DictionaryObject):
            continue
        for key in [key for key in _HIDDEN_KEYS if key in part]:
            del part[key]
            removed.add(Removed.METADATA)
        if part.get("/Type") == "/OCG":
            for key in [key for key in (*_NAMES, "/Usage") if key in part]:
                del part[key]
                removed.add(Removed.OUTLINE)
        if isinstance(part, StreamObject) and part.get("/Subtype") == "/Image":
            removed |= _strip_picture(part)
        waiting += list(part.values())
    return removed


def _strip_picture(picture: StreamObject) -> set[Removed]:
    filters = picture.get("/Filter")
    filters = filters.get_object() if filters is not None else None
    if isinstance(filters, ArrayObject):
        if len(filters) != 1:
            return set()
        filters = filters[0].get_object()
    strip = {"/DCTDecode": plain_jpeg, "/JPXDecode": plain_media}.get(str(filters))
    if strip is None:
        return set()
    stored = picture._data
    plain = strip(stored)
    if plain is None or plain == stored:
        return set()
    picture._data = plain
    return {Removed.EXIF}
