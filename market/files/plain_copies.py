"""A copy of a file without metadata, made by kind: pictures are decoded, documents written anew, apart."""

from __future__ import annotations

from collections.abc import Sequence

from market.files.mentions import Name, NameKind, folded
from market.files.pictures import is_picture, plain_picture
from market.files.plain_copy import CopyFault, CopyRefused, Doubt, PlainCopy, Removed
from market.files.uploads import MEDIA_TYPES, Upload
from market.kit.errors import Invalid
from market.kit.foreign_files import parse_apart

SECONDS = 120.0
"""Seconds that the process of one file may take."""
EXTENSIONS = {MEDIA_TYPES[name]: name for name in ("pdf", "docx", "xlsx", "pptx", "jpg", "png")}
"""Extensions of what can be copied."""


async def plain_copy(upload: Upload, names: Sequence[Name] = ()) -> PlainCopy:
    """Return a copy of a file without metadata; `names` are looked for in its text.

    Raises:
        CopyRefused: there is none, with the reason.
    """
    if is_picture(upload):
        try:
            plain = await plain_picture(upload)
        except Invalid as error:
            raise CopyRefused(CopyFault.BROKEN) from error
        return PlainCopy(plain.content, [Removed.EXIF], [], [(Doubt.PICTURE, "1")])
    if upload.media_type not in EXTENSIONS:
        raise CopyRefused(CopyFault.UNSUPPORTED)
    try:
        return await parse_apart(
            copy_document, upload.content, upload.media_type, folded(names), seconds=SECONDS
        )
    except Invalid as error:
        raise CopyRefused(CopyFault.TOO_LARGE) from error


def copy_document(content: bytes, media_type: str, names: Sequence[tuple[NameKind, str]]) -> PlainCopy:
    """Return a copy of a PDF or office file, made in this process.

    The libraries of both are loaded here: the process that copies needs one of them, the site none.

    Raises:
        CopyRefused: as `copy_pdf` and `copy_office`.
    """
    if media_type == MEDIA_TYPES["pdf"]:
        from market.files.plain_pdf import copy_pdf

        return copy_pdf(content, names)
    from market.files.plain_office import copy_office

    return copy_office(content, names)
