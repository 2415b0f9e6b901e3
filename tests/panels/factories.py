"""Panels of experts and the scores that they give."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from market.accounts.actors import Actor
from market.accounts.models import StaffRole
from market.claims.expert_panel import assign_experts, conclude_panel
from market.claims.models import Claim
from market.panels.expert_reviews import score
from market.panels.models import ExpertReview, Panel
from market.records.by import By
from tests.claims.factories import Desk
from tests.factories import NOW, make_staff

SCORES = {"novelty": 90, "maturity": 70, "benefit": 77}
"""79 points."""
DUE = NOW.date() + timedelta(days=7)


def even(points: int) -> dict[str, int]:
    """Return scores of so many points."""
    return dict.fromkeys(SCORES, points)


async def make_experts(count: int = 3) -> list[Actor]:
    return [await make_staff(StaffRole.REVIEWER) for _ in range(count)]


async def assign(desk: Desk, claim: Claim, experts: Sequence[Actor]) -> list[ExpertReview]:
    """Assign experts to a claim and return their reviews in the order of the experts."""
    reviews = await assign_experts(
        claim.number,
        reviewer_ids=[expert.user_id for expert in experts],
        due_on=DUE,
        by=By(desk.operator, NOW),
    )
    return [next(row for row in reviews if row.reviewer_id == expert.user_id) for expert in experts]


async def score_all(
    reviews: Sequence[ExpertReview], experts: Sequence[Actor], scores: Sequence[dict[str, int]]
) -> None:
    for review, expert, given in zip(reviews, experts, scores, strict=True):
        await score(review.id, scores=given, opinion="可行", by=By(expert, NOW))


async def make_concluded(desk: Desk, claim: Claim, *points: int) -> Panel:
    """Have an expert give each of these points and the rechecker conclude."""
    experts = await make_experts(len(points))
    await score_all(await assign(desk, claim, experts), experts, [even(one) for one in points])
    return await conclude_panel(claim.number, reason="意见一致", by=By(desk.rechecker, NOW))
