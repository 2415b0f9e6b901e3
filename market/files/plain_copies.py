"""A copy of a file without metadata, made by kind: pictures are decoded, documents written anew, apart."""

from __future__ import annotations

from collections.abc import Sequence

from market.files.mentions import Name, folded
from market.files.pictures import is_picture, plain_picture
from market.files.plain_copy import CopyFault, CopyRefused, Doubt, PlainCopy, Removed
from market.files.plain_office import copy_office
from market.files.plain_pdf import copy_pdf
from market.files.uploads import MEDIA_TYPES, Upload
from market.kit.errors import Invalid
from market.kit.foreign_files import parse_apart

SECONDS = 120.0
"""Seconds that the process of one file may take."""
COPIED = {MEDIA_TYPES["pdf"]: copy_pdf} | {
    MEDIA_TYPES[extension]: copy_office for extension in ("docx", "xlsx", "pptx")
}
"""What copies documents, by media type."""
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
    copy = COPIED.get(upload.media_type)
    if copy is None:
        raise CopyRefused(CopyFault.UNSUPPORTED)
    try:
        return await parse_apart(copy, upload.content, folded(names), seconds=SECONDS)
    except Invalid as error:
        raise CopyRefused(CopyFault.TOO_LARGE) from error
