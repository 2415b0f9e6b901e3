"""Sessions: rows in the database, an opaque token in the cookie, in real time."""

from __future__ import annotations

import hashlib
import secrets
from datetime import UTC, datetime, timedelta
from uuid import UUID

from market.accounts.actors import ACTOR_COLUMNS, Actor, actor_from_row
from market.accounts.models import Session, User
from market.kit.database import atomic, connection
from market.kit.i18n import gettext as _

COOKIE = "session"
IDLE_TIMEOUT = timedelta(hours=12)
LIFETIME = timedelta(days=7)


def token_hash(token: str) -> str:
    """Return the stored hash of a token."""
    return hashlib.sha256(token.encode()).hexdigest()


@atomic()
async def start_session(user: User, *, device: str, old_token: str | None = None) -> str:
    """Start a session and return its token; the browser's old session ends (OWASP ASVS 3.2.1)."""
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
        expires_at=now + LIFETIME,
    )
    return token


async def find_actor(token: str | None) -> tuple[Actor, int] | None:
    """Return the actor of a session and their number of unread messages; None without a live session."""
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
    if row is None or not row["is_active"] or row["expires_at"] < now or row["seen_at"] < now - IDLE_TIMEOUT:
        return None
    if row["seen_at"] < now - timedelta(minutes=5):
        await Session.filter(token_hash=hashed).update(seen_at=now)
    return actor_from_row(row, row["acting_for_id"]), row["unread"]


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
