from __future__ import annotations

from datetime import date
from typing import Any
from uuid import uuid4

import pytest

from market.accounts.models import StaffRole
from market.contracts import payment_pages, receipts, registration, remittances, signing
from market.contracts.models import INSTALMENT, Contract, ContractExclusion, Receipt
from market.contracts.queries import find_draft, get_contract_for, received_amount
from market.contracts.remittances import ExceedsOpenAmount
from market.contracts.signing import DraftChanged, OwnDraft
from market.contracts.terms import Exclusion, three_amounts
from market.deals.models import ContractKind, Deal
from market.deals.offers import accept_offer, make_offer
from market.deals.openings import agree_introduction, open_response
from market.deals.publicity import PUBLICITY, start_publicity
from market.deals.states import DealStatus
from market.deals.terms import PlanRow
from market.deps import Deps
from market.kit.errors import Conflict, Forbidden, Invalid, NotFound
from market.kit.money import Money
from market.kit.workflow import ActionNotAllowed
from market.ledger import services as ledger
from market.ledger.checks import run_checks
from market.listings.states import NeedStatus, OutcomeStatus
from market.notices.models import Notice
from market.notices.services import NotClear
from market.notices.states import NoticeStatus
from market.payments.gateway import ReturnUrls
from market.payments.models import ConnectedAccount, Payment
from market.payments.payables import NothingDue, PaidPayment
from market.payments.settlement import refresh_payment
from market.payments.standin_gateway import StandInGateway
from market.payments.states import PaymentStatus
from market.records.by import By
from market.records.decisions import SamePerson
from tests.contracts.factories import (
    KEPT,
    LATER,
    TODAY,
    contract_terms,
    instalments_of,
    make_contract,
    make_draft,
    make_registered,
    make_remittance,
)
from tests.deals.factories import PRICE, STATEMENT, Parties, make_parties, make_published, make_to_sign, terms
from tests.factories import HOLIDAYS, NOW, make_member, make_staff
from tests.moments import end_notices

URLS = ReturnUrls("http://market.test/payments/{PAYMENT_ID}/return", "http://market.test/")


async def test_one_side_enters_and_the_other_confirms() -> None:
    parties = await make_parties()
    deal, draft = await make_draft(parties)

    contract = await signing.confirm_draft(deal.number, draft.content_hash, by=By(parties.buyer, LATER))

    assert contract.number.startswith("HT-2026-")
    assert (await Deal.get(id=deal.id)).status is DealStatus.SIGNED
    await parties.outcome.refresh_from_db()
    assert parties.outcome.status is OutcomeStatus.LICENSED


async def test_the_three_amounts_are_kept_apart() -> None:
    parties = await make_parties()

    contract = await make_contract(parties)

    amounts = three_amounts(contract, await received_amount(contract.id))
    assert amounts.contract == Money(115_000_000)
    assert amounts.trade == Money(107_000_000)
    assert amounts.received == Money(0)
    assert [part.name for part in await ContractExclusion.filter(contract=contract)] == ["在线淬火装置"]


async def test_what_is_owed_stands_in_the_book_per_instalment() -> None:
    parties = await make_parties()

    contract = await make_contract(parties)

    owed = [await ledger.available(f"due:{instalment.id}") for instalment in await instalments_of(contract)]
    assert owed == [Money(80_500_000), Money(34_500_000)]
    assert all(check.is_well for check in await run_checks())


async def test_nobody_confirms_what_their_own_side_entered() -> None:
    parties = await make_parties()
    deal, draft = await make_draft(parties)

    with pytest.raises(OwnDraft):
        await signing.confirm_draft(deal.number, draft.content_hash, by=By(parties.seller, LATER))


async def test_a_contract_entered_anew_needs_fresh_consent() -> None:
    parties = await make_parties()
    deal, draft = await make_draft(parties)
    draft_hash = draft.content_hash
    await signing.enter_draft(
        deal.number,
        contract_terms(name="改过的名称"),
        None,
        draft_hash=draft_hash,
        by=By(parties.seller, LATER),
    )

    with pytest.raises(DraftChanged):
        await signing.confirm_draft(deal.number, draft_hash, by=By(parties.buyer, LATER))


