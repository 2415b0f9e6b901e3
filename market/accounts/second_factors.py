"""Second factors: codes of an authenticator app (TOTP, RFC 6238), recovery codes; which a person has."""

from __future__ import annotations

import secrets
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID, uuid4

import pyotp
from tortoise.transactions import in_transaction

from market.accounts.attempt_limits import CodeAttempts
from market.accounts.factor_models import Authenticator, Passkey, RecoveryCode
from market.accounts.messages import notify
from market.accounts.models import Organisation, OrganisationVerb, User, UserVerb
from market.accounts.permissions import AccountAct
from market.accounts.sessions import end_all_sessions
from market.audit.log import record
from market.kit.database import atomic, connection
from market.kit.encryption import decrypt, encrypt, keyed_hash
from market.kit.errors import Conflict, Invalid, NotFound
from market.kit.i18n import gettext as _
from market.records.by import By

ISSUER = "科转 KeZhuan"
PERIOD = 30
"""Seconds of one code."""
PURPOSE, RECOVERY = "authenticator", "recovery code"
RECOVERY_CODES = 10
_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"
"""Without what is read for something else: i, l, o, 0, 1."""


@dataclass(frozen=True)
class Factors:
    """The second factors that a person has."""

    has_authenticator: bool
    passkeys: list[Passkey]
    recovery_codes: int
    """Recovery codes that are not used."""

    @property
    def count(self) -> int:
        return int(self.has_authenticator) + len(self.passkeys)


async def list_factors(user_id: UUID) -> Factors:
    """Return what a person has switched on."""
    return Factors(
        await Authenticator.exists(user_id=user_id, confirmed_at__isnull=False),
        await Passkey.filter(user_id=user_id).order_by("created_at"),
        await RecoveryCode.filter(user_id=user_id, used_at=None).count(),
    )


async def has_factor(user_id: UUID) -> bool:
    """Return whether a person has a second factor."""
    return (
        await Authenticator.exists(user_id=user_id, confirmed_at__isnull=False)
        or await Passkey.filter(user_id=user_id).exists()
    )


async def who_has_factor(organisation_id: UUID) -> set[UUID]:
    """Return the active members of an organisation who have a second factor."""
    rows = await connection().execute_query_dict(
        "SELECT m.user_id FROM memberships m WHERE m.organisation_id = $1 AND m.started_at IS NOT NULL "
        "AND m.ended_at IS NULL AND (EXISTS (SELECT FROM passkeys p WHERE p.user_id = m.user_id) "
        "OR EXISTS (SELECT FROM authenticators a "
        "WHERE a.user_id = m.user_id AND a.confirmed_at IS NOT NULL))",
        [organisation_id],
    )
    return {UUID(str(row["user_id"])) for row in rows}


async def begin_authenticator(*, by: By, secret: str) -> str:
    """Return the secret to be typed or scanned into an authenticator app, until a first code confirms it.

    Raises:
        Conflict: there is one that counts already.
    """
    by.actor.require(AccountAct.CHANGE_FACTORS)
    own = await Authenticator.get_or_none(user_id=by.actor.user_id)
    if own is not None and own.confirmed_at is not None:
        raise Conflict(_("动态口令已经开启。要换一个，请先停用现在的。"))
    if own is not None:
        return read_secret(own, secret=secret)
    shared = pyotp.random_base32()
    await Authenticator.create(
        id=uuid4(),
        user_id=by.actor.user_id,
        secret=encrypt(secret, PURPOSE, shared.encode()),
        created_at=datetime.now(UTC),
    )
    return shared


def read_secret(authenticator: Authenticator, *, secret: str) -> str:
    """Return what the person types into an authenticator app."""
    return decrypt(secret, PURPOSE, authenticator.secret).decode()


def authenticator_address(shared: str, email: str) -> str:
    """Return the address in the QR code that an authenticator app scans."""
    return pyotp.TOTP(shared).provisioning_uri(name=email, issuer_name=ISSUER)


