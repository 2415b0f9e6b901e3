"""The desk's pages: what they show, keep when refused, and add up to."""

from __future__ import annotations

import re
from datetime import timedelta

import httpx

from market.accounts.models import Organisation
from market.budgets.batches import approve_batch
from market.claims.applications import create_claim
from market.claims.models import Claim, ClaimContract
from market.deps import Deps
from market.documents.issuing import print_document
from market.documents.models import IssuedDocument
from market.documents.states import DocumentKind
from market.kit.database import connection
from market.programmes.models import ProgrammeTerms
from market.records.by import By
from tests.budgets.factories import make_paid
from tests.claims.factories import (
    LATER,
    WAN,
    make_accepted,
    make_applicant,
    make_calculated,
    make_contract,
    make_desk,
    make_published,
    make_rechecked,
    make_sales,
)
from tests.deals.factories import move_clock
from tests.factories import NOW
from tests.programmes.factories import next_version
from tests.visitor import post, sign_in


async def test_the_queue_is_cut_by_place_field_doubt_and_amount(client: httpx.AsyncClient) -> None:
    desk = await make_desk()
    small = await make_calculated(desk, contract_amount=20 * WAN, trade_amount=20 * WAN)
    large = await make_calculated(desk, contract_amount=90 * WAN, trade_amount=90 * WAN)
    await Claim.filter(id=large.id).update(doubt_kinds=",split,")
    await sign_in(client, desk.officer)

    async def shown(query: str) -> tuple[bool, bool]:
        page = (await client.get(f"/desk?{query}")).text
        return small.number in page, large.number in page

    assert await shown("least=15") == (False, True)
    assert await shown("most=15") == (True, False)
    assert await shown("doubt=any") == await shown("doubt=split") == (False, True)
    assert await shown("doubt=related") == (False, False)
    assert await shown("field=materials") == (True, True)
    assert await shown("field=agriculture") == await shown("city=450300") == (False, False)
    assert await shown("city=450100") == await shown("city=450000") == (True, True)


async def test_the_prints_are_pdf_with_the_amount_in_words(client: httpx.AsyncClient, deps: Deps) -> None:
    desk = await make_desk()
    claim, batch = await make_paid(desk)
    sheet = await IssuedDocument.get(kind=DocumentKind.SHEET)
    await print_document(deps, document_id=str(sheet.id))
    assert sheet.content["capitals"] == "陆拾万元整"
    await sign_in(client, desk.officer)

    for address in (f"/desk/{claim.number}/sheet.pdf", f"/desk/batches/{batch}/payments.pdf"):
        answer = await client.get(address)
        assert answer.headers["content-type"] == "application/pdf"
        assert answer.content.startswith(b"%PDF")
    waiting = await make_accepted(desk)
    assert (await client.get(f"/desk/{waiting.number}/decision.pdf")).status_code == 404


async def test_the_sheets_of_a_list_are_one_print_with_a_page_for_each_claim(
    client: httpx.AsyncClient,
) -> None:
    desk = await make_desk()
    first, second = await make_rechecked(desk), await make_rechecked(desk)
    batch = await make_published(desk, first, second)
    await sign_in(client, desk.officer)

    answer = await client.get(f"/desk/batches/{batch}/sheets.pdf")

    one = await client.get(f"/desk/{first.number}/sheet.pdf")

    assert answer.headers["content-type"] == "application/pdf"
    assert pages(answer) == 2 * pages(one) > 0


async def test_a_pack_of_issued_sheets_is_the_same_whenever_it_is_printed(
    client: httpx.AsyncClient, deps: Deps
) -> None:
    desk = await make_desk()
    batch = await make_published(desk, await make_rechecked(desk))
    await sign_in(client, desk.officer)
    address = f"/desk/batches/{batch}/sheets.pdf"
    draft = (await client.get(address)).content
    move_clock(deps, LATER)
    await sign_in(client, desk.officer)
    assert (await client.get(address)).content != draft

    await approve_batch(batch, by=By(desk.approver, LATER))
    issued = (await client.get(address)).content
    move_clock(deps, LATER + timedelta(minutes=3))

    assert (await client.get(address)).content == issued


def pages(answer: httpx.Response) -> int:
    """Return how many pages a PDF has."""
    return len(re.findall(rb"/Type\s*/Page\b", answer.content))


