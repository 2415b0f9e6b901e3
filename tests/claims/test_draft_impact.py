"""A draft of rules, what it would change, and its release."""

from __future__ import annotations

from uuid import uuid4

import pytest

from market.accounts.models import StaffRole
from market.claims.desk_review import calculate
from market.claims.draft_impact import assess_impact
from market.claims.models import Claim
from market.claims.subsidisable_outcomes import rebuild_outcome_documents
from market.kit.database import connection
from market.kit.errors import Conflict
from market.panels.models import ExpertReview
from market.programmes import drafts
from market.programmes.catalogue import version_in_force
from market.records.by import By
from tests.claims.factories import WAN, make_accepted, make_applicant, make_calculated, make_desk
from tests.factories import NOW, make_outcome, make_staff
from tests.programmes.factories import next_version


async def test_a_version_is_drafted_by_one_released_by_another_and_changes_no_claim_before() -> None:
    desk = await make_desk()
    claim = await make_calculated(desk)
    cheaper = [{"name": "rate", "rate": {"flat": 3000}, "clause": "rate"}]

    draft = await drafts.draft_terms("guangxi", text=next_version(rates=cheaper), by=By(desk.officer, NOW))
    preview = await assess_impact(draft, NOW)
    released = await drafts.release_terms(
        "guangxi", "2027", on_release=rebuild_outcome_documents, by=By(desk.approver, NOW)
    )

    assert [(row.number, row.before, row.after) for row in preview.moved] == [
        (claim.number, 60 * WAN, 36 * WAN)
    ]
    assert (await version_in_force(released.programme_id, 2026)).version == "2019"
    assert (await version_in_force(released.programme_id, 2027)).version == "2027"
    assert (await Claim.get(id=claim.id).select_related("terms")).terms.version == "2019"
    with pytest.raises(Conflict):
        await drafts.draft_terms("guangxi", text=next_version(), by=By(desk.officer, NOW))


async def test_a_release_has_the_outcomes_on_the_market_judged_anew() -> None:
    desk = await make_desk()
    await make_applicant()
    await make_outcome()
    await drafts.draft_terms("guangxi", text=next_version(), by=By(desk.officer, NOW))

    await drafts.release_terms(
        "guangxi", "2027", on_release=rebuild_outcome_documents, by=By(desk.approver, NOW)
    )

    jobs = await connection().execute_query_dict(
        "SELECT args FROM procrastinate_jobs WHERE task_name = 'search.rebuild' AND status = 'todo'"
    )
    assert ["outcomes" in str(job["args"]) for job in jobs] == [True]


async def test_a_claim_that_experts_scored_is_previewed_at_the_band_of_the_new_ceiling() -> None:
    """79 points approve 80 % of the ceiling: 40 % of 50 %, 24 % of 30 %."""
    desk = await make_desk()
    claim = await make_accepted(desk, contract_amount=102 * WAN, trade_amount=102 * WAN)
    await make_scored(claim, 78, 80, 79)
    await calculate(claim.number, by=By(desk.officer, NOW))
    cheaper = [{"name": "rate", "rate": {"flat": 3000}, "clause": "rate"}]

    draft = await drafts.draft_terms("guangxi", text=next_version(rates=cheaper), by=By(desk.officer, NOW))
    (row,) = (await assess_impact(draft, NOW)).rows

    assert (row.before, row.after) == (408_000_00, 244_800_00)
    assert "专家得分 79.00" in row.why
    assert "24" in row.why


async def test_the_preview_says_why_an_amount_changes() -> None:
    desk = await make_desk()
    await make_calculated(desk)
    capped = [{"outcome": {"amount": 10 * WAN, "clause": "caps"}}]

    draft = await drafts.draft_terms("guangxi", text=next_version(caps=capped), by=By(desk.officer, NOW))
    (row,) = (await assess_impact(draft, NOW)).rows

    assert row.after == 10 * WAN
    assert "上限" in row.why


async def make_scored(claim: Claim, *points: int) -> None:
    """Store the scores of experts, equal in every heading."""
    for n in points:
        reviewer = await make_staff(StaffRole.REVIEWER)
        await ExpertReview.create(
            id=uuid4(),
            subject_kind="claim",
            subject_id=claim.id,
            reviewer_id=reviewer.user_id,
            due_on=NOW.date(),
            novelty=n,
            maturity=n,
            benefit=n,
            submitted_at=NOW,
            assigned_at=NOW,
        )
