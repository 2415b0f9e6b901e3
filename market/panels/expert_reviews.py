"""Expert reviews (专家评审): assigned by the operator, scored blind, locked once submitted."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any
from uuid import UUID, uuid4

from tortoise.expressions import Subquery
from tortoise.queryset import ValuesQuery

from market.accounts.actors import Actor
from market.accounts.messages import notify, notify_staff
from market.accounts.models import StaffRole, User
from market.accounts.relations import look_back_from, relations, require_unrelated
from market.audit.log import record
from market.integrity.conflicts import require_no_conflict
from market.kit.clock import end_of_day, local_date
from market.kit.database import atomic
from market.kit.errors import Conflict, Invalid, NotFound
from market.kit.formats import end_of
from market.kit.i18n import gettext as _
from market.kit.room import rooms
from market.panels.models import ExpertReview, Panel
from market.panels.scoring import HEADINGS, MORE, SMALLEST
from market.panels.states import PanelAct, PanelVerb, SecondLook
from market.panels.subjects import PanelSubject, get_subject
from market.records.by import By
from market.records.moments import set_moment


async def lock_panel(subject_kind: str, subject_id: UUID) -> Panel:
    """Return the panel of a record, locked; the caller holds the lock of the record, so one is made once."""
    panel = await Panel.filter(subject_kind=subject_kind, subject_id=subject_id).select_for_update().first()
    return panel or await Panel.create(id=uuid4(), subject_kind=subject_kind, subject_id=subject_id)


async def mark_second_look(panel: Panel, way: SecondLook, *, by: By) -> None:
    """Write down that a locked panel was asked once more; what was written before stays."""
    if panel.way is not None:
        return
    panel.way, panel.asked_by_id, panel.asked_at = way, by.user_id, by.now
    await panel.save(update_fields=["way", "asked_by_id", "asked_at"])
    await record(panel.subject_kind, panel.subject_id, PanelVerb.SECOND_LOOK, by=by, way=way.value)


async def require_impartial(subject: PanelSubject, by: By) -> None:
    """Raise if the acting person declared a conflict, or has a common past with a party (README h).

    Raises:
        Conflicted: they have.
    """
    await require_no_conflict(by, subject.kind, [subject.id])
    await require_unrelated(by, subject.parties)


KIND = "expert_review"
DUE = "panels.review_due"
"""The moment of a review by which its scores are due."""


async def assign_reviewers(
    subject: PanelSubject, *, reviewer_ids: Sequence[UUID], due_on: date, by: By
) -> list[ExpertReview]:
    """Assign experts to score a record; the caller holds its lock and has checked that it is open.

    Experts assigned before are skipped; one with a conflict of interest is refused (`integrity.conflicts`),
    and so is an operator with one.

    Raises:
        Invalid: fewer experts than a panel has, one with a conflict of interest, or a due day that is not in
            the future.
        Conflict: the panel is concluded.
    """
    by.actor.require(PanelAct.ASSIGN_EXPERTS)
    if due_on <= local_date(by.now):
        raise Invalid(_("评审期限应在今天以后。"), field="due_on")
    reviewers = await User.filter(
        id__in=list(reviewer_ids), staff_role=StaffRole.REVIEWER, is_active=True
    ).order_by("email")
    if not reviewers or len(reviewers) != len(set(reviewer_ids)):
        raise Invalid(_("请至少选择一位专家。"), field="reviewers")
    await require_impartial(subject, by)
    panel = await lock_panel(subject.kind, subject.id)
    if panel.concluded_at is not None:
        raise Conflict(_("专家评审已有结论，不能再指派。"))
    before = await ExpertReview.filter(subject_kind=subject.kind, subject_id=subject.id)
    seated = {review.reviewer_id for review in before if review.is_live}
    if len(seated | {reviewer.id for reviewer in reviewers}) < SMALLEST:
        raise Invalid(_("评审至少要 %(count)s 位专家。", count=SMALLEST), field="reviewers")
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
        await set_moment(KIND, review.id, DUE, end_of_day(due_on))
        label = rooms().subjects[subject.kind].label
        await notify(
            _("请评审一份%(what)s，期限 %(end)s。", what=label, end=end_of(due_on)),
            now=by.now,
            address=f"/reviews/{review.id}",
            user_ids=[reviewer.id],
        )
    scored = [review for review in before if review.is_live and review.submitted_at is not None]
    if len(scored) == len(seated) >= SMALLEST and len(reviews) >= MORE:
        await mark_second_look(panel, SecondLook.MORE_EXPERTS, by=by)
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
    review = await ExpertReview.get_or_none(
        id=review_id, reviewer_id=actor.user_id, declined_at=None, unassigned_at=None
    )
    if review is None:
        raise NotFound(_("没有这项评审任务。"))
    return review


async def sits_on_panel(actor: Actor, subject_kind: str, subject_id: UUID) -> bool:
    """Return whether the person judges a record and has neither declined nor been taken off."""
    return actor.may(PanelAct.SCORE_CLAIM) and await ExpertReview.exists(
        subject_kind=subject_kind,
        subject_id=subject_id,
        reviewer_id=actor.user_id,
        declined_at=None,
        unassigned_at=None,
    )


def scored_panels(subject_kind: str) -> ValuesQuery[Any]:
    """Return a query of the ids of records whose experts have all scored and whose panel is not concluded."""
    live = ExpertReview.filter(subject_kind=subject_kind, declined_at=None, unassigned_at=None)
    return (
        Panel.filter(subject_kind=subject_kind, concluded_at=None)
        .filter(subject_id__in=Subquery(live.values("subject_id")))
        .exclude(subject_id__in=Subquery(live.filter(submitted_at=None).values("subject_id")))
        .values("subject_id")
    )


async def list_tasks(actor: Actor) -> list[tuple[ExpertReview, PanelSubject]]:
    """Return an expert's tasks with their subjects, pending ones first, by due day."""
    reviews = await ExpertReview.filter(
        reviewer_id=actor.user_id, declined_at=None, unassigned_at=None
    ).order_by("submitted_at", "due_on")
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
    if not review.is_waiting:
        raise Conflict(_("评审意见已经提交，不能再改。"))
    if subject.closed:
        raise Conflict(subject.closed)
    return review, subject


async def _is_waiting(subject: PanelSubject) -> bool:
    return await ExpertReview.exists(
        subject_kind=subject.kind,
        subject_id=subject.id,
        submitted_at=None,
        declined_at=None,
        unassigned_at=None,
    )