async def test_two_who_enter_at_once_do_not_sweep_each_other_away() -> None:
    parties = await make_parties()
    deal, _draft = await make_draft(parties)

    with pytest.raises(DraftChanged):
        await signing.enter_draft(
            deal.number, contract_terms(), KEPT, draft_hash="", by=By(parties.buyer, LATER)
        )


async def test_signing_twice_makes_one_contract() -> None:
    parties = await make_parties()
    deal, draft = await make_draft(parties)
    await signing.confirm_draft(deal.number, draft.content_hash, by=By(parties.buyer, LATER))

    with pytest.raises(ActionNotAllowed):
        await signing.confirm_draft(deal.number, draft.content_hash, by=By(parties.buyer, LATER))

    assert await Contract.filter(deal_id=deal.id).count() == 1


async def test_a_contract_needs_its_scan() -> None:
    parties = await make_parties()
    deal = await make_to_sign(parties)

    with pytest.raises(Invalid) as refused:
        await signing.enter_draft(
            deal.number, contract_terms(), None, draft_hash="", by=By(parties.seller, LATER)
        )

    assert refused.value.field == "file"
    assert await find_draft(deal.id) is None


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"exclusions": (Exclusion("equipment", "全部", PRICE.amount),)}, "exclusions"),
        ({"exclusions": (Exclusion("yacht", "游艇", 100),)}, "exclusions"),
        ({"instalments": (PlanRow("一次", None, 1),)}, "plan"),
        ({"instalments": ()}, "plan"),
        ({"field": "magic"}, "field"),
        ({"used_in": "000000"}, "used_in"),
        ({"signed_on": date(2026, 3, 22)}, "signed_on"),
        ({"valid_until": date(2026, 3, 1)}, "valid_until"),
        ({"price": Money(1), "exclusions": (), "instalments": (PlanRow("一次", None, 1),)}, "name"),
        ({"kind": ContractKind.SERVICE}, "name"),
    ],
)
async def test_a_contract_that_cannot_be_is_refused_at_its_field(fields: dict[str, Any], field: str) -> None:
    parties = await make_parties()
    deal = await make_to_sign(parties)

    with pytest.raises(Invalid) as refused:
        await signing.enter_draft(
            deal.number, contract_terms(**fields), KEPT, draft_hash="", by=By(parties.seller, LATER)
        )

    assert refused.value.field == field


async def test_before_the_publicity_is_clear_nobody_signs() -> None:
    parties = await make_parties()
    deal = await make_published(parties)

    with pytest.raises(ActionNotAllowed):
        await signing.enter_draft(
            deal.number, contract_terms(signed_on=NOW.date()), KEPT, draft_hash="", by=By(parties.seller, NOW)
        )


async def test_signing_asks_the_notice_itself() -> None:
    parties = await make_parties()
    deal, draft = await make_draft(parties)
    await Deal.filter(id=deal.id).update(skip_reason="")
    await Notice.filter(subject_id=deal.id).update(status=NoticeStatus.OBJECTED)

    with pytest.raises(NotClear, match="异议处理中"):
        await signing.confirm_draft(deal.number, draft.content_hash, by=By(parties.buyer, LATER))


async def test_an_assignment_sells_the_outcome_and_solves_the_need() -> None:
    parties = await make_parties()
    opened = await open_response(
        parties.need.number, parties.outcome.number, "我们能", by=By(parties.seller, NOW)
    )
    await agree_introduction(opened.number, by=By(parties.buyer, NOW))
    offer = await make_offer(
        opened.number,
        terms(kind=ContractKind.ASSIGNMENT),
        base_offer_id=None,
        valid_days=None,
        by=By(parties.seller, NOW),
    )
    await accept_offer(opened.number, offer.id, offer.content_hash, by=By(parties.buyer, NOW))
    await start_publicity(opened.number, STATEMENT, calendar=HOLIDAYS, by=By(parties.seller, NOW))
    await end_notices(LATER)
    await PUBLICITY.sweep(LATER)

    deal, draft = await make_draft(parties, opened, kind=ContractKind.ASSIGNMENT)
    await signing.confirm_draft(deal.number, draft.content_hash, by=By(parties.buyer, LATER))

    await parties.outcome.refresh_from_db()
    await parties.need.refresh_from_db()
    assert parties.outcome.status is OutcomeStatus.SOLD
    assert parties.need.status is NeedStatus.SOLVED


