"""Orders and filters of the lists that rest on what other rooms know: interest, responses, fit, subsidies."""

from __future__ import annotations

import io
import re
from typing import Any

import httpx
import pytest
from openpyxl import load_workbook

from market.accounts.actors import Actor
from market.accounts.models import Organisation, OrganisationKind
from market.alerts import saved_searches as alerts
from market.claims.subsidisable_outcomes import may_be_paid
from market.deals.openings import agree_introduction, open_interest, open_response
from market.deps import Deps
from market.listings.models import Need, Outcome
from market.programmes.rule_files import shipped
from market.records.by import By
from market.search.models import OutboxEntry
from tests.factories import NOW, make_member, make_need, make_organisation, make_outcome
from tests.matching.test_match_acts import make_match
from tests.pages.search_index import index_listings
from tests.programmes.factories import make_programmes
from tests.visitor import sign_in


async def titles(client: httpx.AsyncClient, address: str) -> list[str]:
    return re.findall(r">(..导线)</a>", (await client.get(address)).text)


async def waiting() -> set[Any]:
    return set(await OutboxEntry.all().values_list("document_id", flat=True))


async def buyers(count: int) -> list[Actor]:
    return [await make_member(await make_organisation()) for _ in range(count)]


async def sellers(count: int) -> list[Actor]:
    kind = OrganisationKind.UNIVERSITY
    return [await make_member(await make_organisation(kind=kind)) for _ in range(count)]


async def test_outcomes_are_put_in_order_by_how_many_organisations_asked_to_talk(
    client: httpx.AsyncClient, deps: Deps
) -> None:
    outcomes = [await make_outcome(title=title) for title in ("没人导线", "两家导线", "一家导线")]
    first, second = await buyers(2)
    for actor, outcome in ((first, outcomes[1]), (second, outcomes[1]), (second, outcomes[2])):
        await open_interest(outcome.number, "", by=By(actor, NOW))
    await index_listings(deps, *outcomes)

    page = await client.get("/outcomes?sort=interest")

    assert re.findall(r">(..导线)</a>", page.text) == ["两家导线", "一家导线", "没人导线"]
    assert "2 家关注" in page.text
    assert "发起意向洽谈或同意对接的单位数" in page.text


async def test_interest_reaches_the_index_only_when_somebody_new_is_interested(deps: Deps) -> None:
    outcome, need = await make_outcome(), await make_need()
    (buyer,) = await buyers(1)

    await open_interest(outcome.number, "", by=By(buyer, NOW))
    pending = await waiting()
    await OutboxEntry.all().delete()
    seller = await make_member(await outcome.organisation)
    deal = await open_response(need.number, outcome.number, "", by=By(seller, NOW))
    responded = await waiting()
    await OutboxEntry.all().delete()
    await agree_introduction(deal.number, by=By(await make_member(await need.organisation), NOW))

    assert pending == {outcome.id}
    assert need.id in responded
    assert outcome.id not in responded, "the buyer was not asked yet"
    assert await waiting() == {outcome.id}


async def test_needs_are_put_in_order_by_how_few_responded(client: httpx.AsyncClient, deps: Deps) -> None:
    all_needs = [await make_need(title=title) for title in ("两家导线", "一家导线", "没人导线")]
    for actor, needs in zip(await sellers(2), (all_needs[:2], all_needs[:1]), strict=True):
        for need in needs:
            organisation = await organisation_of(actor)
            outcome = await make_outcome(organisation)
            await open_response(need.number, outcome.number, "", by=By(actor, NOW))
    await index_listings(deps, *all_needs)

    assert await titles(client, "/needs?sort=responses") == ["没人导线", "一家导线", "两家导线"]


async def organisation_of(actor: Actor) -> Organisation:
    return await Organisation.get(id=actor.organisation_id)


async def matched(deps: Deps) -> tuple[Actor, Need, list[Outcome]]:
    owner = await make_organisation()
    need = await make_need(owner)
    outcomes = [await make_outcome(title=title) for title in ("一分导线", "九分导线", "零分导线", "新的导线")]
    for outcome, score in zip(outcomes, (100, 900), strict=False):
        await make_match(need=need, outcome=outcome, score=score, parts={"wording": score})
    await index_listings(deps, *outcomes)
    return await make_member(owner), need, outcomes


