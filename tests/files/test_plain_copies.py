"""Copies without metadata: nothing of who wrote a file is left, and what cannot be cleaned is refused."""

from __future__ import annotations

import io
import struct
import zipfile
from collections.abc import Callable, Sequence
from functools import cache

import pytest
import xlsxwriter
from docx import Document
from PIL import Image
from pypdf import PdfReader, PdfWriter
from pypdf.generic import (
    ArrayObject,
    DictionaryObject,
    FloatObject,
    NameObject,
    StreamObject,
    TextStringObject,
)

from market.files.media_metadata import plain_media
from market.files.mentions import Mention, Name, NameKind, Place, folded, names_of_unit, without_names
from market.files.plain_copies import plain_copy
from market.files.plain_copy import CopyFault, CopyRefused, Doubt, PlainCopy, Removed
from market.files.plain_office import copy_office
from market.files.plain_pdf import copy_pdf
from market.files.uploads import check_content
from market.seed.content import make_pdf

UNIT, CODE, PERSON = "邕江环保科技有限公司", "91450100MA5K3TEST1", "韦小暖"
AUTHOR = "SecretAuthor"
NAMES = folded(
    [*names_of_unit(UNIT, CODE), Name(NameKind.PERSON, PERSON), Name(NameKind.UNIT, "Yongjiang Ltd")]
)


def photo(kind: str = "JPEG") -> bytes:
    """Return a picture with a camera's maker, a place and a comment."""
    exif = Image.Exif()
    exif[0x010F] = AUTHOR
    exif.get_ifd(0x8825).update({1: "N", 2: (22.0, 49.0, 1.0)})
    content = io.BytesIO()
    Image.new("RGB", (8, 8), "red").save(content, kind, exif=exif)
    return content.getvalue()


def pdf(lines: Sequence[str] = ("by Yongjiang Ltd",), *, password: str = "", owner: str = "") -> bytes:
    """Return a PDF with all that says who made it."""
    writer = PdfWriter(clone_from=io.BytesIO(make_pdf(lines)))
    writer.add_metadata({"/Author": AUTHOR, "/Producer": f"{AUTHOR} Office", "/Company": AUTHOR})
    writer.add_attachment(f"{AUTHOR}.txt", AUTHOR.encode())
    writer.add_outline_item(title=AUTHOR, page_number=0)
    script = DictionaryObject(
        {NameObject("/S"): NameObject("/JavaScript"), NameObject("/JS"): TextStringObject(AUTHOR)}
    )
    writer.root_object[NameObject("/OpenAction")] = script
    metadata = StreamObject()
    metadata.set_data(f"<x:xmpmeta>{AUTHOR}</x:xmpmeta>".encode())
    reference = writer._add_object(metadata)
    writer.root_object[NameObject("/Metadata")] = reference
    picture = StreamObject()
    picture.set_data(photo())
    for key, value in {"/Subtype": "/Image", "/Filter": "/DCTDecode", "/ColorSpace": "/DeviceRGB"}.items():
        picture[NameObject(key)] = NameObject(value)
    picture[NameObject("/Metadata")] = reference
    page = writer.pages[0]
    resources = page["/Resources"]
    assert isinstance(resources, DictionaryObject)
    resources[NameObject("/XObject")] = DictionaryObject({NameObject("/I1"): writer._add_object(picture)})
    page[NameObject("/PieceInfo")] = DictionaryObject({NameObject("/Own"): TextStringObject(AUTHOR)})
    for kind in ("/Highlight", "/Stamp", "/Link"):
        note = DictionaryObject(
            {
                NameObject("/Subtype"): NameObject(kind),
                NameObject("/Rect"): ArrayObject([FloatObject(0)] * 4),
                NameObject("/T"): TextStringObject(AUTHOR),
                NameObject("/Contents"): TextStringObject(PERSON),
            }
        )
        page.setdefault(NameObject("/Annots"), ArrayObject()).append(writer._add_object(note))
    if password or owner:
        writer.encrypt(password, owner or None, algorithm="RC4-128")
    content = io.BytesIO()
    writer.write(content)
    return content.getvalue()