async def test_a_contract_is_registered_once_by_the_seller() -> None:
    parties = await make_parties()

    contract = await make_registered(parties)

    assert contract.registration_number == "4526010300000117"
    assert (await Deal.get(id=contract.deal_id)).status is DealStatus.REGISTERED
    with pytest.raises(ActionNotAllowed):
        await registration.register_contract(
            contract.number,
            "4526010300000118",
            registered_on=TODAY,
            registry="站",
            by=By(parties.seller, LATER),
        )


@pytest.mark.parametrize(
    ("number", "day", "field"),
    [
        ("123", TODAY, "registration_number"),
        ("４５２６０１０３００００００１１", TODAY, "registration_number"),
        ("45260103000001170", TODAY, "registration_number"),
        ("4526010300000117", date(2026, 3, 20), "registered_on"),
        ("4526010300000117", date(2026, 3, 22), "registered_on"),
    ],
)
async def test_a_registration_that_cannot_be_is_refused_at_its_field(
    number: str, day: date, field: str
) -> None:
    parties = await make_parties()
    contract = await make_contract(parties)

    with pytest.raises(Invalid) as refused:
        await registration.register_contract(
            contract.number, number, registered_on=day, registry="站", by=By(parties.seller, LATER)
        )

    assert refused.value.field == field


async def test_a_registration_number_is_used_once() -> None:
    first, second = await make_parties(), await make_parties()
    await make_registered(first)
    contract = await make_contract(second)

    with pytest.raises(Invalid, match="另一份合同"):
        await registration.register_contract(
            contract.number,
            "4526010300000117",
            registered_on=TODAY,
            registry="站",
            by=By(second.seller, LATER),
        )


async def test_the_buyer_does_not_register() -> None:
    parties = await make_parties()
    contract = await make_contract(parties)

    with pytest.raises(Forbidden):
        await registration.register_contract(
            contract.number,
            "4526010300000117",
            registered_on=TODAY,
            registry="站",
            by=By(parties.buyer, LATER),
        )


async def test_a_transfer_recorded_by_one_counts_when_another_confirms() -> None:
    parties = await make_parties()
    contract = await make_registered(parties)
    first, _second = await instalments_of(contract)
    remittance = await make_remittance(parties, first, 80_500_000)
    before = await received_amount(contract.id)

    await remittances.confirm_remittance(remittance.id, by=By(parties.seller_finance, LATER))

    assert (before, await received_amount(contract.id)) == (0, 80_500_000)
    assert await ledger.available(f"due:{first.id}") == Money(0)
    assert await ledger.balance(f"met:remittance:{parties.university.id}") == Money(80_500_000)
    assert (await Deal.get(id=contract.deal_id)).status is DealStatus.PAYING


async def test_who_recorded_does_not_confirm() -> None:
    parties = await make_parties()
    contract = await make_registered(parties)
    first, _second = await instalments_of(contract)
    remittance = await make_remittance(parties, first, 1_000_00, by=By(parties.seller_finance, LATER))

    with pytest.raises(SamePerson):
        await remittances.confirm_remittance(remittance.id, by=By(parties.seller_finance, LATER))


async def test_the_buyers_finance_does_not_confirm_for_the_seller() -> None:
    parties = await make_parties()
    contract = await make_registered(parties)
    first, _second = await instalments_of(contract)
    remittance = await make_remittance(parties, first, 1_000_00, by=By(parties.buyer, LATER))

    with pytest.raises(Forbidden):
        await remittances.confirm_remittance(remittance.id, by=By(parties.buyer_finance, LATER))
    assert await received_amount(contract.id) == 0


