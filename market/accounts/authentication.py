"""Authentication: sign-in, reset and change of passwords, other sessions (OWASP ASVS 2 and 3)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from tortoise.queryset import QuerySet

from market.accounts import demo_logins
from market.accounts.actors import Actor, actor_without_roles
from market.accounts.attempt_limits import OwnAttempts, SignInAttempts, digest
from market.accounts.devices import known_device, remember_device
from market.accounts.fresh_proof import Answer, check_answer
from market.accounts.mail_tokens import check_token, make_token, use_token
from market.accounts.messages import notify
from market.accounts.models import BrokerProfile, Session, TokenPurpose, User, UserVerb
from market.accounts.passkeys import Site
from market.accounts.passwords import check_new_password, hash_password, verify_password
from market.accounts.registration import mark_confirmed, send_confirmation
from market.accounts.second_factors import has_factor
from market.accounts.sessions import (
    PENDING_TERM,
    STAFF_TERM,
    TERM,
    end_all_sessions,
    end_session,
    find_pending_user,
    start_session,
    token_hash,
)
from market.audit.log import record
from market.kit import rate_limits
from market.kit.database import atomic
from market.kit.errors import Invalid, NotFound
from market.kit.i18n import gettext as _
from market.kit.mail import SITE, queue_mail
from market.kit.room import notify_change_listeners
from market.records.by import By


@dataclass(frozen=True)
class Browser:
    """The browser that signs in."""

    ip: str
    device: str
    old_token: str | None = None
    """Token of its previous session, which ends."""
    device_token: str | None = None
    """By which it is known again."""


@dataclass(frozen=True)
class SignIn:
    """What a right password, or a right second factor, led to."""

    token: str
    """Of the new session."""
    device_token: str | None
    """None: the second factor is awaited, and nobody is signed in yet."""

    @property
    def awaits_factor(self) -> bool:
        return self.device_token is None


async def sign_in(email: str, password: str, *, browser: Browser, is_demo: bool, now: datetime) -> SignIn:
    """Sign in by password, up to the second factor of who has one.

    Takes as long for an unknown address as for a wrong password. Demo logins do not work outside demo
    mode. An unconfirmed address is sent its link again.

    Raises:
        Invalid: the password is wrong, or the address is not confirmed.
        TooMany: too many were wrong, see `SignInAttempts` (ASVS 6.3.1).
    """
    user = await User.get_or_none(email=email, is_active=True)
    if user is not None and demo_logins.is_demo_address(email) and not is_demo:
        user = None
    attempts = SignInAttempts(
        email,
        browser.ip,
        known_device=await known_device(user.id, browser.device_token) if user else "",
        has_factor=user is not None and await has_factor(user.id),
        user_id=user.id if user else None,
    )
    is_correct = await verify_password(password, user.password_hash if user else "", attempts=attempts)
    if user is None or not is_correct:
        raise Invalid(_("邮箱或密码不正确。"), "password")
    await attempts.forgive()
    if user.email_confirmed_at is None:
        await send_confirmation(user, now=now)
        raise Invalid(_("邮箱还没有确认。确认邮件已重新发出，请打开其中的链接后再登录。"), "email")
    return await begin_sign_in(user, browser=browser, is_demo=is_demo, now=now)


async def sign_in_demo(email: str, *, browser: Browser, is_demo: bool, now: datetime) -> SignIn:
    """Sign in to a demo login without a password, up to the second factor of one that has it.

    Raises:
        NotFound: this is no demo, or there is no such login.
    """
    user = await User.get_or_none(email=email, is_active=True) if email in demo_logins.EMAILS else None
    if not is_demo or user is None:
        raise NotFound(_("没有这个演示身份。"))
    return await begin_sign_in(user, browser=browser, is_demo=is_demo, now=now)


async def begin_sign_in(user: User, *, browser: Browser, is_demo: bool, now: datetime) -> SignIn:
    """Sign in who is known by password or by a link to their address, up to the second factor."""
    if await has_factor(user.id):
        token = await start_session(
            user, device=browser.device, old_token=browser.old_token, term=PENDING_TERM, is_pending=True
        )
        return SignIn(token, None)
    return await _enter(user, browser=browser, is_demo=is_demo, now=now)


async def complete_sign_in(
    answer: Answer, *, browser: Browser, site: Site | None, secret: str, is_demo: bool, now: datetime
) -> SignIn:
    """Sign in by the second factor, after the right password was typed in this browser.

    Raises:
        NotFound: no password was typed, or too long ago.
        Invalid: the code or passkey is wrong, at `proof_code`.
        TooMany: too many were wrong.
    """
    user = await find_pending_user(browser.old_token)
    if user is None or browser.old_token is None:
        raise NotFound(_("登录已经过期，请重新输入密码。"))
    await check_answer(
        answer, user.id, has_factor=True, session_token=browser.old_token, site=site, secret=secret
    )
    return await _enter(user, browser=browser, is_demo=is_demo, now=now)


@atomic()
async def _enter(user: User, *, browser: Browser, is_demo: bool, now: datetime) -> SignIn:
    token = await start_session(
        user,
        device=browser.device,
        old_token=browser.old_token,
        term=STAFF_TERM if user.staff_role is not None and not is_demo else TERM,
    )
    known = await remember_device(user, browser.device_token, device=browser.device, now=now)
    by = By(actor_without_roles(user.id), now)
    await record("user", user.id, UserVerb.SIGN_IN, by=by, device=browser.device)
    return SignIn(token, known)


async def forgot_password(email: str, *, ip: str, now: datetime) -> None:
    """Mail a link to set a new password, if the address is registered; the caller cannot tell.

    Raises:
        TooMany: too many requests from this IP address, or for this address.
    """
    await rate_limits.count_attempt(f"forgot:{ip}", limit=300, window_seconds=3600)
    await rate_limits.count_attempt(f"forgot:{digest(email)}", limit=5, window_seconds=3600)
    user = await User.get_or_none(email=email, is_active=True)
    if user is not None:
        await _send_reset(user, now=now)


@atomic()
async def _send_reset(user: User, *, now: datetime) -> None:
    token = await make_token(user, TokenPurpose.RESET_PASSWORD)
    await queue_mail(
        user.email,
        _("科转：重设密码"),
        _(
            "您好：\n\n请打开下面的链接设置新密码。链接三十分钟内有效，只能用一次；"
            "设置后，所有已登录的设备都要重新登录。如果不是您申请的，不必理会，密码不会改变。"
        )
        + f"\n\n{SITE}/reset/{token}\n",
        now=now,
    )


async def reset_password(token: str, password: str, *, now: datetime) -> None:
    """Set a new password by a mailed link; end all sessions and confirm the address.

    Raises:
        NotFound: the link was used, has expired, or never existed.
        Invalid: the password is not acceptable; the link stays valid.
    """
    await check_token(token, TokenPurpose.RESET_PASSWORD)
    check_new_password(password, email="")
    await _reset(token, await hash_password(password), now=now)


@atomic()
async def _reset(token: str, password_hash: str, *, now: datetime) -> None:
    user = await use_token(token, TokenPurpose.RESET_PASSWORD)
    user.password_hash = password_hash
    await user.save(update_fields=["password_hash"])
    await end_all_sessions(user.id)
    await mark_confirmed(user, now=now)
    await record("user", user.id, UserVerb.RESET_PASSWORD, by=By(actor_without_roles(user.id), now))
    await _notify_of_change(user, now=now)


async def change_password(current: str, password: str, *, by: By, session_token: str) -> None:
    """Set a new password; all other sessions end (ASVS 3.3.3).

    Raises:
        Invalid: the current password is wrong, or the new one is not acceptable.
    """
    user = await verify_own_password(current, actor=by.actor, field="current")
    check_new_password(password, email=user.email)
    await _store_password(user, await hash_password(password), session_token, by=by)


async def verify_own_password(password: str, *, actor: Actor, field: str) -> User:
    """Re-authenticate a signed-in person by password and return them.

    Raises:
        Invalid: the password is wrong, at `field`.
        TooMany: too many failed attempts.
    """
    user = await User.get(id=actor.user_id)
    if not await verify_password(password, user.password_hash, attempts=OwnAttempts(user.id)):
        raise Invalid(_("密码不正确。"), field)
    return user


@atomic()
async def _store_password(user: User, password_hash: str, token: str, *, by: By) -> None:
    user.password_hash = password_hash
    await user.save(update_fields=["password_hash"])
    await Session.filter(user_id=user.id).exclude(token_hash=token_hash(token)).delete()
    await record("user", user.id, UserVerb.CHANGE_PASSWORD, by=by)
    await _notify_of_change(user, now=by.now)


async def _notify_of_change(user: User, *, now: datetime) -> None:
    await notify(
        _("您的登录密码刚刚改过。如果不是您本人，请立即重设密码并联系平台。"),
        user_ids=[user.id],
        address="/forgot",
        now=now,
    )


@atomic()
async def sign_out(session_token: str, *, by: By | None) -> None:
    """End a session; `by` is whoever is signed in by it."""
    await end_session(session_token)
    if by is not None:
        await record("user", by.actor.user_id, UserVerb.SIGN_OUT, by=by)


async def end_other_session(session_hash: str, *, by: By) -> None:
    """End one of the person's sessions."""
    await _end(Session.filter(user_id=by.actor.user_id, token_hash=session_hash), by)


async def end_other_sessions(session_token: str, *, by: By) -> int:
    """End all sessions of the person but this one and return their number."""
    others = Session.filter(user_id=by.actor.user_id).exclude(token_hash=token_hash(session_token))
    return await _end(others, by)


@atomic()
async def _end(sessions: QuerySet[Session], by: By) -> int:
    ended = await sessions.delete()
    if ended:
        await record("user", by.actor.user_id, UserVerb.END_SESSIONS, by=by, sessions=ended)
    return ended


@atomic()
async def rename(name: str, *, by: By) -> None:
    """Change the person's name."""
    await User.filter(id=by.actor.user_id).update(name=name)
    for profile in await BrokerProfile.filter(user_id=by.actor.user_id):
        profile.revision += 1
        await profile.save(update_fields=["revision"])
        await notify_change_listeners("brokers", profile.id)
    await record("user", by.actor.user_id, UserVerb.RENAME, by=by)
