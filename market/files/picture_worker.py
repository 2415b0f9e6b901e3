"""Decodes one picture in a process of its own, within limits of memory and time; run as a script.

Reads the picture from stdin and writes it to stdout as a plain JPEG or PNG: turned upright, at most the
largest size, without metadata. Ends with status 2 and a word on stderr where it is no such picture.
"""

from __future__ import annotations

import io
import sys

MEMORY = 768 * 1024 * 1024
"""Bytes of address space."""
SECONDS = 15
"""Of processor time."""
LARGEST_SIDE = 2000
"""Pixels of the longer side."""
MOST_PIXELS = 60_000_000
QUALITY = 85


def limit_resources() -> None:
    """Limit memory and processor time of this process, where the system can."""
    try:
        import resource
    except ImportError:  # a system without such limits
        return
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))


def normalise(content: bytes) -> bytes:
    """Return the picture as a plain one.

    Raises:
        Exception: it cannot be decoded, or has too many pixels.
    """
    from PIL import Image, ImageOps

    Image.MAX_IMAGE_PIXELS = None
    with Image.open(io.BytesIO(content), formats=("JPEG", "PNG")) as picture:
        if picture.width * picture.height > MOST_PIXELS:
            raise ValueError("pixels")
        upright = ImageOps.exif_transpose(picture)
        has_alpha = upright.mode in ("RGBA", "LA", "PA") or "transparency" in upright.info
        plain = upright.convert("RGBA" if has_alpha else "RGB")
    plain.thumbnail((LARGEST_SIDE, LARGEST_SIDE))
    # A fresh picture of the pixels alone: nothing of the file's metadata is carried over.
    fresh = Image.new(plain.mode, plain.size)
    fresh.paste(plain)
    target = io.BytesIO()
    if has_alpha:
        fresh.save(target, "PNG", optimize=True)
    else:
        fresh.save(target, "JPEG", quality=QUALITY, progressive=True)
    return target.getvalue()


def main() -> int:
    """Read, normalise and write; return the status of the process."""
    limit_resources()
    try:
        content = normalise(sys.stdin.buffer.read())
    except Exception as error:  # whatever a hostile file makes the decoder raise
        sys.stderr.write(f"{type(error).__name__}: {error}"[:200])
        return 2
    sys.stdout.buffer.write(content)
    return 0


if __name__ == "__main__":
    sys.exit(main())