async def test_stated_facts_change_the_trial_and_a_wrong_amount_is_kept(client: httpx.AsyncClient) -> None:
    applicant = await make_applicant(region="320500")
    buyer = await Organisation.get(id=applicant.organisation_id)
    contract = await make_contract(buyer, contract_amount=600 * WAN, trade_amount=600 * WAN)
    await make_sales(contract, applicant)
    claim = await create_claim("suzhou", year=2026, contract_numbers=[contract.number], by=By(applicant, NOW))
    await sign_in(client, applicant)
    assert "1,500,000.00" in (await client.get(f"/claims/{claim.number}")).text

    data = {"contract": contract.number, "grade": "general"}
    answer = await post(client, f"/claims/{claim.number}/facts", data, follow=False)

    assert answer.status_code == 303
    assert "500,000.00" in (await client.get(f"/claims/{claim.number}")).text
    wrong = data | {"paid_in_equity": "12"}
    assert (await post(client, f"/claims/{claim.number}/facts", wrong, follow=False)).status_code == 422
    assert (await ClaimContract.get(claim_id=claim.id)).grade == "general"


async def test_a_draft_that_will_not_do_is_shown_with_its_faults_and_kept(client: httpx.AsyncClient) -> None:
    desk = await make_desk()
    await make_applicant()
    await sign_in(client, desk.officer)

    answer = await post(client, "/desk/terms/guangxi/draft", {"content": '{"programme": "x"}'}, follow=False)

    assert answer.status_code == 422
    assert "&#34;programme&#34;: &#34;x&#34;" in answer.text
    assert not await ProgrammeTerms.filter(status="draft").exists()
    saved = await post(client, "/desk/terms/guangxi/draft", {"content": next_version()}, follow=False)
    assert saved.status_code == 303
    await sign_in(client, desk.approver)
    assert "2027-01-01" in (await client.get("/desk/terms/guangxi/2027")).text
    assert (await post(client, "/desk/terms/guangxi/2027", {}, follow=False)).status_code == 303
    assert (await ProgrammeTerms.get(version="2027", programme__slug="guangxi")).status == "released"


async def test_a_year_run_shows_its_plan_before_it_begins(client: httpx.AsyncClient) -> None:
    desk = await make_desk()
    await make_accepted(desk)
    await sign_in(client, desk.officer)

    page = await post(client, "/desk/runs", {"programme": "guangxi", "year": "2026"}, follow=False)
    start = {"programme": "guangxi", "year": "2026", "act": "start"}
    begun = await post(client, "/desk/runs", start, follow=False)

    assert "600,000.00" in page.text
    assert begun.status_code == 303
    assert (await client.get(begun.headers["location"])).status_code == 200


async def test_a_clawback_without_amount_or_reason_is_not_started(client: httpx.AsyncClient) -> None:
    desk = await make_desk()
    claim, _batch = await make_paid(desk)
    await sign_in(client, desk.officer)

    for data in ({}, {"amount": "x"}, {"amount": "1", "reason": ""}):
        answer = await post(client, f"/desk/{claim.number}/clawback", data, follow=False)
        assert answer.status_code == 422
    assert not await claim.clawbacks.all().exists()


async def test_a_list_of_hundreds_is_read_a_hundred_at_a_time_and_adds_up_whole(
    client: httpx.AsyncClient,
) -> None:
    desk = await make_desk()
    claim = await make_rechecked(desk)
    number = await make_published(desk, claim)
    await connection().execute_query(
        "INSERT INTO claims (id, number, status, year, programme_id, terms_id, applicant_id, award_amount, "
        "  supplement_note, reject_reason, doubt_kinds, created_at, submitted_at, updated_at, batch_id) "
        "SELECT gen_random_uuid(), 'BZ-2020-' || lpad(n::text, 6, '0'), status, year, programme_id, "
        "  terms_id, applicant_id, 100, '', '', '', created_at, submitted_at, updated_at, batch_id "
        "FROM claims, generate_series(1, 100) n WHERE number = $1",
        [claim.number],
    )
    await sign_in(client, desk.officer)

    first, second = [(await client.get(f"/desk/batches/{number}?page={page}")).text for page in (1, 2)]

    assert "BZ-2020-000100" in first
    assert claim.number not in first
    assert f'href="/desk/{claim.number}"' in second
    assert "BZ-2020-000001" not in second
    for page in (first, second):
        assert "600,100.00" in page