async def confirm_authenticator(code: str, *, by: By, secret: str) -> list[str]:
    """Switch the authenticator on by its first code; return recovery codes if the person has none.

    Raises:
        Invalid: the code is wrong, at `code`.
        NotFound: none was begun.
        TooMany: too many codes were wrong.
    """
    by.actor.require(AccountAct.CHANGE_FACTORS)
    if not await Authenticator.exists(user_id=by.actor.user_id, confirmed_at=None):
        raise NotFound(_("请先扫描二维码。"))
    await _check_code(by.actor.user_id, code, secret=secret, is_confirmed=False)
    async with in_transaction():
        await Authenticator.filter(user_id=by.actor.user_id).update(confirmed_at=datetime.now(UTC))
        await record_factor_change(UserVerb.ADD_FACTOR, "authenticator", by=by)
        return await make_recovery_codes_if_none(by.actor.user_id, secret=secret)


async def verify_code(user_id: UUID, code: str, *, secret: str) -> None:
    """Check a code of the authenticator app, or a recovery code, which is then used up.

    Raises:
        Invalid: it is wrong, or was used before, at `code`.
        TooMany: too many codes were wrong.
    """
    await _check_code(user_id, code, secret=secret, is_confirmed=True)


async def _check_code(user_id: UUID, code: str, *, secret: str, is_confirmed: bool) -> None:
    attempts, typed = CodeAttempts(user_id), "".join(code.split()).replace("-", "").lower()
    await attempts.check()
    if typed.isascii() and typed.isdigit() and len(typed) == 6:
        is_right = await _use_step(user_id, typed, secret=secret, is_confirmed=is_confirmed)
    else:
        is_right = is_confirmed and await _use_recovery_code(user_id, typed, secret=secret)
    if not is_right:
        await attempts.count_failure()
        raise Invalid(_("验证码不正确，或者已经用过。请等下一个验证码。"), "code")


async def _use_step(user_id: UUID, code: str, *, secret: str, is_confirmed: bool) -> bool:
    """Return whether the code is of this step of time or the one before or after, and not taken before."""
    own = await Authenticator.get_or_none(user_id=user_id, confirmed_at__isnull=not is_confirmed)
    if own is None:
        return False
    generator = pyotp.TOTP(read_secret(own, secret=secret), interval=PERIOD)
    now = int(time.time()) // PERIOD
    for step in (now, now - 1, now + 1):
        if secrets.compare_digest(generator.generate_otp(step), code):
            # Compared in the statement: of two that come at once with one code, one is taken.
            rows = await connection().execute_query_dict(
                "UPDATE authenticators SET last_step = $2 WHERE user_id = $1 AND last_step < $2 RETURNING 1",
                [user_id, step],
            )
            return bool(rows)
    return False


async def _use_recovery_code(user_id: UUID, code: str, *, secret: str) -> bool:
    used = RecoveryCode.filter(user_id=user_id, code_hash=_hash(secret, user_id, code), used_at=None)
    return bool(await used.update(used_at=datetime.now(UTC)))


def _hash(secret: str, user_id: UUID, code: str) -> str:
    return keyed_hash(secret, RECOVERY, f"{user_id}:{code}")


@atomic()
async def renew_recovery_codes(*, by: By, secret: str) -> list[str]:
    """Return new recovery codes, which are shown once; the old ones are void.

    Raises:
        Conflict: the person has no second factor to recover.
    """
    by.actor.require(AccountAct.CHANGE_FACTORS)
    if not await has_factor(by.actor.user_id):
        raise Conflict(_("请先开启动态口令或通行密钥。"))
    await RecoveryCode.filter(user_id=by.actor.user_id).delete()
    await record_factor_change(UserVerb.RENEW_RECOVERY_CODES, "recovery_codes", by=by)
    return await make_recovery_codes_if_none(by.actor.user_id, secret=secret)


async def make_recovery_codes_if_none(user_id: UUID, *, secret: str) -> list[str]:
    """Return ten recovery codes for a person who has none that is not used; else nothing."""
    if await RecoveryCode.filter(user_id=user_id, used_at=None).exists():
        return []
    codes = ["".join(secrets.choice(_ALPHABET) for _place in range(10)) for _number in range(RECOVERY_CODES)]
    await RecoveryCode.bulk_create(
        [RecoveryCode(id=uuid4(), user_id=user_id, code_hash=_hash(secret, user_id, code)) for code in codes]
    )
    return [f"{code[:5]}-{code[5:]}" for code in codes]


