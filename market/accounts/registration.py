"""Registration of people: with a new organisation, as members of an existing one, or as brokers."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import uuid4

from tortoise.exceptions import IntegrityError

from market.accounts.actors import actor_without_roles
from market.accounts.attempt_limits import digest
from market.accounts.brokers import apply_as_broker
from market.accounts.mail_tokens import make_token, use_token
from market.accounts.memberships import apply_to_join, find_organisation_to_join, notify_admins_of_application
from market.accounts.messages import notify_staff
from market.accounts.models import (
    BrokerProfile,
    MemberRole,
    Membership,
    MemberStatus,
    OrganisationStatus,
    StaffRole,
    TokenPurpose,
    User,
    UserVerb,
)
from market.accounts.organisations import register_organisation, require_unregistered
from market.accounts.passwords import check_new_password, hash_password
from market.audit.log import record
from market.kit import rate_limits
from market.kit.database import atomic
from market.kit.errors import TooMany
from market.kit.i18n import gettext as _
from market.kit.mail import SITE, queue_mail
from market.kit.person_marks import person_mark
from market.records.by import By


@dataclass(frozen=True)
class NewPerson:
    """What a person types to register."""

    name: str
    email: str
    password: str


async def register_with_organisation(
    person: NewPerson, details: Mapping[str, Any], *, ip: str, now: datetime
) -> None:
    """Register a person with a new organisation, whose administrator they become.

    Raises:
        Invalid: the password is not acceptable, or an organisation with this code is registered already.
    """

    async def check() -> None:
        await require_unregistered(details["uscc"])

    async def begin(user: User) -> None:
        await register_organisation(details, by=By(actor_without_roles(user.id), now))

    await _register(person, check, begin, ip=ip, now=now)


async def register_to_join(person: NewPerson, uscc: str, role: MemberRole, *, ip: str, now: datetime) -> None:
    """Register a person who applies to an existing organisation, whose administrator decides.

    Raises:
        Invalid: the password is not acceptable, or there is no such organisation.
    """

    async def check() -> None:
        await find_organisation_to_join(uscc)

    async def begin(user: User) -> None:
        await apply_to_join(uscc, role, by=By(actor_without_roles(user.id), now))

    await _register(person, check, begin, ip=ip, now=now)


async def register_as_broker(
    person: NewPerson, details: Mapping[str, Any], *, ip: str, now: datetime
) -> None:
    """Register a technology broker; the operator verifies the certificate.

    Raises:
        Invalid: the password is not acceptable.
    """

    async def check() -> None:
        return None

    async def begin(user: User) -> None:
        await apply_as_broker(details, by=By(actor_without_roles(user.id), now))

    await _register(person, check, begin, ip=ip, now=now)


async def _register(
    person: NewPerson,
    check: Callable[[], Awaitable[None]],
    begin: Callable[[User], Awaitable[None]],
    *,
    ip: str,
    now: datetime,
) -> None:
    """Create the account, or warn the owner of a known address; the response does not tell which."""
    await rate_limits.count_attempt(f"register:{ip}", limit=300, window_seconds=3600)
    check_new_password(person.password, email=person.email)
    await check()
    password_hash = await hash_password(person.password)
    try:
        await _create_account(person, password_hash, begin, now=now)
    except IntegrityError:
        # A concurrent registration took the address or the code.
        await check()
        if not await User.exists(email=person.email):
            raise
        await _warn_owner(person.email, now=now)


@atomic()
async def _create_account(
    person: NewPerson, password_hash: str, begin: Callable[[User], Awaitable[None]], *, now: datetime
) -> None:
    if await User.exists(email=person.email):
        await _warn_owner(person.email, now=now)
        return
    user = await User.create(
        id=uuid4(), email=person.email, name=person.name, password_hash=password_hash, created_at=now
    )
    await record("user", user.id, UserVerb.REGISTER, by=By(actor_without_roles(user.id), now))
    await begin(user)
    await send_confirmation(user, now=now)


async def _warn_owner(email: str, *, now: datetime) -> None:
    try:
        await rate_limits.count_attempt(f"warn:{digest(email)}", limit=3, window_seconds=86_400)
    except TooMany:  # the owner was warned today; who registers must not learn that there is one
        return
    await queue_mail(
        email,
        _("科转：您的邮箱已经注册过"),
        _(
            "您好：\n\n有人用这个邮箱在科转注册，而它已经注册过。如果是您本人，请直接登录；"
            "忘记密码或没有收到过确认邮件，可在下面的页面重设密码，重设后邮箱即视为已确认。"
            "如果不是您，不必理会，您的账号没有任何改动。"
        )
        + f"\n\n{SITE}/forgot\n",
        now=now,
    )


@atomic()
async def send_confirmation(user: User, *, now: datetime) -> None:
    """Send the link that confirms an address."""
    token = await make_token(user, TokenPurpose.CONFIRM_EMAIL)
    await queue_mail(
        user.email,
        _("科转：请确认您的邮箱"),
        # Nothing that a person typed: the address may be anybody's.
        _(
            "您好：\n\n请打开下面的链接，按“确认邮箱”完成注册。链接三天内有效，只能用一次。"
            "如果您没有在科转注册，请不要打开，并忽略这封邮件。"
        )
        + f"\n\n{SITE}/confirm/{token}\n",
        now=now,
    )


@atomic()
async def confirm_email(token: str, *, now: datetime) -> User:
    """Confirm an address by its link, notify who decides, and return the person, who is signed in by it.

    The link went to the person's own address and works once, as that of a forgotten password does.

    Raises:
        NotFound: the link was used, has expired, or never existed.
    """
    user = await use_token(token, TokenPurpose.CONFIRM_EMAIL)
    await mark_confirmed(user, now=now)
    return user


async def mark_confirmed(user: User, *, now: datetime) -> None:
    """Mark a person's address as confirmed. Idempotent."""
    if user.email_confirmed_at is not None:
        return
    user.email_confirmed_at = now
    await user.save(update_fields=["email_confirmed_at"])
    await record("user", user.id, UserVerb.CONFIRM_EMAIL, by=By(actor_without_roles(user.id), now))
    await _notify_deciders(user, now=now)


async def _notify_deciders(user: User, *, now: datetime) -> None:
    for membership in await Membership.filter(user_id=user.id).select_related("organisation"):
        organisation = membership.organisation
        if membership.status is MemberStatus.PENDING:
            await notify_admins_of_application(organisation, user.id, now=now)
        elif organisation.status is OrganisationStatus.PENDING:
            await notify_staff(
                StaffRole.OPERATOR,
                _("新单位等待认证：%(name)s", name=organisation.name),
                address=f"/backoffice/organisations/{organisation.id}",
                now=now,
            )
    profile = await BrokerProfile.get_or_none(user_id=user.id, is_verified=False)
    if profile is not None:
        await notify_staff(
            StaffRole.OPERATOR,
            _("技术经纪人等待认证：%(name)s", name=person_mark(user.id)),
            people=[user.id],
            address=f"/backoffice/brokers/{profile.id}",
            now=now,
        )
