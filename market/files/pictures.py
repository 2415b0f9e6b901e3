"""Pictures of listings: decoded in a process of its own, so that a hostile file harms nobody."""

from __future__ import annotations

import asyncio
from pathlib import Path

from market.files import picture_worker
from market.files.uploads import MEDIA_TYPES, Upload
from market.kit.errors import Invalid
from market.kit.foreign_files import run_apart
from market.kit.i18n import gettext as _

TIMEOUT = 20
"""Seconds until a decoder that hangs is killed; its processor time is limited besides."""
_WORKER = ("-I", str(Path(picture_worker.__file__)))
"""It imports nothing of the market."""
_DECODERS = asyncio.Semaphore(2)
_PNG = b"\x89PNG"


def is_picture(upload: Upload) -> bool:
    """Return whether an upload is of a kind that is shown as a picture."""
    return upload.media_type in (MEDIA_TYPES["jpg"], MEDIA_TYPES["png"])


async def plain_picture(upload: Upload, *, seconds: float = TIMEOUT) -> Upload:
    """Return the picture without metadata, upright, at most 2,000 pixels wide or high.

    Raises:
        Invalid: at `file`: it is no picture, or cannot be decoded within the limits.
    """
    if not is_picture(upload):
        raise Invalid(_("图片请用 JPG 或 PNG。"), field="file")
    async with _DECODERS:
        content = await run_apart(_WORKER, upload.content, seconds=seconds)
    if not content:
        raise Invalid(_("这张图片打不开，或者太大，请另存一次再上传。"), field="file")
    extension = "png" if content.startswith(_PNG) else "jpg"
    stem = upload.name.rpartition(".")[0] or upload.name
    return Upload(f"{stem}.{extension}", content, MEDIA_TYPES[extension])