async def test_confirming_twice_books_once() -> None:
    parties = await make_parties()
    contract = await make_registered(parties)
    first, _second = await instalments_of(contract)
    remittance = await make_remittance(parties, first, 1_000_00)
    await remittances.confirm_remittance(remittance.id, by=By(parties.seller_finance, LATER))

    with pytest.raises(ActionNotAllowed):
        await remittances.confirm_remittance(remittance.id, by=By(parties.seller_finance, LATER))

    assert await received_amount(contract.id) == 1_000_00


async def test_more_than_is_left_cannot_be_recorded() -> None:
    parties = await make_parties()
    contract = await make_registered(parties)
    first, _second = await instalments_of(contract)
    await make_remittance(parties, first, 80_000_000)

    with pytest.raises(Invalid) as refused:
        await make_remittance(parties, first, 500_001)

    assert refused.value.field == "amount"
    assert "￥5,000.00" in str(refused.value)


async def test_a_rejected_transfer_may_be_recorded_anew() -> None:
    parties = await make_parties()
    contract = await make_registered(parties)
    first, _second = await instalments_of(contract)
    wrong = await make_remittance(
        parties, first, 80_500_000, invoice_number="26452000000012345678", invoice_amount=80_500_000
    )
    await remittances.reject_remittance(wrong.id, "回单金额不符", by=By(parties.seller_finance, LATER))

    again = await make_remittance(
        parties, first, 80_500_000, invoice_number="26452000000012345678", invoice_amount=80_500_000
    )

    assert again.id != wrong.id


async def test_when_all_has_arrived_the_deal_is_completed() -> None:
    parties = await make_parties()
    contract = await make_registered(parties)
    for instalment in await instalments_of(contract):
        remittance = await make_remittance(parties, instalment, instalment.amount)
        await remittances.confirm_remittance(remittance.id, by=By(parties.seller_finance, LATER))

    assert (await Deal.get(id=contract.deal_id)).status is DealStatus.COMPLETED
    assert await received_amount(contract.id) == contract.contract_amount
    assert all(check.is_well for check in await run_checks())


async def test_money_before_the_registration_counts_and_the_deal_follows_later() -> None:
    parties = await make_parties()
    contract = await make_contract(parties)
    first, _second = await instalments_of(contract)
    remittance = await make_remittance(parties, first, first.amount)
    await remittances.confirm_remittance(remittance.id, by=By(parties.seller_finance, LATER))
    before = (await Deal.get(id=contract.deal_id)).status

    await registration.register_contract(
        contract.number,
        "4526010300000117",
        registered_on=TODAY,
        registry="站",
        by=By(parties.seller, LATER),
    )

    assert before is DealStatus.SIGNED
    assert (await Deal.get(id=contract.deal_id)).status is DealStatus.PAYING


async def _connect(parties: Parties, deps: Deps) -> StandInGateway:
    gateway = deps.gateway
    assert isinstance(gateway, StandInGateway)
    account = await gateway.create_account("桂南大学", key=str(uuid4()), metadata={})
    await gateway.standin.finish_onboarding(account)
    await ConnectedAccount.create(
        id=uuid4(),
        organisation=parties.university,
        account=account,
        charges_enabled=True,
        created_at=NOW,
        updated_at=NOW,
    )
    return gateway


async def test_an_instalment_paid_online_becomes_a_receipt(deps: Deps) -> None:
    parties = await make_parties()
    contract = await make_registered(parties)
    _first, second = await instalments_of(contract)
    await _connect(parties, deps)

    await payment_pages.start_payment(second.id, gateway=deps.gateway, by=By(parties.buyer, LATER), urls=URLS)
    payment = await Payment.get(payable_id=second.id)
    paid = PaidPayment(payment.id, INSTALMENT, second.id, payment.money, Money(0), LATER)
    first_time = await receipts.book_payment(paid, by=By.job(LATER))
    second_time = await receipts.book_payment(paid, by=By.job(LATER))

    assert first_time is not None
    assert second_time == first_time
    assert await received_amount(contract.id) == second.amount
    assert await ledger.balance(f"met:online:{parties.university.id}") == Money(second.amount)


