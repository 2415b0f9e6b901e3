"""What one person proposes about a challenge and another decides: written, locked and settled in one way."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from uuid import UUID, uuid4

from market.accounts.messages import notify_staff
from market.accounts.models import StaffRole
from market.accounts.relations import require_unrelated
from market.audit.log import record
from market.challenges.models import Challenge, ChallengeRuling
from market.challenges.queries import lock_challenge
from market.challenges.states import ChallengeVerb, EndReason, Ruling
from market.kit.errors import NotFound
from market.kit.i18n import gettext as _
from market.records.by import By
from market.records.decisions import Verdict, decide


async def write_ruling(
    challenge: Challenge,
    ruling: Ruling,
    text: str,
    *,
    decider: StaffRole,
    address: str,
    end_reason: EndReason | None = None,
    until_at: datetime | None = None,
    by: By,
) -> ChallengeRuling:
    """Write what the person proposes about a locked challenge, and tell the office who decides about it."""
    proposal = await ChallengeRuling.create(
        id=uuid4(),
        challenge_id=challenge.id,
        ruling=ruling,
        text=text.strip()[:500],
        end_reason=end_reason,
        until_at=until_at,
        proposed_by_id=by.actor.user_id,
        proposed_at=by.now,
    )
    await record(challenge.record_kind, challenge.id, ChallengeVerb.PROPOSED, by=by, ruling=ruling)
    words = _("榜单 %(number)s 待决定：%(ruling)s。", number=challenge.number, ruling=ruling.label)
    await notify_staff(decider, words, now=by.now, address=address)
    return proposal


async def lock_ruling(ruling_id: UUID, kinds: Collection[Ruling]) -> tuple[Challenge, ChallengeRuling]:
    """Return a proposal of one of these kinds with its challenge, both locked.

    Raises:
        NotFound: there is none.
    """
    named = await ChallengeRuling.get_or_none(id=ruling_id, ruling__in=list(kinds)).select_related(
        "challenge"
    )
    if named is None:
        raise NotFound(_("没有这项决定。"))
    challenge = await lock_challenge(named.challenge.number)
    return challenge, await ChallengeRuling.filter(id=ruling_id).select_for_update().get()


async def settle_ruling(
    challenge: Challenge, proposal: ChallengeRuling, verdict: Verdict, reason: str, *, by: By
) -> bool:
    """Write the second person's verdict on a locked proposal; return whether it is to be carried out.

    Raises:
        Forbidden: the person has to do with the owner, or proposed it.
        AlreadyDecided: somebody decided before.
        Invalid: at `reason`, which a rejection must have.
    """
    await require_unrelated(by, [challenge.owner_id])
    await decide(proposal, verdict, by=by, reason=reason.strip()[:500])
    if not proposal.is_confirmed:
        await record(
            challenge.record_kind, challenge.id, ChallengeVerb.SENT_BACK, by=by, ruling=proposal.ruling
        )
    return proposal.is_confirmed
