"""Sessions: rows in the database, an opaque token in the cookie, in real time."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from market.accounts.actors import ACTOR_COLUMNS, Actor, actor_from_row
from market.accounts.models import Session, User
from market.kit.database import atomic, connection
from market.kit.i18n import gettext as _

COOKIE = "session"


@dataclass(frozen=True)
class Term:
    """How long a session lives, and how long it may be idle."""

    lifetime: timedelta
    idle: timedelta


TERM = Term(timedelta(days=7), timedelta(hours=12))
STAFF_TERM = Term(timedelta(hours=12), timedelta(hours=1))
"""Of the department's staff, outside the demo (OWASP ASVS 7.3)."""
PENDING_TERM = Term(timedelta(minutes=10), timedelta(minutes=10))
"""While the second factor is awaited."""


@dataclass(frozen=True)
class LiveSession:
    """Who is signed in, and since when that is proved."""

    actor: Actor
    unread: int
    """Messages not read."""
    proved_at: datetime | None


def token_hash(token: str) -> str:
    """Return the stored hash of a token."""
    return hashlib.sha256(token.encode()).hexdigest()


@atomic()
async def start_session(
    user: User, *, device: str, old_token: str | None = None, term: Term = TERM, is_pending: bool = False
) -> str:
    """Start a session and return its token; the browser's old session ends (OWASP ASVS 3.2.1).

    A pending one signs nobody in before `complete_session`.
    """
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
        expires_at=now + term.lifetime,
        idle_minutes=term.idle // timedelta(minutes=1),
        proved_at=None if is_pending else now,
        is_pending=is_pending,
    )
    return token


async def find_session(token: str | None) -> LiveSession | None:
    """Return who is signed in by a session's token; None without a live session."""
    if not token or len(token) > 100:
        return None
    hashed, now = token_hash(token), datetime.now(UTC)
    rows = await connection().execute_query_dict(
        f"SELECT {ACTOR_COLUMNS}, s.acting_for_id, s.seen_at, s.proved_at, "  # noqa: S608  # our own
        "(SELECT count(*) FROM messages WHERE user_id = u.id AND read_at IS NULL) AS unread "
        "FROM sessions s JOIN users u ON u.id = s.user_id WHERE s.token_hash = $1 AND u.is_active "
        "AND NOT s.is_pending AND s.expires_at >= $2 "
        "AND s.seen_at >= $2 - s.idle_minutes * interval '1 minute'",
        [hashed, now],
    )
    if not rows:
        return None
    row = rows[0]
    if row["seen_at"] < now - timedelta(minutes=5):
        await Session.filter(token_hash=hashed).update(seen_at=now)
    return LiveSession(actor_from_row(row, row["acting_for_id"]), row["unread"], row["proved_at"])


async def find_pending_user(token: str | None) -> User | None:
    """Return who typed the right password in this browser and owes the second factor."""
    if not token or len(token) > 100:
        return None
    session = (
        await Session.filter(
            token_hash=token_hash(token),
            is_pending=True,
            expires_at__gt=datetime.now(UTC),
            user__is_active=True,
        )
        .select_related("user")
        .first()
    )
    return session.user if session else None


async def set_proved(token: str) -> None:
    """Store that the person of a session has just proved to be there."""
    await Session.filter(token_hash=token_hash(token)).update(proved_at=datetime.now(UTC))


async def set_challenge(token: str, challenge: str) -> None:
    """Store what a passkey is to sign in this session."""
    await Session.filter(token_hash=token_hash(token)).update(challenge=challenge)


async def take_challenge(token: str) -> str:
    """Return what a passkey was to sign in this session, which is then spent; empty without one."""
    rows = await connection().execute_query_dict(
        "UPDATE sessions s SET challenge = '' FROM (SELECT challenge FROM sessions WHERE token_hash = $1 "
        "FOR UPDATE) AS old WHERE s.token_hash = $1 RETURNING old.challenge",
        [token_hash(token)],
    )
    return str(rows[0]["challenge"]) if rows else ""


async def act_for(token: str, organisation_id: UUID) -> None:
    """Store the organisation that the person acts for in this session."""
    await Session.filter(token_hash=token_hash(token)).update(acting_for_id=organisation_id)


async def end_session(token: str) -> None:
    """End one session."""
    await Session.filter(token_hash=token_hash(token)).delete()


async def end_all_sessions(user_id: UUID) -> int:
    """End all sessions of a person and return their number."""
    return await Session.filter(user_id=user_id).delete()


async def sweep_sessions() -> None:
    """Delete expired sessions."""
    await Session.filter(expires_at__lt=datetime.now(UTC)).delete()


BROWSERS = (
    ("MicroMessenger", "微信"),
    ("Edg", "Edge"),
    ("OPR", "Opera"),
    ("QQBrowser", "QQ"),
    ("Firefox", "Firefox"),
    ("Chrome", "Chrome"),
    ("Safari", "Safari"),
)
SYSTEMS = (
    ("HarmonyOS", "HarmonyOS"),
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
    ("Linux", "Linux"),
)


def device_name(user_agent: str) -> str:
    """Return such as "Chrome · Windows"; of an unknown browser nothing it says is believed."""
    browser = next((name for sign, name in BROWSERS if sign in user_agent), "")
    system = next((name for sign, name in SYSTEMS if sign in user_agent), "")
    return " · ".join(part for part in (browser, system) if part) or _("未知设备")
