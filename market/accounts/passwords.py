"""Passwords: argon2id, in a thread, two at a time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Protocol, TypeVar

from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher

from market.kit.errors import Invalid
from market.kit.i18n import gettext as _

T = TypeVar("T")
MIN_LENGTH, MAX_LENGTH = 10, 128
_slots = asyncio.Semaphore(2)
"""Bounds concurrency: each hash takes its memory and a core for a twentieth of a second."""
MEMORY, PASSES, LANES = 46 * 1024, 1, 1
"""Of argon2id: KiB, times, threads (OWASP Password Storage, the strongest of its equal choices in memory).

Forty people who sign in at once are in within three seconds on two cores; with the library's own choice
(64 MiB, three times) the last waited for six. Hashes of other parameters are still verified.
"""

_threads = ThreadPoolExecutor(2, "passwords")
"""A pool of its own: whatever else is slow, people can sign in."""
_hashers: list[PasswordHash] = []
_dummy_hashes: list[str] = []


def use_hasher(hasher: PasswordHash) -> None:
    """Replace the recommended hasher, such as by a cheap one in tests."""
    _hashers[:] = [hasher]
    _dummy_hashes.clear()


def _hasher() -> PasswordHash:
    if not _hashers:
        _hashers.append(PasswordHash((Argon2Hasher(PASSES, MEMORY, LANES),)))
    return _hashers[0]


async def _in_thread(call: Callable[..., T], *args: str) -> T:
    return await asyncio.get_running_loop().run_in_executor(_threads, call, *args)


async def hash_password(password: str) -> str:
    """Return the hash to store."""
    async with _slots:
        return await _in_thread(_hasher().hash, password)


class Attempts(Protocol):
    """Counts the wrong passwords of somebody."""

    async def check(self) -> None:
        """Raise `TooMany` if there were too many."""

    async def count_failure(self) -> None: ...


async def verify_password(password: str, stored_hash: str, *, attempts: Attempts | None = None) -> bool:
    """Return whether the password fits the hash; takes as long for an empty `stored_hash`.

    Only wrong passwords are counted. The count is read and written while the slot is held, so that many
    guesses at once do not pass it together.

    Raises:
        TooMany: too many were wrong before.
    """
    async with _slots:
        if attempts is not None:
            await attempts.check()
        is_right = await _in_thread(_hasher().verify, password, stored_hash or await _dummy_hash())
        if attempts is not None and not is_right:
            await attempts.count_failure()
        return is_right


async def _dummy_hash() -> str:
    if not _dummy_hashes:
        _dummy_hashes.append(await _in_thread(_hasher().hash, "nobody's password"))
    return _dummy_hashes[0]


def check_new_password(password: str, *, email: str) -> None:
    """Raise if a password is too short, too long, too common, or the person's address (OWASP ASVS 2.1).

    Raises:
        Invalid: it is, at the field `password`.
    """
    if len(password) < MIN_LENGTH:
        raise Invalid(_("密码至少 %(count)s 个字符。", count=MIN_LENGTH), "password")
    if len(password) > MAX_LENGTH:
        raise Invalid(_("密码最多 %(count)s 个字符。", count=MAX_LENGTH), "password")
    lower = password.lower()
    if lower in COMMON or email.split("@")[0].lower() == lower or len(set(lower)) < 4:
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