async def test_who_published_needs_may_order_outcomes_by_how_well_they_fit(
    client: httpx.AsyncClient, deps: Deps
) -> None:
    actor, _, _ = await matched(deps)
    await sign_in(client, actor)

    whole = await titles(client, "/outcomes?sort=match")
    book = load_workbook(io.BytesIO((await client.get("/outcomes.xlsx?sort=match&q=导线")).content))
    page = await client.get("/outcomes")

    assert whole[:2] == ["九分导线", "一分导线"]
    assert set(whole[2:]) == {"零分导线", "新的导线"}
    assert [row[1].value for row in book.active.iter_rows(min_row=2)][:2] == whole[:2]  # type: ignore[union-attr]
    assert "sort=match" in page.text


async def test_nobody_else_is_offered_that_order(client: httpx.AsyncClient, deps: Deps) -> None:
    await matched(deps)

    guest = (await client.get("/outcomes?sort=match")).text
    await sign_in(client, (await buyers(1))[0])
    other = (await client.get("/outcomes?sort=match")).text

    for page in (guest, other):
        assert "匹配度" not in page
        assert "sort=match" not in page


async def test_owners_of_outcomes_may_order_needs_by_how_well_they_fit(
    client: httpx.AsyncClient, deps: Deps
) -> None:
    (actor,) = await sellers(1)
    outcome = await make_outcome(await organisation_of(actor))
    needs = [await make_need(title=title) for title in ("零分导线", "五分导线")]
    await make_match(need=needs[1], outcome=outcome, score=500, parts={"wording": 500})
    await index_listings(deps, *needs)
    await sign_in(client, actor)

    assert await titles(client, "/needs?sort=match") == ["五分导线", "零分导线"]


async def test_outcomes_are_filtered_by_possible_subsidies_and_open_licences(
    client: httpx.AsyncClient, deps: Deps
) -> None:
    await make_programmes()
    patent = {"kind": "invention", "number": "201810861934.2", "status": "granted", "open_licence": "yes"}
    await index_listings(
        deps,
        await make_outcome(title="许可导线", modes=["licence"], rights=[patent]),
        await make_outcome(title="咨询导线", modes=["consulting"], rights=[patent | {"status": "lapsed"}]),
    )

    paid = await client.get("/outcomes?subsidy=yes")

    assert re.findall(r">(..导线)</a>", paid.text) == ["许可导线"]
    assert "以最终审定为准" in paid.text
    assert re.search(r"不在补助范围</span>\s*<span class=\"amount small\">1<", paid.text)
    assert await titles(client, "/outcomes?open_licence=yes") == ["许可导线"]
    assert await titles(client, "/outcomes?open_licence=no") == ["咨询导线"]


async def test_a_saved_search_keeps_the_filters_and_forgets_the_order() -> None:
    (actor,) = await buyers(1)

    saved, _ = await alerts.save(
        "outcomes", "subsidy=yes&open_licence=yes&sort=match", "daily", by=By(actor, NOW)
    )

    assert set(saved.query.split("&")) == {"subsidy=yes", "open_licence=yes"}


@pytest.mark.parametrize(
    ("modes", "programmes"),
    [
        (["licence"], {"guangxi"}),
        (["exclusive_licence"], {"guangxi"}),
        (["assignment"], {"guangxi", "nanning", "chongzuo"}),
        (["service"], {"nanning-voucher"}),
        (["consulting"], set()),
        ([], set()),
    ],
)
def test_what_an_outcome_says_decides_which_programmes_leave_room(
    modes: list[str], programmes: set[str]
) -> None:
    buying = [
        programme for programme in shipped() if programme.role == "buyer" and programme.place.startswith("45")
    ]

    payable = {
        programme.programme
        for programme in buying
        if may_be_paid("materials", modes, "university", "450100", programme)
    }

    assert payable == programmes