@atomic()
async def remove_authenticator(*, must_keep_one: bool, by: By) -> None:
    """Switch the authenticator app off; without another factor the recovery codes go with it.

    Raises:
        Conflict: the person must have a second factor, and this is the last.
    """
    by.actor.require(AccountAct.CHANGE_FACTORS)
    await require_not_last(by.actor.user_id, must_keep_one=must_keep_one)
    await Authenticator.filter(user_id=by.actor.user_id).delete()
    await _after_removal("authenticator", by=by)


@atomic()
async def remove_passkey(passkey_id: UUID, *, must_keep_one: bool, by: By) -> None:
    """Remove a passkey; without another factor the recovery codes go with it.

    Raises:
        NotFound: the person has no such passkey.
        Conflict: the person must have a second factor, and this is the last.
    """
    by.actor.require(AccountAct.CHANGE_FACTORS)
    await require_not_last(by.actor.user_id, must_keep_one=must_keep_one)
    if not await Passkey.filter(user_id=by.actor.user_id, id=passkey_id).delete():
        raise NotFound(_("没有这把通行密钥。"))
    await _after_removal("passkey", by=by)


async def require_not_last(user_id: UUID, *, must_keep_one: bool) -> None:
    """Raise if the person must have a second factor and has only one.

    Raises:
        Conflict: so it is.
    """
    await User.filter(id=user_id).select_for_update().first()
    if must_keep_one and (await list_factors(user_id)).count < 2:
        raise Conflict(_("您的身份必须有二次验证。请先添加另一种，再停用这一种。"))


async def _after_removal(kind: str, *, by: By) -> None:
    if not await has_factor(by.actor.user_id):
        await RecoveryCode.filter(user_id=by.actor.user_id).delete()
    await record_factor_change(UserVerb.REMOVE_FACTOR, kind, by=by)


async def record_factor_change(verb: UserVerb, kind: str, *, by: By) -> None:
    """Record that a factor was added or removed, and tell the person."""
    await record("user", by.actor.user_id, verb, by=by, factor=kind)
    await notify(
        _("您账号的二次验证刚刚改动过。如果不是您本人，请立即修改密码并联系平台。"),
        user_ids=[by.actor.user_id],
        address="/account/factors",
        now=by.now,
    )


@atomic()
async def set_requirement(is_required: bool, *, by: By) -> None:
    """Let the actor's organisation require a second factor of its members, or no more.

    Raises:
        Conflict: the actor has none: nobody requires what they have not tried.
    """
    by.actor.require(AccountAct.MANAGE_MEMBERS)
    if is_required and not await has_factor(by.actor.user_id):
        raise Conflict(_("请先为自己的账号开启二次验证，再要求全体成员。"))
    await Organisation.filter(id=by.actor.organisation_id).update(requires_factor=is_required)
    assert by.actor.organisation_id is not None  # noqa: S101 -- who manages members acts for somebody
    await record(
        "organisation",
        by.actor.organisation_id,
        OrganisationVerb.REQUIRE_FACTOR if is_required else OrganisationVerb.STOP_REQUIRING_FACTOR,
        by=by,
    )


@atomic()
async def reset_factors(user: User, *, by: By) -> None:
    """Remove all factors of a person who has lost them, and end their sessions; only by command."""
    await Authenticator.filter(user_id=user.id).delete()
    await Passkey.filter(user_id=user.id).delete()
    await RecoveryCode.filter(user_id=user.id).delete()
    await end_all_sessions(user.id)
    await record("user", user.id, UserVerb.RESET_FACTORS, by=by)
    await notify(
        _("您账号的二次验证已由平台重置，请登录后重新开启。如果不是您申请的，请立即联系平台。"),
        user_ids=[user.id],
        address="/account/factors",
        now=by.now,
    )
