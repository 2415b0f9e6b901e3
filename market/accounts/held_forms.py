"""Forms that were sent without a session, or when the record had changed: kept so that no text is lost.

A held form is bound to the browser's cookie and, where it is known, to the person; only the hash of the
cookie is stored, and what was typed is encrypted: nobody may be meant to read it yet. It is shown again in
its form, unsaved, and deleted once it is sent again, at sign-out, and after `LIFETIME`. It is never carried
out by itself.
"""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

from starlette.datastructures import FormData

from market.accounts.models import HeldForm as Row
from market.accounts.models import Session
from market.accounts.sessions import token_hash
from market.kit import rate_limits
from market.kit.encryption import Undecipherable, decrypt, encrypt
from market.kit.errors import TooMany
from market.kit.held_forms import HeldForm, file_names_of, is_typed, pairs_of

LIFETIME = timedelta(hours=12)
"""In real time, as long as a session may be idle."""
PURPOSE = "held form"
MOST_CHARACTERS = 400_000
MOST_OF_BROWSER = 5
"""Forms of one browser; the oldest goes first."""
MOST_PER_HOUR = 60
"""Forms held for one address of the network in an hour: guests can make us store them."""


def browser_hash(browser: str) -> str:
    """Return the stored hash of a browser's cookie."""
    return hashlib.sha256(f"held:{browser}".encode()).hexdigest()


async def hold_form(
    form: FormData,
    *,
    address: str,
    browser: str,
    user_id: UUID | None,
    session_token: str | None,
    ip: str,
    secret: str,
) -> UUID | None:
    """Store what was typed and return its id; None where nothing was typed, or too much to store.

    `user_id` is the signed-in person; of an ended session that is still stored, its person is taken.
    """
    pairs = pairs_of(form)
    if not any(is_typed(name, value) for name, value in pairs):
        return None
    if sum(len(name) + len(value) for name, value in pairs) > MOST_CHARACTERS:
        return None
    try:
        await rate_limits.count_attempt(f"hold:{ip}", limit=MOST_PER_HOUR, window_seconds=3600)
    except TooMany:
        return None
    if user_id is None and session_token:
        session = await Session.get_or_none(token_hash=token_hash(session_token))
        user_id = session.user_id if session else None
    now, held_id = datetime.now(UTC), uuid4()
    typed = {"pairs": pairs, "file_names": [name[:200] for name in file_names_of(form)]}
    row = await Row.create(
        id=held_id,
        browser_hash=browser_hash(browser),
        user_id=user_id,
        address=address[:500],
        sealed=encrypt(secret, f"{PURPOSE} {held_id}", json.dumps(typed, ensure_ascii=False).encode()),
        pairs=[],
        file_names=[],
        held_at=now,
        expires_at=now + LIFETIME,
    )
    rows = await Row.filter(browser_hash=row.browser_hash).order_by("-held_at").only("id")
    await Row.filter(id__in=[older.id for older in rows[MOST_OF_BROWSER:]]).delete()
    return row.id


async def find_held_form(
    held_id: UUID, *, browser: str, user_id: UUID | None, secret: str
) -> HeldForm | None:
    """Return a held form of this browser and, where it is known whose it is, of this person."""
    row = await Row.get_or_none(id=held_id, browser_hash=browser_hash(browser))
    if row is None or row.expires_at < datetime.now(UTC) or row.user_id not in (None, user_id):
        return None
    pairs, file_names = row.pairs, row.file_names
    if row.sealed is not None:
        try:
            typed = json.loads(decrypt(secret, f"{PURPOSE} {row.id}", row.sealed))
        except Undecipherable:  # the site has another key since
            return None
        pairs, file_names = typed["pairs"], typed["file_names"]
    return HeldForm(row.id, row.address, [(name, value) for name, value in pairs], file_names)


async def drop_held_form(held_id: UUID, *, browser: str) -> None:
    """Delete a held form, after it was sent again."""
    await Row.filter(id=held_id, browser_hash=browser_hash(browser)).delete()


async def drop_held_forms(*, browser: str) -> None:
    """Delete all held forms of a browser, at sign-out."""
    await Row.filter(browser_hash=browser_hash(browser)).delete()


async def sweep_held_forms() -> None:
    """Delete held forms whose time is over."""
    await Row.filter(expires_at__lt=datetime.now(UTC)).delete()
