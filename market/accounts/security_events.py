"""Security events in the audit log, on the chain of the person (OWASP ASVS 16.3).

Who signs in, out or in vain, is locked out, exports data or is refused. No address of a network or of a mail
is recorded.
"""

from __future__ import annotations

import logging
from datetime import datetime
from uuid import UUID

from starlette.requests import Request
from tortoise.exceptions import BaseORMException

from market.accounts.actors import Actor, ProofNeeded
from market.accounts.attempt_limits import HOUR
from market.accounts.desk_access import ReasonNeeded
from market.accounts.models import User, UserVerb
from market.accounts.web import FactorNeeded, optional_actor
from market.audit.log import record
from market.kit import rate_limits
from market.kit.database import atomic
from market.kit.errors import Forbidden
from market.kit.security import PageExpired
from market.kit.web import deps
from market.records.by import By

log = logging.getLogger("market")
MOST_REFUSALS = 30
"""Refusals of one person that are recorded in an hour."""
EXPORTS = ("spreadsheetml", "json", "csv")
"""Parts of the media types that exports have; files of records log their openings themselves."""


async def record_failure(user_id: UUID, *, is_locked_out: bool, now: datetime) -> None:
    """Record a wrong password or code of a person, who may have gone in the meantime."""
    if await User.exists(id=user_id):
        await _record(user_id, UserVerb.LOCK_OUT if is_locked_out else UserVerb.FAIL_SIGN_IN, By.job(now))


@atomic()
async def _record(user_id: UUID, verb: UserVerb, by: By, **data: object) -> None:
    await record("user", user_id, verb, by=by, **data)


async def note_refusal(request: Request, error: Exception) -> None:
    """Record that a signed-in person was refused an act; to be asked for proof or reason is none."""
    actor = optional_actor(request)
    if (
        actor is None
        or not isinstance(error, Forbidden)
        or isinstance(error, PageExpired | ProofNeeded | FactorNeeded | ReasonNeeded)
    ):
        return
    await _note(request, actor, UserVerb.REFUSED)


async def note_export(request: Request, status: int, media_type: str, disposition: str) -> None:
    """Record that a signed-in person was given an export of data that is not public."""
    actor = optional_actor(request)
    is_export = disposition.startswith("attachment") and any(kind in media_type for kind in EXPORTS)
    name = _page_of(request)
    if status == 200 and actor and is_export and not name.startswith("pages:") and "template" not in name:
        await _note(request, actor, UserVerb.EXPORT)


async def _note(request: Request, actor: Actor, verb: UserVerb) -> None:
    try:
        key = f"noted:{verb}:{actor.user_id}"
        if await rate_limits.add_failure(key, window_seconds=HOUR) <= MOST_REFUSALS:
            await _record(actor.user_id, verb, By(actor, deps(request).clock()), page=_page_of(request))
    except BaseORMException:  # the answer stands, whatever becomes of its record
        log.exception("a security event was not recorded", extra={"request": request.state.id})


def _page_of(request: Request) -> str:
    return str(getattr(request.scope.get("route"), "name", "") or "")
