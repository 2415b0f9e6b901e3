"""Signing: one side enters the contract, the other confirms that very content."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from market.accounts.actors import load_actor
from market.accounts.desk_access import ReasonNeeded
from market.accounts.models import StaffRole
from market.contracts import signing
from market.contracts.models import Contract, ContractExclusion
from market.contracts.queries import find_draft, get_contract_for, received_amount
from market.contracts.signing import DraftChanged, OwnDraft
from market.contracts.terms import Exclusion, three_amounts
from market.deals.models import ContractKind, Deal
from market.deals.offers import accept_offer, make_offer
from market.deals.openings import agree_introduction, open_response
from market.deals.publicity import PUBLICITY, start_publicity
from market.deals.states import DealStatus
from market.deals.terms import PlanRow
from market.kit.errors import Forbidden, Invalid, NotFound
from market.kit.money import Money
from market.kit.workflow import ActionNotAllowed
from market.ledger import transfers as ledger
from market.listings.states import NeedStatus, OutcomeStatus
from market.notices.models import Notice
from market.notices.notice_acts import NotClear
from market.notices.states import NoticeStatus
from market.records.by import By
from tests.contracts.factories import (
    KEPT,
    LATER,
    ROYALTY,
    TODAY,
    contract_terms,
    instalments_of,
    make_contract,
    make_draft,
    make_officer,
    make_registered,
)
from tests.deals.factories import PRICE, STATEMENT, make_parties, make_published, make_to_sign, terms
from tests.factories import HOLIDAYS, NOW, make_member, make_staff, make_user
from tests.invariants import OF_CONTRACTS, broken
from tests.moments import end_notices


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
    assert await broken(*OF_CONTRACTS) == {}


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


async def test_strangers_find_no_contract_auditors_do_and_the_desk_says_why() -> None:
    parties = await make_parties()
    contract = await make_contract(parties)
    assert await get_contract_for(await make_staff(StaffRole.AUDITOR), contract.number)
    assert await get_contract_for(await make_officer(contract), contract.number)
    for role in (StaffRole.OFFICER, StaffRole.RECHECKER, StaffRole.APPROVER):
        with pytest.raises(ReasonNeeded):
            await get_contract_for(await make_staff(role), contract.number)
    for stranger in (await make_member(), await load_actor((await make_user()).id)):
        with pytest.raises(NotFound):
            await get_contract_for(stranger, contract.number)


async def test_the_way_of_payment_is_the_agreed_one() -> None:
    parties = await make_parties()
    deal = await make_to_sign(parties)
    terms = contract_terms(**ROYALTY, instalments=(PlanRow("入门费", None, 20_000_000),), exclusions=())

    with pytest.raises(Invalid) as refused:
        await signing.enter_draft(deal.number, terms, KEPT, draft_hash="", by=By(parties.seller, LATER))

    assert refused.value.field == "plan"


async def test_a_contract_is_registered_once_by_the_seller() -> None:
    parties = await make_parties()

    contract = await make_registered(parties)

    assert contract.registration_number == "4526010300000117"
    assert (await Deal.get(id=contract.deal_id)).status is DealStatus.REGISTERED
    with pytest.raises(ActionNotAllowed):
        await signing.register_contract(
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
        await signing.register_contract(
            contract.number, number, registered_on=day, registry="站", by=By(parties.seller, LATER)
        )

    assert refused.value.field == field


async def test_a_registration_number_is_used_once() -> None:
    first, second = await make_parties(), await make_parties()
    await make_registered(first)
    contract = await make_contract(second)

    with pytest.raises(Invalid, match="另一份合同"):
        await signing.register_contract(
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
        await signing.register_contract(
            contract.number,
            "4526010300000117",
            registered_on=TODAY,
            registry="站",
            by=By(parties.buyer, LATER),
        )
