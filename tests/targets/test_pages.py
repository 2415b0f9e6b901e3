"""The pages of targets: each figure opens exactly its rows, each act works from its form."""

from __future__ import annotations

import html
import json
import re
from datetime import date, datetime
from io import BytesIO
from typing import cast

import httpx
import pytest
from openpyxl import load_workbook

from market.accounts.actors import Actor
from market.accounts.models import StaffRole
from market.deps import Deps
from market.kit.clock import start_of_day
from market.kit.guest_pages import forget_pages
from market.targets.closing_models import TargetClosing
from market.targets.models import (
    Deed,
    DeedFollowUp,
    DeedShare,
    DeedVerdict,
    TargetDefinition,
    TargetPlan,
)
from market.targets.states import DeedStatus, PlanStatus, Result
from tests.contracts.factories import PDF
from tests.databases import past_guards
from tests.factories import make_member, make_organisation, make_staff
from tests.fakes import FixedClock
from tests.targets.factories import (
    LATER,
    YEAR,
    decide,
    make_drawn,
    make_found,
    make_issued,
    make_office,
    make_verified,
)
from tests.visitor import post, sign_in

PAPER = {"file": ("投产记录.pdf", PDF, "application/pdf")}
DEFINITION = {
    "valid_from": "2027-01-01",
    "event": "registered",
    "least_amount": "80",
    "least_received": "30",
    "sample_all_from": "100",
    "sample_share": "20",
    "sample_least": "5",
    "most_errors": "10",
    "text": "经认定登记的技术合同。",
    "basis": "假定（A）",
}


@pytest.fixture
def at_later(deps: Deps) -> Deps:
    cast(FixedClock, deps.clock).now = LATER
    return deps


def set_clock(deps: Deps, now: datetime) -> None:
    cast(FixedClock, deps.clock).now = now


async def as_(client: httpx.AsyncClient, actor: Actor | None) -> httpx.AsyncClient:
    return await sign_in(client, actor)


async def test_each_figure_of_the_board_opens_exactly_its_rows(
    client: httpx.AsyncClient, at_later: Deps
) -> None:
    story = await make_verified()
    operator, approver = story.office.operator, story.office.approver
    await past_guards("UPDATE target_definitions SET valid_from = '2025-01-01'")
    await make_issued(operator, approver, year=2025, total=10)

    board = await client.get(f"/targets/{YEAR}")
    links = re.findall(r'<a\s+href="(/targets/rows\?[^"]+)"[^>]*>([\d,.]+)</a>', board.text)
    assert len(links) > 60
    for address, shown in {html.unescape(address): shown for address, shown in links}.items():
        rows = await client.get(address)
        assert rows.status_code == 200, address
        count = re.search(r"共 (\d+) 项", rows.text)
        assert count, address
        if "figure=received" in address or "figure=amount" in address:
            assert shown.replace(",", "") in ("80.50", "115.00"), address
            assert f"{int(float(shown) * 10000):,}.00" in rows.text
        else:
            assert count[1] == shown, address
            assert rows.text.count('data-label="市"') == int(shown), address
    assert "<span>/ 40</span>" in board.text
    assert "＝ 1 + 0 × 100.0 %" in board.text


async def test_guests_read_names_and_prices_only_as_far_as_both_sides_disclosed(
    client: httpx.AsyncClient, at_later: Deps
) -> None:
    story = await make_found()
    address = f"/targets/rows?year={YEAR}&figure=found"
    hidden = await client.get(address)
    await past_guards("UPDATE contracts SET seller_disclosure = 'price', buyer_disclosure = 'subject'")
    forget_pages()
    partly = await client.get(address + "&city=4501")
    await past_guards("UPDATE contracts SET buyer_disclosure = 'price'")
    forget_pages()
    whole = await client.get(address)
    own = await (await as_(client, story.parties.seller)).get(address)
    strangers = await (await as_(client, await make_member())).get(f"/deeds/{story.number}")

    assert "没有公开" in hidden.text
    assert "桂南大学" not in hidden.text
    assert "1,150,000.00" in hidden.text  # the sum of the whole alone
    assert "桂南大学" in partly.text
    assert "1,150,000.00" not in partly.text
    assert whole.text.count("1,150,000.00") == 2
    assert f"/deeds/{story.number}" not in whole.text
    assert f"/deeds/{story.number}" in own.text
    assert strangers.status_code == 404


