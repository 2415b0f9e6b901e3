"""Signed-in browsers: rows in the database, an opaque token in the cookie, real time."""

from __future__ import annotations

import hashlib
import secrets
from datetime import UTC, datetime, timedelta
from uuid import UUID

from market.accounts.actors import ACTOR_COLUMNS, Actor, actor_from_row
from market.accounts.models import Session, User
from market.kit.database import atomic, connection

COOKIE = "session"
IDLE = timedelta(hours=12)
LONGEST = timedelta(days=7)


def token_hash(token: str) -> str:
    """Return what is kept of a token."""
    return hashlib.sha256(token.encode()).hexdigest()


@atomic()
async def start_session(user: User, *, device: str, old_token: str | None = None) -> str:
    """Sign a person in and return the new token; the browser's old session ends (OWASP ASVS 3.2.1)."""
    if old_token:
        await Session.filter(token_hash=token_hash(old_token)).delete()
    token = secrets.token_urlsafe(32)
    now = datetime.now(UTC)
    await Session.create(
        token_hash=token_hash(token),
        user_id=user.id,
        device=device[:120],
        created_at=now,
        seen_at=now,
        expires_at=now + LONGEST,
    )
    return token


async def find_actor(token: str | None) -> tuple[Actor, int] | None:
    """Return who is signed in with this token and their number of unread messages."""
    if not token or len(token) > 100:
        return None
    hashed, now = token_hash(token), datetime.now(UTC)
    rows = await connection().execute_query_dict(
        f"SELECT {ACTOR_COLUMNS}, u.is_active, s.acting_for_id, s.seen_at, s.expires_at, "  # noqa: S608  # our own
        "(SELECT count(*) FROM messages WHERE user_id = u.id AND read_at IS NULL) AS unread "
        "FROM sessions s JOIN users u ON u.id = s.user_id WHERE s.token_hash = $1",
        [hashed],
    )
    row = rows[0] if rows else None
    if row is None or not row["is_active"] or row["expires_at"] < now or row["seen_at"] < now - IDLE:
        return None
    if row["seen_at"] < now - timedelta(minutes=5):
        await Session.filter(token_hash=hashed).update(seen_at=now)
    return actor_from_row(row, row["acting_for_id"]), row["unread"]


async def act_for(token: str, organisation_id: UUID) -> None:
    """Let the person act for another of their organisations from now on."""
    await Session.filter(token_hash=token_hash(token)).update(acting_for_id=organisation_id)


async def end_session(token: str) -> None:
    """Sign this browser out."""
    await Session.filter(token_hash=token_hash(token)).delete()


async def end_all_sessions(user_id: UUID) -> int:
    """Sign the person out everywhere and return from how many browsers."""
    return await Session.filter(user_id=user_id).delete()


async def sweep_sessions() -> None:
    """Forget sessions that have run out."""
    await Session.filter(expires_at__lt=datetime.now(UTC)).delete()