async def test_money_that_arrives_twice_stands_in_the_book_as_surplus() -> None:
    parties = await make_parties()
    contract = await make_registered(parties)
    first, _second = await instalments_of(contract)
    remittance = await make_remittance(parties, first, first.amount)
    await remittances.confirm_remittance(remittance.id, by=By(parties.seller_finance, LATER))

    receipt = await receipts.book_payment(
        PaidPayment(uuid4(), INSTALMENT, first.id, Money(first.amount), Money(0), LATER), by=By.job(LATER)
    )

    assert receipt is None
    assert await received_amount(contract.id) == first.amount
    assert await ledger.balance(f"surplus:{first.id}") == Money(first.amount)


async def test_a_transfer_of_more_than_is_left_is_not_confirmed() -> None:
    parties = await make_parties()
    contract = await make_registered(parties)
    first, _second = await instalments_of(contract)
    remittance = await make_remittance(parties, first, first.amount)
    await receipts.book_payment(
        PaidPayment(uuid4(), INSTALMENT, first.id, Money(1_00), Money(0), LATER), by=By.job(LATER)
    )

    with pytest.raises(ExceedsOpenAmount):
        await remittances.confirm_remittance(remittance.id, by=By(parties.seller_finance, LATER))

    assert await Receipt.filter(contract_id=contract.id).count() == 1


async def test_without_an_account_of_the_seller_nobody_pays_online(deps: Deps) -> None:
    parties = await make_parties()
    contract = await make_registered(parties)
    first, _second = await instalments_of(contract)

    with pytest.raises(Conflict, match="对公转账"):
        await payment_pages.start_payment(
            first.id, gateway=deps.gateway, by=By(parties.buyer, LATER), urls=URLS
        )


async def test_the_seller_does_not_pay(deps: Deps) -> None:
    parties = await make_parties()
    contract = await make_registered(parties)
    first, _second = await instalments_of(contract)
    await _connect(parties, deps)

    with pytest.raises(Forbidden):
        await payment_pages.start_payment(
            first.id, gateway=deps.gateway, by=By(parties.seller, LATER), urls=URLS
        )


async def test_what_is_paid_or_waits_is_not_paid_online(deps: Deps) -> None:
    parties = await make_parties()
    contract = await make_registered(parties)
    first, _second = await instalments_of(contract)
    await _connect(parties, deps)
    await make_remittance(parties, first, first.amount)

    with pytest.raises(NothingDue):
        await payment_pages.start_payment(
            first.id, gateway=deps.gateway, by=By(parties.buyer, LATER), urls=URLS
        )


async def test_strangers_find_no_contract_but_officers_and_auditors_do() -> None:
    parties = await make_parties()
    contract = await make_contract(parties)
    for role in (StaffRole.OFFICER, StaffRole.RECHECKER, StaffRole.APPROVER, StaffRole.AUDITOR):
        assert await get_contract_for(await make_staff(role), contract.number)
    for stranger in (await make_member(), await make_staff(StaffRole.REVIEWER)):
        with pytest.raises(NotFound):
            await get_contract_for(stranger, contract.number)


async def test_what_the_gateway_says_is_paid_is_booked(deps: Deps) -> None:
    parties = await make_parties()
    contract = await make_registered(parties)
    _first, second = await instalments_of(contract)
    gateway = await _connect(parties, deps)
    await payment_pages.start_payment(second.id, gateway=gateway, by=By(parties.buyer, LATER), urls=URLS)
    payment = await Payment.get(payable_id=second.id)
    await gateway.standin.pay(str(payment.checkout_id))
    await refresh_payment(payment.id, gateway=gateway, now=LATER)

    assert (await Payment.get(id=payment.id)).status is PaymentStatus.SUCCEEDED
    assert await received_amount(contract.id) == second.amount
