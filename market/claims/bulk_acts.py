"""Acts on many claims at once, each in a transaction of its own: what is refused does not stop the rest."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from market.accounts.models import StaffRole, User
from market.audit.log import pseudonym_of, record
from market.claims import desk_review
from market.claims.models import Claim
from market.claims.states import FINISHED, ClaimAct, ClaimVerb
from market.claims.transitions import lock_claim
from market.kit.database import atomic
from market.kit.errors import Conflict, Invalid, MarketError
from market.kit.i18n import gettext as _
from market.records.by import By

MOST_AT_ONCE = 500


@dataclass(frozen=True)
class Refusal:
    """A claim that was left as it was, and why."""

    number: str
    reason: str


@dataclass
class BulkResult:
    """What became of each claim of a bulk act."""

    done: list[str] = field(default_factory=list)
    refused: list[Refusal] = field(default_factory=list)


async def accept_many(numbers: Sequence[str], *, by: By) -> BulkResult:
    """Accept claims for processing; those that cannot be accepted are named with the reason."""
    by.actor.require(ClaimAct.ACCEPT_CLAIM)
    return await _each(numbers, lambda number: desk_review.accept(number, by=by))


async def assign_many(numbers: Sequence[str], handler_id: UUID | None, *, by: By) -> BulkResult:
    """Assign claims to an officer, or to nobody."""
    by.actor.require(ClaimAct.ASSIGN_CLAIM)
    return await _each(numbers, lambda number: assign(number, handler_id, by=by))


@atomic()
async def assign(number: str, handler_id: UUID | None, *, by: By) -> Claim:
    """Make an officer the handler (经办人) of a claim, or nobody. Assigning twice changes nothing.

    Raises:
        Invalid: the person is no officer.
        Conflict: the claim is a draft, or finished.
    """
    by.actor.require(ClaimAct.ASSIGN_CLAIM)
    if handler_id is not None and not await User.exists(
        id=handler_id, staff_role=StaffRole.OFFICER, is_active=True
    ):
        raise Invalid(_("经办人应是一位核算人。"), field="handler")
    claim = await lock_claim(number)
    if claim.submitted_at is None or claim.status in FINISHED:
        raise Conflict(_("这份申报已经办结或还没有提交，不用分派。"))
    if claim.handler_id == handler_id:
        return claim
    before, claim.handler_id = claim.handler_id, handler_id
    await claim.save(update_fields=["handler_id"])
    await record(
        "claim",
        claim.id,
        ClaimVerb.ASSIGN,
        by=by,
        number=number,
        before=await _logged(before),
        after=await _logged(handler_id),
    )
    return claim


async def _logged(user_id: UUID | None) -> str | None:
    """Return who is meant as the audit log may hold it."""
    return str(await pseudonym_of(user_id)) if user_id else None


async def _each(numbers: Sequence[str], act: Callable[[str], Awaitable[object]]) -> BulkResult:
    result = BulkResult()
    for number in list(dict.fromkeys(numbers))[:MOST_AT_ONCE]:
        try:
            await act(number)
        except MarketError as refusal:
            result.refused.append(Refusal(number, str(refusal)))
        else:
            result.done.append(number)
    return result
