"""Large files encrypted piece by piece (AES-256-GCM), in little memory.

Each piece is bound to its place and to whether it is the last: none can be exchanged, repeated or cut off.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from market.kit.encryption import derive_key
from market.kit.private_files import make_private

MAGIC = b"kezhuan-encrypted-1\n"
PIECE = 1024 * 1024
TAG = 16
PREFIX = 8
"""Random bytes at the head of every nonce; the place of the piece follows."""
PURPOSE = "encrypted file"


class NotDecrypted(Exception):
    """The key is another one, or the file was changed."""


def is_encrypted(path: Path) -> bool:
    """Return whether a file was written by `encrypt_file`."""
    with path.open("rb") as file:
        return file.read(len(MAGIC)) == MAGIC


def encrypt_file(path: Path, secret: str) -> None:
    """Encrypt a file in its place."""
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    cipher, prefix = AESGCM(derive_key(secret, PURPOSE)), secrets.token_bytes(PREFIX)
    sealed = path.with_name(f"{path.name}.part")
    make_private(sealed)
    with path.open("rb") as source, sealed.open("wb") as target:
        target.write(MAGIC + prefix)
        for place, piece, is_last in _pieces(source, PIECE):
            target.write(cipher.encrypt(prefix + place.to_bytes(4, "big"), piece, b"1" if is_last else b"0"))
        target.flush()
        os.fsync(target.fileno())
    sealed.replace(path)


def decrypt_file(path: Path, target: Path, secret: str) -> None:
    """Decrypt a file into another one.

    Raises:
        NotDecrypted: the key is another one, or the file was changed.
    """
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    cipher = AESGCM(derive_key(secret, PURPOSE))
    make_private(target)
    with path.open("rb") as source, target.open("wb") as plain:
        if source.read(len(MAGIC)) != MAGIC:
            raise NotDecrypted(str(path))
        prefix = source.read(PREFIX)
        try:
            for place, piece, is_last in _pieces(source, PIECE + TAG):
                nonce = prefix + place.to_bytes(4, "big")
                plain.write(cipher.decrypt(nonce, piece, b"1" if is_last else b"0"))
        except (InvalidTag, ValueError) as error:
            raise NotDecrypted(str(path)) from error


def _pieces(file: BinaryIO, size: int) -> Iterator[tuple[int, bytes, bool]]:
    """Yield place, bytes, and whether it is the last, of each piece; of an empty file one empty piece."""
    place, piece = 0, file.read(size)
    while True:
        following = file.read(size)
        yield place, piece, not following
        if not following:
            return
        place, piece = place + 1, following
