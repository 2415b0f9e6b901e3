"""The pages of claims and the desk, used as people use them, without scripts."""

from __future__ import annotations

import re
from datetime import timedelta

import httpx
import pytest

from market.accounts.models import Organisation, StaffRole
from market.budgets.batches import approve_batch
from market.budgets.models import Batch, Disbursement
from market.budgets.payment_models import PaymentInstruction
from market.claims.applications import submit_claim
from market.claims.desk_review import accept
from market.claims.models import Claim, Evidence, SalesReport
from market.claims.record_chain import chain_of_outcome
from market.claims.states import ClaimStatus, RecheckPoint
from market.deps import Deps
from market.notices.models import Notice
from market.pages.workbench import build_board
from market.records.by import By
from tests.budgets.factories import order_and_release
from tests.claims.factories import (
    WAN,
    make_accepted,
    make_applicant,
    make_calculated,
    make_contract,
    make_desk,
    make_draft,
    make_published,
    make_rechecked,
    make_sales,
)
from tests.databases import past_guards
from tests.factories import NOW, make_member, make_organisation, make_staff
from tests.visitor import post, sign_in

PDF = b"%PDF-1.4\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF\n"


async def test_an_enterprise_reports_sales_and_claims_without_typing_anything_twice(
    client: httpx.AsyncClient,
) -> None:
    applicant = await make_applicant()
    contract = await make_contract(await Organisation.get(id=applicant.organisation_id))
    await sign_in(client, applicant)

    await post(client, f"/contracts/{contract.number}/sales", {"year": "2026", "amount": "300"})
    assert (await SalesReport.get(contract_id=contract.id)).amount == 300 * WAN
    page = await client.get("/claims/new")
    assert contract.name in page.text
    assert "600,000.00" in page.text
    created = await post(
        client, "/claims/new", {"programme": "guangxi", "year": "2026", "contracts": contract.number}
    )
    assert "￥600,000.00" in created.text
    claim = await Claim.get(applicant_id=applicant.organisation_id)
    added = await post(
        client,
        f"/claims/{claim.number}/evidence",
        {"kind": "invoice", "number": "4500-77", "dated_on": "2026-02-10", "amount": "1200000.00"},
        files={"file": ("发票.pdf", PDF, "application/pdf")},
    )
    assert "发票.pdf" in added.text
    assert "正式发票 1 张，合计 ￥1,200,000.00" in added.text
    undeclared = await post(client, f"/claims/{claim.number}/submit", {})
    assert undeclared.status_code == 422
    assert "请先声明" in undeclared.text
    asked = await post(client, f"/claims/{claim.number}/submit", {"declaration": "y"})
    assert asked.status_code == 422
    assert "项，仍要提交？" in asked.text
    assert 'href="#is_incomplete"' in asked.text
    submitted = await post(
        client, f"/claims/{claim.number}/submit", {"declaration": "y", "is_incomplete": "y"}
    )
    assert "申报已提交" in submitted.text


async def test_a_paper_is_taken_off_but_the_markets_own_records_stay(client: httpx.AsyncClient) -> None:
    applicant, claim = await make_draft()
    contract_copy = await Evidence.get(claim_id=claim.id, kind="contract")
    voucher = await Evidence.get(claim_id=claim.id, kind="payment_voucher")
    await sign_in(client, applicant)

    assert (
        await post(client, f"/claims/{claim.number}/evidence", {"remove": str(contract_copy.id)})
    ).status_code == 404
    await post(client, f"/claims/{claim.number}/evidence", {"remove": str(voucher.id)})

    assert await Evidence.filter(claim_id=claim.id).count() == 2


