"""What a contract's form holds, and what happens to it after the signing."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import httpx
import pytest
from openpyxl import load_workbook

from market.contracts import contract_changes, registration, remittances, royalties, signing
from market.contracts.models import Contract, Instalment
from market.contracts.queries import get_contract_for
from market.contracts.states import ChangeKind
from market.contracts.terms import ContractTerms, check_terms, converted_money
from market.deals.models import ContractKind, Deal, PaymentWay
from market.deals.states import DealStatus
from market.deals.terms import OfferTerms, PlanRow
from market.kit.errors import Conflict, Forbidden, Invalid, NotFound
from market.kit.money import Money
from market.kit.terms import from_content
from market.ledger import services as ledger
from market.records.by import By
from market.records.decisions import SamePerson
from tests.contracts.factories import (
    KEPT,
    LATER,
    TODAY,
    contract_terms,
    instalments_of,
    make_registered,
    make_remittance,
)
from tests.deals.factories import PRICE, Parties, make_parties, make_to_sign
from tests.factories import make_member
from tests.visitor import post, sign_in

ROYALTY: dict[str, Any] = {
    "payment_way": PaymentWay.ENTRY_ROYALTY,
    "entry": 20_000_000,
    "royalty_basis_points": 300,
    "royalty_base": "净销售额",
}
FOREIGN: dict[str, Any] = {
    "buyer_country": "704",
    "original": Money(16_000_000, "USD"),
    "exchange_rate": 7_187_500,
    "rate_on": TODAY,
}


async def make_royalty_contract(parties: Parties) -> Contract:
    deal = await make_to_sign(parties, **ROYALTY)
    terms = contract_terms(**ROYALTY, instalments=(PlanRow("入门费", None, 20_000_000),), exclusions=())
    draft = await signing.enter_draft(deal.number, terms, KEPT, draft_hash="", by=By(parties.seller, LATER))
    contract = await signing.confirm_draft(deal.number, draft.content_hash, by=By(parties.buyer, LATER))
    return await registration.register_contract(
        contract.number,
        "4526010300000555",
        registered_on=TODAY,
        registry="南宁市技术合同登记站",
        by=By(parties.seller, LATER),
    )


async def pay(parties: Parties, instalment: Instalment) -> None:
    remittance = await make_remittance(parties, instalment, instalment.amount)
    await remittances.confirm_remittance(remittance.id, by=By(parties.seller_finance, LATER))


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"sub_kind": "commissioned"}, "sub_kind"),
        ({"economic_goal": "99"}, "economic_goal"),
        ({"buyer_country": "999"}, "buyer_country"),
        ({**FOREIGN, "rate_on": None}, "original_amount"),
        ({**FOREIGN, "buyer_country": "156"}, "original_currency"),
        ({**FOREIGN, "exchange_rate": 7_200_000}, "exchange_rate"),
        ({**FOREIGN, "rate_on": TODAY + timedelta(days=1)}, "rate_on"),
        (ROYALTY, "plan"),
    ],
)
def test_a_form_that_does_not_hold_together_is_refused(changes: dict[str, Any], field: str) -> None:
    with pytest.raises(Invalid) as refused:
        check_terms(replace(contract_terms(), **changes), TODAY)

    assert refused.value.field == field


def test_a_foreign_price_is_converted_once_in_the_currencys_own_unit() -> None:
    check_terms(contract_terms(**FOREIGN), TODAY)

    assert converted_money(Money(1_000_000, "JPY"), 48_123, "CNY") == Money(4_812_300)


def test_the_whole_form_survives_the_draft_and_an_older_draft_is_read() -> None:
    terms = contract_terms(**FOREIGN, sub_kind="patent", right_kind="invention", valid_from=TODAY)

    older = {
        k: v for k, v in contract_terms().content.items() if k not in ("sub_kind", "payment_way", "rate_on")
    }

    assert from_content(ContractTerms, terms.content) == terms
    assert from_content(ContractTerms, older) == contract_terms()


async def test_the_way_of_payment_is_the_agreed_one() -> None:
    parties = await make_parties()
    deal = await make_to_sign(parties)
    terms = contract_terms(**ROYALTY, instalments=(PlanRow("入门费", None, 20_000_000),), exclusions=())

    with pytest.raises(Invalid) as refused:
        await signing.enter_draft(deal.number, terms, KEPT, draft_hash="", by=By(parties.seller, LATER))

    assert refused.value.field == "plan"


async def test_royalties_become_instalments_as_they_are_stated_until_the_last() -> None:
    parties = await make_parties()
    contract = await make_royalty_contract(parties)
    await pay(parties, (await instalments_of(contract))[0])
    period: dict[str, Any] = {"starts_on": TODAY, "ends_on": TODAY, "by": By(parties.buyer, LATER)}

    stated = await royalties.state_royalty(contract.number, 33_333_33, is_last=False, **period)
    with pytest.raises(Forbidden):
        await royalties.confirm_royalty(stated.id, by=By(parties.buyer, LATER))
    await royalties.confirm_royalty(stated.id, by=By(parties.seller, LATER))
    with pytest.raises(Conflict):
        await royalties.confirm_royalty(stated.id, by=By(parties.seller, LATER))
    with pytest.raises(Invalid):
        await royalties.state_royalty(contract.number, 1, is_last=False, **period)

    _entry, royalty = await instalments_of(contract)
    assert royalty.amount == 1_000_00
    assert (await ledger.balance(f"due:{royalty.id}")).amount == 1_000_00
    await pay(parties, royalty)
    assert (await Deal.get(id=contract.deal_id)).status is DealStatus.PAYING
    later = LATER + timedelta(days=30)
    day = TODAY + timedelta(days=10)
    last = await royalties.state_royalty(
        contract.number, 0, starts_on=day, ends_on=day, is_last=True, by=By(parties.buyer, later)
    )
    await royalties.confirm_royalty(last.id, by=By(parties.seller, later))
    assert (await Deal.get(id=contract.deal_id)).status is DealStatus.COMPLETED


async def test_a_rescission_needs_both_sides_and_frees_what_is_not_paid() -> None:
    parties = await make_parties()
    contract = await make_registered(parties)
    first, second = await instalments_of(contract)
    await pay(parties, first)
    change = await contract_changes.propose_change(
        contract.number, ChangeKind.RESCISSION, "协商解除", agreed_on=TODAY, by=By(parties.buyer, LATER)
    )

    with pytest.raises(SamePerson):
        await contract_changes.confirm_change(change.id, by=By(parties.buyer, LATER))
    with pytest.raises(NotFound):
        await contract_changes.confirm_change(change.id, by=By(await make_member(), LATER))
    await contract_changes.confirm_change(change.id, by=By(parties.seller, LATER))

    assert (await Deal.get(id=contract.deal_id)).status is DealStatus.RESCINDED
    assert (await ledger.balance(f"due:{second.id}")).amount == 0
    assert (await ledger.balance(f"agreed:{parties.university.id}")).amount == -first.amount
    with pytest.raises(Conflict):
        await make_remittance(parties, second, second.amount)


async def test_a_transfer_that_waits_is_settled_before_a_rescission() -> None:
    parties = await make_parties()
    contract = await make_registered(parties)
    await make_remittance(parties, (await instalments_of(contract))[0], 100)
    change = await contract_changes.propose_change(
        contract.number, ChangeKind.RESCISSION, "协商解除", agreed_on=TODAY, by=By(parties.buyer, LATER)
    )

    with pytest.raises(Conflict):
        await contract_changes.confirm_change(change.id, by=By(parties.seller, LATER))


async def test_a_change_extends_the_contract_without_editing_it_and_a_second_waits() -> None:
    parties = await make_parties()
    contract = await make_registered(parties)
    until = date(2032, 1, 1)
    values: dict[str, Any] = {"agreed_on": TODAY, "by": By(parties.seller, LATER)}

    change = await contract_changes.propose_change(
        contract.number, ChangeKind.CHANGE, "延长", new_valid_until=until, **values
    )
    with pytest.raises(Conflict):
        await contract_changes.propose_change(contract.number, ChangeKind.RESCISSION, "解除", **values)
    await contract_changes.confirm_change(change.id, by=By(parties.buyer, LATER))
    cancelled = await contract_changes.propose_change(
        contract.number, ChangeKind.CANCELLATION, "登记机构注销", **values
    )

    whole = await get_contract_for(parties.seller, contract.number)
    assert whole.valid_until == contract.valid_until
    assert [change.kind for change in whole.changes] == [ChangeKind.CHANGE, ChangeKind.CANCELLATION]
    assert cancelled.effective_at == LATER


async def test_the_other_side_rejects_a_change_with_a_reason_and_its_own_side_withdraws_it() -> None:
    parties = await make_parties()
    contract = await make_registered(parties)
    values: dict[str, Any] = {"agreed_on": TODAY, "by": By(parties.seller, LATER)}
    first = await contract_changes.propose_change(contract.number, ChangeKind.CHANGE, "延长", **values)

    with pytest.raises(SamePerson):
        await contract_changes.reject_change(first.id, "x", by=By(parties.seller, LATER))
    with pytest.raises(Forbidden):
        await contract_changes.withdraw_change(first.id, by=By(parties.buyer, LATER))
    with pytest.raises(Invalid):
        await contract_changes.reject_change(first.id, " ", by=By(parties.buyer, LATER))
    await contract_changes.reject_change(first.id, "期限太长", by=By(parties.buyer, LATER))
    second = await contract_changes.propose_change(contract.number, ChangeKind.CHANGE, "再延长", **values)
    await contract_changes.withdraw_change(second.id, by=By(parties.seller, LATER))

    with pytest.raises(Conflict):
        await contract_changes.confirm_change(second.id, by=By(parties.buyer, LATER))
    rejected, withdrawn = (await get_contract_for(parties.buyer, contract.number)).changes
    assert rejected.is_rejected
    assert (rejected.reason, rejected.effective_at) == ("期限太长", None)
    assert not withdrawn.verdict
    assert (withdrawn.withdrawn_at, withdrawn.effective_at) == (LATER, None)


async def test_a_rejected_period_of_royalties_is_stated_again() -> None:
    parties = await make_parties()
    contract = await make_royalty_contract(parties)
    period: dict[str, Any] = {"starts_on": TODAY, "ends_on": TODAY, "by": By(parties.buyer, LATER)}
    stated = await royalties.state_royalty(contract.number, 100, is_last=False, **period)

    with pytest.raises(Invalid):
        await royalties.reject_royalty(stated.id, "", by=By(parties.seller, LATER))
    await royalties.reject_royalty(stated.id, "基数不含税", by=By(parties.seller, LATER))
    again = await royalties.state_royalty(contract.number, 113, is_last=False, **period)

    with pytest.raises(Conflict):
        await royalties.confirm_royalty(stated.id, by=By(parties.seller, LATER))
    await royalties.confirm_royalty(again.id, by=By(parties.seller, LATER))
    assert len(await instalments_of(contract)) == 2


async def test_the_pages_of_what_happens_later(client: httpx.AsyncClient, deps: Any) -> None:
    from tests.deals.factories import move_clock

    parties = await make_parties()
    contract = await make_royalty_contract(parties)
    address = f"/contracts/{contract.number}"
    move_clock(deps, LATER)
    await sign_in(client, parties.buyer)

    stated = await post(
        client,
        f"{address}/royalties",
        {"starts_on": "2026-03-21", "ends_on": "2026-03-21", "base": "1000000"},
    )
    wrong = await post(client, f"{address}/royalties", {"starts_on": "2026-03-21"})
    changed = await post(
        client, f"{address}/change", {"kind": "change", "agreed_on": "2026-03-21", "reason": "联系人变更"}
    )
    whole = await get_contract_for(parties.buyer, contract.number)
    await sign_in(client, parties.seller)
    room = await client.get(f"/deals/{whole.deal.number}")
    (statement,), (change,) = list(whole.royalty_statements), list(whole.changes)
    unexplained = [
        await post(client, f"{address}/royalties/{statement.id}/reject", {"reason": ""}),
        await post(client, f"{address}/changes/{change.id}/reject", {"reason": ""}),
    ]
    done = await post(client, f"{address}/royalties/{statement.id}/confirm")
    agreed = await post(client, f"{address}/changes/{change.id}/confirm")

    assert wrong.status_code == 422
    assert "待转让方核对" in stated.text
    assert "联系人变更" in changed.text
    assert "核对提成结算" in room.text
    assert [(page.status_code, "请写明哪里不符" in page.text) for page in unexplained] == [(422, True)] * 2
    assert "联系人变更" in unexplained[1].text
    assert "30,000.00" in done.text
    assert "已成立" in agreed.text


async def test_the_form_is_printed_and_exported_in_its_order(client: httpx.AsyncClient) -> None:
    parties = await make_parties()
    contract = await make_registered(parties)
    await sign_in(client, parties.buyer)

    prints = [await client.get(f"/contracts/{contract.number}/{name}.pdf") for name in ("form", "summary")]
    sheet = load_workbook(io.BytesIO((await client.get("/contracts/export.xlsx")).content)).active

    assert all(response.content.startswith(b"%PDF") for response in prints)
    assert sheet is not None
    heads, row = [[cell.value for cell in line] for line in sheet.iter_rows()]
    assert heads[1:4] == ["登记编号", "项目名称", "合同类别"]
    values = dict(zip(heads, row, strict=True))
    assert values["登记编号"] == "4526010300000117"
    assert (values["合同成交额（元）"], values["其中技术交易额（元）"]) == (1_150_000, 1_070_000)
    await sign_in(client, await make_member())
    assert (await client.get(f"/contracts/{contract.number}/form.pdf")).status_code == 404
    empty = load_workbook(io.BytesIO((await client.get("/contracts/export.xlsx")).content)).active
    assert empty is not None
    assert empty.max_row == 1


def test_offers_and_contracts_agree_on_what_is_fixed() -> None:
    offered = OfferTerms(ContractKind.LICENCE, PRICE, **ROYALTY)

    assert offered.fixed == contract_terms(**ROYALTY).fixed == Money(20_000_000)
