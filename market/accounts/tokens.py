"""Links sent by mail: good once, for a short real time; the database keeps only their hash."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime, timedelta

from market.accounts.models import MailToken, TokenPurpose, User
from market.accounts.sessions import token_hash
from market.kit.errors import NotFound
from market.kit.i18n import gettext as _

LIFETIMES = {
    TokenPurpose.CONFIRM_EMAIL: timedelta(days=3),
    TokenPurpose.RESET_PASSWORD: timedelta(minutes=30),
}


async def make_token(user: User, purpose: TokenPurpose) -> str:
    """Return a new token; older ones for the same purpose are void from now on."""
    await MailToken.filter(user_id=user.id, purpose=purpose).delete()
    token = secrets.token_urlsafe(32)
    await MailToken.create(
        token_hash=token_hash(token),
        user_id=user.id,
        purpose=purpose,
        expires_at=datetime.now(UTC) + LIFETIMES[purpose],
    )
    return token


async def check_token(token: str, purpose: TokenPurpose) -> None:
    """Tell nothing if the link is still good; the link stays unused.

    Raises:
        NotFound: it is not, or it never was.
    """
    await _find(token, purpose)


async def use_token(token: str, purpose: TokenPurpose) -> User:
    """Return whose link this is, and void it. Of two who use it at once one is refused.

    Raises:
        NotFound: the link is used, too old, or never was.
    """
    found = await _find(token, purpose)
    now = datetime.now(UTC)
    if not await MailToken.filter(token_hash=found.token_hash, used_at=None).update(used_at=now):
        raise _gone()
    return found.user


async def sweep_tokens() -> None:
    """Forget links that are too old."""
    await MailToken.filter(expires_at__lt=datetime.now(UTC)).delete()


async def _find(token: str, purpose: TokenPurpose) -> MailToken:
    found = await MailToken.get_or_none(
        token_hash=token_hash(token), purpose=purpose, used_at=None, user__is_active=True
    ).select_related("user")
    if found is None or found.expires_at < datetime.now(UTC):
        raise _gone()
    return found


def _gone() -> NotFound:
    return NotFound(_("这个链接已经用过或已过期。请回到登录页，重新登录或重新申请。"))
