"""Single-use links sent by mail: they expire in real time; the database stores only their hash."""

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
    """Make a token and return it; older ones for the same purpose become void."""
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
    """Raise unless the link is valid; it stays unused.

    Raises:
        NotFound: it was used, has expired, or never existed.
    """
    await _find(token, purpose)


async def use_token(token: str, purpose: TokenPurpose) -> User:
    """Use a link and return its person. Of two concurrent uses one is refused.

    Raises:
        NotFound: it was used, has expired, or never existed.
    """
    mail_token = await _find(token, purpose)
    now = datetime.now(UTC)
    if not await MailToken.filter(token_hash=mail_token.token_hash, used_at=None).update(used_at=now):
        raise _invalid_link()
    return mail_token.user


async def sweep_tokens() -> None:
    """Delete expired links."""
    await MailToken.filter(expires_at__lt=datetime.now(UTC)).delete()


async def _find(token: str, purpose: TokenPurpose) -> MailToken:
    mail_token = await MailToken.get_or_none(
        token_hash=token_hash(token), purpose=purpose, used_at=None, user__is_active=True
    ).select_related("user")
    if mail_token is None or mail_token.expires_at < datetime.now(UTC):
        raise _invalid_link()
    return mail_token


def _invalid_link() -> NotFound:
    return NotFound(_("这个链接已经用过或已过期。请回到登录页，重新登录或重新申请。"))
