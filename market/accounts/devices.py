"""Devices that a person has signed in on: they are known again by a cookie; a new one is told by mail."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

from market.accounts.demo_logins import EMAILS
from market.accounts.factor_models import KnownDevice
from market.accounts.models import User
from market.accounts.sessions import token_hash
from market.kit.database import atomic
from market.kit.formats import moment
from market.kit.i18n import gettext as _
from market.kit.i18n import in_source_language
from market.kit.mail import SITE, queue_mail
from market.kit.person_marks import person_mark

DEVICE_COOKIE = "device"
LIFETIME = timedelta(days=400)
MOST_OF_PERSON = 50


def is_token(token: str | None) -> bool:
    """Return whether a cookie may be one of our tokens."""
    return token is not None and 20 <= len(token) <= 60 and token.isascii()


async def known_device(user_id: UUID, token: str | None) -> str:
    """Return the hash of a device's token if this person has signed in on it; else nothing."""
    if token is None or not is_token(token):
        return ""
    hashed = token_hash(token)
    is_known = await KnownDevice.exists(
        user_id=user_id, token_hash=hashed, seen_at__gt=datetime.now(UTC) - LIFETIME
    )
    return hashed if is_known else ""


@atomic()
async def remember_device(user: User, token: str | None, *, device: str, now: datetime) -> str:
    """Remember that a person signed in on a device and return the device's token.

    The person is told by mail of a device that is new, unless it is their first. A token that nobody has
    signed in with is not ours and is replaced.
    """
    real_now = datetime.now(UTC)
    if token is None or not is_token(token) or not await KnownDevice.exists(token_hash=token_hash(token)):
        token = secrets.token_urlsafe(24)
    own = KnownDevice.filter(user_id=user.id)
    if await own.filter(token_hash=token_hash(token)).update(seen_at=real_now):
        return token
    is_first = not await own.exists()
    await KnownDevice.create(id=uuid4(), user_id=user.id, token_hash=token_hash(token), seen_at=real_now)
    oldest = await own.order_by("-seen_at").offset(MOST_OF_PERSON).limit(1000)
    await KnownDevice.filter(id__in=[row.id for row in oldest]).delete()
    # The password of the demo's logins is published: each visitor would be news.
    if not is_first and user.email not in EMAILS:
        await _tell_of_new_device(user, device, now)
    return token


async def _tell_of_new_device(user: User, device: str, now: datetime) -> None:
    with in_source_language():
        subject = _("科转：您的账号在新设备上登录")
        text = _(
            "%(name)s，您好：\n\n您的账号于 %(at)s 在一台没有登录过的设备上登录：%(device)s。"
            "如果是您本人，不必理会。如果不是，请立即修改密码，并在“登录设备”里让它退出。",
            name=person_mark(user.id),
            at=moment(now),
            device=device,
        )
    await queue_mail(user.email, subject, f"{text}\n\n{SITE}/account/sessions\n", people=[user.id], now=now)


async def sweep_devices() -> None:
    """Delete devices that nobody has signed in on for a year."""
    await KnownDevice.filter(seen_at__lt=datetime.now(UTC) - LIFETIME).delete()
