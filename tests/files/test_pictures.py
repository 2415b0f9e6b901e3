"""Pictures: decoded apart within limits, without metadata, and no larger than pages need."""

from __future__ import annotations

import io
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image, PngImagePlugin

from market.files import picture_worker
from market.files.pictures import plain_picture
from market.files.uploads import Upload, check_content
from market.kit.errors import Invalid

ORIENTATION, MAKER = 0x0112, 0x010F


def jpeg(size: tuple[int, int] = (40, 20), *, orientation: int = 1) -> bytes:
    """Return a picture with a camera's metadata."""
    exif = Image.Exif()
    exif[ORIENTATION], exif[MAKER] = orientation, "SecretCamera"
    content = io.BytesIO()
    Image.new("RGB", size, "red").save(content, "JPEG", exif=exif, comment=b"where it was taken")
    return content.getvalue()


def png(size: tuple[int, int] = (40, 20)) -> bytes:
    content, info = io.BytesIO(), PngImagePlugin.PngInfo()
    info.add_text("Author", "SecretCamera")
    Image.new("RGBA", size, (255, 0, 0, 128)).save(content, "PNG", pnginfo=info)
    return content.getvalue()


async def plain(name: str, content: bytes) -> tuple[Upload, Image.Image]:
    upload = await plain_picture(check_content(name, content))
    return upload, Image.open(io.BytesIO(upload.content))


async def test_a_photo_is_turned_upright_made_smaller_and_loses_its_metadata() -> None:
    upload, picture = await plain("样机.JPG", jpeg((3000, 1500), orientation=6))

    assert (upload.name, upload.media_type, picture.size) == ("样机.jpg", "image/jpeg", (1000, 2000))
    assert not picture.getexif()
    assert b"SecretCamera" not in upload.content
    assert b"where it was taken" not in upload.content


async def test_a_drawing_keeps_what_is_transparent_and_loses_its_texts() -> None:
    upload, picture = await plain("图.png", png())

    assert (upload.media_type, picture.mode, picture.size) == ("image/png", "RGBA", (40, 20))
    assert b"SecretCamera" not in upload.content


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("坏.png", png()[:60]),
        ("坏.jpg", jpeg()[:100]),
        ("文.pdf", b"%PDF-1.7\nx"),
        ("大.png", b""),
    ],
)
async def test_what_cannot_be_decoded_is_refused_in_words(name: str, content: bytes) -> None:
    if name == "大.png":
        # A small file of 100 million pixels.
        target = io.BytesIO()
        Image.new("1", (10_000, 10_000)).save(target, "PNG")
        content = target.getvalue()

    with pytest.raises(Invalid, match="图片"):
        await plain_picture(check_content(name, content))


async def test_a_decoder_that_hangs_is_killed() -> None:
    with pytest.raises(Invalid, match="打不开"):
        await plain_picture(check_content("图.png", png()), seconds=0.001)


def test_the_decoder_cannot_take_more_memory_than_its_limit() -> None:
    greedy = (
        f"import runpy; worker = runpy.run_path({picture_worker.__file__!r}); "
        "worker['limit_resources'](); bytearray(worker['MEMORY'])"
    )

    ended = subprocess.run([sys.executable, "-I", "-c", greedy], capture_output=True, check=False)  # noqa: S603 -- a program of ours

    assert ended.returncode == 1
    assert b"MemoryError" in ended.stderr


def test_the_worker_imports_nothing_of_the_market() -> None:
    assert "market" not in Path(picture_worker.__file__).read_text(encoding="utf-8").split("import sys")[1]
