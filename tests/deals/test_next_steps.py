"""The next step of a deal: what is to be done, by whom and until when."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any
from uuid import uuid4

import pytest

from market.accounts.models import Organisation, OrganisationKind
from market.deals.models import ContractKind, Deal, Offer, Side
from market.deals.next_steps import ContractFacts, Due, Situation, next_step
from market.deals.states import DealStatus, OfferStatus
from market.kit.money import Money
from market.notices.models import Notice
from market.notices.states import NoticeStatus
from tests.factories import NOW

S = DealStatus


def deal_of(
    status: DealStatus, kind: OrganisationKind = OrganisationKind.UNIVERSITY, **fields: object
) -> Deal:
    deal = Deal(
        id=uuid4(),
        number="JY-2026-000001",
        status=status,
        kind=ContractKind.LICENCE,
        **({"created_at": NOW, "updated_at": NOW} | fields),
    )
    # As if fetched; a pure rule needs no row.
    deal._seller = Organisation(id=uuid4(), kind=kind, nature_code="022", is_state_owned=True)
    return deal


def test_a_company_that_sells_goes_on_to_sign_without_publicity() -> None:
    step = next_step(Situation(deal_of(DealStatus.PRICED, OrganisationKind.ENTERPRISE)), NOW)

    assert (step.key, step.assignee) == ("skip", "both")
    assert step.is_for(Side.SELLER)
    assert step.is_for(Side.BUYER)


def test_of_open_royalties_the_buyer_states_the_next_period() -> None:
    facts = ContractFacts(number="HT-2026-000001", is_royalty_open=True)
    step = next_step(Situation(deal_of(DealStatus.PAYING), contract=facts), NOW)

    assert (step.key, step.assignee) == ("royalty", "buyer")
    assert step.address == "/contracts/HT-2026-000001/royalties"


def test_when_everything_is_received_nothing_is_left_to_do() -> None:
    facts = ContractFacts(number="HT-2026-000001")
    step = next_step(Situation(deal_of(DealStatus.PAYING), contract=facts), NOW)

    assert (step.key, step.assignee) == ("done", "nobody")


@pytest.mark.parametrize(
    ("offer", "key", "until"),
    [
        (Offer(side=Side.BUYER, status=OfferStatus.OPEN, expires_at=None), "answer", ""),
        (
            Offer(side=Side.BUYER, status=OfferStatus.OPEN, expires_at=NOW + timedelta(minutes=1)),
            "answer",
            "2026-03-02 10:01",
        ),
        (Offer(side=Side.BUYER, status=OfferStatus.OPEN, expires_at=NOW), "offer", "2026-03-17"),
        (
            Offer(side=Side.BUYER, status=OfferStatus.WITHDRAWN, answered_at=NOW - timedelta(days=1)),
            "offer",
            "2026-03-16",
        ),
    ],
)
def test_an_offer_is_answered_until_the_minute_it_expires_and_then_made_anew(
    offer: Offer, key: str, until: str
) -> None:
    step = next_step(Situation(deal_of(DealStatus.NEGOTIATING), offer), NOW)

    assert (step.key, step.deadline) == (key, until)


def test_a_publicity_without_a_confirmed_end_says_so_and_one_with_an_end_names_its_last_day() -> None:
    deal = deal_of(DealStatus.PUBLICITY)
    ending = Notice(number="GS-2026-000001", status=NoticeStatus.OPEN, ends_at=NOW.replace(hour=16))

    assert next_step(Situation(deal), NOW).deadline == "截止日待确认"
    assert next_step(Situation(deal, notice=ending), NOW).deadline == "2026-03-02 24:00"


def _offer(side: Side) -> Offer:
    return Offer(id=uuid4(), side=side, status=OfferStatus.OPEN, price_amount=1, expires_at=None)


AGREED: dict[str, Any] = {"seller_agreed_at": NOW, "buyer_agreed_at": NOW}
DUE = Due(1, "合同生效", date(2026, 3, 1), Money(80_500_000))
LONG_AGO = NOW - timedelta(days=11)


@pytest.mark.parametrize(
    ("at", "key", "whose"),
    [
        (Situation(deal_of(S.INTENT)), "agree", "both"),
        (Situation(deal_of(S.INTENT, buyer_agreed_at=NOW)), "agree", "seller"),
        (Situation(deal_of(S.INTENT, **AGREED)), "offer", "both"),
        (Situation(deal_of(S.NEGOTIATING), _offer(Side.BUYER)), "answer", "seller"),
        (Situation(deal_of(S.NEGOTIATING), _offer(Side.SELLER)), "answer", "buyer"),
        (Situation(deal_of(S.NEGOTIATING)), "offer", "both"),
        (Situation(deal_of(S.PRICED)), "publish", "seller"),
        (Situation(deal_of(S.PUBLICITY), notice=Notice(status=NoticeStatus.OPEN)), "publicity", "public"),
        (
            Situation(deal_of(S.PUBLICITY), notice=Notice(status=NoticeStatus.OBJECTED)),
            "objection",
            "operator",
        ),
        (Situation(deal_of(S.PUBLICITY), notice=Notice(status=NoticeStatus.UPHELD)), "upheld", "seller"),
        (Situation(deal_of(S.TO_SIGN)), "sign", "both"),
        (Situation(deal_of(S.TO_SIGN), contract=ContractFacts(draft_side=Side.SELLER)), "confirm", "buyer"),
        (Situation(deal_of(S.SIGNED), contract=ContractFacts(number="HT-1")), "register", "seller"),
        (Situation(deal_of(S.REGISTERED), contract=ContractFacts(number="HT-1", due=DUE)), "pay", "buyer"),
        (
            Situation(deal_of(S.PAYING), contract=ContractFacts(number="HT-1", due=DUE, waiting_count=1)),
            "confirm_receipt",
            "seller",
        ),
        (Situation(deal_of(S.COMPLETED), contract=ContractFacts(number="HT-1")), "done", "nobody"),
        (Situation(deal_of(S.TERMINATED)), "ended", "nobody"),
    ],
)
def test_the_next_step_says_whose_it_is(at: Situation, key: str, whose: str) -> None:
    step = next_step(at, NOW)

    assert (step.key, step.assignee) == (key, whose)
    assert step.title
    assert step.is_for(None) is False
    assert step.is_late is (key == "pay")


@pytest.mark.parametrize(
    "facts",
    [
        ContractFacts(draft_side=Side.SELLER, drafted_at=LONG_AGO),
        ContractFacts(number="HT-1", due=DUE, waiting_count=1, waiting_since=LONG_AGO),
        ContractFacts(number="HT-1", is_royalty_open=True, royalty_stated_at=LONG_AGO),
    ],
)
def test_what_waits_for_a_confirmation_has_its_day_and_is_late_after_it(facts: ContractFacts) -> None:
    status = S.PAYING if facts.number else S.TO_SIGN
    step = next_step(Situation(deal_of(status), contract=facts), NOW)

    assert step.key in ("confirm", "confirm_receipt", "royalty_stated")
    assert step.deadline
    assert step.is_late
