"""How much of what is costly a person and an organisation may do; an address counts for bids only."""

from __future__ import annotations

from dataclasses import replace
from uuid import uuid4

import httpx
import pytest

from market.accounts.models import MemberRole
from market.app import create_app
from market.deps import Deps
from market.kit.errors import TooMany
from market.kit.quotas import DEFAULTS, Quota, QuotaClass, Quotas, read_quotas
from market.rooms import ROOMS
from tests.factories import make_member, make_organisation
from tests.visitor import post, sign_in

FEW = "search=3/5,match=2/9,export=2/3,upload=1/9,messages=2/9,bids=2/9/3"


def site(deps: Deps) -> httpx.AsyncClient:
    """A browser on a site with low quotas."""
    settings = replace(deps.settings, quotas=FEW)
    app = create_app(replace(deps, settings=settings))
    app.state.quotas = Quotas(read_quotas(FEW), lambda: 0)
    transport = httpx.ASGITransport(app=app)
    return httpx.AsyncClient(transport=transport, base_url="http://market.test", trust_env=False)


def test_a_setting_changes_the_quotas_that_it_names() -> None:
    changed = read_quotas("search=60/600, upload=1/2")

    assert changed[QuotaClass.SEARCH] == Quota(60, 600, 60)
    assert changed[QuotaClass.UPLOAD] == Quota(1, 2, 3600)
    assert changed[QuotaClass.EXPORT] == DEFAULTS[QuotaClass.EXPORT]
    assert read_quotas("bids=5/6")[QuotaClass.BIDS] == Quota(5, 6, 10, address=3000)
    assert read_quotas("bids=5/6/7")[QuotaClass.BIDS] == Quota(5, 6, 10, address=7)
    assert read_quotas("") == DEFAULTS


@pytest.mark.parametrize(
    "text", ["search", "search=1", "search=0/5", "search=1/x", "walks=1/2", "search=1/2/3", "bids=1/2/0"]
)
def test_a_quota_that_cannot_be_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        read_quotas(text)


@pytest.mark.parametrize("counted", [QuotaClass.SEARCH, QuotaClass.EXPORT])
async def test_person_and_organisation_have_quotas_of_their_own(counted: QuotaClass) -> None:
    quotas, organisation = Quotas({counted: replace(DEFAULTS[counted], person=3, organisation=5)}), uuid4()
    first, second, stranger = uuid4(), uuid4(), uuid4()

    for person, most in ((first, 3), (second, 2)):
        for _use in range(most):
            await quotas.count(counted, person=person, organisation=organisation)
        with pytest.raises(TooMany) as refusal:
            await quotas.count(counted, person=person, organisation=organisation)
        assert 0 < refusal.value.retry_after <= DEFAULTS[counted].seconds
    for _use in range(3):
        await quotas.count(counted, person=stranger, organisation=None)


async def test_who_exports_or_searches_too_often_is_told_when_to_come_again_in_their_words(
    deps: Deps,
) -> None:
    organisation = await make_organisation()
    first, second = await make_member(organisation), await make_member(organisation, MemberRole.AGENT)
    async with site(deps) as client:
        await sign_in(client, first)
        for _use in range(2):
            assert (await client.get("/contracts/export.xlsx")).status_code == 200
        refused = await client.get("/contracts/export.xlsx")
        assert refused.status_code == 429
        assert 0 < int(refused.headers["retry-after"]) <= 3600
        assert "导出和打印太频繁" in refused.text
        client.cookies.set("locale", "zh-Hant")
        assert "導出" in (await client.get("/contracts/export.xlsx")).text
        client.cookies.delete("locale")
        assert [(await client.get("/outcomes?q=a")).status_code for _use in range(4)] == [200, 200, 200, 429]
        assert [(await client.get("/outcomes")).status_code for _use in range(4)] == [200] * 4
        assert (await client.get("/account")).status_code == 200

        await sign_in(client, second)
        exported = [(await client.get("/contracts/export.xlsx")).status_code for _use in range(2)]
        assert exported == [200, 429], "the organisation has one left"
        await sign_in(client, await make_member())
        assert (await client.get("/contracts/export.xlsx")).status_code == 200


async def test_a_message_too_many_keeps_what_was_written_and_guests_of_a_campus_are_not_counted(
    deps: Deps,
) -> None:
    async with site(deps) as client:
        for _use in range(8):
            assert (await client.get("/outcomes?q=a")).status_code == 200
        await sign_in(client, await make_member())
        for _use in range(2):
            assert (await post(client, "/deals/JY-2026-000001/messages", {"text": "您好"})).status_code == 404
        refused = await post(client, "/deals/JY-2026-000001/messages", {"text": "还在吗，周五前请回复"})
        assert refused.status_code == 429
        assert "留言和提问太频繁" in refused.text
        assert "还在吗，周五前请回复" in refused.text


async def test_bids_are_counted_by_person_and_by_address_and_two_hundred_a_second_pass(deps: Deps) -> None:
    bid = "/auctions/JJ-2026-999999/bid"
    async with site(deps) as client:
        await sign_in(client, await make_member())
        assert [(await client.get(bid)).status_code for _look in range(4)] == [404] * 4
        for _attempt in range(2):
            assert (await post(client, bid, {"amount": "80万"})).status_code == 404
        refused = await post(client, bid, {"amount": "80万"})
        assert refused.status_code == 429
        assert 0 < int(refused.headers["retry-after"]) <= 10
        assert "十秒内最多 2 次" in refused.text
        await sign_in(client, await make_member())
        answers = [(await post(client, bid, {"amount": "80万"})).status_code for _attempt in range(2)]
        assert answers == [404, 429], "the address has one left"

    quotas, bidders = Quotas(DEFAULTS, lambda: 0), [(uuid4(), uuid4()) for _bidder in range(8)]
    for number in range(2000):
        person, organisation = bidders[number % 8]
        await quotas.count(QuotaClass.BIDS, person=person, organisation=organisation, address="10.0.0.1")


def test_each_class_has_routes_and_every_workbook_and_print_is_an_export() -> None:
    routes = {route.path: getattr(route, "quota", None) for route in ROOMS.routes(is_demo=False)}  # type: ignore[attr-defined]

    assert {routes[path] for path in ("/outcomes", "/needs", "/find")} == {QuotaClass.SEARCH}
    assert {routes[path] for path in ("/matches", "/needs/{number}/matches")} == {QuotaClass.MATCH}
    assert {routes[path] for path in ("/deals/{number}/messages", "/questions/ask/{kind}/{number}")} == {
        QuotaClass.MESSAGES
    }
    assert routes["/auctions/{number}/bid"] is QuotaClass.BIDS
    files = {path for path in routes if path.endswith((".xlsx", ".pdf", ".docx", "/export"))}
    assert len(files) > 20
    assert {routes[path] for path in files} == {QuotaClass.EXPORT}
