"""Passkeys (通行密钥, WebAuthn): a key on the person's device signs our challenge, for this site only."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import urlsplit
from uuid import UUID, uuid4

from tortoise.exceptions import IntegrityError

from market.accounts.attempt_limits import CodeAttempts
from market.accounts.factor_models import Passkey
from market.accounts.models import UserVerb
from market.accounts.permissions import AccountAct
from market.accounts.second_factors import make_recovery_codes_if_none, record_factor_change
from market.accounts.sessions import set_challenge, take_challenge
from market.kit.database import atomic, connection
from market.kit.errors import Conflict, Invalid
from market.kit.i18n import gettext as _
from market.records.by import By

MOST = 10
"""Passkeys of one person."""
LONGEST_ANSWER = 20_000


@dataclass(frozen=True)
class Site:
    """The site that passkeys are made for: its name (RP ID) and its origin."""

    host: str
    origin: str

    @classmethod
    def of(cls, base_url: str) -> Site | None:
        """Return the site of an address; None for an address that no browser makes passkeys for.

        Browsers want a name, not a number, and https, but on `localhost`.
        """
        parts = urlsplit(base_url)
        host = parts.hostname or ""
        try:
            ipaddress.ip_address(host)
        except ValueError:
            is_local = host == "localhost" or host.endswith(".localhost")
            if host and (parts.scheme == "https" or is_local):
                return cls(host, f"{parts.scheme}://{parts.netloc}")
        return None


async def has_passkey(user_id: UUID) -> bool:
    """Return whether a person has a passkey to sign with."""
    return await Passkey.exists(user_id=user_id)


async def registration_options(site: Site, *, session_token: str, by: By) -> str:
    """Return what the page hands to the browser to make a passkey, as JSON."""
    by.actor.require(AccountAct.CHANGE_FACTORS)
    # A third of a second to load: only who uses passkeys waits for it.
    from webauthn import base64url_to_bytes, generate_registration_options, options_to_json
    from webauthn.helpers import bytes_to_base64url
    from webauthn.helpers.structs import (
        AuthenticatorSelectionCriteria,
        PublicKeyCredentialDescriptor,
        ResidentKeyRequirement,
        UserVerificationRequirement,
    )

    own = await Passkey.filter(user_id=by.actor.user_id)
    options = generate_registration_options(
        rp_id=site.host,
        rp_name="科转 KeZhuan",
        user_id=by.actor.user_id.bytes,
        user_name=by.actor.email,
        user_display_name=by.actor.name,
        exclude_credentials=[
            PublicKeyCredentialDescriptor(id=base64url_to_bytes(passkey.credential_id)) for passkey in own
        ],
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.PREFERRED,
            user_verification=UserVerificationRequirement.PREFERRED,
        ),
    )
    await set_challenge(session_token, bytes_to_base64url(options.challenge))
    return options_to_json(options)


async def add_passkey(
    answer: str, name: str, *, site: Site, session_token: str, by: By, secret: str
) -> list[str]:
    """Add the passkey that the browser made; return recovery codes if the person has none.

    Raises:
        Invalid: the browser's answer does not fit our challenge and site, at `answer`.
        Conflict: the person has too many, or the passkey is known already.
    """
    by.actor.require(AccountAct.CHANGE_FACTORS)
    challenge = await take_challenge(session_token)
    from webauthn import base64url_to_bytes, verify_registration_response
    from webauthn.helpers import bytes_to_base64url
    from webauthn.helpers.exceptions import WebAuthnException

    if not challenge or len(answer) > LONGEST_ANSWER:
        raise _refusal()
    try:
        registration = verify_registration_response(
            credential=answer,
            expected_challenge=base64url_to_bytes(challenge),
            expected_rp_id=site.host,
            expected_origin=site.origin,
        )
    except (WebAuthnException, ValueError, KeyError, TypeError) as error:
        raise _refusal() from error
    return await _store(
        bytes_to_base64url(registration.credential_id),
        registration.credential_public_key,
        registration.sign_count,
        name,
        by=by,
        secret=secret,
    )


@atomic()
async def _store(
    credential_id: str, public_key: bytes, sign_count: int, name: str, *, by: By, secret: str
) -> list[str]:
    if await Passkey.filter(user_id=by.actor.user_id).count() >= MOST:
        raise Conflict(_("最多 %(most)s 把通行密钥。请先移除不用的。", most=MOST))
    if len(credential_id) > 1400:
        raise _refusal()
    try:
        await Passkey.create(
            id=uuid4(),
            user_id=by.actor.user_id,
            credential_id=credential_id,
            public_key=public_key,
            sign_count=sign_count,
            name=name.strip()[:60] or _("通行密钥"),
            created_at=datetime.now(UTC),
        )
    except IntegrityError as error:
        raise Conflict(_("这把通行密钥已经登记过。")) from error
    await record_factor_change(UserVerb.ADD_FACTOR, "passkey", by=by)
    return await make_recovery_codes_if_none(by.actor.user_id, secret=secret)


async def authentication_options(site: Site, user_id: UUID, *, session_token: str) -> str | None:
    """Return what the page hands to the browser to have our challenge signed; None without passkeys."""
    own = await Passkey.filter(user_id=user_id)
    if not own:
        return None
    from webauthn import base64url_to_bytes, generate_authentication_options, options_to_json
    from webauthn.helpers import bytes_to_base64url
    from webauthn.helpers.structs import PublicKeyCredentialDescriptor

    options = generate_authentication_options(
        rp_id=site.host,
        allow_credentials=[
            PublicKeyCredentialDescriptor(id=base64url_to_bytes(passkey.credential_id)) for passkey in own
        ],
    )
    await set_challenge(session_token, bytes_to_base64url(options.challenge))
    return options_to_json(options)


async def verify_passkey(answer: str, user_id: UUID, *, site: Site, session_token: str) -> None:
    """Check that a passkey of this person has signed the session's challenge, which is then spent.

    Raises:
        Invalid: it has not, at `code`; or its counter went back, as that of a copied key does.
        TooMany: too many were wrong.
    """
    attempts = CodeAttempts(user_id)
    await attempts.check()
    challenge = await take_challenge(session_token)
    if not await _is_signed(answer, challenge, user_id, site):
        await attempts.count_failure()
        raise _refusal("code")


async def _is_signed(answer: str, challenge: str, user_id: UUID, site: Site) -> bool:
    from webauthn import base64url_to_bytes, verify_authentication_response
    from webauthn.helpers import bytes_to_base64url, parse_authentication_credential_json
    from webauthn.helpers.exceptions import WebAuthnException

    if not challenge or len(answer) > LONGEST_ANSWER:
        return False
    try:
        credential = parse_authentication_credential_json(answer)
        passkey = await Passkey.get_or_none(
            user_id=user_id, credential_id=bytes_to_base64url(credential.raw_id)
        )
        if passkey is None:
            return False
        signed = verify_authentication_response(
            credential=credential,
            expected_challenge=base64url_to_bytes(challenge),
            expected_rp_id=site.host,
            expected_origin=site.origin,
            credential_public_key=bytes(passkey.public_key),
            credential_current_sign_count=passkey.sign_count,
        )
    except (WebAuthnException, ValueError, KeyError, TypeError):
        return False
    # Some authenticators do not count and always say 0; any other counter only goes up.
    rows = await connection().execute_query_dict(
        "UPDATE passkeys SET sign_count = $2, last_used_at = now() WHERE id = $1 "
        "AND (sign_count < $2 OR (sign_count = 0 AND $2 = 0)) RETURNING 1",
        [passkey.id, signed.new_sign_count],
    )
    return bool(rows)


def _refusal(field: str = "answer") -> Invalid:
    return Invalid(_("通行密钥没有通过验证，请再试一次。"), field)
