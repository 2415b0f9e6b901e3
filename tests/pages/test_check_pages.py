"""The pages of who may apply, as a guest and an organisation use them, without scripts."""

from __future__ import annotations

import io
import re
from datetime import timedelta

import httpx
from openpyxl import load_workbook

from market.accounts.models import Organisation, OrganisationKind
from market.claims.models import Claim
from market.deps import Deps
from market.eligibility.models import EligibilityRecord
from market.eligibility.runs import enqueue_run, run_to_end
from market.kit.database import in_transaction
from market.pages.policy_order import order_policies
from market.policies.search import all_documents, build_documents
from market.programmes.models import Programme
from tests.claims.factories import make_applicant, make_contract, make_desk, make_draft, make_sales
from tests.deals.factories import move_clock
from tests.factories import NOW, make_member, make_organisation
from tests.policies.test_library import release
from tests.programmes.factories import make_programmes
from tests.programmes.test_calls import change_closing, make_call
from tests.visitor import post, sign_in

CHECK = "/policies/check"
ANSWERS = {"who": "enterprise", "place": "450100", "what": "unsure", "amount": "120"}


async def test_a_guest_comes_from_the_home_page_in_two_clicks_to_what_their_firm_may_claim(
    client: httpx.AsyncClient,
) -> None:
    await make_programmes()
    home = await client.get("/")
    assert re.search(rf'href="{CHECK}"[^>]*>政策与补助<', home.text), "the first click, from any page"
    form = await client.get(CHECK)
    assert 'method="get"' in form.text
    assert "21 项政策" in form.text or "项政策、" in form.text

    result = await client.get(CHECK, params=ANSWERS)

    for page in (
        form,
        result,
        *[await client.get(at) for at in ("/policies", "/subsidies", "/subsidies/calculator")],
    ):
        tabs = re.search(r'<nav class="tabs[^"]*" aria-label="政策与补助">.*?</nav>', page.text, re.DOTALL)
        assert tabs
        assert re.findall(r'href="([^"]+)"', tabs[0]) == [
            CHECK,
            "/policies",
            "/subsidies",
            "/subsidies/calculator",
        ]
        assert tabs[0].count("aria-current") == 1
    assert "3 项与您有关，0 项现在就可以申报" in result.text
    assert "再答 3 问，可定 3 项" in result.text
    assert "申报期未公布" in result.text
    assert "600,000.00" in result.text
    assert "资格" not in result.text
    assert "set-cookie" not in {name.lower() for name in result.headers if "session" in name.lower()}


async def test_answers_go_on_in_the_address_until_nothing_is_left_to_ask(client: httpx.AsyncClient) -> None:
    await make_programmes()
    more = ANSWERS | {"what": "licence", "before": "no", "sales": "300", "received": "120"}
    first = await client.get(CHECK, params=ANSWERS | {"before": "no"})
    assert re.search(r'type="hidden" name="before" value="no"', first.text)

    result = await client.get(CHECK, params=more)

    assert "1 项现在就可以申报" in result.text
    assert "再答" not in result.text
    assert "programme=guangxi&amp;year=2026" in result.text
    assert "合同类型属于本政策支持范围" in result.text, "why the others fail"
    edit = await client.get(CHECK, params=more | {"edit": "1"})
    assert re.search(r'name="sales"[^>]*value="300', edit.text), "what was answered later can be changed"
    assert "后来又答过的" in edit.text
    assert "这份合同拿过同类补助吗：否" in result.text
    assert 'value="licence"' in edit.text
    assert "checked" in edit.text


async def test_what_cannot_be_read_is_told_at_its_field_and_elsewhere_it_says_that_nothing_is_known(
    client: httpx.AsyncClient,
) -> None:
    await make_programmes()
    wrong = await client.get(CHECK, params=ANSWERS | {"amount": "很多", "who": "nobody", "place": "999999"})
    assert wrong.status_code == 422
    assert wrong.text.count("请从列表中选择。") >= 2
    assert "请填金额" in wrong.text
    assert (await client.get(CHECK, params=ANSWERS | {"amount": "1000000000"})).status_code in (200, 422)
    nowhere = await client.get(CHECK, params={"who": "enterprise", "before": "maybe"})
    assert nowhere.status_code == 422, "a place that is not known is no place without programmes"
    assert "先看地方" in nowhere.text
    assert 'value="maybe"' not in nowhere.text
    elsewhere = await client.get(CHECK, params=ANSWERS | {"place": "110000"})
    assert "没有与您有关的政策" in elsewhere.text
    huge = await client.get(CHECK, params=ANSWERS | {"amount": "9" * 300})
    assert huge.status_code == 422


async def test_calls_say_until_when_to_the_second_and_whom_to_ask(
    client: httpx.AsyncClient, deps: Deps
) -> None:
    desk = await make_desk()
    await make_applicant()
    await make_call(desk, opens_at=NOW, closes_at=NOW + timedelta(days=10))
    upcoming = await make_call(desk, "nanning-voucher", opens_at=NOW + timedelta(days=3))
    more = ANSWERS | {"what": "licence", "before": "no", "sales": "300"}

    page = (await client.get(CHECK, params=more)).text

    assert "还剩 10 天" in page
    assert "0771-5550100" in page
    service = (await client.get(CHECK, params=ANSWERS | {"what": "service"})).text
    assert upcoming.number in service
    assert "开始" in service
    for seconds, is_open in ((1, True), (0, False), (-1, False)):
        move_clock(deps, NOW + timedelta(days=10, seconds=-seconds))
        page = (await client.get(CHECK, params=more | {"what": "licence", "received": str(seconds + 2)})).text
        assert ("今天截止" in page, "已于 2026-03-12 10:00 截止" in page) == (is_open, not is_open)


