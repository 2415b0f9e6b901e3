"""A draft of rules, what it would change, and its release."""

from __future__ import annotations

import pytest

from market.claims.draft_impact import assess_impact
from market.claims.models import Claim
from market.claims.subsidisable_outcomes import rebuild_outcome_documents
from market.kit.database import connection
from market.kit.errors import Conflict
from market.programmes import drafts
from market.programmes.catalogue import version_in_force
from market.records.by import By
from tests.claims.factories import WAN, make_applicant, make_calculated, make_desk
from tests.factories import NOW, make_outcome
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
