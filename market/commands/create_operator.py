"""`create-operator`: the first user of a real site; `reset-factors`: who has lost every second factor."""

from __future__ import annotations

import getpass
import sys
from uuid import uuid4

from market.accounts.models import StaffRole, User, UserVerb
from market.accounts.passwords import check_new_password, hash_password
from market.accounts.second_factors import reset_factors
from market.audit.log import record
from market.kit.database import in_transaction
from market.kit.errors import MarketError
from market.records.by import By
from market.runtime import build_deps, running
from market.settings import Settings


async def create_operator(settings: Settings, email: str, name: str) -> int:
    """Create a 平台管理员 with a confirmed address; the password is typed, never an argument."""
    password = getpass.getpass("Password: ") if sys.stdin.isatty() else sys.stdin.readline().rstrip("\n")
    deps = build_deps(settings)
    email = email.strip().lower()
    try:
        check_new_password(password, email=email)
    except MarketError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    async with running(deps):
        if await User.exists(email=email):
            sys.stderr.write("That address is already in use.\n")
            return 1
        now = deps.clock()
        async with in_transaction():
            user = await User.create(
                id=uuid4(),
                email=email,
                name=name,
                password_hash=await hash_password(password),
                staff_role=StaffRole.OPERATOR,
                email_confirmed_at=now,
                created_at=now,
            )
            await record("user", user.id, UserVerb.CREATE_OPERATOR, by=By.job(now))
    return 0


async def reset_person(settings: Settings, email: str) -> int:
    """Remove the second factors of a person, who is told and sets up new ones; their sessions end."""
    deps = build_deps(settings)
    async with running(deps):
        user = await User.get_or_none(email=email.strip().lower(), is_active=True)
        if user is None:
            sys.stderr.write("Nobody has that address.\n")
            return 1
        await reset_factors(user, by=By.job(deps.clock()))
    return 0
