"""A contract is drafted from the accepted offer: what the deal says is filled in, the rest is left blank."""

from __future__ import annotations

import io

import docx
import httpx
import pytest

from market.contracts.draft_text import BLANK, draft_text
from market.deals.models import ContractKind
from market.deals.queries import find_accepted_offer
from market.deals.terms import OfferTerms
from market.kit.terms import from_record
from tests.contracts.factories import ROYALTY
from tests.deals.factories import make_parties, make_to_sign
from tests.factories import make_member
from tests.visitor import sign_in


async def test_a_party_downloads_a_draft_that_says_what_was_agreed(client: httpx.AsyncClient) -> None:
    parties = await make_parties()
    deal = await make_to_sign(parties)
    address = f"/deals/{deal.number}/contract-draft.docx"

    await sign_in(client, parties.buyer)
    assert address in (await client.get(f"/deals/{deal.number}/sign")).text
    answer = await client.get(address)

    assert answer.status_code == 200
    document = docx.Document(io.BytesIO(answer.content))
    cells = [cell.text for table in document.tables for row in table.rows for cell in row.cells]
    text = "\n".join([paragraph.text for paragraph in document.paragraphs] + cells)
    assert deal.title in text
    assert "￥1,150,000.00（大写：壹佰壹拾伍万元整）" in text
    assert "桂南大学" in cells
    assert "南南线缆" in cells
    assert cells[cells.index("合计") + 3] == "￥1,150,000.00"
    assert "它不是法律意见" in text


async def test_nobody_else_gets_the_draft(client: httpx.AsyncClient) -> None:
    deal = await make_to_sign(await make_parties())
    address = f"/deals/{deal.number}/contract-draft.docx"

    assert (await client.get(address)).status_code in {303, 401}
    await sign_in(client, await make_member())
    assert (await client.get(address)).status_code == 404


@pytest.mark.parametrize("kind", list(ContractKind))
async def test_each_kind_of_contract_has_its_clauses_and_its_sums_add_up(kind: ContractKind) -> None:
    deal = await make_to_sign(await make_parties())
    await deal.fetch_related("seller", "buyer", "outcome")
    offer = await find_accepted_offer(deal.id)
    terms = from_record(OfferTerms, offer)

    text = draft_text(deal, OfferTerms(**{**vars(terms), "kind": kind}), deal.outcome)

    titles = [clause.title for clause in text.clauses]
    assert len(set(titles)) == len(titles)
    assert ("许可的方式、范围和期限" in titles) is (kind is ContractKind.LICENCE)
    assert ("权利的转移" in titles) is (kind is ContractKind.ASSIGNMENT)
    assert all(len({len(row) for row in clause.table}) <= 1 for clause in text.clauses)
    assert all("%(" not in paragraph for clause in text.clauses for paragraph in clause.paragraphs)


async def test_royalties_stand_with_their_share_and_base() -> None:
    deal = await make_to_sign(await make_parties(), **ROYALTY)
    await deal.fetch_related("seller", "buyer", "outcome")
    terms = from_record(OfferTerms, await find_accepted_offer(deal.id))

    price = next(clause for clause in draft_text(deal, terms, None).clauses if clause.title == "价款与支付")

    assert any(terms.royalty_base in paragraph and "%" in paragraph for paragraph in price.paragraphs)
    assert any("入门费" in paragraph for paragraph in price.paragraphs)
    assert BLANK in price.paragraphs[-1]
