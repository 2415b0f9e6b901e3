"""Owner and solver agree on the milestones of an award (供需商定), or do not; then the deals are opened."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from uuid import UUID, uuid4

from market.accounts.messages import notify, notify_staff
from market.accounts.models import StaffRole
from market.audit.log import record
from market.challenges.award_deals import open_deals
from market.challenges.award_plans import published_plan, read_plan, revised
from market.challenges.challenge_terms import ChallengeTerms
from market.challenges.models import Challenge
from market.challenges.queries import is_owner, lock_challenge
from market.challenges.rules import FEWEST_WORDS
from market.challenges.selection_models import ChallengeAward, Selection, SelectionRow
from market.challenges.selection_queries import DECIDING
from market.challenges.selection_states import AwardAction, AwardStatus, AwardVerb
from market.challenges.states import ChallengeAct, ChallengeAction, ChallengeStatus, Kind
from market.challenges.watching import tell_result
from market.deals.models import Side
from market.kit.database import atomic
from market.kit.errors import Conflict, Invalid, NotFound
from market.kit.i18n import gettext as _
from market.records.by import By
from market.records.transitions import begin, transition


class PlanChanged(Conflict):
    """The plan on the person's page was revised by the other side."""


async def propose_award(
    challenge: Challenge, terms: ChallengeTerms, selection: Selection, row: SelectionRow, by: By
) -> ChallengeAward:
    """Write what a chosen solution is awarded, with the published milestones, for both sides to agree to."""
    plan = published_plan(terms, row.amount or 0, selection.stage)
    award = await ChallengeAward.create(
        id=uuid4(),
        challenge_id=challenge.id,
        selection_id=selection.id,
        solution_id=row.solution_id,
        stage=selection.stage,
        rank=row.rank,
        amount=plan.amount,
        plan=plan.rows,
        plan_hash=plan.content_hash,
        created_at=by.now,
        updated_at=by.now,
    )
    await begin(award, by=by)
    return award


@atomic()
async def consent(number: str, award_id: UUID, plan_hash: str, *, by: By) -> ChallengeAward:
    """Agree, for one side, to the milestones that the person has read, named by their hash.

    With both sides it is agreed; once no award waits any more, a firm's challenge goes on to its contracts.

    Raises:
        NotFound: it is another's.
        PlanChanged: the milestones were revised meanwhile.
        Conflict: it is agreed, or came to nothing.
    """
    challenge, award, side = await lock_own_award(number, award_id, by)
    _require_proposed(challenge, award)
    if plan_hash != award.plan_hash:
        raise PlanChanged(_("阶段安排已被修改，请看过现在的内容再同意。"))
    _sign(award, side, by)
    await award.save(update_fields=_columns(side))
    await record(award.record_kind, award.id, AwardVerb.CONSENTED, by=by, side=side, hash=award.plan_hash)
    if award.owner_agreed_at and award.solver_agreed_at:
        await transition(award, AwardAction.AGREE, by=by, hash=award.plan_hash)
        await settle_agreement(challenge, by)
    else:
        words = _("榜单 %(number)s 的入选方案，对方已同意阶段和金额，请确认。", number=challenge.number)
        await _tell_other(challenge, award, side, words, by)
    return award


@atomic()
async def revise(
    number: str, award_id: UUID, changes: Sequence[tuple[int, str, date | None]], *, by: By
) -> ChallengeAward:
    """Change conditions and days of the milestones; the other side has to agree anew.

    Raises:
        Invalid: at `stages`: a condition is missing, or the days are not in order.
        Conflict: it is agreed, or came to nothing.
    """
    challenge, award, side = await lock_own_award(number, award_id, by)
    _require_proposed(challenge, award)
    if any(not condition.strip() for _place, condition, _day in changes):
        raise Invalid(_("每个阶段都要写付款条件。"), field="stages")
    plan = read_plan(award.plan)
    if not {place for place, _condition, _day in changes} <= {row.place for row in plan.stages}:
        raise Invalid(_("只能修改已有的阶段。"), field="stages")
    plan = revised(plan, changes)
    days = [row.due_on for row in plan.stages if row.due_on]
    if days != sorted(days):
        raise Invalid(_("各阶段的时间应从早到晚。"), field="stages")
    award.plan, award.plan_hash = plan.rows, plan.content_hash
    award.owner_agreed_by_id = award.owner_agreed_at = None
    award.solver_agreed_by_id = award.solver_agreed_at = None
    _sign(award, side, by)
    await award.save(update_fields=["plan", "plan_hash", *_columns(Side.BUYER), *_columns(Side.SELLER)])
    await record(award.record_kind, award.id, AwardVerb.REVISED, by=by, side=side, hash=award.plan_hash)
    words = _("榜单 %(number)s 的阶段安排有修改，请看过再确认。", number=challenge.number)
    await _tell_other(challenge, award, side, words, by)
    return award


