"""A challenge comes to nothing: ended with a published reason, or none of its solutions will do (流榜).

Two persons: of a firm's list its owner and the operator, of a public one the operator and the approver.
"""

from __future__ import annotations

from uuid import UUID

from market.accounts.actors import Actor
from market.accounts.messages import OrganisationNotice, notify_organisations
from market.accounts.models import StaffRole
from market.accounts.permissions import Role
from market.accounts.relations import require_unrelated
from market.challenges.models import Challenge, ChallengeRuling
from market.challenges.queries import lock_challenge, open_ruling
from market.challenges.rules import FEWEST_WORDS
from market.challenges.rulings import lock_ruling, settle_ruling, write_ruling
from market.challenges.selection_models import ChallengeAward
from market.challenges.selection_queries import DECIDING, judges, lock_awards, open_selection
from market.challenges.selection_states import AwardAction, AwardStatus
from market.challenges.solution_models import Solution
from market.challenges.solution_states import HANDED_IN, SolutionAction, SolutionStatus
from market.challenges.states import (
    RUNNING,
    ChallengeAct,
    ChallengeAction,
    ChallengeStatus,
    EndReason,
    Kind,
    Ruling,
)
from market.challenges.watching import tell_watchers
from market.deals.awards import end_awarded
from market.kit.database import atomic
from market.kit.errors import Conflict, Forbidden, Invalid
from market.kit.i18n import gettext as _
from market.kit.i18n import source_text
from market.notices import notice_acts
from market.records.by import By
from market.records.decisions import Verdict
from market.records.moments import clear_moments
from market.records.transitions import transition

ENDINGS = (Ruling.END, Ruling.FIND_NONE)
NONE_IN = {
    ChallengeStatus.REVIEWING: EndReason.BELOW,
    ChallengeStatus.AGREED: EndReason.NOT_AGREED,
    ChallengeStatus.CONTRACTED: EndReason.NOT_AGREED,
}
"""Why none takes a challenge, by the status in which that is found."""


def endings_of(actor: Actor | None, challenge: Challenge) -> list[Ruling]:
    """Return how the person may propose that a challenge comes to nothing."""
    if not judges(actor, challenge):
        return []
    endings = [Ruling.END] if challenge.status in RUNNING else []
    return endings + ([Ruling.FIND_NONE] if challenge.status in NONE_IN else [])


def decides_ending(actor: Actor | None, challenge: Challenge) -> bool:
    """Return whether the person may be the second one about an end."""
    if actor is None or not actor.may(ChallengeAct.SELECT_SOLUTION):
        return False
    return (Role.APPROVER if challenge.kind is Kind.GOVERNMENT else Role.OPERATOR) in actor.roles


@atomic()
async def propose_ending(number: str, ruling: Ruling, text: str, *, by: By) -> ChallengeRuling:
    """Propose that a challenge ends, or that nobody takes it; the text is published.

    Raises:
        Forbidden: the person does not judge it.
        Conflict: it is signed or over, or something about it waits for a decision.
        Invalid: at `text`.
    """
    challenge = await lock_challenge(number)
    by.actor.require(ChallengeAct.SELECT_SOLUTION)
    if not judges(by.actor, challenge):
        raise Forbidden(_("这张榜由他人办理。"))
    if ruling not in endings_of(by.actor, challenge):
        raise Conflict(str(challenge.workflow.refusal))
    if challenge.kind is Kind.GOVERNMENT:
        await require_unrelated(by, [challenge.owner_id])
    if await open_ruling(challenge.id) is not None or await open_selection(challenge.id) is not None:
        raise Conflict(_("已有一项决定等另一人处理。"))
    if len(text.strip()) < FEWEST_WORDS:
        raise Invalid(_("请写明公开的理由，至少 %(n)s 个字。", n=FEWEST_WORDS), field="text")
    await _require_none_signed(challenge)
    return await write_ruling(
        challenge,
        ruling,
        text,
        decider=StaffRole.APPROVER if challenge.kind is Kind.GOVERNMENT else StaffRole.OPERATOR,
        address=f"/challenges/{challenge.number}/selection",
        end_reason=EndReason.WITHDRAWN if ruling is Ruling.END else NONE_IN[challenge.status],
        by=by,
    )


@atomic()
async def decide_ending(ruling_id: UUID, verdict: Verdict, *, reason: str = "", by: By) -> Challenge:
    """Decide on an end that another person proposed; confirmed, the challenge is over and all are told why.

    Raises:
        SamePerson: they proposed it.
        Forbidden: it is another's to decide, or the person has to do with the owner.
        Conflict: the challenge has moved on, such as to a signed contract.
    """
    challenge, proposal = await lock_ruling(ruling_id, ENDINGS)
    if not decides_ending(by.actor, challenge):
        raise Forbidden(_("这项决定由他人作出。"))
    if await settle_ruling(challenge, proposal, verdict, reason, by=by):
        await _carry_out(challenge, proposal, by)
    return challenge


async def _carry_out(challenge: Challenge, proposal: ChallengeRuling, by: By) -> None:
    await _require_none_signed(challenge)
    is_end = proposal.ruling is Ruling.END
    await transition(
        challenge,
        ChallengeAction.END if is_end else ChallengeAction.FIND_NONE,
        by=by,
        note=proposal.text[:300],
        changes={"end_reason": proposal.end_reason},
    )
    for award in await lock_awards(challenge.id):
        if award.status in (AwardStatus.PROPOSED, AwardStatus.AGREED):
            await _end_award(award, proposal.text, by)
    admitted = Solution.filter(challenge_id=challenge.id, status=SolutionStatus.ADMITTED)
    for solution in await admitted.select_for_update():
        changes = {"reason": proposal.text}
        await transition(solution, SolutionAction.PASS_OVER, by=by, note=proposal.text[:300], changes=changes)
    await notice_acts.withdraw("challenge", challenge.id, by=by)
    await clear_moments("challenge", challenge.id)
    await _tell(challenge, is_end=is_end, by=by)


async def _end_award(award: ChallengeAward, text: str, by: By) -> None:
    if award.deal_id is not None:
        await end_awarded(award.deal_id, comment=source_text(_("发榜方终止了榜单")), by=by)
    await transition(award, AwardAction.END, by=by, note=text[:300], changes={"reason": text})


async def _require_none_signed(challenge: Challenge) -> None:
    """Raise if a contract of the challenge is signed: then it is rescinded as contracts are."""
    awards = ChallengeAward.filter(challenge_id=challenge.id, status=AwardStatus.SIGNED)
    if challenge.status is not ChallengeStatus.EXECUTING and await awards.exists():
        raise Conflict(_("已有合同签署，不能终止榜单；请按合同办理。"))


async def _tell(challenge: Challenge, *, is_end: bool, by: By) -> None:
    solvers = Solution.filter(challenge_id=challenge.id, status__in=[*HANDED_IN, SolutionStatus.DRAFT])
    words = (
        _("榜单 %(number)s 已终止，理由已公开。", number=challenge.number)
        if is_end
        else _("榜单 %(number)s 流榜，理由已公开。", number=challenge.number)
    )
    ids = {challenge.owner_id, *await solvers.values_list("organisation_id", flat=True)}
    address = f"/challenges/{challenge.number}"
    await notify_organisations(
        [OrganisationNotice(UUID(str(value)), words, address) for value in ids], roles=DECIDING, now=by.now
    )
    await tell_watchers(challenge, words, now=by.now)
