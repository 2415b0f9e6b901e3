"""What waits in a session for minutes, encrypted: forms with their files before a proof, codes shown once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

from tortoise.queryset import QuerySet

from market.accounts.factor_models import HeldRequest
from market.accounts.sessions import token_hash
from market.kit.database import atomic
from market.kit.encryption import Undecipherable, decrypt, encrypt
from market.kit.errors import NotFound
from market.kit.i18n import gettext as _

LIFETIME = timedelta(minutes=10)
PURPOSE = "held request"
LARGEST = 32 * 1024 * 1024
MOST_OF_SESSION = 3


@atomic()
async def hold_request(
    body: bytes, content_type: str, *, address: str, session_token: str, secret: str
) -> UUID | None:
    """Hold a form with its files until the person has proved to be there; None where it is too large."""
    if len(body) > LARGEST or len(content_type) > 200 or len(address) > 500:
        return None
    session_id = token_hash(session_token)
    own = HeldRequest.filter(session_id=session_id).order_by("-expires_at")
    older = await own.offset(MOST_OF_SESSION - 1).limit(100).only("id")
    await HeldRequest.filter(id__in=[row.id for row in older]).delete()
    held = await HeldRequest.create(
        id=uuid4(),
        session_id=session_id,
        address=address,
        content_type=content_type,
        body=encrypt(secret, PURPOSE, body),
        expires_at=datetime.now(UTC) + LIFETIME,
    )
    return held.id


async def is_held(held_id: UUID, *, address: str, session_token: str) -> bool:
    """Return whether a form for this address waits in this session."""
    return await _own(address, session_token).filter(id=held_id).exists()


async def take_held_request(
    held_id: UUID, *, address: str, session_token: str, secret: str
) -> tuple[bytes, str]:
    """Return the body and content type of a form that waited, which is then no longer held.

    Raises:
        NotFound: none waits for this address in this session, or its time is over.
    """
    own = _own(address, session_token).filter(id=held_id)
    held = await own.first()
    if held is None or not await own.delete():
        raise over()
    try:
        return decrypt(secret, PURPOSE, held.body), held.content_type
    except Undecipherable as error:
        raise over() from error


def over() -> NotFound:
    """Return the refusal of what waits no longer."""
    return NotFound(_("等待确认的内容已经过期，请回到原来的页面重新提交。"))


async def read_held(address: str, *, session_token: str, secret: str) -> bytes:
    """Return what was held last under this address in this session; empty without."""
    held = await _own(address, session_token).order_by("-expires_at").first()
    try:
        return decrypt(secret, PURPOSE, held.body) if held else b""
    except Undecipherable:
        return b""


async def drop_held(address: str, *, session_token: str) -> None:
    """Delete what is held under this address in this session."""
    await _own(address, session_token).delete()


def _own(address: str, session_token: str) -> QuerySet[HeldRequest]:
    return HeldRequest.filter(
        session_id=token_hash(session_token), address=address, expires_at__gt=datetime.now(UTC)
    )


async def sweep_held_requests() -> None:
    """Delete what has waited too long."""
    await HeldRequest.filter(expires_at__lt=datetime.now(UTC)).delete()
