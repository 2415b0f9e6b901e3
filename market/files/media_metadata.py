"""Pictures inside documents, freed of metadata without decoding them. Pure.

What is no well-formed picture of its kind is returned as None, so that nobody takes it for clean.
"""

from __future__ import annotations

import struct

_JPEG = b"\xff\xd8"
_PNG = b"\x89PNG\r\n\x1a\n"
_JP2 = b"\x00\x00\x00\x0cjP  \r\n\x87\n"
_KEPT_APPLICATION_SEGMENTS = (0xE0, 0xE2, 0xEE)
"""JFIF, colour profile and Adobe's colour transform; the others hold EXIF, XMP, IPTC and what makers like."""
_COMMENT = 0xFE
_SCAN = 0xDA
_END = 0xD9
_PNG_TEXTS = frozenset({b"tEXt", b"zTXt", b"iTXt", b"eXIf", b"tIME"})
_JP2_TEXTS = frozenset({b"uuid", b"xml ", b"uinf", b"jp2i"})


def plain_media(content: bytes) -> bytes | None:
    """Return a JPEG, PNG or JPEG 2000 without its metadata; None where it is none of these."""
    if content.startswith(_JPEG):
        return plain_jpeg(content)
    if content.startswith(_PNG):
        return _plain_png(content)
    if content.startswith(_JP2):
        return _plain_jp2(content)
    return None


def plain_jpeg(content: bytes) -> bytes | None:
    """Return a JPEG with the segments that decoding needs; what follows its end is cut off."""
    parts, at = [content[:2]], 2
    while at + 4 <= len(content):
        if content[at] != 0xFF:
            return None
        marker = content[at + 1]
        if marker == 0xFF:  # padding
            at += 1
            continue
        if marker == _SCAN:
            end = content.rfind(b"\xff\xd9")
            if end < at:
                return None
            return b"".join([*parts, content[at : end + 2]])
        size = int(struct.unpack_from(">H", content, at + 2)[0]) + 2
        is_text = marker == _COMMENT or (0xE0 <= marker <= 0xEF and marker not in _KEPT_APPLICATION_SEGMENTS)
        if marker == _END or size < 4:
            return None
        if not is_text:
            parts.append(content[at : at + size])
        at += size
    return None


def _plain_png(content: bytes) -> bytes | None:
    parts, at = [_PNG], len(_PNG)
    while at + 12 <= len(content):
        size = int(struct.unpack_from(">I", content, at)[0]) + 12
        kind = content[at + 4 : at + 8]
        if kind not in _PNG_TEXTS:
            parts.append(content[at : at + size])
        if kind == b"IEND":
            return b"".join(parts)
        at += size
    return None


def _plain_jp2(content: bytes) -> bytes | None:
    parts, at = [], 0
    while at + 8 <= len(content):
        size, kind = struct.unpack_from(">I4s", content, at)
        if size == 1 and at + 16 <= len(content):
            size = struct.unpack_from(">Q", content, at + 8)[0]
        end = len(content) if size == 0 else at + int(size)
        if end < at + 8 or end > len(content):
            return None
        if kind not in _JP2_TEXTS:
            parts.append(content[at:end])
        at = end
    return b"".join(parts)
