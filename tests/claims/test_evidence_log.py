"""A piece of evidence that the desk does not accept: kept with its reason, told, counted nowhere."""

from __future__ import annotations

import httpx
import pytest

from market.accounts.models import Message
from market.audit.models import AuditEvent
from market.claims.claim_page import claim_page, load_decided_claim
from market.claims.evidence_log import reject_evidence
from market.claims.letters import sheet_print
from market.claims.models import Claim, Evidence, EvidenceRejection
from market.claims.queries import get_claim_at_desk
from market.kit.errors import Conflict, NotFound
from market.records.by import By
from tests.claims.factories import make_accepted, make_applicant, make_calculated, make_desk
from tests.factories import NOW
from tests.visitor import post, sign_in


async def a_certificate(claim: Claim) -> Evidence:
    return await Evidence.get(claim_id=claim.id, kind="registration_certificate")


async def test_a_rejected_piece_stays_with_its_reason_which_the_applicant_is_told(
    client: httpx.AsyncClient,
) -> None:
    desk = await make_desk()
    applicant = await make_applicant()
    claim = await make_accepted(desk, applicant)
    paper = await a_certificate(claim)
    address = f"/desk/{claim.number}/evidence/{paper.id}/reject"
    await sign_in(client, desk.officer)
    assert address in (await client.get(f"/desk/{claim.number}")).text
    assert (await post(client, address, {"reason": ""}, follow=False)).status_code == 422

    assert (await post(client, address, {"reason": "证书页缺少盖章"}, follow=False)).status_code == 303

    rejection = await EvidenceRejection.get(evidence_id=paper.id)
    assert (rejection.reason, rejection.rejected_by_id) == ("证书页缺少盖章", desk.officer.user_id)
    event = await AuditEvent.get(subject_id=claim.id, action="reject_evidence")
    assert event.data["paper"] == paper.number
    assert await Message.filter(user_id=applicant.user_id, text__contains="证书页缺少盖章").count() == 1
    await sign_in(client, applicant)
    page = (await client.get(f"/claims/{claim.number}")).text
    assert "未采信" in page
    assert "证书页缺少盖章" in page


async def test_a_rejected_piece_counts_neither_for_the_papers_nor_for_the_sums() -> None:
    desk = await make_desk()
    claim = await make_accepted(desk)
    vouchers = await Evidence.filter(claim_id=claim.id, kind="payment_voucher")
    assert vouchers
    shown = await get_claim_at_desk(desk.officer, claim.number)
    before = {row.kind: row.count for row in (await claim_page(desk.officer, shown, NOW)).sums}

    for paper in vouchers:
        await reject_evidence(claim.number, paper.id, reason="看不清", by=By(desk.officer, NOW))

    after = {row.kind: row.count for row in (await claim_page(desk.officer, shown, NOW)).sums}
    assert before["payment_voucher"] == len(vouchers)
    assert after.get("payment_voucher", 0) == 0
    sheet = sheet_print(await load_decided_claim(await Claim.get(id=claim.id)))
    assert "（未采信：看不清）" in str(sheet["evidence"])


async def test_a_piece_is_rejected_once_before_the_claim_is_computed_and_only_if_it_is_the_claims() -> None:
    desk = await make_desk()
    claim, other = await make_accepted(desk), await make_calculated(desk)
    paper = await a_certificate(claim)
    await reject_evidence(claim.number, paper.id, reason="缺章", by=By(desk.officer, NOW))

    with pytest.raises(Conflict):
        await reject_evidence(claim.number, paper.id, reason="缺章", by=By(desk.officer, NOW))
    with pytest.raises(NotFound):
        await reject_evidence(other.number, paper.id, reason="缺章", by=By(desk.officer, NOW))
    theirs = await a_certificate(other)
    with pytest.raises(Conflict):
        await reject_evidence(other.number, theirs.id, reason="缺章", by=By(desk.officer, NOW))
