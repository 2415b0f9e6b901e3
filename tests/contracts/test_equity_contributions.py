"""What was paid in as equity: recorded by one, confirmed by another of the seller's finance."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import httpx
import pytest
from tortoise.exceptions import IntegrityError
from tortoise.transactions import in_transaction

from market.accounts.models import MemberRole
from market.audit.models import AuditEvent
from market.contracts import equity_contributions, signing
from market.contracts.models import Contract, EquityPaidIn
from market.deals.models import ContractKind
from market.deals.terms import PlanRow
from market.kit.errors import Conflict, Forbidden, Invalid, NotFound
from market.records.by import By
from market.records.decisions import SamePerson, Verdict
from tests.contracts.factories import KEPT, LATER, TODAY, contract_terms
from tests.deals.factories import PRICE, Parties, make_parties, make_to_sign
from tests.factories import make_member
from tests.stage_cache import cached_stage
from tests.visitor import post, sign_in


@cached_stage
async def make_investment() -> tuple[Parties, Contract]:
    parties = await make_parties()
    deal = await make_to_sign(parties, kind=ContractKind.EQUITY)
    terms = contract_terms(
        kind=ContractKind.EQUITY, exclusions=(), instalments=(PlanRow("出资", None, PRICE.amount),)
    )
    draft = await signing.enter_draft(deal.number, terms, KEPT, draft_hash="", by=By(parties.seller, LATER))
    contract = await signing.confirm_draft(deal.number, draft.content_hash, by=By(parties.buyer, LATER))
    return parties, contract


async def paid(parties: Parties, contract: Contract, amount: int, **other: Any) -> EquityPaidIn:
    values: dict[str, Any] = {"paid_in_on": TODAY, "by": By(parties.seller, LATER)} | other
    return await equity_contributions.record_paid_in(
        contract.number, "桂铝新材", 2000, amount, KEPT, **values
    )


async def test_what_was_paid_in_never_exceeds_the_agreed_value_but_what_was_refused_is_free_again() -> None:
    parties, contract = await make_investment()
    paid_in = await paid(parties, contract, PRICE.amount - 1)

    with pytest.raises(Invalid):
        await paid(parties, contract, 2)
    await equity_contributions.reject_paid_in(paid_in.id, "金额不符", by=By(parties.seller_finance, LATER))
    await paid(parties, contract, PRICE.amount)

    events = await AuditEvent.filter(subject_id=contract.id).order_by("sequence")
    assert [event.action for event in events][-3:] == ["record_paid_in", "reject_paid_in", "record_paid_in"]


async def test_another_person_of_the_sellers_finance_decides_once() -> None:
    parties, contract = await make_investment()
    second = await make_member(parties.university, MemberRole.FINANCE)
    paid_in = await paid(parties, contract, 100)

    for actor, refusal in (
        (parties.seller, Forbidden),
        (parties.buyer_finance, Forbidden),
        (await make_member(role=MemberRole.FINANCE), NotFound),
    ):
        with pytest.raises(refusal):
            await equity_contributions.confirm_paid_in(paid_in.id, by=By(actor, LATER))
    with pytest.raises(Invalid):
        await equity_contributions.reject_paid_in(paid_in.id, " ", by=By(second, LATER))
    done = await equity_contributions.confirm_paid_in(paid_in.id, by=By(second, LATER))

    assert (done.is_confirmed, done.decided_by_id) == (True, second.user_id)
    with pytest.raises(Conflict):
        await equity_contributions.reject_paid_in(paid_in.id, "x", by=By(parties.seller_finance, LATER))


async def test_nobody_confirms_their_own_and_the_database_says_so_too() -> None:
    parties, contract = await make_investment()
    both = await make_member(parties.university, MemberRole.FINANCE)
    earlier = await paid(parties, contract, 100)
    own = await EquityPaidIn.create(
        id=uuid4(),
        contract_id=contract.id,
        company="x",
        share_basis_points=1,
        amount=1,
        paid_in_on=TODAY,
        voucher_id=earlier.voucher_id,
        proposed_by_id=both.user_id,
        proposed_at=LATER,
    )

    with pytest.raises(SamePerson):
        await equity_contributions.confirm_paid_in(own.id, by=By(both, LATER))
    decision: dict[str, Any] = {"decided_by_id": both.user_id, "decided_at": LATER}
    for paid_in, values in (
        (own, decision | {"verdict": Verdict.CONFIRMED}),
        (earlier, decision | {"verdict": Verdict.REJECTED, "reason": ""}),
        (earlier, {"amount": 1}),
    ):
        with pytest.raises(IntegrityError):
            async with in_transaction():
                await EquityPaidIn.filter(id=paid_in.id).update(**values)


@pytest.mark.owner
async def test_a_decision_is_written_once_and_nothing_is_deleted() -> None:
    parties, contract = await make_investment()
    paid_in = await paid(parties, contract, 100)
    await equity_contributions.reject_paid_in(paid_in.id, "金额不符", by=By(parties.seller_finance, LATER))

    with pytest.raises(IntegrityError, match="append-only"):
        async with in_transaction():
            await EquityPaidIn.filter(id=paid_in.id).update(verdict=Verdict.CONFIRMED)
    with pytest.raises(IntegrityError, match="append-only"):
        async with in_transaction():
            await EquityPaidIn.filter(id=paid_in.id).delete()


async def test_the_contract_shows_what_waits_and_adds_up_what_is_confirmed(client: httpx.AsyncClient) -> None:
    parties, contract = await make_investment()
    first, second = await paid(parties, contract, 70_000_000), await paid(parties, contract, 20_000_000)
    address = f"/contracts/{contract.number}"
    await sign_in(client, parties.seller)
    waiting = await client.get(address)
    refused = await post(client, f"{address}/paid-in/{first.id}/confirm")
    form = await client.get(f"{address}/paid-in")
    await sign_in(client, parties.seller_finance)

    confirmed = await post(client, f"{address}/paid-in/{first.id}/confirm")
    empty = await post(client, f"{address}/paid-in/{second.id}/reject", {"reason": ""})
    rejected = await post(client, f"{address}/paid-in/{second.id}/reject", {"reason": "公司名称不符"})

    assert "待转让方财务确认" in waiting.text
    assert "/confirm" not in waiting.text.split('id="paid-in"')[1].split("</section>")[0]
    assert (refused.status_code, form.status_code, empty.status_code) == (403, 200, 422)
    assert "700,000.00" in confirmed.text.split("已确认的实缴合计")[1][:60]
    assert "公司名称不符" in rejected.text
    await sign_in(client, await make_member(role=MemberRole.FINANCE))
    assert (await post(client, f"{address}/paid-in/{second.id}/confirm")).status_code == 404