async def test_the_desk_takes_a_claim_from_hand_in_to_the_bank(client: httpx.AsyncClient, deps: Deps) -> None:
    desk = await make_desk()
    applicant, claim = await make_draft()
    await submit_claim(claim.number, is_declared=True, by=By(applicant, NOW))
    at = f"/desk/{claim.number}"

    await sign_in(client, desk.officer)
    budget = {"programme": "guangxi", "year": "2026", "amount": "500"}
    await post(client, "/desk/budgets", budget)
    await post(client, f"{at}/accept")
    page = await post(client, f"{at}/calculate", {"rate": "40", "decision": "桂科函〔2026〕1号"})
    assert "￥480,000.00" in page.text
    await sign_in(client, desk.rechecker)
    page = await client.get(at)
    sequence = re.search(r'name="sequence" value="(\d+)"', page.text)
    assert sequence
    await post(client, f"{at}/recheck", {"sequence": sequence[1], "compared": list(RecheckPoint)})
    page = await client.get("/desk/batches")
    assert claim.number in page.text
    await post(client, "/desk/batches", {"group": "guangxi:2026", "claims": claim.number, "title": "第一批"})
    number = (await Batch.get(title="第一批")).number
    await sign_in(client, desk.approver)
    page = await client.get("/desk/budgets")
    release = re.search(r'name="release"\s+value="([^"]+)"', page.text)
    assert release
    await post(client, "/desk/budgets", {"release": release[1]})
    await sign_in(client, desk.rechecker)
    page = await client.get(f"/desk/batches/{number}")
    seen = re.search(r'name="seen"\s+value="([^"]+)"', page.text)
    assert seen
    page = await post(client, f"/desk/batches/{number}/confirm", {"seen": seen[1]})
    assert "公示" in page.text
    deps.clock.move(days=10)  # type: ignore[attr-defined]
    await sign_in(client, desk.approver)
    assert "已批准 1 项" in (await post(client, f"/desk/batches/{number}/approve")).text
    await sign_in(client, desk.officer)
    assert "已下达 1 笔拨付" in (await post(client, f"/desk/batches/{number}/order")).text
    order = await Disbursement.get(claim_id=claim.id)
    instruction = await PaymentInstruction.get(batch__number=number)
    address = f"/desk/instructions/{instruction.number}"
    old = await client.get(f"/desk/batches/{number}?format=xlsx")
    assert (old.status_code, old.headers["location"].endswith(address)) == (303, True)
    assert (await client.get(f"{address}/treasury.xlsx")).status_code == 409
    assert (await post(client, f"{address}/release")).status_code == 403
    await sign_in(client, desk.rechecker)
    assert "付款文件已生成" in (await post(client, f"{address}/release")).text
    assert (await client.get(f"{address}/treasury.xlsx")).content[:2] == b"PK"
    await sign_in(client, desk.officer)
    paid = await post(
        client,
        f"/desk/disbursements/{order.number}",
        {"result": "paid", "ended_on": "2026-03-12", "bank_reference": "BOC-1"},
    )
    assert "待另一人确认" in paid.text
    assert (await Claim.get(id=claim.id)).status is ClaimStatus.TO_PAY
    await sign_in(client, desk.rechecker)
    assert "已确认 1 笔银行结果" in (await post(client, f"/desk/batches/{number}/results/confirm")).text
    assert "已付出并记账" in (await client.get(f"/desk/disbursements/{order.number}")).text
    assert (await Claim.get(id=claim.id)).status is ClaimStatus.PAID


async def test_the_page_shows_what_was_kept_not_what_would_come_out_today(client: httpx.AsyncClient) -> None:
    desk = await make_desk()
    claim = await make_calculated(desk)
    contract = (await claim.contracts.all().select_related("contract"))[0].contract
    await past_guards("UPDATE contracts SET trade_amount = $1 WHERE id = $2", 10 * WAN, contract.id)
    await sign_in(client, desk.rechecker)

    page = await client.get(f"/desk/{claim.number}")
    sheet = await client.get(f"/desk/{claim.number}/sheet")

    assert "￥600,000.00" in page.text
    assert "陆拾万元整" in sheet.text
    for words in ("核算人", "复核人", "批准人", "凭证清单", "假定（A）"):
        assert words in sheet.text


async def test_a_supplement_is_asked_for_and_handed_in(client: httpx.AsyncClient) -> None:
    desk = await make_desk()
    applicant, claim = await make_draft()
    await submit_claim(claim.number, is_declared=True, by=By(applicant, NOW))
    await accept(claim.number, by=By(desk.officer, NOW))

    await sign_in(client, desk.officer)
    ask = {"reason": "缺少发票", "due_on": "2026-03-20"}
    page = await post(client, f"/desk/{claim.number}/supplement", ask)
    assert "补正通知已发出" in page.text
    await sign_in(client, applicant)
    page = await client.get(f"/claims/{claim.number}")
    assert "缺少发票" in page.text
    page = await post(client, f"/claims/{claim.number}/submit", {"declaration": "y", "is_incomplete": "y"})
    assert (await Claim.get(id=claim.id)).status is ClaimStatus.ACCEPTED


async def test_a_refused_applicant_reads_the_clause(client: httpx.AsyncClient) -> None:
    desk = await make_desk()
    applicant, claim = await make_draft()
    await submit_claim(claim.number, is_declared=True, by=By(applicant, NOW))
    await sign_in(client, desk.officer)

    await post(client, f"/desk/{claim.number}/reject", {"clause": "benefit", "reason": "未见效益"})
    await sign_in(client, desk.rechecker)
    await post(client, f"/desk/{claim.number}/refusal", {"act": "confirm"})

    await sign_in(client, applicant)
    page = await client.get(f"/claims/{claim.number}")
    assert "不予支持" in page.text
    assert "摘要：购买成果须转化应用并产生效益" in page.text


async def test_the_public_list_can_be_objected_to_claim_by_claim(client: httpx.AsyncClient) -> None:
    desk = await make_desk()
    claim = await make_rechecked(desk)
    number = await make_published(desk, claim)
    notice = await Notice.get(subject_kind="batch")
    await sign_in(client, await make_member())

    await post(
        client, f"/notices/{notice.number}/object", {"entry": str(claim.id), "reason": "关联方，不应支持"}
    )

    await sign_in(client, desk.approver)
    page = await client.get(f"/desk/batches/{number}")
    assert "异议处理中，程序中止" in page.text


