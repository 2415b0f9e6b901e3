"""Pages that show a record to be edited: what they show, sent as it is, is the record again."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from typing import Any

import httpx

from market.accounts.models import MemberRole, Organisation, OrganisationStatus
from market.codes.labels import choices
from market.contracts.models import ContractDraft
from market.deals.models import Offer
from market.deals.offers import make_offer
from market.deals.terms import CostRow, OfferTerms, PlanRow
from market.deps import Deps
from market.kit.terms import from_record
from market.records.by import By
from tests.browser_forms import shown_forms
from tests.contracts.factories import LATER, make_draft
from tests.deals.factories import make_agreed, make_parties, move_clock, terms
from tests.factories import NOW, make_member, make_organisation
from tests.visitor import post, sign_in

OFFERED: dict[str, Any] = {
    "years": 3,
    "territory": "广西、广东",
    "is_exclusive": True,
    "plan": (
        PlanRow("合同生效后 10 日", date(2026, 4, 1), 80_500_001),
        PlanRow("首批 100 吨合格", None, 34_499_999),
    ),
    "note": "含两次现场调试。\n\n差旅自理。",
}


async def _send_as_shown(client: httpx.AsyncClient, address: str, name: str, **files: Any) -> httpx.Response:
    """Open a page and send the form that has a field of this name, with nothing changed."""
    return await _send(client, await client.get(address), address, name, **files)


async def _send(
    client: httpx.AsyncClient, page: httpx.Response, address: str, name: str, *, press: str = "", **files: Any
) -> httpx.Response:
    """Send the form of this page that has a field of this name, with nothing changed."""
    shown = next(form for form in shown_forms(page.text) if name in dict(form.pairs))
    sent: dict[str, Any] = {"act": press} if press else {}
    for field, value in shown.pairs:
        sent.setdefault(field, []).append(value)
    return await post(client, shown.action or address, sent, **files)


async def test_a_counter_offer_begins_with_every_term_of_the_offer(client: httpx.AsyncClient) -> None:
    parties = await make_parties()
    deal = await make_agreed(parties)
    offered = terms(**{name: value for name, value in OFFERED.items() if name != "plan"})
    (item, _item), (bearer, _bearer) = choices("cost_item")[0], choices("bearer")[0]
    offer = await make_offer(
        deal.number,
        replace(offered, plan=OFFERED["plan"], costs=(CostRow(item, bearer),)),
        base_offer_id=None,
        valid_days=15,
        by=By(parties.buyer, NOW),
    )
    await sign_in(client, parties.seller)

    page = await _send_as_shown(client, f"/deals/{deal.number}/offer", "plan-0-amount")

    assert "报价已送达" in page.text, _faults(page)
    counter = await Offer.get(deal_id=deal.id, sequence=2)
    assert from_record(OfferTerms, counter).content == from_record(OfferTerms, offer).content


async def test_a_contract_that_is_entered_again_as_shown_is_the_same(
    client: httpx.AsyncClient, deps: Deps
) -> None:
    move_clock(deps, LATER)
    parties = await make_parties()
    deal, draft = await make_draft(
        parties,
        valid_from=date(2026, 4, 1),
        valid_until=date(2031, 3, 31),
        expected_investment=0,
        expected_output=1_285_000_01,
        is_publicly_funded=True,
    )
    await sign_in(client, parties.buyer)

    address = f"/deals/{deal.number}/sign"
    asked = await _send_as_shown(client, address, "plan-0-amount")
    page = await _send(client, asked, address, "plan-0-amount", press="sign")

    assert "合同内容已登记" in page.text, _faults(page)
    again = await ContractDraft.get(deal_id=deal.id)
    assert again.side != draft.side
    assert again.content == draft.content


async def test_an_organisation_that_is_saved_as_shown_is_the_same(client: httpx.AsyncClient) -> None:
    own = await make_organisation(
        status=OrganisationStatus.RETURNED,
        region="330106",
        nature_code="022",
        introduction="一段。\n\n二段 & <b>。",
    )
    before = await Organisation.filter(id=own.id).values()
    await sign_in(client, await make_member(own, MemberRole.ADMIN))

    page = await _send_as_shown(client, "/account/organisation", "contact_name")

    assert "已保存" in page.text, _faults(page)
    after = await Organisation.filter(id=own.id).values()
    changed = {name for name in before[0] if before[0][name] != after[0][name]}
    assert changed <= {"revision", "status", "updated_at", "return_reason"}, changed


def _faults(page: httpx.Response) -> list[str]:
    return re.findall(r'class="field__error"[^>]*>([^<]*)', page.text) or [str(page.status_code)]