async def test_a_deed_goes_through_the_pages_of_unit_city_and_province(
    client: httpx.AsyncClient, at_later: Deps
) -> None:
    story = await make_found(is_paid=False)
    deed = f"/deeds/{story.number}"
    await as_(client, story.parties.seller)
    assert story.number in (await client.get("/my/deeds")).text
    assert "去申报" in (await client.get("/dashboard")).text
    empty = await post(client, f"{deed}/declare", {"text": ""}, files={})
    short = await post(client, f"{deed}/declare", {"text": "已在本厂二号线使用，三月起供货。"}, files={})
    declared = await post(
        client, f"{deed}/declare", {"text": "已在本厂二号线使用，三月起供货。"}, files=PAPER
    )
    assert (empty.status_code, short.status_code, declared.status_code) == (422, 422, 200)
    assert 'id="text-error"' in empty.text
    assert 'id="file-error"' in short.text

    await as_(client, story.office.bureau)
    assert story.number in (await client.get("/check/deeds")).text
    assert (await post(client, f"{deed}/return", {"reason": ""})).status_code == 422
    page = await client.get(deed)
    paper = re.search(r"/files/([0-9a-f-]{36})", page.text)
    assert paper
    assert (await post(client, f"{deed}/check")).status_code == 200

    await as_(client, story.office.operator)
    assert "先抽样" in (await client.get(deed)).text
    assert (await post(client, f"/backoffice/deed-samples/new/{YEAR}", {"salt": "x"})).status_code == 422
    drawn = await post(client, f"/backoffice/deed-samples/new/{YEAR}", {"salt": "三粒骰子"})
    assert "结果相同" in drawn.text
    bad = await post(client, f"{deed}/result", {"result": "struck", "words": "看过合同和到账凭证。"})
    assert bad.status_code == 422
    words = {"result": "verified", "words": "核对了合同、到账凭证和验收单。"}
    assert (await post(client, f"{deed}/result", words)).status_code == 200
    verdict = await DeedVerdict.get(deed_id=story.deed.id)
    assert (await post(client, f"/deed-results/{verdict.id}", {"verdict": "confirmed"})).status_code == 403

    await as_(client, story.office.approver)
    assert "去决定" in (await client.get("/dashboard")).text
    decided = await post(client, f"/deed-results/{verdict.id}", {"verdict": "confirmed"})
    assert "已核验" in decided.text
    auditor = await make_staff(StaffRole.AUDITOR)
    await as_(client, auditor)
    for address in (
        deed,
        "/backoffice/deeds",
        "/backoffice/targets",
        f"/backoffice/deeds?year={YEAR}&city=4501&sampled=1",
    ):
        assert (await client.get(address)).status_code == 200, address
    assert (await post(client, f"{deed}/result", words)).status_code == 403


