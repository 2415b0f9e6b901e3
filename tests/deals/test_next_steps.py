"""The next step of a deal where the law asks for no publicity, and where royalties are paid."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest

from market.accounts.models import Organisation, OrganisationKind
from market.deals.models import ContractKind, Deal, DealStatus, Offer, OfferStatus, Side
from market.deals.next_steps import ContractFacts, Situation, next_step
from market.notices.models import Notice, NoticeStatus
from tests.factories import NOW


def deal_of(status: DealStatus, kind: OrganisationKind = OrganisationKind.UNIVERSITY) -> Deal:
    deal = Deal(
        id=uuid4(),
        number="JY-2026-000001",
        status=status,
        kind=ContractKind.LICENCE,
        created_at=NOW,
        updated_at=NOW,
    )
    # As if fetched; a pure rule needs no row.
    deal._seller = Organisation(id=uuid4(), kind=kind, nature_code="022", is_state_owned=True)
    return deal


def test_a_company_that_sells_goes_on_to_sign_without_publicity() -> None:
    step = next_step(Situation(deal_of(DealStatus.PRICED, OrganisationKind.ENTERPRISE)), NOW)

    assert (step.key, step.whose) == ("skip", "both")
    assert step.is_for(Side.SELLER)
    assert step.is_for(Side.BUYER)


def test_of_open_royalties_the_buyer_states_the_next_period() -> None:
    facts = ContractFacts(number="HT-2026-000001", is_royalty_open=True)
    step = next_step(Situation(deal_of(DealStatus.PAYING), contract=facts), NOW)

    assert (step.key, step.whose) == ("royalty", "buyer")
    assert step.address == "/contracts/HT-2026-000001/royalties"


def test_when_everything_is_received_nothing_is_left_to_do() -> None:
    facts = ContractFacts(number="HT-2026-000001")
    step = next_step(Situation(deal_of(DealStatus.PAYING), contract=facts), NOW)

    assert (step.key, step.whose) == ("done", "nobody")


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

    assert (step.key, step.until) == (key, until)


def test_a_publicity_without_a_confirmed_end_says_so_and_one_with_an_end_names_its_last_day() -> None:
    deal = deal_of(DealStatus.PUBLICITY)
    ending = Notice(number="GS-2026-000001", status=NoticeStatus.OPEN, ends_at=NOW.replace(hour=16))

    assert next_step(Situation(deal), NOW).until == "截止日待确认"
    assert next_step(Situation(deal, notice=ending), NOW).until == "2026-03-02 24:00"
