"""Encryption and keyed hashes under keys derived from `SECRET_KEY`, which never lies in the database.

Each purpose has a key of its own (HKDF's expansion, RFC 5869), so that one can never be used for another.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets

NONCE = 12


class Undecipherable(Exception):
    """The bytes were not encrypted with this key, or were changed."""


def derive_key(secret: str, purpose: str) -> bytes:
    """Return the 32-byte key of a purpose."""
    return hmac.new(secret.encode(), f"key:{purpose}".encode() + b"\x01", hashlib.sha256).digest()


def encrypt(secret: str, purpose: str, plain: bytes) -> bytes:
    """Encrypt and authenticate (AES-256-GCM)."""
    # Costs a tenth of a second to load, and most processes never need it.
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    nonce = secrets.token_bytes(NONCE)
    return nonce + AESGCM(derive_key(secret, purpose)).encrypt(nonce, plain, purpose.encode())


def decrypt(secret: str, purpose: str, sealed: bytes) -> bytes:
    """Decrypt what `encrypt` returned.

    Raises:
        Undecipherable: the key is another one, or the bytes were changed.
    """
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    sealed = bytes(sealed)
    try:
        return AESGCM(derive_key(secret, purpose)).decrypt(sealed[:NONCE], sealed[NONCE:], purpose.encode())
    except (InvalidTag, ValueError) as error:
        raise Undecipherable(purpose) from error


def keyed_digest(key: bytes, text: str) -> str:
    """Return HMAC-SHA-256 of a text in hexadecimal digits."""
    return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()


def keyed_hash(secret: str, purpose: str, text: str) -> str:
    """Return HMAC-SHA-256 of a text, for values that have too few bits for a plain hash."""
    return keyed_digest(derive_key(secret, purpose), text)
