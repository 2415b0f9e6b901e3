"""Expert reviews (专家评审): assigned by the operator, scored blind, locked once submitted."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from fractions import Fraction
from typing import Any
from uuid import UUID, uuid4

from market.accounts.actors import Actor
from market.accounts.messages import notify, notify_staff
from market.accounts.models import StaffRole, User
from market.accounts.permissions import AccountAct
from market.audit.log import record
from market.integrity.conflicts import look_back_from, relations
from market.kit.clock import local_date
from market.kit.database import atomic
from market.kit.errors import Conflict, Invalid, NotFound
from market.kit.formats import end_of
from market.kit.i18n import gettext as _
from market.kit.room import Card, rooms
from market.panels.models import ExpertReview
from market.panels.scoring import HEADINGS, approved_rate, mean, points_of
from market.panels.states import PanelAct, PanelVerb
from market.panels.subjects import PanelSubject, get_subject
from market.records.by import By


async def assign_reviewers(
    subject: PanelSubject, *, reviewer_ids: Sequence[UUID], due_on: date, by: By
) -> list[ExpertReview]:
    """Assign experts to score a record; the caller holds its lock and has checked that it is open.

    Experts assigned before are skipped; one with a conflict of interest is refused (`integrity.conflicts`).

    Raises:
        Invalid: no expert, one with a conflict of interest, or a due day that is not in the future.
    """
    by.actor.require(PanelAct.ASSIGN_EXPERTS)
    if due_on <= local_date(by.now):
        raise Invalid(_("评审期限应在今天以后。"), field="due_on")
    reviewers = await User.filter(
        id__in=list(reviewer_ids), staff_role=StaffRole.REVIEWER, is_active=True
    ).order_by("email")
    if not reviewers or len(reviewers) != len(set(reviewer_ids)):
        raise Invalid(_("请至少选择一位专家。"), field="reviewers")
    reviews = []
    for reviewer in reviewers:
        if await relations(reviewer.id, subject.parties, look_back_from(by.now)):
            raise Invalid(_("所选专家与当事的一方有关，应当回避。"), field="reviewers")
        if await ExpertReview.exists(
            subject_kind=subject.kind, subject_id=subject.id, reviewer_id=reviewer.id
        ):
            continue
        review = await ExpertReview.create(
            id=uuid4(),
            subject_kind=subject.kind,
            subject_id=subject.id,
            reviewer_id=reviewer.id,
            assigned_by_id=by.actor.user_id,
            assigned_at=by.now,
            due_on=due_on,
        )
        reviews.append(review)
        label = rooms().subjects[subject.kind].label
        await notify(
            _("请评审一份%(what)s，期限 %(end)s。", what=label, end=end_of(due_on)),
            now=by.now,
            address=f"/reviews/{review.id}",
            user_ids=[reviewer.id],
        )
    await record(
        subject.kind, subject.id, PanelVerb.ASSIGN_EXPERTS, by=by, number=subject.number, experts=len(reviews)
    )
    return reviews


async def get_review_for(actor: Actor, review_id: UUID) -> ExpertReview:
    """Return the actor's own review task; a declined one is hidden.

    Raises:
        NotFound: there is none, it is another's, or it was declined.
    """
    actor.require(PanelAct.SCORE_CLAIM)
    review = await ExpertReview.get_or_none(id=review_id, reviewer_id=actor.user_id, declined_at=None)
    if review is None:
        raise NotFound(_("没有这项评审任务。"))
    return review


async def list_tasks(actor: Actor) -> list[tuple[ExpertReview, PanelSubject]]:
    """Return an expert's tasks with their subjects, pending ones first, by due day."""
    reviews = await ExpertReview.filter(reviewer_id=actor.user_id, declined_at=None).order_by(
        "submitted_at", "due_on"
    )
    subjects: dict[UUID, PanelSubject] = {}
    for kind in sorted({review.subject_kind for review in reviews}):
        ids = [review.subject_id for review in reviews if review.subject_kind == kind]
        subjects |= await rooms().panel_subjects[kind](ids)
    return [(review, subjects[review.subject_id]) for review in reviews]


async def list_reviews(subject_kind: str, subject_ids: Iterable[UUID]) -> dict[UUID, list[ExpertReview]]:
    """Return the reviews of several records with their experts, by record, in the order of assignment."""
    reviews = (
        await ExpertReview.filter(subject_kind=subject_kind, subject_id__in=list(subject_ids))
        .select_related("reviewer")
        .order_by("assigned_at")
    )
    by_subject: dict[UUID, list[ExpertReview]] = {}
    for review in reviews:
        by_subject.setdefault(review.subject_id, []).append(review)
    return by_subject