async def test_the_department_defines_splits_and_issues_on_its_pages(
    client: httpx.AsyncClient, at_later: Deps
) -> None:
    office = await make_office()
    await as_(client, office.operator)
    wrong = await post(
        client, "/backoffice/target-definitions/new", DEFINITION | {"valid_from": "2025-01-01"}
    )
    blank = await post(client, "/backoffice/target-definitions/new", DEFINITION | {"least_amount": "很多"})
    assert (wrong.status_code, blank.status_code) == (422, 422)
    assert 'id="valid_from-error"' in wrong.text
    assert 'id="least_amount-error"' in blank.text
    assert (await post(client, "/backoffice/target-definitions/new", DEFINITION)).status_code == 200
    definition = await TargetDefinition.get(verdict=None)
    plan = await post(client, "/backoffice/targets/new", {"year": "2026", "title": "目标", "total": "400"})
    assert plan.status_code == 200
    draft = await TargetPlan.get(status=PlanStatus.DRAFT)
    address = f"/backoffice/targets/{draft.number}"
    cities = {"weight-4501": "30", "weight-4502": "25", "weight-4503": ""}
    assert (await post(client, f"{address}/split/city", {"weight-4501": "1.2.3"})).status_code == 422
    assert (await post(client, f"{address}/split/city", {"weight-4501": "0"})).status_code == 422
    assert (await post(client, f"{address}/split/moon", cities)).status_code == 404
    split = await post(client, f"{address}/split/city", cities)
    assert "合计等于目标" in split.text
    assert (await post(client, f"{address}/edit", {"title": "目标", "total": "x"})).status_code == 422
    assert (await post(client, f"{address}/edit", {"title": "目标", "total": "401"})).status_code == 200
    assert (await post(client, f"{address}/submit")).status_code == 200
    assert (await post(client, f"{address}/decide", {"verdict": "confirmed"})).status_code == 403

    await as_(client, office.approver)
    assert (await post(client, f"{address}/decide", {"verdict": "rejected"})).status_code == 422
    await post(client, f"{address}/decide", {"verdict": "confirmed"})
    await post(client, f"/backoffice/target-definitions/{definition.id}", {"verdict": "confirmed"})
    await as_(client, None)
    wall = await client.get("/targets")
    shares = await client.get("/targets/2026/split")

    assert "/ 401" in wall.text
    assert "目标怎样分解" in shares.text
    assert "第 2 版" in (await client.get("/targets/definitions")).text
    assert (await client.get("/targets/1999")).status_code == 404
    assert (await client.get("/targets/rows?year=2026&figure=nothing")).status_code == 404
    assert (await client.get("/targets/rows?year=NaN&figure=found")).status_code == 404


async def test_the_files_tell_definition_period_status_and_hash(
    client: httpx.AsyncClient, at_later: Deps
) -> None:
    await make_verified()
    as_json = json.loads((await client.get(f"/targets/{YEAR}/board.json")).text)
    as_csv = (await client.get(f"/targets/{YEAR}/board.csv")).content.decode("utf-8-sig")
    book = load_workbook(BytesIO((await client.get(f"/targets/{YEAR}/board.xlsx")).content))
    rows = load_workbook(
        BytesIO((await client.get(f"/targets/rows.xlsx?year={YEAR}&figure=verified")).content)
    )

    assert as_json["status"] == "快报数"
    assert re.fullmatch("[0-9a-f]{64}", as_json["sha256"])
    assert as_json["sha256"] in as_csv
    assert as_json["rows"][0]["verified"] == as_json["rows"][-1]["verified"] == 1
    assert sum(row["target"] for row in as_json["rows"][:-1]) == as_json["rows"][-1]["target"] == 40
    assert [cell.value for cell in book.worksheets[0][2]][:4] == ["4501", "南宁市", 30, 1]
    assert rows.worksheets[0].max_row == 2
    assert "nan" not in as_csv.lower()
    assert (await client.get(f"/targets/{YEAR}/board.exe")).status_code == 404


async def test_follow_ups_and_closed_years_have_their_pages(
    client: httpx.AsyncClient, at_later: Deps
) -> None:
    story = await make_verified()
    deed = f"/deeds/{story.number}"
    set_clock(at_later, start_of_day(date(2027, 4, 2)))
    await as_(client, story.parties.seller)
    assert "填报满 12 个月回访" in (await client.get(deed)).text
    entry = {"use": "yes", "sales": "300", "text": "二号线一直在用，月产四十吨。"}
    bad = await post(client, f"{deed}/follow-ups/12", entry | {"sales": "abc"}, files=PAPER)
    assert (bad.status_code, 'id="sales-error"' in bad.text) == (422, True)
    assert (await post(client, f"{deed}/follow-ups/13", entry, files=PAPER)).status_code == 404
    assert (await post(client, f"{deed}/follow-ups/12", entry, files=PAPER)).status_code == 200
    stated = await DeedFollowUp.get(deed_id=story.deed.id)
    await as_(client, story.office.bureau)
    assert "还在使用" in (await post(client, f"/deed-follow-ups/{stated.id}", {"verdict": "confirmed"})).text
    await as_(client, story.office.operator)
    assert (await post(client, "/backoffice/targets/close", {"year": "2027"})).status_code == 422
    assert (await post(client, "/backoffice/targets/close", {"year": str(YEAR)})).status_code == 200
    assert (await post(client, "/backoffice/targets/recount")).status_code == 200
    closing = await TargetClosing.get(year=YEAR)
    await as_(client, story.office.approver)
    await post(client, f"/backoffice/target-closings/{closing.id}", {"verdict": "confirmed"})
    await as_(client, None)
    assert "最终数" in (await client.get(f"/targets/{YEAR}")).text


