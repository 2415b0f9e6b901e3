"""Milestones of an award: reported by the solver with what was measured, accepted by the owner."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from uuid import UUID, uuid4

from market.accounts.messages import notify
from market.accounts.models import Organisation
from market.audit.log import record
from market.challenges.agreeing import lock_own_award
from market.challenges.award_deals import settle_execution
from market.challenges.award_plans import PlanStage, read_plan
from market.challenges.challenge_terms import Indicator
from market.challenges.milestone_answers import answer_days, clear_answer_moments, set_answer_moments
from market.challenges.models import Challenge
from market.challenges.rules import FEWEST_WORDS
from market.challenges.selection_models import ChallengeAward, MilestoneReport
from market.challenges.selection_queries import DECIDING
from market.challenges.selection_states import AwardAction, AwardStatus, AwardVerb
from market.challenges.states import Operator
from market.deals.models import Side
from market.files.attachments import StoredBlob, attach
from market.files.models import Tier
from market.kit.database import atomic
from market.kit.errors import Conflict, Forbidden, Invalid, NotFound
from market.kit.i18n import gettext as _
from market.records.by import By
from market.records.decisions import Verdict, decide
from market.records.transitions import transition


@dataclass(frozen=True)
class Reached:
    """What was measured of one indicator, by its place among those of the challenge."""

    place: int
    value: str


def is_met(indicator: Indicator, value: str) -> bool | None:
    """Return whether a measured value meets what an indicator requires; None where it is no number."""
    if indicator.operator is Operator.YES:
        return None
    try:
        number = Decimal(value)
        low, high = Decimal(indicator.low), Decimal(indicator.high or indicator.low)
    except InvalidOperation:
        return None
    return {
        Operator.AT_LEAST: number >= low,
        Operator.AT_MOST: number <= low,
        Operator.EQUAL: number == low,
        Operator.BETWEEN: low <= number <= high,
    }[indicator.operator]


def due_stage(award: ChallengeAward, reports: Sequence[MilestoneReport]) -> PlanStage | None:
    """Return the first milestone of an award that is not accepted yet; None: there is none."""
    accepted = {row.place for row in reports if row.is_confirmed}
    return next((row for row in read_plan(award.plan).stages if row.place not in accepted), None)


@atomic()
async def report(
    number: str,
    award_id: UUID,
    text: str,
    reached: Sequence[Reached],
    blob: StoredBlob | None,
    *,
    by: By,
) -> MilestoneReport:
    """Report the milestone that is due as reached, for the solver.

    Raises:
        Forbidden: the person acts for the owner.
        Conflict: it is not signed, a report waits, or all are accepted.
        Invalid: at `text`.
    """
    challenge, award, side = await lock_own_award(number, award_id, by)
    if side is not Side.SELLER:
        raise Forbidden(_("阶段成果由揭榜方提交。"))
    if award.status is not AwardStatus.SIGNED:
        raise Conflict(str(award.workflow.refusal))
    if len(text.strip()) < FEWEST_WORDS:
        raise Invalid(_("请写明完成了什么，至少 %(n)s 个字。", n=FEWEST_WORDS), field="text")
    reports = await MilestoneReport.filter(award_id=award.id)
    stage = due_stage(award, reports)
    if stage is None or any(row.verdict is None for row in reports):
        raise Conflict(_("上一次提交还没有验收，或者全部阶段都已验收。"))
    report_id = uuid4()
    file = (
        await attach(
            blob,
            subject_kind="milestone_report",
            subject_id=report_id,
            kind="milestone",
            tier=Tier.PARTIES,
            by=by,
        )
        if blob is not None
        else None
    )
    owner = await Organisation.get(id=challenge.owner_id)
    answer_by, late_from = await answer_days(owner.region, by.now)
    row = await MilestoneReport.create(
        id=report_id,
        award_id=award.id,
        place=stage.place,
        version=1 + sum(row.place == stage.place for row in reports),
        text=text.strip()[:5000],
        reached=[vars(value) for value in reached],
        file_id=file.id if file else None,
        answer_by=answer_by,
        late_from=late_from,
        proposed_by_id=by.actor.user_id,
        proposed_at=by.now,
    )
    await record(award.record_kind, award.id, AwardVerb.REPORTED, by=by, place=stage.place, report=row.id)
    await set_answer_moments(row)
    words = _("榜单 %(number)s 的阶段“%(name)s”待验收。", number=challenge.number, name=stage.name)
    await _tell(challenge, award, challenge.owner_id, words, by)
    return row


@atomic()
async def review(
    number: str, report_id: UUID, verdict: Verdict, *, reason: str = "", by: By
) -> MilestoneReport:
    """Accept a reported milestone, or send it back with what is missing, for the owner.

    With the last one the award is accepted; what is due stands as an instalment of the contract.

    Raises:
        Forbidden: the person acts for the solver.
        AlreadyDecided: somebody decided before.
        Invalid: at `reason`, which a rejection must have.
    """
    named = await MilestoneReport.get_or_none(id=report_id)
    if named is None:
        raise NotFound(_("没有这项入选，或者您不能查看它。"))
    challenge, award, side = await lock_own_award(number, named.award_id, by)
    if side is not Side.BUYER:
        raise Forbidden(_("阶段成果由发榜方验收。"))
    row = await MilestoneReport.filter(id=report_id).select_for_update().get()
    await decide(row, verdict, by=by, reason=reason.strip()[:500])
    await clear_answer_moments(award.id)
    await record(
        award.record_kind,
        award.id,
        AwardVerb.REVIEWED,
        by=by,
        place=row.place,
        report=row.id,
        verdict=verdict,
    )
    words = (
        _("榜单 %(number)s 的一个阶段验收通过，可以付款。", number=challenge.number)
        if row.is_confirmed
        else _("榜单 %(number)s 的一个阶段没有验收通过，请看意见。", number=challenge.number)
    )
    await _tell(challenge, award, award.solution.organisation_id, words, by)
    if row.is_confirmed and due_stage(award, await MilestoneReport.filter(award_id=award.id)) is None:
        await transition(award, AwardAction.ACCEPT, by=by)
        await settle_execution(challenge, by)
    return row


@atomic()
async def fail(number: str, award_id: UUID, reason: str, *, by: By) -> ChallengeAward:
    """Record, for the owner, that the work failed; what follows stands in the contract (民法典 858).

    Raises:
        Forbidden: the person acts for the solver.
        Conflict: it is not signed, or a report waits for its review.
        Invalid: at `reason`.
    """
    challenge, award, side = await lock_own_award(number, award_id, by)
    if side is not Side.BUYER:
        raise Forbidden(_("阶段成果由发榜方验收。"))
    words = reason.strip()[:500]
    if len(words) < FEWEST_WORDS:
        raise Invalid(_("请写明原因，至少 %(n)s 个字。", n=FEWEST_WORDS), field="reason")
    if await MilestoneReport.exists(award_id=award.id, verdict=None):
        raise Conflict(_("有阶段成果待验收，请先验收。"))
    await transition(award, AwardAction.FAIL, by=by, note=words[:300], changes={"reason": words})
    text = _("榜单 %(number)s 的攻关未通过验收，请看原因。", number=challenge.number)
    await _tell(challenge, award, award.solution.organisation_id, text, by)
    await settle_execution(challenge, by)
    return award


async def _tell(
    challenge: Challenge, award: ChallengeAward, organisation_id: UUID, words: str, by: By
) -> None:
    await notify(
        words,
        now=by.now,
        address=f"/challenges/{challenge.number}/awards/{award.id}",
        organisation_id=organisation_id,
        roles=DECIDING,
    )