async def test_an_organisation_sees_how_it_stands_by_its_records_and_claims_with_one_press(
    client: httpx.AsyncClient,
) -> None:
    applicant = await make_applicant()
    buyer = await Organisation.get(id=applicant.organisation_id)
    contract = await make_contract(buyer)
    await make_sales(contract, applicant)
    await sign_in(client, applicant)

    page = (await client.get(CHECK)).text

    assert buyer.name in page
    assert "1 项现在就可以申报" in page
    link = re.search(r'href="(/claims/new\?[^"]+)"', page)
    assert link
    address = link[1].replace("&amp;", "&")
    assert contract.number in address
    prefilled = await client.get(address)
    assert contract.number in prefilled.text
    form = {"programme": "guangxi", "year": "2026", "contracts": contract.number}
    assert (await post(client, "/claims/new", form)).status_code == 200
    claim = await Claim.get()
    assert claim.number in (await client.get(CHECK)).text
    assert "答四个问题" in (await client.get(f"{CHECK}?ask=1")).text


async def test_an_organisation_without_a_contract_learns_what_it_lacks(client: httpx.AsyncClient) -> None:
    await make_programmes()
    await sign_in(client, await make_member())

    page = (await client.get(CHECK)).text

    assert "3 项与您有关，0 项现在就可以申报" in page
    assert "签了合同、录入系统后自动核对" in page
    assert "记录里还没有、又能定下结论的" in page


async def test_a_refused_submission_says_why_at_its_field(client: httpx.AsyncClient) -> None:
    desk = await make_desk()
    applicant, claim = await make_draft()
    await sign_in(client, applicant)
    page = f"/claims/{claim.number}"
    assert "申报通知" not in (await client.get(page)).text, "without a call one may submit at any time"
    other_year = await make_call(desk, year=2025, opens_at=NOW)
    assert f"{other_year.number}，2025 年度" in (await client.get(page)).text
    call = await make_call(desk)
    assert "开始受理" in (await client.get(page)).text
    buyer = await Organisation.get(id=applicant.organisation_id)
    await make_contract(buyer)
    assert "草稿现在就可以写" in (await client.get("/claims/new?programme=guangxi&year=2026")).text

    answer = await post(client, f"/claims/{claim.number}/submit", {"declaration": "y", "is_incomplete": "y"})

    assert answer.status_code == 422
    assert call.number in answer.text
    assert "开始受理" in answer.text
    await change_closing(desk, call, NOW + timedelta(days=50), NOW)
    await make_call(desk, beside=call, opens_at=NOW - timedelta(days=1), closes_at=NOW + timedelta(days=9))
    assert "按提交的时刻算" in (await client.get(page)).text


async def test_the_list_holds_documents_and_programmes_and_begins_with_what_concerns_who_looks(
    client: httpx.AsyncClient, deps: Deps
) -> None:
    desk = await make_desk()
    await make_programmes()
    policy = await release(desk, title="后补助实施细则（测试）")
    documents = await build_documents([*await all_documents()])
    await deps.search.put("policies", [document for document in documents.values() if document])

    everybody = (await client.get("/policies")).text
    assert everybody.index(f"/policies/{policy.number}") < everybody.index("/subsidies/hefei")
    assert "桂科演〔2026〕2号" in everybody
    assert CHECK in everybody
    assert policy.number in (await client.get("/policies?q=实施细则")).text
    provincial = (await client.get("/policies?level=province")).text
    assert policy.number in provincial
    assert "/subsidies/hefei" not in provincial
    assert f"/policies/{policy.number}" in (await client.get("/policies.atom")).text
    workbook = load_workbook(io.BytesIO((await client.get("/policies.xlsx")).content)).worksheets[0]
    assert "后补助实施细则（测试）" in [row[0].value for row in workbook.iter_rows()]

    chongzuo = await make_member(await make_organisation(region="451400"))
    college = await make_member(await make_organisation(region="410100", kind=OrganisationKind.UNIVERSITY))
    slugs = {programme.id: programme.slug for programme in await Programme.all()}
    firm_order = [slugs.get(record_id, "") for record_id in await order_policies(chongzuo)]
    assert firm_order.index("chongzuo") < firm_order.index("guangxi") < firm_order.index("nanning")
    college_order = [slugs.get(record_id, "") for record_id in await order_policies(college)]
    assert college_order[:2] == ["henan-seller", "henan-buyer"]


async def test_the_workbench_counts_what_may_be_claimed_and_is_a_step_away(client: httpx.AsyncClient) -> None:
    applicant = await make_applicant()
    buyer = await Organisation.get(id=applicant.organisation_id)
    contract = await make_contract(buyer)
    await make_sales(contract, applicant)
    async with in_transaction():
        await enqueue_run(NOW)
    await run_to_end(NOW)
    await sign_in(client, applicant)

    page = (await client.get("/dashboard")).text

    assert f'href="{CHECK}#met"' in page
    assert "可以申报的政策" in page
    assert "还差一步的政策" not in page, "there is none"
    await EligibilityRecord.filter(answer="met").update(until_at=NOW)
    closed = (await client.get("/dashboard")).text
    assert f'href="{CHECK}#met"' not in closed, "what has closed since last night is not counted"