@atomic()
async def decline(number: str, award_id: UUID, reason: str, *, by: By) -> ChallengeAward:
    """Record that the two did not agree; the next in rank may step in.

    Raises:
        Invalid: at `reason`.
        Conflict: it is agreed, or came to nothing.
    """
    challenge, award, side = await lock_own_award(number, award_id, by)
    _require_proposed(challenge, award)
    words = reason.strip()[:500]
    if len(words) < FEWEST_WORDS:
        raise Invalid(_("请写明原因，至少 %(n)s 个字。", n=FEWEST_WORDS), field="reason")
    await transition(
        award, AwardAction.DECLINE, by=by, note=words[:300], changes={"reason": words}, side=side
    )
    text = _("榜单 %(number)s 的一项入选协商未成。", number=challenge.number)
    await _tell_other(challenge, award, side, text, by)
    await settle_agreement(challenge, by)
    return award


async def settle_agreement(challenge: Challenge, by: By) -> None:
    """Go on once no award waits any more: a firm's to its contracts, a public one to its notice."""
    statuses = {award.status for award in await ChallengeAward.filter(challenge_id=challenge.id)}
    if challenge.status is not ChallengeStatus.AGREED or AwardStatus.PROPOSED in statuses:
        return
    if AwardStatus.AGREED not in statuses:
        return
    if challenge.kind is Kind.GOVERNMENT:
        words = _("榜单 %(number)s 的入选已商定，请发布拟揭榜公示。", number=challenge.number)
        address = f"/challenges/{challenge.number}/selection"
        await notify_staff(StaffRole.OPERATOR, words, now=by.now, address=address)
        return
    await transition(challenge, ChallengeAction.CONTRACT, by=by)
    await open_deals(challenge, by)
    words = _("榜单 %(number)s 已选定揭榜方，结果已公布。", number=challenge.number)
    await tell_result(challenge, words, now=by.now)


async def lock_own_award(number: str, award_id: UUID, by: By) -> tuple[Challenge, ChallengeAward, Side]:
    """Return challenge and award, locked, with the side that the person acts for; the solver sells.

    Raises:
        NotFound: there is none, or it is another's.
    """
    by.actor.require(ChallengeAct.AGREE_AWARD)
    challenge = await lock_challenge(number)
    award = await ChallengeAward.filter(id=award_id, challenge_id=challenge.id).select_for_update().first()
    if award is None:
        raise NotFound(_("没有这项入选，或者您不能查看它。"))
    await award.fetch_related("solution")
    if is_owner(by.actor, challenge):
        return challenge, award, Side.BUYER
    if by.actor.acts_for(award.solution.organisation_id):
        return challenge, award, Side.SELLER
    raise NotFound(_("没有这项入选，或者您不能查看它。"))


def _require_proposed(challenge: Challenge, award: ChallengeAward) -> None:
    if award.status is not AwardStatus.PROPOSED or challenge.status is not ChallengeStatus.AGREED:
        raise Conflict(str(award.workflow.refusal))


def _sign(award: ChallengeAward, side: Side, by: By) -> None:
    if side is Side.BUYER:
        award.owner_agreed_by_id, award.owner_agreed_at = by.actor.user_id, by.now
    else:
        award.solver_agreed_by_id, award.solver_agreed_at = by.actor.user_id, by.now


def _columns(side: Side) -> list[str]:
    name = "owner" if side is Side.BUYER else "solver"
    return [f"{name}_agreed_by_id", f"{name}_agreed_at"]


async def _tell_other(challenge: Challenge, award: ChallengeAward, side: Side, words: str, by: By) -> None:
    other = award.solution.organisation_id if side is Side.BUYER else challenge.owner_id
    await notify(
        words,
        now=by.now,
        address=f"/challenges/{challenge.number}/awards/{award.id}",
        organisation_id=other,
        roles=DECIDING,
    )
