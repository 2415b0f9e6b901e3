"""Passwords: argon2id, in a thread, a few at a time."""

from __future__ import annotations

import asyncio

from pwdlib import PasswordHash

from market.kit.errors import Invalid
from market.kit.i18n import gettext as _

SHORTEST, LONGEST = 10, 128
_room = asyncio.Semaphore(2)
"""Each hash takes 64 MiB and a core for a tenth of a second."""


_hashers: list[PasswordHash] = []
_decoy_hash: list[str] = []


def use_hasher(hasher: PasswordHash) -> None:
    """Hash with another strength than the recommended one, such as a light one in tests."""
    _hashers[:] = [hasher]
    _decoy_hash.clear()


def _hasher() -> PasswordHash:
    if not _hashers:
        _hashers.append(PasswordHash.recommended())
    return _hashers[0]


async def hash_password(password: str) -> str:
    """Return the hash to keep."""
    async with _room:
        return await asyncio.to_thread(_hasher().hash, password)


async def verify_password(password: str, kept: str) -> bool:
    """Tell whether the password is the one hashed; takes as long for an empty `kept`."""
    async with _room:
        return await asyncio.to_thread(_hasher().verify, password, kept or await _decoy())


async def _decoy() -> str:
    if not _decoy_hash:
        _decoy_hash.append(await asyncio.to_thread(_hasher().hash, "nobody's password"))
    return _decoy_hash[0]


def check_new_password(password: str, *, email: str) -> None:
    """Refuse passwords that are too short, too long, or the person's own address.

    OWASP ASVS 2.1: length counts, no rules about kinds of characters.

    Raises:
        Invalid: with the sentence to show at the field `password`.
    """
    if len(password) < SHORTEST:
        raise Invalid(_("密码至少 %(count)s 个字符。", count=SHORTEST), "password")
    if len(password) > LONGEST:
        raise Invalid(_("密码最多 %(count)s 个字符。", count=LONGEST), "password")
    plain = password.lower()
    if plain in COMMON or email.split("@")[0].lower() == plain or len(set(plain)) < 4:
        raise Invalid(_("这个密码太容易被猜到，请换一个。"), "password")


COMMON = frozenset(
    f"{word}{tail}"
    for word in (
        "password",
        "qwertyuiop",
        "1234567890",
        "0123456789",
        "1q2w3e4r5t",
        "woaini1314",
        "abcdefghij",
        "iloveyou",
    )
    for tail in ("", "1", "12", "123", "1234", "!", "0", "00", "520", "1314", "2025", "2026")
)
