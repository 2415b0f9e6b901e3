"""Limits on wrong tries to sign in and to prove oneself: right ones are never counted (OWASP ASVS 6.3.1)."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from uuid import UUID

from market.kit import rate_limits
from market.kit.jobs import enqueue

QUARTER, HOUR, DAY = 900, 3600, 86_400
OF_PLACE = 10
"""Wrong tries of one account from one network address, or one known device, in a quarter of an hour."""
OF_PLACE_UNDER_SUSPICION = 2
"""The same, from an address of the network with many wrong tries for whatever accounts."""
OF_ACCOUNT = 90
"""Wrong tries of one account in an hour, from devices that it has never signed in on."""
OF_ADDRESS = 300
"""Wrong tries from one address of the network in an hour, for whatever accounts: then it is suspicious."""
OF_CODE = 6
"""Wrong codes of one person in a quarter of an hour."""
OF_CODE_A_DAY = 40


def digest(text: str) -> str:
    """Return a short hash that stands for an e-mail address in a counter."""
    return hashlib.sha256(text.encode()).hexdigest()[:32]


@dataclass(frozen=True)
class SignInAttempts:
    """Wrong passwords of one account in one place.

    A device on which the person has signed in before has a counter of its own, so that no stranger can lock
    the person out; a whole campus behind one address is never refused for what one of it does; who has a
    second factor is let through the lock that strangers cause, since the password alone opens nothing.
    """

    email: str
    ip: str
    known_device: str = ""
    """Hash of the device's token, if the person has signed in on it."""
    has_factor: bool = False
    user_id: UUID | None = None
    """Whose account it is; None: nobody has this address."""

    @property
    def _place(self) -> str:
        return f"login:{digest(self.email)}:{self.known_device[:32] or self.ip}"

    async def check(self) -> None:
        """Raise if there were too many.

        Raises:
            TooMany: there were.
        """
        place, account, address = await rate_limits.count_failures(
            (self._place, QUARTER), (f"login:{digest(self.email)}", HOUR), (f"login:{self.ip}", HOUR)
        )
        is_suspicious = address >= OF_ADDRESS and not self.known_device
        if place >= (OF_PLACE_UNDER_SUSPICION if is_suspicious else OF_PLACE):
            raise rate_limits.too_many(QUARTER)
        if account >= OF_ACCOUNT and not self.known_device and not self.has_factor:
            raise rate_limits.too_many(HOUR)

    async def count_failure(self) -> None:
        here, everywhere = await rate_limits.add_failure(self._place, window_seconds=QUARTER), 0
        if not self.known_device:
            key = f"login:{digest(self.email)}"
            everywhere = await rate_limits.add_failure(key, window_seconds=HOUR)
            await rate_limits.add_failure(f"login:{self.ip}", window_seconds=HOUR)
        await _note_failure(self.user_id, is_locked_out=here == OF_PLACE or everywhere == OF_ACCOUNT)

    async def forgive(self) -> None:
        """Forget the wrong passwords of this place, after a right one."""
        await rate_limits.reset_attempts(self._place, window_seconds=QUARTER)


@dataclass(frozen=True)
class OwnAttempts:
    """Wrong passwords of somebody who is signed in."""

    user_id: UUID

    async def check(self) -> None:
        """Raise if there were too many.

        Raises:
            TooMany: there were.
        """
        (count,) = await rate_limits.count_failures((f"own:{self.user_id}", QUARTER))
        if count >= OF_PLACE:
            raise rate_limits.too_many(QUARTER)

    async def count_failure(self) -> None:
        count = await rate_limits.add_failure(f"own:{self.user_id}", window_seconds=QUARTER)
        await _note_failure(self.user_id, is_locked_out=count == OF_PLACE)


@dataclass(frozen=True)
class CodeAttempts:
    """Wrong codes of a second factor: few, since a code has only six digits."""

    user_id: UUID

    async def check(self) -> None:
        """Raise if there were too many.

        Raises:
            TooMany: there were.
        """
        quarter, day = await rate_limits.count_failures(
            (f"code:{self.user_id}", QUARTER), (f"code:{self.user_id}", DAY)
        )
        if quarter >= OF_CODE or day >= OF_CODE_A_DAY:
            raise rate_limits.too_many(QUARTER)

    async def count_failure(self) -> None:
        count = await rate_limits.add_failure(f"code:{self.user_id}", window_seconds=QUARTER)
        total = await rate_limits.add_failure(f"code:{self.user_id}", window_seconds=DAY)
        await _note_failure(self.user_id, is_locked_out=count == OF_CODE or total == OF_CODE_A_DAY)


async def _note_failure(user_id: UUID | None, *, is_locked_out: bool) -> None:
    """Have a job record it, also where nobody has the address: so both answers take as long."""
    await enqueue("accounts.note_failure", user_id=user_id, is_locked_out=is_locked_out)
