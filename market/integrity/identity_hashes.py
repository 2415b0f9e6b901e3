"""Identity numbers of people as the database has them: a keyed hash, whose key lies outside it. Pure.

An identity number has so few possible values that a plain hash of it is undone in minutes. The keyed hash is
taken over the plain one, which earlier releases stored, so that these are keyed without knowing the numbers.
"""

from __future__ import annotations

import hashlib

from market.kit.encryption import keyed_digest

KEY_ID_LENGTH = 16


def plain_hash(number: str) -> str:
    """Return the SHA-256 of an identity number, which is never stored."""
    return hashlib.sha256(number.encode()).hexdigest()


def keyed_hash(plain: str, secret: str) -> str:
    """Return the HMAC-SHA256 of a plain hash: equal numbers have equal ones under the same `secret`."""
    return keyed_digest(secret.encode(), f"identity number:{plain}")


def identity_hash(number: str, secret: str) -> str:
    """Return the keyed hash of an identity number."""
    return keyed_hash(plain_hash(number), secret)


def key_id(secret: str) -> str:
    """Return what tells one key from another, without telling the key."""
    return keyed_digest(secret.encode(), "identity number key")[:KEY_ID_LENGTH]
