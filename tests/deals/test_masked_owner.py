"""A masked need stays masked: neither a refusal nor a page tells who is behind it."""

from __future__ import annotations

import re

import httpx
import pytest

from market.accounts.actors import Actor
from market.accounts.models import MemberRole, Organisation, OrganisationKind
from market.deals.models import Deal
from market.deals.openings import AlreadyDealing, open_interest, open_response
from market.kit.database import in_transaction
from market.listings.models import Need, Outcome
from market.records.by import By
from tests.factories import NOW, make_member, make_need, make_organisation, make_outcome
from tests.visitor import post, sign_in

CHANGING = re.compile(
    r'name="(csrf_token|once)" value="[^"]*"|"x-csrf-token": "[0-9a-f]+"|JY-\d{4}-\d{6}|\d\d:\d\d'
)
"""What differs between any two pages: tokens, the number of the new deal, minutes."""


async def make_seller() -> tuple[Actor, Outcome]:
    university = await make_organisation(kind=OrganisationKind.UNIVERSITY)
    return await make_member(university, MemberRole.AGENT), await make_outcome(university)


async def make_buyer(name: str) -> tuple[Actor, Organisation]:
    enterprise = await make_organisation(kind=OrganisationKind.ENTERPRISE, name=name)
    return await make_member(enterprise, MemberRole.AGENT), enterprise


async def masked(owner: Organisation) -> Need:
    return await make_need(owner, is_masked=True, title="高强铝合金薄板的轧制")


async def test_a_seller_who_deals_with_the_owner_already_is_answered_as_any_other() -> None:
    seller, outcome = await make_seller()
    buyer, enterprise = await make_buyer("桂南铝业有限公司")
    await open_interest(outcome.number, "", by=By(buyer, NOW))
    need = await masked(enterprise)

    deal = await open_response(need.number, outcome.number, "", by=By(seller, NOW))

    assert (deal.buyer_id, deal.need_id) == (enterprise.id, need.id)
    assert await Deal.filter(outcome_id=outcome.id, buyer_id=enterprise.id).count() == 2
    # What the seller did before is no secret to the seller, nor are deals to the buyer.
    with pytest.raises(AlreadyDealing, match=deal.number):
        await open_response(need.number, outcome.number, "", by=By(seller, NOW))
    with pytest.raises(AlreadyDealing):
        await open_interest(outcome.number, "", by=By(buyer, NOW))


async def test_an_open_need_is_refused_as_before() -> None:
    seller, outcome = await make_seller()
    buyer, enterprise = await make_buyer("桂南铝业有限公司")
    await open_interest(outcome.number, "", by=By(buyer, NOW))
    need = await make_need(enterprise)

    with pytest.raises(AlreadyDealing):
        await open_response(need.number, outcome.number, "", by=By(seller, NOW))


async def test_a_strangers_view_is_the_same_bytes_whichever_of_two_alike_owners_it_has(
    client: httpx.AsyncClient,
) -> None:
    """The seller deals with the first owner already and has never heard of the second."""
    seller, outcome = await make_seller()
    (known, first), (_stranger, second) = (
        await make_buyer("桂南铝业有限公司"),
        await make_buyer("桂北铝业有限公司"),
    )
    await open_interest(outcome.number, "", by=By(known, NOW))
    need = await masked(first)
    views: list[list[str]] = []
    for owner in (first, second):
        async with in_transaction() as attempt:
            await Need.filter(id=need.id).update(organisation_id=owner.id)
            pages = []
            for person in (None, seller):
                await sign_in(client, person)
                for address in (f"/needs/{need.number}", "/needs", "/needs.atom", f"/needs?q={first.name}"):
                    pages += [(await client.get(address)).text]
            await sign_in(client, seller)
            answer = await post(
                client,
                f"/needs/{need.number}/respond",
                {"outcome": outcome.number, "note": "能做"},
                follow=False,
            )
            assert answer.status_code == 303, answer.text
            pages.append((await client.get(answer.headers["location"])).text)
            views.append([CHANGING.sub("", page) for page in pages])
            await attempt.rollback()

    assert views[0] == views[1]
    assert not any(name in page for page in views[0][:3] for name in (first.name, second.name))
