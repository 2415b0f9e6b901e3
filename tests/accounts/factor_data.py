"""What tests of second factors need: a person who has one, its codes, and a proof that has grown old."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pyotp

from market.accounts.factor_models import Authenticator
from market.accounts.models import Session
from market.accounts.second_factors import PERIOD, PURPOSE
from market.deps import Deps
from market.kit.encryption import encrypt

SHARED = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


async def switch_on_authenticator(user_id: UUID, deps: Deps) -> None:
    """Give a person an authenticator app that counts."""
    now = datetime.now(UTC)
    secret = encrypt(deps.settings.secret_key, PURPOSE, SHARED.encode())
    await Authenticator.create(id=uuid4(), user_id=user_id, secret=secret, created_at=now, confirmed_at=now)


def code(steps: int = 0) -> str:
    """Return what the app shows now, or so many steps of time later."""
    return pyotp.TOTP(SHARED).generate_otp(int(time.time()) // PERIOD + steps)


async def age_proof(user_id: UUID, **by: float) -> None:
    """Let the last proof of a person's sessions be so old; an hour if nothing is said."""
    age = timedelta(**(by or {"hours": 1}))
    await Session.filter(user_id=user_id).update(proved_at=datetime.now(UTC) - age)