def unpacked(content: bytes) -> bytes:
    """Return everything that a PDF holds, its streams unpacked."""
    reader = PdfReader(io.BytesIO(content))
    parts = [content]
    for number in range(1, len(reader.xref[0]) + 1):
        found = reader.get_object(number)
        parts.append(repr(found).encode())
        if isinstance(found, StreamObject):
            parts.append(found._data)
    return b"".join(parts)


def test_a_pdf_keeps_its_pages_and_nothing_of_who_made_it() -> None:
    original = pdf()
    copy = copy_pdf(original, NAMES)
    page = PdfReader(io.BytesIO(copy.content)).pages[0]
    kinds = [note.get_object()["/Subtype"] for note in page["/Annots"]]  # type: ignore[attr-defined]

    assert AUTHOR.encode() in unpacked(original)
    assert AUTHOR.encode() not in unpacked(copy.content)
    assert not PdfReader(io.BytesIO(copy.content)).metadata
    assert "by Yongjiang Ltd" in page.extract_text()
    assert kinds == ["/Highlight"]
    assert set(copy.removed) == set(Removed) - {Removed.REVISION_AUTHORS, Removed.HISTORY}
    assert copy.mentions == [
        Mention(NameKind.UNIT, Place.PAGE, "1"),
        Mention(NameKind.PERSON, Place.PAGE, "1"),
    ]


def test_a_pdf_without_a_text_is_to_be_looked_at() -> None:
    assert copy_pdf(pdf([]), NAMES).doubts == [(Doubt.SCAN, "1")]
    assert copy_pdf(make_pdf(["plain"]), NAMES) == PlainCopy(
        copy_pdf(make_pdf(["plain"]), NAMES).content, [], [], []
    )


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (pdf(password="geheim"), CopyFault.ENCRYPTED),
        (b"%PDF-1.7\nnothing", CopyFault.BROKEN),
        (make_pdf(["x"])[:300], CopyFault.BROKEN),
    ],
)
def test_a_pdf_with_a_password_or_a_broken_one_is_refused(content: bytes, fault: CopyFault) -> None:
    with pytest.raises(CopyRefused) as refused:
        copy_pdf(content, NAMES)

    assert refused.value.fault is fault


def test_a_pdf_that_only_may_not_be_changed_is_copied() -> None:
    assert (
        "Yongjiang" in PdfReader(io.BytesIO(copy_pdf(pdf(owner="x"), NAMES).content)).pages[0].extract_text()
    )


@cache
def word() -> bytes:
    document = Document()
    document.core_properties.author = document.core_properties.last_modified_by = AUTHOR
    document.add_paragraph(f"由{UNIT[:4]} {UNIT[4:]}承担")
    paragraph = document.add_paragraph("清白的一段")
    document.add_comment(paragraph.runs, text="看这里", author=AUTHOR, initials="SA")
    document.add_picture(io.BytesIO(photo()))
    document.sections[0].footer.paragraphs[0].text = PERSON
    content = io.BytesIO()
    document.save(content)
    return with_parts(
        content.getvalue(),
        {
            "word/people.xml": f"<p author='{AUTHOR}'/>".encode(),
            "docProps/custom.xml": f"<p>{AUTHOR}</p>".encode(),
            "customXml/item9.xml": f"<p>{AUTHOR}</p>".encode(),
        },
        lambda name, part: (
            part.replace(
                b"<w:body>", f'<w:body><w:p><w:ins w:author="{AUTHOR}" w:date="2026"/></w:p>'.encode()
            )
            if name == "word/document.xml"
            else part
        ),
    )