@atomic()
async def score(review_id: UUID, *, scores: dict[str, int], opinion: str, by: By) -> ExpertReview:
    """Submit the scores of a review, once: they are locked afterwards.

    Raises:
        Conflict: they were submitted before, or the subject is closed.
        Invalid: a score is outside 0 to 100.
    """
    review, subject = await _lock_review(review_id, by.actor)
    if any(not 0 <= scores[name] <= 100 for name in HEADINGS):
        raise Invalid(_("分数在 0 与 100 之间。"), field="novelty")
    for name in HEADINGS:
        setattr(review, name, scores[name])
    review.opinion, review.submitted_at = opinion, by.now
    await review.save(update_fields=[*HEADINGS, "opinion", "submitted_at"])
    await record(review.subject_kind, review.subject_id, PanelVerb.SCORE, by=by, scores=scores)
    if not await _is_waiting(subject):
        await subject.on_complete(by.now)
    return review


@atomic()
async def decline(review_id: UUID, *, by: By) -> ExpertReview:
    """Decline a review for a conflict of interest (回避); the operator may assign another expert."""
    review, subject = await _lock_review(review_id, by.actor)
    review.declined_at = by.now
    await review.save(update_fields=["declined_at"])
    await record(review.subject_kind, review.subject_id, PanelVerb.DECLINE_REVIEW, by=by)
    await notify_staff(
        StaffRole.OPERATOR,
        _("一位专家声明回避，请另行指派。"),
        now=by.now,
        address=subject.assign_address,
    )
    return review


async def _lock_review(review_id: UUID, actor: Actor) -> tuple[ExpertReview, PanelSubject]:
    await get_review_for(actor, review_id)
    review = await ExpertReview.filter(id=review_id).select_for_update().get()
    subject = await get_subject(review.subject_kind, review.subject_id)
    if review.submitted_at is not None or review.declined_at is not None:
        raise Conflict(_("评审意见已经提交，不能再改。"))
    if subject.closed:
        raise Conflict(subject.closed)
    return review, subject


async def _is_waiting(subject: PanelSubject) -> bool:
    return await ExpertReview.exists(
        subject_kind=subject.kind, subject_id=subject.id, submitted_at=None, declined_at=None
    )


@dataclass(frozen=True)
class Verdict:
    """The combined scores of the experts."""

    waiting: int
    """Number of pending reviews."""
    points: Fraction | None
    rate: int | None
    """The approved rate in basis points; None without scores or without a ceiling."""

    @property
    def shown_points(self) -> str:
        """Return the mean to two decimals, rounded half up."""
        if self.points is None:
            return "—"
        hundredths = (200 * self.points.numerator + self.points.denominator) // (2 * self.points.denominator)
        return f"{hundredths // 100}.{hundredths % 100:02d}"


async def verdict_of(
    subject_kind: str, subject_id: UUID, *, ceiling: int | None, scoring: Mapping[str, Any] | None
) -> Verdict:
    """Combine the scores submitted so far.

    `ceiling` is the highest rate in basis points, if there is one; `scoring` holds weights and bands, None
    for the defaults.
    """
    reviews = await ExpertReview.filter(subject_kind=subject_kind, subject_id=subject_id)
    submitted = [review for review in reviews if review.submitted_at is not None]
    waiting = sum(review.submitted_at is None and review.declined_at is None for review in reviews)
    points = None
    if submitted:
        scores = [{name: getattr(review, name) for name in HEADINGS} for review in submitted]
        points = mean([points_of(by_heading, (scoring or {}).get("weights")) for by_heading in scores])
    rate = None if points is None or ceiling is None else approved_rate(points, ceiling, scoring)
    return Verdict(waiting, points, rate)


async def dashboard_cards(actor: Actor, now: datetime) -> list[Card]:
    """Return the card of an expert's pending reviews."""
    if actor.may(AccountAct.SEE_DESK) or not actor.may(PanelAct.SCORE_CLAIM):
        return []
    waiting = ExpertReview.filter(reviewer_id=actor.user_id, submitted_at=None, declined_at=None)
    return [Card(_("待评审"), await waiting.count(), "/reviews", "due")]
