"""What single experts scored before there were rounds stays; what they left open goes into a round."""

from __future__ import annotations

import importlib
import json
from fractions import Fraction
from uuid import uuid4

import httpx
import pytest
from tortoise.exceptions import IntegrityError

from market.accounts.actors import load_actor
from market.accounts.models import Message, User
from market.audit.log import record
from market.claims.desk_review import calculate
from market.claims.expert_panel import verdict_for
from market.claims.models import Claim
from market.claims.round_claims import claims_to_judge
from market.experts.admissions import propose_ruling
from market.experts.checks import CHECKS as EXPERT_CHECKS
from market.experts.models import Expert
from market.experts.states import ExpertRuling, ExpertStatus
from market.kit.errors import Conflict, Invalid
from market.panels.checks import conclusions_are_logged, scores_are_logged
from market.panels.models import ExpertReview, Panel
from market.panels.states import PanelVerb
from market.programmes.models import Programme
from market.programmes.rule_files import find_terms
from market.records.by import By
from market.records.checks import statuses_follow_their_history
from tests.claims.factories import WAN, Desk, make_accepted, make_desk
from tests.databases import past_guards, run_as_owner
from tests.experts.factories import make_expert
from tests.factories import NOW, make_user
from tests.visitor import sign_in

migration = importlib.import_module("market.migrations.0048_single_experts")
POINTS = (80, 75, 82)


async def make_review(claim: Claim, points: int | None) -> ExpertReview:
    """Write a review as the release of before did; None: its expert has not scored."""
    review = ExpertReview(
        id=uuid4(),
        subject_kind="claim",
        subject_id=claim.id,
        reviewer_id=(await make_user()).id,
        assigned_at=NOW,
        due_on=NOW.date(),
        novelty=points,
        maturity=points,
        benefit=points,
        opinion="路线可行" if points else "",
        submitted_at=NOW if points else None,
    )
    await past_guards(
        "INSERT INTO expert_reviews SELECT * FROM jsonb_populate_record(NULL::expert_reviews, $1::jsonb)",
        _row(review),
    )
    return review


async def make_concluded(desk: Desk, claim: Claim) -> list[ExpertReview]:
    """Write a panel of single experts that the rechecker concluded, with its log."""
    reviews = [await make_review(claim, points) for points in POINTS]
    for review, points in zip(reviews, POINTS, strict=True):
        by = By(await load_actor(review.reviewer_id), NOW)
        scores = dict.fromkeys(("novelty", "maturity", "benefit"), points)
        await record("claim", claim.id, PanelVerb.SCORE, by=by, scores=scores)
    panel = Panel(
        id=uuid4(),
        subject_kind="claim",
        subject_id=claim.id,
        concluded_by_id=desk.rechecker.user_id,
        concluded_at=NOW,
        points="79",
        rate_basis_points=4000,
        reason="意见一致",
    )
    await past_guards(
        "INSERT INTO panels SELECT * FROM jsonb_populate_record(NULL::panels, $1::jsonb)", _row(panel)
    )
    await record(
        "claim",
        claim.id,
        PanelVerb.CONCLUDE_PANEL,
        by=By(desk.rechecker, NOW),
        points="79",
        rate_basis_points=4000,
        is_flagged=False,
    )
    return reviews


def _row(model: ExpertReview | Panel) -> str:
    return json.dumps({name: getattr(model, name) for name in model._meta.db_fields}, default=str)


async def test_a_concluded_panel_of_before_still_sets_the_rate_and_is_read(client: httpx.AsyncClient) -> None:
    desk = await make_desk()
    claim = await make_accepted(desk)
    reviews = await make_concluded(desk, claim)

    verdict = await verdict_for(claim.id, find_terms("guangxi")[0])
    assessment = await calculate(claim.number, by=By(desk.officer, NOW))
    await sign_in(client, desk.officer)
    at_desk = (await client.get(f"/desk/{claim.number}")).text
    await sign_in(client, await load_actor(reviews[0].reviewer_id))
    tasks = (await client.get("/reviews")).text
    own = (await client.get(f"/reviews/{reviews[0].id}")).text
    foreign = await client.get(f"/reviews/{reviews[1].id}")

    assert (verdict.points, verdict.rate) == (Fraction(79), 4000)
    assert sorted(verdict.scores) == sorted(map(Fraction, POINTS))
    assert assessment.award_amount == 120 * WAN * 4 // 10
    assert "创新性 80，成熟度 80，应用效益 80" in at_desk
    assert "意见一致" in at_desk
    assert f"/reviews/{reviews[0].id}" in tasks
    assert "路线可行" in own
    assert foreign.status_code == 404
    assert claim not in await claims_to_judge(await Programme.get(id=claim.programme_id), claim.year)


async def test_what_single_experts_scored_is_closed_and_a_change_past_the_database_is_found() -> None:
    desk = await make_desk()
    await make_concluded(desk, await make_accepted(desk))
    assert await conclusions_are_logged() == await scores_are_logged() == []
    for statement in ("UPDATE panels SET points = '90'", "UPDATE expert_reviews SET novelty = 100"):
        with pytest.raises(IntegrityError, match="append-only"):
            await run_as_owner(statement)

    await past_guards("UPDATE panels SET rate_basis_points = 5000")
    await past_guards("UPDATE expert_reviews SET novelty = 100")

    assert len(await conclusions_are_logged()) == 1
    assert len(await scores_are_logged()) == 3


async def test_what_was_left_open_ends_with_its_scores_kept_and_waits_for_a_round() -> None:
    desk = await make_desk()
    claim = await make_accepted(desk)
    scored, waiting = await make_review(claim, 80), await make_review(claim, None)

    await past_guards(migration.OPEN_REVIEWS)

    assert (await ExpertReview.get(id=scored.id)).novelty == 80
    assert (await ExpertReview.get(id=waiting.id)).unassigned_reason == "改由评审轮次评审"
    with pytest.raises(Conflict, match="请列入评审轮次"):
        await calculate(claim.number, by=By(desk.officer, NOW))
    assert claim in await claims_to_judge(await Programme.get(id=claim.programme_id), claim.year)


async def test_reviewers_of_the_staff_become_applicants_who_have_to_tell_their_work() -> None:
    desk = await make_desk()
    entered = await make_expert()
    others = [await make_user() for _ in range(2)]
    for user_id in (entered.user_id, *(user.id for user in others)):
        await past_guards("UPDATE users SET staff_role = 'reviewer' WHERE id = $1", user_id)

    await past_guards(migration.REVIEWERS)
    await past_guards(migration.STAFF)

    assert {user.staff_role for user in await User.filter(expert__id__not_isnull=True)} == {None}
    applied = await Expert.filter(user_id__in=[user.id for user in others]).order_by("number")
    assert [expert.status for expert in applied] == [ExpertStatus.APPLIED] * 2
    assert int(applied[1].number[-6:]) == int(applied[0].number[-6:]) + 1
    assert await Expert.all().count() == 3
    assert await Message.filter(user_id=others[0].id, address="/experts/apply").exists()
    with pytest.raises(Invalid, match="资料还不全"):
        await propose_ruling(
            applied[0].number,
            ExpertRuling.ADMIT,
            text="核对过",
            application_at=applied[0].applied_at,
            by=By(desk.operator, NOW),
        )
    assert await EXPERT_CHECKS["experts: weights are whole"].check() == []
    assert await statuses_follow_their_history() == []