def workbook() -> bytes:
    content = io.BytesIO()
    book = xlsxwriter.Workbook(content)
    book.set_properties({"author": AUTHOR, "company": AUTHOR})
    sheet = book.add_worksheet("台账")
    sheet.write("B2", f"付款方 {UNIT}")
    sheet.write("C3", CODE)
    sheet.write_comment("C3", "核对", {"author": AUTHOR})
    sheet.write_url("A9", f"https://example.org/{AUTHOR}", string="网站")
    book.close()
    return with_parts(content.getvalue(), {"xl/persons/person.xml": f"<p n='{AUTHOR}'/>".encode()})


def slides() -> bytes:
    types = "<Types xmlns='http://schemas.openxmlformats.org/package/2006/content-types'/>"
    parts = {
        "[Content_Types].xml": types,
        "ppt/presentation.xml": "<p:presentation xmlns:p='urn:p'/>",
        "ppt/slides/slide1.xml": f"<p:sld xmlns:p='urn:p' xmlns:a='urn:a'><a:t>{PERSON}</a:t></p:sld>",
        "ppt/notesSlides/notesSlide1.xml": f"<p:n xmlns:p='urn:p' xmlns:a='urn:a'><a:t>{CODE}</a:t></p:n>",
        "ppt/commentAuthors.xml": f"<p name='{AUTHOR}'/>",
        "docProps/core.xml": f"<p>{AUTHOR}</p>",
    }
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name, part in parts.items():
            archive.writestr(name, part)
    return content.getvalue()


def with_parts(
    content: bytes,
    more: dict[str, bytes],
    change: Callable[[str, bytes], bytes] = lambda _name, part: part,
) -> bytes:
    """Return a document with further parts."""
    target = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as archive, zipfile.ZipFile(target, "w") as changed:
        for name in archive.namelist():
            changed.writestr(name, change(name, archive.read(name)))
        for name, part in more.items():
            changed.writestr(name, part)
    return target.getvalue()


def held(content: bytes) -> bytes:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return b"".join(name.encode() + archive.read(name) for name in archive.namelist())


M, N, P = Mention, NameKind, Place


@pytest.mark.parametrize(
    ("make", "mentions", "pictures"),
    [
        (word, [M(N.UNIT, P.PARAGRAPH, "2"), M(N.PERSON, P.OTHER, "footer1")], 1),
        (workbook, [M(N.UNIT, P.SHEET, "台账!B2"), M(N.CODE, P.SHEET, "台账!C3")], 0),
        (slides, [M(N.PERSON, P.SLIDE, "1"), M(N.CODE, P.OTHER, "notesSlide1")], 0),
    ],
)
def test_office_documents_lose_authors_properties_and_links(
    make: Callable[[], bytes], mentions: list[Mention], pictures: int
) -> None:
    original = make()
    copy = copy_office(original, NAMES)

    assert AUTHOR.encode() in held(original)
    assert AUTHOR.encode() not in held(copy.content)
    assert b"docProps" not in held(copy.content)
    assert copy.mentions == mentions
    assert [doubt for doubt, _at in copy.doubts] == [Doubt.PICTURE] * pictures
    assert Removed.PROPERTIES in copy.removed


def test_a_copied_word_document_still_opens() -> None:
    document = Document(io.BytesIO(copy_office(word(), NAMES).content))

    assert "清白的一段" in [paragraph.text for paragraph in document.paragraphs]
    assert document.core_properties.author == ""
    assert [comment.author for comment in document.comments] == ["Normal"]