async def test_from_the_payout_to_the_listing_it_is_one_click(client: httpx.AsyncClient) -> None:
    desk = await make_desk()
    claim = await make_rechecked(desk)
    number = await make_published(desk, claim)
    later = NOW + timedelta(days=10)
    await approve_batch(number, by=By(desk.approver, later))
    order = (await order_and_release(number, desk, at=later)).orders[0]
    deal = (await claim.contracts.all().select_related("contract__deal__outcome"))[0].contract.deal
    assert deal.outcome is not None
    auditor = await make_staff(StaffRole.AUDITOR)
    await sign_in(client, auditor)

    page = await client.get(f"/desk/disbursements/{order.number}")

    for address in (f"/outcomes/{deal.outcome.number}", f"/deals/{deal.number}", f"/desk/{claim.number}"):
        assert f'href="{address}"' in page.text
        assert (await client.get(address)).status_code == 200
    contract = (await claim.contracts.all().select_related("contract"))[0].contract
    back = await client.get("/claims", params={"contract": contract.number}, follow_redirects=True)
    assert f'href="/desk/{claim.number}' in back.text
    outcome = await chain_of_outcome(auditor, deal.outcome)
    assert [link.number for link in outcome][-1] == order.number
    assert await chain_of_outcome(None, deal.outcome) == []


async def test_figures_of_the_dashboard_link_to_exactly_their_rows(client: httpx.AsyncClient) -> None:
    desk = await make_desk()
    accepted = await make_accepted(desk)
    await make_calculated(desk)
    await sign_in(client, desk.officer)

    board = await build_board(desk.officer, NOW)
    queue = next(each for each in board.queues if each.what == "待核算")
    page = await client.get(queue.address)

    assert queue.count == 1
    assert [todo.number for todo in board.todos if todo.kind == queue.kind] == [accepted.number]
    assert re.findall(r'nowrap" href="/desk/(BZ-2026-\d{6})', page.text) == [accepted.number]


async def test_an_enterprise_sees_what_it_may_claim() -> None:
    applicant = await make_applicant()
    await make_contract(await Organisation.get(id=applicant.organisation_id))

    board = await build_board(applicant, NOW)

    assert {figure.label: figure.value for figure in board.figures}["已登记，还没申报的合同"] == 1
    assert [todo.kind for todo in board.todos if todo.kind.startswith("claims")] == []


async def test_the_queue_is_filtered_by_its_address(client: httpx.AsyncClient) -> None:
    desk = await make_desk()
    name = "独一无二科技公司"
    applicant = await make_member(await make_organisation(name=name))
    await make_applicant()
    mine = await make_accepted(desk, applicant)
    other = await make_accepted(desk)
    await sign_in(client, desk.officer)

    page = await client.get("/desk", params={"text": "独一无二", "year": "2026", "programme": "guangxi"})

    assert mine.number in page.text
    assert other.number not in page.text


@pytest.mark.parametrize(
    "query",
    [
        {"year": "二〇二六"},
        {"year": "99999999999"},
        {"status": "nonsense"},
        {"programme": "x" * 500},
        {"text": "%\x00_'\"" * 50},
        {"page": "-1", "size": "1e9"},
    ],
)
async def test_nonsense_in_the_address_of_the_queue_harms_nothing(
    client: httpx.AsyncClient, query: dict[str, str]
) -> None:
    desk = await make_desk()
    await sign_in(client, desk.officer)

    assert (await client.get("/desk", params=query)).status_code == 200


async def test_two_programmes_are_compared_for_the_place_the_best_first(client: httpx.AsyncClient) -> None:
    await make_applicant()

    page = await client.get(
        "/subsidies/calculator",
        params={"amount": "55", "region": "450100", "role": "buyer", "kind": "service"},
    )

    assert page.status_code == 200
    places = [page.text.index(f'id="{slug}"') for slug in ("nanning-voucher", "guangxi", "nanning")]
    assert places == sorted(places)
    assert "￥200,000.00" in page.text
    assert "以最终审定为准" in page.text
    part = await client.get("/subsidies/calculator", params={"amount": "120"}, headers={"hx-request": "true"})
    assert part.text.lstrip().startswith('<div id="estimates"')


async def test_every_programme_has_its_page_with_assumptions_marked(client: httpx.AsyncClient) -> None:
    await make_applicant()
    page = await client.get("/subsidies")
    slugs = set(re.findall(r'href="/subsidies/([a-z-]+)"', page.text)) - {"calculator"}

    assert len(slugs) == 22
    for slug in slugs:
        programme_page = await client.get(f"/subsidies/{slug}")
        assert programme_page.status_code == 200, slug
        assert "（A）" in programme_page.text
        assert "摘要" in programme_page.text
    old = await client.get("/subsidies/fuzhou?version=2024")
    assert "6%" in old.text
    assert (await client.get("/subsidies/nowhere")).status_code == 404


async def test_who_sold_under_a_contract_does_not_report_its_sales(client: httpx.AsyncClient) -> None:
    applicant = await make_applicant()
    contract = await make_contract(await Organisation.get(id=applicant.organisation_id))
    await make_sales(contract, applicant)
    await sign_in(client, await make_member())

    assert (await client.get(f"/contracts/{contract.number}/sales")).status_code == 404