async def test_the_city_of_another_bureau_and_the_operator_of_a_checked_city_find_nothing(
    client: httpx.AsyncClient, at_later: Deps
) -> None:
    story = await make_found()
    await as_(client, story.office.operator)
    assert (await post(client, f"/deeds/{story.number}/check")).status_code == 404
    await past_guards("UPDATE recommending_units SET region = '450200'")
    await as_(client, story.office.bureau)
    assert (await client.get(f"/deeds/{story.number}")).status_code == 404
    await as_(client, story.parties.seller)
    await post(client, f"/deeds/{story.number}/declare", {}, files={})
    await as_(client, story.office.operator)
    assert (await post(client, f"/deeds/{story.number}/check")).status_code == 200
    assert (await Deed.get(id=story.deed.id)).status is DeedStatus.CHECKED


async def test_a_second_unit_is_invited_on_a_page_that_tells_no_amount_until_it_agrees(
    client: httpx.AsyncClient, at_later: Deps
) -> None:
    story = await make_found()
    deed = f"/deeds/{story.number}"
    partner = await make_member(await make_organisation(name="桂北研究院"))
    await as_(client, story.parties.seller)
    empty = await post(client, f"{deed}/share", {"partner": "", "share": ""})
    wrong = await post(client, f"{deed}/share", {"partner": "没有的单位", "share": "40"})
    whole = await post(client, f"{deed}/share", {"partner": "桂北研究院", "share": "100"})
    asked = await post(client, f"{deed}/share", {"partner": "桂北研究院", "share": "40"})
    assert [answer.status_code for answer in (empty, wrong, whole, asked)] == [422, 422, 422, 200]
    assert 'id="partner-error"' in wrong.text
    assert "没有的单位" in wrong.text
    assert 'id="share-error"' in whole.text
    assert "等对方答复" in asked.text
    await as_(client, await make_member())
    assert (await client.get(deed)).status_code == 404
    await as_(client, partner)
    assert "去答复" in (await client.get("/dashboard")).text
    invitation = (await client.get(deed)).text
    share = await DeedShare.get()
    assert "同意这个比例" in invitation
    assert "1,150,000" not in invitation
    assert (await post(client, f"/deed-shares/{share.id}", {"verdict": "rejected"})).status_code == 422
    agreed = await post(client, f"/deed-shares/{share.id}", {"verdict": "confirmed"})
    assert "1,150,000" in agreed.text
    assert story.number in (await client.get("/my/deeds")).text
    assert (await post(client, f"{deed}/share", {"partner": "桂北研究院", "share": "50"})).status_code == 404


async def test_a_visit_of_a_doubtful_deed_is_recorded_with_faults_at_their_fields(
    client: httpx.AsyncClient, at_later: Deps
) -> None:
    story = await make_drawn()
    deed = f"/deeds/{story.number}"
    await decide(story, Result.DOUBTFUL)
    await as_(client, story.office.operator)
    page = await client.get(deed)
    assert "登记现场核查" in page.text
    assert "提出核验结论" not in page.text
    visit = {"visited_on": "2026-04-01", "people": "甲、乙", "words": "设备在运行，铭牌与合同一致。"}
    for change, field in (({"people": "甲"}, "people"), ({"visited_on": "2026-05-01"}, "visited_on")):
        bad = await post(client, f"{deed}/visit", visit | change, files={})
        assert (bad.status_code, f'id="{field}-error"' in bad.text) == (422, True), field
    recorded = await post(client, f"{deed}/visit", visit, files=PAPER)
    assert "甲、乙" in recorded.text
    assert "提出核验结论" in recorded.text
    await as_(client, story.parties.seller)
    assert (await post(client, f"{deed}/visit", visit, files={})).status_code == 403
    assert "甲、乙" in (await client.get(deed)).text
