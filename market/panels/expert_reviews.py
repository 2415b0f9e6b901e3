"""Who may not touch a claim, and what experts say of it: conflicts declared, blind scores given."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from fractions import Fraction
from uuid import UUID, uuid4

from market.accounts.actors import Actor
from market.accounts.messages import tell, tell_staff
from market.accounts.models import Membership, MemberStatus, StaffRole, User
from market.accounts.permissions import Act
from market.audit.services import record
from market.claims.models import Claim, ClaimConflict, ClaimContract, ClaimStatus
from market.claims.transitions import lock_claim
from market.kit.clock import local_date
from market.kit.database import atomic
from market.kit.errors import Conflict, Forbidden, Invalid, NotFound
from market.kit.i18n import gettext as _
from market.panels.models import ExpertReview
from market.panels.scoring import HEADINGS, approved_rate, mean, points_of
from market.programmes.terms import Terms
from market.records.by import By


class Conflicted(Forbidden):
    """The person declared a conflict of interest (回避) for this claim."""


async def require_no_conflict(actor: Actor, claim_ids: Sequence[UUID]) -> None:
    """Let pass only who declared no conflict for any of these claims.

    Raises:
        Conflicted: a conflict is declared.
    """
    if await ClaimConflict.exists(user_id=actor.user_id, claim_id__in=list(claim_ids)):
        raise Conflicted(_("您对这份申报已声明回避，请由他人办理。"))


async def conflicts_of(actor: Actor, claim_ids: Sequence[UUID]) -> set[UUID]:
    """Return those of these claims for which the person declared a conflict."""
    rows = ClaimConflict.filter(user_id=actor.user_id, claim_id__in=list(claim_ids))
    return {UUID(str(one)) for one in await rows.values_list("claim_id", flat=True)}


@atomic()
async def declare_conflict(number: str, *, reason: str, by: By) -> ClaimConflict:
    """Declare a conflict of interest; from then on the person does nothing more about the claim.

    Raises:
        Conflict: it is declared already, or the person has acted on the claim before.
    """
    by.actor.require(Act.DECLARE_CONFLICT)
    claim = await lock_claim(number)
    if claim.submitted_at is None:
        raise NotFound(_("没有这份申报。"))
    if by.actor.user_id in (claim.calculated_by_id, claim.rechecked_by_id):
        raise Conflict(_("您已经办理过这份申报；请先退回核算，再声明回避。"))
    if await ClaimConflict.exists(claim_id=claim.id, user_id=by.actor.user_id):
        raise Conflict(_("您已经声明过回避。"))
    made = await ClaimConflict.create(
        id=uuid4(), claim_id=claim.id, user_id=by.actor.user_id, reason=reason, declared_at=by.now
    )
    await record("claim", claim.id, "declare_conflict", by=by, number=number)
    return made


@atomic()
async def assign_experts(
    number: str, *, reviewer_ids: Sequence[UUID], due_on: date, by: By
) -> list[ExpertReview]:
    """Ask experts to score an accepted claim, before it is computed. Who works for a party is refused.

    Raises:
        Invalid: no expert, or one who belongs to a party.
        Conflict: the claim is computed already.
    """
    by.actor.require(Act.ASSIGN_EXPERTS)
    claim = await lock_claim(number)
    if claim.status is not ClaimStatus.ACCEPTED:
        raise Conflict(_("只有已受理、还没有核算的申报可以指派专家。"))
    if due_on <= local_date(by.now):
        raise Invalid(_("评审期限应在今天以后。"), field="due_on")
    wanted = await User.filter(
        id__in=list(reviewer_ids), staff_role=StaffRole.REVIEWER, is_active=True
    ).order_by("email")
    if not wanted or len(wanted) != len(set(reviewer_ids)):
        raise Invalid(_("请至少选择一位专家。"), field="reviewers")
    parties = await _parties(claim)
    made = []
    for person in wanted:
        if await Membership.exists(
            user_id=person.id, organisation_id__in=list(parties), status=MemberStatus.ACTIVE
        ):
            raise Invalid(_("所选专家与申报的一方有关，应当回避。"), field="reviewers")
        if await ExpertReview.exists(claim_id=claim.id, reviewer_id=person.id):
            continue
        made.append(
            await ExpertReview.create(
                id=uuid4(),
                claim_id=claim.id,
                reviewer_id=person.id,
                assigned_by_id=by.actor.user_id,
                assigned_at=by.now,
                due_on=due_on,
            )
        )
        await tell(
            _("请评审一份补助申报，期限 %(day)s。", day=due_on),
            now=by.now,
            address=f"/reviews/{made[-1].id}",
            user_ids=[person.id],
        )
    await record("claim", claim.id, "assign_experts", by=by, number=number, experts=len(made))
    return made


async def _parties(claim: Claim) -> set[UUID]:
    rows = await ClaimContract.filter(claim_id=claim.id).select_related("contract__deal")
    sides = {side for row in rows for side in (row.contract.deal.seller_id, row.contract.deal.buyer_id)}
    return sides | {claim.applicant_id}


async def get_review_for(actor: Actor, review_id: UUID) -> ExpertReview:
    """Return one's own task; who declared a conflict no longer sees the case.

    Raises:
        NotFound: there is none, it is another's, or it was declined.
    """
    actor.require(Act.SCORE_CLAIM)
    found = await ExpertReview.get_or_none(
        id=review_id, reviewer_id=actor.user_id, declined_at=None
    ).select_related("claim__programme", "claim__terms")
    if found is None:
        raise NotFound(_("没有这项评审任务。"))
    return found


@atomic()
async def score(review_id: UUID, *, scores: dict[str, int], opinion: str, by: By) -> ExpertReview:
    """Give one's scores, once: they are locked afterwards.

    Raises:
        Conflict: they were given already, or the claim is computed.
    """
    review = await _lock_review(review_id, by.actor)
    if any(not 0 <= scores[name] <= 100 for name in HEADINGS):
        raise Invalid(_("分数在 0 与 100 之间。"), field="novelty")
    for name in HEADINGS:
        setattr(review, name, scores[name])
    review.opinion, review.submitted_at = opinion, by.now
    await review.save(update_fields=[*HEADINGS, "opinion", "submitted_at"])
    await record("claim", review.claim_id, "score", by=by, scores=scores)
    await _tell_when_complete(review, by.now)
    return review


@atomic()
async def decline(review_id: UUID, *, by: By) -> ExpertReview:
    """Declare a conflict as an expert (回避): the case is no longer seen, another may be asked."""
    review = await _lock_review(review_id, by.actor)
    review.declined_at = by.now
    await review.save(update_fields=["declined_at"])
    await record("claim", review.claim_id, "decline_review", by=by)
    await tell_staff(
        StaffRole.OPERATOR, _("一位专家声明回避，请另行指派。"), now=by.now, address="/reviews/assign"
    )
    return review


async def _lock_review(review_id: UUID, actor: Actor) -> ExpertReview:
    await get_review_for(actor, review_id)
    review = await ExpertReview.filter(id=review_id).select_for_update().get()
    claim = await Claim.get(id=review.claim_id)
    if review.submitted_at is not None or review.declined_at is not None:
        raise Conflict(_("评审意见已经提交，不能再改。"))
    if claim.status is not ClaimStatus.ACCEPTED:
        raise Conflict(_("这份申报已经核算，评审结束。"))
    return review


async def _tell_when_complete(review: ExpertReview, now: datetime) -> None:
    waiting = await ExpertReview.exists(claim_id=review.claim_id, submitted_at=None, declined_at=None)
    if not waiting:
        number = (await Claim.get(id=review.claim_id)).number
        await tell_staff(
            StaffRole.OFFICER,
            _("申报 %(number)s 专家评审完成，请核算。", number=number),
            now=now,
            address=f"/desk/{number}",
        )


@dataclass(frozen=True)
class Verdict:
    """What the experts say together."""

    asked: int
    given: int
    waiting: int
    points: Fraction | None
    rate: int | None
    """The approved rate in basis points; None without scores, or where the set has not one rate."""

    @property
    def shown_points(self) -> str:
        """The mean to two decimals, rounded half up."""
        if self.points is None:
            return "—"
        hundredths = (200 * self.points.numerator + self.points.denominator) // (2 * self.points.denominator)
        return f"{hundredths // 100}.{hundredths % 100:02d}"


async def verdict_of(claim_id: UUID, terms: Terms) -> Verdict:
    """Return what the experts' scores approve, from the scores given so far."""
    rows = await ExpertReview.filter(claim_id=claim_id)
    given = [row for row in rows if row.submitted_at is not None]
    waiting = sum(row.submitted_at is None and row.declined_at is None for row in rows)
    scoring = terms.content.get("scoring")
    points = None
    if given:
        each = [{name: getattr(row, name) for name in HEADINGS} for row in given]
        points = mean([points_of(one, (scoring or {}).get("weights")) for one in each])
    ceiling = terms.ceiling if terms.one_rate and not terms.needs_rate else None
    rate = None if points is None or ceiling is None else approved_rate(points, ceiling, scoring)
    return Verdict(len(rows), len(given), waiting, points, rate)
