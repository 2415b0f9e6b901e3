"""A supplement request names papers of the rule set's list, and shows which have come since."""

from __future__ import annotations

from datetime import date, timedelta

import httpx
import pytest

from market.claims.claim_page import claim_page
from market.claims.desk_review import ask_supplement
from market.claims.evidence_log import Paper, add_evidence
from market.claims.models import Claim
from market.claims.queries import get_claim_for
from market.claims.states import ClaimStatus
from market.deps import Deps
from market.kit.errors import Invalid
from market.records.by import By
from tests.claims.factories import make_accepted, make_applicant, make_desk, status_of
from tests.factories import NOW
from tests.visitor import post, sign_in

DUE = date(2026, 3, 20)
INVOICE, REPORT = "卖方开具的发票", "成果收入专项审计报告"


async def test_a_request_must_ask_for_something_and_only_for_papers_of_the_list() -> None:
    desk = await make_desk()
    claim = await make_accepted(desk)
    by = By(desk.officer, NOW)

    with pytest.raises(Invalid, match="勾选"):
        await ask_supplement(claim.number, due_on=DUE, by=by)
    with pytest.raises(Invalid, match="清单"):
        await ask_supplement(claim.number, papers=["户口本"], due_on=DUE, by=by)

    assert await status_of(claim) is ClaimStatus.ACCEPTED


async def test_a_requested_paper_is_done_once_it_was_added_after_the_request(deps: Deps) -> None:
    desk, applicant = await make_desk(), await make_applicant()
    claim = await make_accepted(desk, applicant)
    await ask_supplement(claim.number, papers=[INVOICE, REPORT], due_on=DUE, by=By(desk.officer, NOW))
    later = NOW + timedelta(hours=1)

    await add_evidence(
        claim.number,
        Paper("invoice", number="033002500111-88880000", amount=1, explanation="补交"),
        upload=None,
        by=By(applicant, later),
        store=deps.store,
    )

    page = await claim_page(applicant, await get_claim_for(applicant, claim.number), later)
    assert [(paper.words, paper.is_done) for paper in page.requested] == [(INVOICE, True), (REPORT, False)]


async def test_the_officer_ticks_papers_and_the_applicant_sees_them_as_a_list(
    client: httpx.AsyncClient,
) -> None:
    desk, applicant = await make_desk(), await make_applicant()
    claim = await make_accepted(desk, applicant)
    await sign_in(client, desk.officer)

    form = await client.get(f"/desk/{claim.number}/supplement")
    empty = await post(client, f"/desk/{claim.number}/supplement", {"due_on": "2026-03-20"})
    await post(
        client,
        f"/desk/{claim.number}/supplement",
        {"papers": [INVOICE], "reason": "发票应为增值税发票", "due_on": "2026-03-20"},
    )
    await sign_in(client, applicant)
    own = await client.get(f"/claims/{claim.number}")

    assert f'value="{INVOICE}"' in form.text
    assert empty.status_code == 422
    assert "请勾选要补的材料" in empty.text
    assert (await Claim.get(id=claim.id)).supplement_note == (
        f"需要补交或更换的材料：{INVOICE}。\n发票应为增值税发票"
    )
    assert "还没有补" in own.text
    assert "发票应为增值税发票" in own.text
