"""Fresh proof: before some acts a person proves again to be there; then the act goes on with what was typed.

What counts is the second factor, or the password of who has none; a recent sign-in counts as well.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from market.accounts.actors import Actor
from market.accounts.attempt_limits import OwnAttempts
from market.accounts.models import User
from market.accounts.passkeys import Site, verify_passkey
from market.accounts.passwords import verify_password
from market.accounts.second_factors import verify_code
from market.accounts.sessions import set_proved
from market.kit.errors import Invalid
from market.kit.i18n import gettext as _

FRESH = timedelta(minutes=10)
"""How long a proof counts."""


@dataclass(frozen=True)
class Answer:
    """What a person answers when asked for a proof: one of the three."""

    password: str = ""
    code: str = ""
    passkey: str = ""


def is_stale(proved_at: datetime | None, *, has_factor: bool, is_demo: bool) -> bool:
    """Return whether a session's last proof is too old for acts that ask for a fresh one.

    In the demo only who has switched a second factor on is asked: its passwords are published.
    """
    if is_demo and not has_factor:
        return False
    return proved_at is None or proved_at < datetime.now(UTC) - FRESH


async def prove(answer: Answer, *, actor: Actor, session_token: str, site: Site | None, secret: str) -> None:
    """Check the answer and store that the person of this session is there.

    Raises:
        Invalid: it is wrong, at `proof_code` or `proof_password`.
        TooMany: too many were wrong.
    """
    await check_answer(
        answer,
        actor.user_id,
        has_factor=actor.has_factor,
        session_token=session_token,
        site=site,
        secret=secret,
    )
    await set_proved(session_token)


async def check_answer(
    answer: Answer, user_id: UUID, *, has_factor: bool, session_token: str, site: Site | None, secret: str
) -> None:
    """Check the answer of a person with or without a second factor.

    Raises:
        Invalid: it is wrong, at `proof_code` or `proof_password`.
        TooMany: too many were wrong.
    """
    if not has_factor:
        user = await User.get(id=user_id)
        if not await verify_password(answer.password, user.password_hash, attempts=OwnAttempts(user_id)):
            raise Invalid(_("密码不正确。"), "proof_password")
        return
    try:
        if answer.passkey and site is not None:
            await verify_passkey(answer.passkey, user_id, site=site, session_token=session_token)
        else:
            await verify_code(user_id, answer.code, secret=secret)
    except Invalid as error:
        raise Invalid(str(error), "proof_code") from error
