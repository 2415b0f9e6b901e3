"""What of a contract is public: what both sides chose when they signed, and what a notice published."""

from __future__ import annotations

import httpx
import pytest

from market.contracts import signing
from market.contracts.models import Contract, ContractDraft
from market.contracts.states import Disclosure
from market.kit.database import connection
from market.notices.models import Notice
from market.records.by import By
from tests.contracts.factories import KEPT, LATER, contract_terms, make_contract, make_draft
from tests.deals.factories import make_parties, make_to_sign
from tests.visitor import post, sign_in

NOTHING, SUBJECT, PRICE = Disclosure.NOTHING, Disclosure.SUBJECT, Disclosure.PRICE


@pytest.mark.owner
@pytest.mark.parametrize(
    ("of_seller", "of_buyer", "is_listed", "is_priced"),
    [
        (NOTHING, PRICE, False, False),
        (PRICE, NOTHING, False, False),
        (SUBJECT, PRICE, True, False),
        (SUBJECT, SUBJECT, True, False),
        (PRICE, PRICE, True, True),
    ],
)
async def test_the_lesser_of_both_choices_is_public(
    client: httpx.AsyncClient, of_seller: Disclosure, of_buyer: Disclosure, is_listed: bool, is_priced: bool
) -> None:
    contract = await make_contract(await make_parties())
    await connection().execute_query("ALTER TABLE notices DISABLE TRIGGER notices_keep_rows")
    await Notice.filter(subject_kind="deal").delete()
    await Contract.filter(id=contract.id).update(seller_disclosure=of_seller, buyer_disclosure=of_buyer)
    deal = await contract.deal

    page = (await client.get("/concluded")).text

    assert (deal.title in page) is is_listed
    assert ("1,150,000.00" in page) is is_priced
    assert ("另有 1 项双方没有公开" in page) is not is_listed
    for organisation in (await deal.buyer, await deal.seller):
        assert organisation.name not in page


async def test_what_a_notice_published_stays_public(client: httpx.AsyncClient) -> None:
    contract = await make_contract(await make_parties())
    deal = await contract.deal

    page = (await client.get("/concluded")).text

    assert deal.title in page
    assert (await deal.seller).name in page
    assert "1,150,000.00" in page
    assert (await deal.buyer).name not in page


async def test_each_side_chooses_on_the_page_where_it_signs(client: httpx.AsyncClient) -> None:
    parties = await make_parties()
    deal = await make_to_sign(parties)
    await signing.enter_draft(
        deal.number, contract_terms(), KEPT, draft_hash="", disclosure=PRICE, by=By(parties.seller, LATER)
    )
    draft = await ContractDraft.get()

    await sign_in(client, parties.buyer)
    page = await client.get(f"/deals/{deal.number}/sign")
    assert "成交动态里公开什么" in page.text
    await post(
        client,
        f"/deals/{deal.number}/sign",
        {"act": "confirm", "seen": draft.content_hash, "disclosure": "subject"},
        follow=False,
    )

    contract = await Contract.get()
    assert (contract.seller_disclosure, contract.buyer_disclosure) == (PRICE, SUBJECT)


async def test_who_chooses_nothing_discloses_nothing() -> None:
    parties = await make_parties()
    deal, draft = await make_draft(parties)
    contract = await signing.confirm_draft(deal.number, draft.content_hash, by=By(parties.buyer, LATER))

    assert {contract.seller_disclosure, contract.buyer_disclosure} == {NOTHING}
    assert Disclosure.of("everything") is NOTHING
