"""Home, organisations, brokers, dashboards, help, and what machines ask."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date, timedelta

import httpx
import pytest

from market.accounts.models import BrokerProfile, MemberRole, OrganisationKind, OrganisationStatus, StaffRole
from market.app import create_app
from market.audit.roots import make_daily_root
from market.deps import Deps
from market.listings.states import NeedStatus, OutcomeStatus
from market.search.people_documents import build_brokers
from tests.factories import (
    NOW,
    make_broker,
    make_member,
    make_need,
    make_organisation,
    make_outcome,
    make_staff,
)
from tests.programmes.factories import make_programmes
from tests.visitor import sign_in

PUBLIC = [
    "/",
    "/outcomes",
    "/needs",
    "/organisations",
    "/brokers",
    "/concluded",
    "/help",
    "/accessibility",
    "/audit-roots",
]


@pytest.mark.parametrize("address", PUBLIC)
async def test_public_pages_are_whole_with_one_heading_and_no_wall(
    client: httpx.AsyncClient, address: str
) -> None:
    page = await client.get(address)

    assert page.status_code == 200
    assert page.text.count("<h1") == 1
    assert re.search(r"<title>\s*\S", page.text)


async def test_pages_without_a_form_give_guests_no_cookie_and_those_with_one_do(
    client: httpx.AsyncClient,
) -> None:
    outcome, need = await make_outcome(), await make_need(await make_organisation())
    for address in (
        *PUBLIC,
        f"/outcomes/{outcome.number}",
        f"/needs/{need.number}",
        "/notices",
        "/subsidies",
    ):
        page = await client.get(address)
        assert (page.status_code, page.headers.get("set-cookie")) == (200, None), address

    login = await client.get("/login")
    assert login.headers["set-cookie"].startswith("browser=")
    assert "csrf_token" in login.text


def _folded(page: httpx.Response) -> str:
    """Return what a phone's menu holds."""
    menu = re.search(r"<details class=\"head-fold\">(.*?)</details>", page.text, re.DOTALL)
    assert menu
    return menu[1]


async def test_a_phone_unfolds_search_site_menu_languages_and_account_without_a_script(
    client: httpx.AsyncClient,
) -> None:
    guest = _folded(await client.get("/help"))
    await sign_in(client, await make_member(await make_organisation()))
    member = _folded(await client.get("/help"))

    for words in ('role="search"', "/outcomes", "/needs", "/notices", "繁體", "/help"):
        assert words in guest
        assert words in member
    assert "/login" in guest
    assert "/register" in guest
    assert "/dashboard" not in guest
    assert "/dashboard" in member
    assert '"/account"' in member
    assert 'action="/logout"' in member


async def test_the_home_page_counts_what_is_on_offer(client: httpx.AsyncClient) -> None:
    for _each in range(3):
        await make_outcome()
    await make_outcome(status=OutcomeStatus.DRAFT)
    await make_need()
    await make_need(status=NeedStatus.CLOSED)

    page = await client.get("/")

    assert re.search(r"<strong class=\"amount\">3</strong>\s*<span class=\"small\">在架成果", page.text)
    assert re.search(r"<strong class=\"amount\">1</strong>\s*<span class=\"small\">在征需求", page.text)


async def test_the_home_page_shows_the_newest_the_most_urgent_and_what_a_purchase_may_earn(
    client: httpx.AsyncClient,
) -> None:
    await make_programmes()
    await make_outcome(title="旧成果", published_at=NOW - timedelta(days=9))
    for number in range(3):
        await make_outcome(title=f"新成果{number}", published_at=NOW + timedelta(minutes=number))
    await make_need(title="快到期", deadline_on=date(2026, 3, 9))
    await make_need(title="过期了", deadline_on=date(2026, 3, 1))

    page = await client.get("/")

    assert page.text.index("新成果2") < page.text.index("新成果0")
    assert "旧成果" not in page.text
    assert "过期了" not in page.text
    assert "7 天后截止" in page.text
    assert "预计后补助 60.00 万元" in page.text
    assert "￥600,000.00" in page.text


async def test_an_organisations_page_shows_its_outcomes_and_only_its_open_needs(
    client: httpx.AsyncClient,
) -> None:
    owner = await make_organisation(contact_phone="0771-9998888")
    await make_outcome(owner, title="本单位成果")
    await make_need(owner, title="公开需求")
    await make_need(owner, title="不公开需求", is_masked=True)

    page = await client.get(f"/organisations/{owner.id}")

    assert "本单位成果" in page.text
    assert "公开需求" in page.text
    assert "不公开需求" not in page.text
    assert "0771-9998888" not in page.text


async def test_an_unverified_organisation_is_not_there(client: httpx.AsyncClient) -> None:
    pending = await make_organisation(status=OrganisationStatus.PENDING, name="未认证单位")

    assert (await client.get(f"/organisations/{pending.id}")).status_code == 404
    assert "未认证单位" not in (await client.get("/organisations")).text
    await sign_in(client, await make_member(pending))
    assert (await client.get(f"/organisations/{pending.id}")).status_code == 200


async def test_organisations_are_found_by_name_and_kind(client: httpx.AsyncClient) -> None:
    await make_organisation(name="桂南理工大学", kind=OrganisationKind.UNIVERSITY)
    await make_organisation(name="邕州铝业", kind=OrganisationKind.ENTERPRISE)

    assert "邕州铝业" not in (await client.get("/organisations?kind=university")).text
    assert "桂南理工大学" not in (await client.get("/organisations", params={"q": "铝业"})).text