@pytest.mark.parametrize(
    ("more", "fault"),
    [
        ({"word/embeddings/oleObject1.bin": b"x"}, CopyFault.EMBEDDED),
        ({"word/broken.xml": b"<a>"}, CopyFault.BROKEN),
        ({"word/entities.xml": b"<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>"}, CopyFault.BROKEN),
        ({"word/embeddings/book.xlsx": workbook()}, None),
        (
            {"word/embeddings/w.docx": with_parts(word(), {"word/embeddings/b.xlsx": b"PK"})},
            CopyFault.EMBEDDED,
        ),
    ],
)
def test_what_stands_inside_a_document_is_cleaned_too_or_the_whole_is_refused(
    more: dict[str, bytes], fault: CopyFault | None
) -> None:
    content = with_parts(word(), more)
    if fault is None:
        assert M(N.CODE, P.SHEET, "台账!C3") in copy_office(content, NAMES).mentions
        return
    with pytest.raises(CopyRefused) as refused:
        copy_office(content, NAMES)

    assert refused.value.fault is fault


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_pictures_inside_documents_lose_place_and_maker_without_being_decoded(kind: str) -> None:
    plain = plain_media(photo(kind))

    assert plain is not None
    assert AUTHOR.encode() not in plain
    assert Image.open(io.BytesIO(plain)).getpixel((1, 1))
    assert not Image.open(io.BytesIO(plain)).getexif()
    assert plain_media(photo(kind)[:30]) is None
    assert plain_media(b"GIF89a") is None


def box(kind: bytes, content: bytes, size: int | None = None) -> bytes:
    return struct.pack(">I4s", 8 + len(content) if size is None else size, kind) + content


JP2 = b"\x00\x00\x00\x0cjP  \r\n\x87\n"


@pytest.mark.parametrize(
    ("content", "plain"),
    [
        (JP2 + box(b"uuid", b"maker") + box(b"jp2c", b"x", 0), JP2 + box(b"jp2c", b"x", 0)),
        (JP2 + struct.pack(">I4sQ", 1, b"xml ", 18) + b"me" + box(b"jp2c", b"x"), JP2 + box(b"jp2c", b"x")),
        (JP2 + box(b"jp2c", b"x", 99), None),
        (b"\xff\xd8\xff\xff\xfe\x00\x04me\xff\xda\x00x\xff\xd9trailer", b"\xff\xd8\xff\xda\x00x\xff\xd9"),
        (b"\xff\xd8\x00\xe1\x00\x04", None),
        (b"\xff\xd8\xff\xda\x00x", None),
        (b"\xff\xd8\xff\xd9\x00\x04", None),
        (b"\xff\xd8\xff\xe1\x00\x01", None),
        (b"\x89PNG\r\n\x1a\n" + b"\x00" * 4, None),
    ],
)
def test_segments_and_boxes_that_do_not_draw_are_left_out(content: bytes, plain: bytes | None) -> None:
    assert plain_media(content) == plain


async def test_each_kind_is_copied_apart_and_others_are_refused() -> None:
    copied = await plain_copy(check_content("申报.pdf", pdf()), [Name(NameKind.PERSON, PERSON)])
    shown = await plain_copy(check_content("现场.jpg", photo()))
    faults = []
    for name, content in {"说明.txt": "说明".encode(), "密.pdf": pdf(password="x")}.items():
        with pytest.raises(CopyRefused) as refused:
            await plain_copy(check_content(name, content))
        faults.append(refused.value.fault)

    assert copied.mentions == [M(N.PERSON, P.PAGE, "1")]
    assert not Image.open(io.BytesIO(shown.content)).getexif()
    assert faults == [CopyFault.UNSUPPORTED, CopyFault.ENCRYPTED]


def test_a_unit_is_known_by_its_name_its_core_and_its_code() -> None:
    assert [name.text for name in names_of_unit(UNIT, CODE)] == [UNIT, "邕江环保科技", CODE]
    assert [name.text for name in names_of_unit("广西大学")] == ["广西大学"]
    assert [name.text for name in names_of_unit("绿公司")] == ["绿公司"]


def test_names_in_texts_are_replaced_the_longest_first() -> None:
    words = [(UNIT[:6], "申报单位"), (UNIT, "申报单位"), ("Ltd", "甲"), ("", "x")]

    assert without_names(f"{UNIT}与ltd", words) == "申报单位与甲"
