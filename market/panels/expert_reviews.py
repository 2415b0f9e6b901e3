"""Reviews by single experts, who were assigned to a record before there were rounds. Read, never written."""

from __future__ import annotations

from uuid import UUID

from market.accounts.actors import Actor
from market.kit.errors import NotFound
from market.kit.i18n import gettext as _
from market.kit.room import rooms
from market.panels.models import ExpertReview
from market.panels.states import PanelAct
from market.panels.subjects import PanelSubject


async def get_review_for(actor: Actor, review_id: UUID) -> ExpertReview:
    """Return the scores that the actor once submitted.

    Raises:
        NotFound: there are none, or they are another's.
    """
    actor.require(PanelAct.JUDGE)
    review = await ExpertReview.get_or_none(
        id=review_id, reviewer_id=actor.user_id, submitted_at__isnull=False
    )
    if review is None:
        raise NotFound(_("没有这项评审任务。"))
    return review


async def list_own_reviews(actor: Actor) -> list[tuple[ExpertReview, PanelSubject]]:
    """Return what an expert once scored with its subjects, the latest first."""
    reviews = await ExpertReview.filter(reviewer_id=actor.user_id, submitted_at__isnull=False).order_by(
        "-submitted_at"
    )
    subjects: dict[UUID, PanelSubject] = {}
    for kind in sorted({review.subject_kind for review in reviews}):
        ids = [review.subject_id for review in reviews if review.subject_kind == kind]
        subjects |= await rooms().panel_clients[kind].load(ids, with_material=False)
    return [(review, subjects[review.subject_id]) for review in reviews]


async def list_reviews(subject_kind: str, subject_id: UUID) -> list[ExpertReview]:
    """Return the reviews of a record in the order of their assignment."""
    rows = ExpertReview.filter(subject_kind=subject_kind, subject_id=subject_id)
    return await rows.order_by("assigned_at", "id")
