"""Whose side somebody is on in a deal, and what each side may see of the other."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID, uuid4

import pytest

from market.accounts.actors import Actor
from market.accounts.models import Organisation
from market.accounts.permissions import Role
from market.deals import parties
from market.deals.models import Deal, Side
from market.listings.models import Need
from tests.factories import NOW

SELLER, BUYER, BROKER = uuid4(), uuid4(), uuid4()


def deal_of(*, is_masked: bool = True, is_agreed: bool = False) -> Deal:
    agreed: datetime | None = NOW if is_agreed else None
    deal = Deal(
        id=uuid4(),
        seller_id=SELLER,
        buyer_id=BUYER,
        broker_id=BROKER,
        seller_agreed_at=agreed,
        buyer_agreed_at=agreed,
    )
    # As if fetched; a pure rule needs no row.
    deal._seller = Organisation(id=SELLER, name="桂南大学")
    deal._buyer = Organisation(id=BUYER, name="南南线缆")
    deal._need = Need(id=uuid4(), is_masked=is_masked)
    return deal


def person_of(organisation: UUID | None, *roles: Role, user: UUID | None = None) -> Actor:
    return Actor(
        user_id=user or uuid4(),
        name="韦敏",
        email="wei.min@example.test",
        roles=frozenset(roles),
        organisation_id=organisation,
        is_organisation_verified=organisation is not None,
    )


@pytest.mark.parametrize(
    ("actor", "side", "may_see"),
    [
        (person_of(SELLER, Role.AGENT), Side.SELLER, True),
        (person_of(BUYER, Role.AGENT), Side.BUYER, True),
        (person_of(uuid4(), Role.AGENT), None, False),
        (person_of(None, Role.AUDITOR), None, True),
        (person_of(None, Role.BROKER, user=BROKER), None, True),
        (person_of(None, Role.BROKER), None, False),
        (person_of(None, user=BROKER), None, False),
    ],
)
def test_a_deal_room_opens_to_both_sides_their_broker_and_auditors(
    actor: Actor, side: Side | None, may_see: bool
) -> None:
    deal = deal_of()

    assert parties.side_of(deal, actor) is side
    assert parties.may_see(deal, actor) is may_see


def test_each_side_has_its_organisation_and_its_counterpart() -> None:
    deal = deal_of()

    assert parties.organisation_of(deal, Side.SELLER).name == "桂南大学"
    assert parties.organisation_of(deal, parties.other_side(Side.SELLER)).name == "南南线缆"
    assert parties.other_side(Side.BUYER) is Side.SELLER


def test_the_seller_alone_does_not_know_a_masked_buyer_until_both_have_agreed() -> None:
    seller, buyer, auditor = (
        person_of(SELLER, Role.AGENT),
        person_of(BUYER, Role.AGENT),
        person_of(None, Role.AUDITOR),
    )

    assert parties.buyer_name(deal_of(), seller) == "某企业"
    assert parties.buyer_name(deal_of(), buyer) == "南南线缆"
    assert parties.buyer_name(deal_of(), auditor) == "南南线缆"
    assert parties.buyer_name(deal_of(is_agreed=True), seller) == "南南线缆"
    assert parties.buyer_name(deal_of(is_masked=False), seller) == "南南线缆"


def test_contacts_are_shown_only_when_both_sides_have_agreed() -> None:
    half = deal_of()
    half.seller_agreed_at = NOW

    assert not parties.contacts_visible(half)
    assert parties.has_agreed(half, Side.SELLER)
    assert not parties.has_agreed(half, Side.BUYER)
    assert parties.contacts_visible(deal_of(is_agreed=True))


def test_a_deal_about_no_need_hides_no_buyer() -> None:
    deal = deal_of()
    deal._need = None

    assert not parties.is_buyer_masked(deal, person_of(SELLER, Role.AGENT))