async def test_only_verified_brokers_are_listed(client: httpx.AsyncClient, deps: Deps) -> None:
    verified, waiting = await make_broker(name="梁认证"), await make_broker(name="王等待")
    await BrokerProfile.filter(user_id=waiting.user_id).update(is_verified=False)
    profile = await BrokerProfile.get(user_id=verified.user_id)
    hidden = await BrokerProfile.get(user_id=waiting.user_id)
    documents = await build_brokers([profile.id, hidden.id])
    await deps.search.put("brokers", [document for document in documents.values() if document])

    page = await client.get("/brokers?field=materials")

    assert "梁认证" in page.text
    assert "王等待" not in page.text
    assert (await client.get(f"/brokers/{profile.id}")).status_code == 200
    assert (await client.get(f"/brokers/{hidden.id}")).status_code == 404


async def test_the_workbench_lists_what_waits_with_its_day_and_counts_it_in_the_menu(
    client: httpx.AsyncClient,
) -> None:
    owner = await make_organisation(kind=OrganisationKind.UNIVERSITY)
    author = await make_member(owner, MemberRole.AGENT)
    await make_outcome(owner, status=OutcomeStatus.RETURNED)
    await make_outcome(owner, expires_on=NOW.date() + timedelta(days=20))
    await sign_in(client, author)

    page = await client.get("/dashboard")

    assert "等您处理 2 件" in page.text
    assert page.text.index("还剩 20 天") < page.text.index("改退回的成果")
    assert re.search(r'href="/my/outcomes"\s*>\s*我的成果\s*<span class="due-count">1<', page.text)
    assert re.search(r'href="/my/outcomes\?due=1"\s*>\s*待续期的成果\s*<span class="due-count">1<', page.text)
    for address in ("/my/outcomes?status=returned", "/my/outcomes?due=1"):
        assert (await client.get(address)).text.count("<tr>") == 1 + 1


async def test_everybody_on_the_staff_has_a_dashboard(client: httpx.AsyncClient) -> None:
    await make_outcome(status=OutcomeStatus.PENDING)

    for role in StaffRole:
        await sign_in(client, await make_staff(role))
        page = await client.get("/dashboard")

        assert page.status_code == 200
        assert ("待审核成果" in page.text) is (role is StaffRole.OPERATOR), role


async def test_an_operator_sees_the_units_that_wait_to_be_verified(client: httpx.AsyncClient) -> None:
    await make_organisation(status=OrganisationStatus.PENDING)
    await sign_in(client, await make_staff(StaffRole.OPERATOR))

    page = await client.get("/dashboard")

    assert "待核验单位" in page.text
    assert "/backoffice/organisations?status=pending" in page.text
    assert "待裁定异议" not in page.text


async def test_other_people_have_dashboards_too_and_guests_are_sent_to_sign_in(
    client: httpx.AsyncClient,
) -> None:
    for person in (await make_broker(), await make_member(role=MemberRole.FINANCE), await make_member()):
        await sign_in(client, person)
        assert (await client.get("/dashboard")).status_code == 200
    await sign_in(client, None)
    assert (await client.get("/dashboard")).headers["location"].startswith("/login?next=/dashboard")


async def test_the_language_is_remembered_and_the_way_back_stays_on_this_site(
    client: httpx.AsyncClient,
) -> None:
    answer = await client.get("/language/zh-Hant?next=/help")
    assert answer.headers["location"] == "/help"
    assert "幫助" in (await client.get("/help")).text

    assert (await client.get("/language/zh-Hans?next=//evil.test")).headers["location"] == "/"
    assert (await client.get("/language/xx")).status_code == 404


async def test_the_daily_roots_are_public(client: httpx.AsyncClient) -> None:
    root = await make_daily_root(date(2026, 3, 1), now=NOW)

    assert root.root in (await client.get("/audit-roots")).text


async def test_machines_are_told_how_the_site_is(client: httpx.AsyncClient) -> None:
    assert (await client.get("/healthz")).text == "ok\n"
    ready = await client.get("/readyz")
    assert ready.status_code == 200
    assert ready.json().keys() == {*("database", "search", "disk", "audit_root", "jobs", "clock")}
    assert (ready.json()["database"], ready.json()["search"]) == ("ok", "ok")
    assert "market_requests" in (await client.get("/metrics")).text


async def test_the_figures_of_contracts_lead_to_a_list_that_names_no_buyer(client: httpx.AsyncClient) -> None:
    page = await client.get("/concluded")

    assert "今年还没有公开的合同" in page.text


async def test_outside_the_demo_the_figures_of_the_site_are_for_who_has_the_token(
    deps: Deps,
) -> None:
    token = "a token for the figures"
    for given, expected in ((None, 404), ("Bearer another", 404), (f"Bearer {token}", 200)):
        for set_token in (token, None):
            own = replace(deps, settings=replace(deps.settings, is_demo=False, metrics_token=set_token))
            transport = httpx.ASGITransport(app=create_app(own))
            async with httpx.AsyncClient(transport=transport, base_url="http://market.test") as browser:
                answer = await browser.get("/metrics", headers={"authorization": given} if given else {})
            assert answer.status_code == (expected if set_token else 404)
