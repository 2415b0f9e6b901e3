"""Evidence: which documents are required, and invoices used once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from tortoise.exceptions import IntegrityError

from market.accounts.actors import Actor
from market.accounts.models import StaffRole
from market.audit.models import AuditEvent
from market.claims.applications import submit_claim
from market.claims.claim_page import claim_page
from market.claims.desk_review import accept, ask_supplement
from market.claims.evidence import checklist
from market.claims.evidence_log import Paper, add_evidence, withdraw_evidence
from market.claims.models import Claim, ClaimContract, Evidence, SalesReport
from market.claims.queries import claim_contracts, get_claim_for
from market.claims.risk_detection import detect_risk_flags
from market.claims.states import ClaimStatus
from market.deps import Deps
from market.files.store import LocalStore
from market.files.uploads import Upload
from market.kit.clock import local_date
from market.kit.database import connection, in_transaction
from market.kit.errors import Invalid
from market.programmes.rule_files import find_terms
from market.records.by import By
from tests.claims.factories import WAN, make_accepted, make_applicant, make_desk, make_draft, status_of
from tests.databases import tampered
from tests.factories import NOW, make_staff
from tests.invariants import broken
from tests.visitor import post, sign_in


async def test_one_invoice_serves_one_applicant_only() -> None:
    first, claim = await make_draft()
    second, other = await make_draft()

    async def add(number: str, actor) -> None:  # type: ignore[no-untyped-def]
        await add_evidence(
            number,
            Paper("invoice", "45002600001", amount=WAN),
            upload=None,
            by=By(actor, NOW),
            store=None,  # type: ignore[arg-type]
        )

    await add(claim.number, first)
    with pytest.raises(Invalid):
        await add(claim.number, first)
    with pytest.raises(Invalid):
        await add(other.number, second)


async def test_what_a_rule_set_asks_for_is_ticked_off() -> None:
    _applicant, claim = await make_draft()
    content = find_terms("guangxi")[0].content

    ticks = dict(checklist(content, await Evidence.filter(claim_id=claim.id)))

    assert ticks == {
        "技术合同及登记证明": True,
        "银行付款凭证": True,
        "卖方开具的发票": False,
        "成果收入专项审计报告": False,
    }


async def test_what_was_stated_has_to_be_proved() -> None:
    _applicant, claim = await make_draft()
    await ClaimContract.filter(claim_id=claim.id).update(mode="auction", grade="major")
    rows = await claim_contracts(claim.id)

    ticks = dict(checklist(find_terms("suzhou")[0].content, [], rows))

    assert ticks["挂牌或竞价成交确认书"] is ticks["重大项目评定意见"] is False


async def test_an_invoice_is_known_again_however_it_is_written(tmp_path: Path) -> None:
    store = LocalStore(tmp_path)
    claims = [await make_draft() for _ in range(2)]
    numbers = ["2445 2000 0001 ab", "２４４５２０００0001AB"]
    papers = [Paper("invoice", number, amount=1) for number in numbers]
    (first, claim), (second, other) = claims

    await add_evidence(claim.number, papers[0], upload=None, by=By(first, NOW), store=store)

    with pytest.raises(Invalid):
        await add_evidence(other.number, papers[1], upload=None, by=By(second, NOW), store=store)


@pytest.fixture
def papers(tmp_path: Path) -> Papers:
    return Papers(LocalStore(tmp_path))


@dataclass
class Papers:
    """Adds audit reports to a claim as its applicant."""

    store: LocalStore

    async def report(self, claim: Claim, actor: Actor, amount: int, **values: Any) -> Evidence:
        paper = Paper("conversion_report", f"KZ-{amount}", amount=amount, **values)
        upload = Upload("报告.pdf", f"%PDF-1.4 {amount}".encode(), "application/pdf")
        return await add_evidence(claim.number, paper, upload=upload, by=By(actor, LATER), store=self.store)


LATER = NOW + timedelta(days=1)


async def _asked_for_more(papers: Papers) -> tuple[Actor, Claim, Evidence]:
    """A claim with a report of 690 万 that the desk accepted and sent back for a supplement."""
    applicant, claim = await make_draft()
    report = await papers.report(claim, applicant, 690 * WAN)
    await submit_claim(claim.number, is_declared=True, by=By(applicant, LATER))
    officer = By(await make_staff(StaffRole.OFFICER), LATER)
    await accept(claim.number, by=officer)
    await ask_supplement(
        claim.number, reason="缺少发票", due_on=local_date(LATER) + timedelta(days=9), by=officer
    )
    return applicant, await Claim.get(id=claim.id), report


async def test_before_the_first_submission_a_paper_may_be_taken_out(papers: Papers) -> None:
    applicant, claim = await make_draft()
    report = await papers.report(claim, applicant, 690 * WAN)

    await withdraw_evidence(claim.number, report.id, by=By(applicant, LATER))

    assert not await Evidence.filter(id=report.id).exists()
    assert await broken("subsidies: evidence is", "subsidies: no evidence") == {}


async def test_a_report_handed_in_is_never_swapped_without_a_trace(papers: Papers) -> None:
    applicant, claim, report = await _asked_for_more(papers)
    after = LATER + timedelta(hours=1)

    with pytest.raises(Invalid):
        await withdraw_evidence(claim.number, report.id, by=By(applicant, after))
    with pytest.raises(Invalid):
        await papers.report(claim, applicant, 310 * WAN, replaces_id=report.id)
    paper = Paper("conversion_report", "2", None, 310 * WAN, report.id, "原报告有误")
    await add_evidence(claim.number, paper, upload=None, by=By(applicant, after), store=papers.store)

    page = await claim_page(applicant, await get_claim_for(applicant, claim.number), after)
    old = await Evidence.get(id=report.id)
    assert (old.withdrawal_reason, old.withdrawn_by_id) == ("原报告有误", applicant.user_id)
    assert page.changes is not None
    [new] = page.changes.added
    assert (new.amount, new.replaces_id, new.explanation) == (310 * WAN, report.id, "原报告有误")
    assert [paper.id for paper in page.withdrawn] == [report.id]
    assert new.id in {paper.id for paper in page.evidence}
    assert report.id not in {paper.id for paper in page.evidence}
    logged = [event.data for event in await AuditEvent.filter(action="add_evidence").order_by("-id").limit(1)]
    assert logged[0]["amount"] == 310 * WAN


async def test_sales_that_the_audit_report_does_not_bear_out_are_a_doubt(papers: Papers) -> None:
    applicant, claim = await make_draft()
    [row] = await ClaimContract.filter(claim_id=claim.id)
    await SalesReport.filter(contract_id=row.contract_id, year=claim.year).update(amount=690 * WAN)
    await papers.report(claim, applicant, 310 * WAN)

    flags = {flag.kind: flag.what for flag in await detect_risk_flags(claim)}

    assert flags["sales"] == "填报新增销售 ￥6,900,000.00，专项报告 ￥3,100,000.00"


TAMPERED = (
    ("UPDATE evidence SET amount = 1 WHERE id = $1", "subsidies: evidence is what the log says"),
    ("UPDATE evidence SET number = 'x' WHERE id = $1", "subsidies: evidence is what the log says"),
    (
        "UPDATE files SET sha256 = 'x' WHERE id = (SELECT file_id FROM evidence WHERE id = $1)",
        "subsidies: evidence is what the log says",
    ),
    ("DELETE FROM evidence WHERE id = $1", "subsidies: no evidence is lost"),
)


async def test_a_paper_that_was_tampered_with_is_refused_or_found(papers: Papers) -> None:
    _applicant, _claim, report = await _asked_for_more(papers)

    for statement, check in TAMPERED:
        with pytest.raises(IntegrityError):
            async with in_transaction():
                await connection().execute_query(statement, [report.id])
        async with tampered(statement, report.id):
            assert await broken(check), statement


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
