"""The life of a deal as a table, and the words for its next step."""

from __future__ import annotations

from datetime import date, timedelta
from uuid import uuid4

import pytest

from market.accounts.models import Organisation, OrganisationKind
from market.deals.models import ContractKind, Deal, DealAction, DealStatus, Offer, OfferStatus, Pricing, Side
from market.deals.next_steps import ContractFacts, Due, Situation, next_step
from market.deals.rules import is_state_unit, needs_publicity
from market.deals.states import (
    TRANSITIONS,
    ActionNotAllowed,
    allowed_actions,
    next_status,
    shown_status,
    steps,
)
from market.kit.money import Money
from market.notices.models import Notice, NoticeStatus
from tests.factories import NOW

S, A = DealStatus, DealAction


@pytest.mark.parametrize("status", list(DealStatus))
@pytest.mark.parametrize("action", list(DealAction))
def test_what_the_table_does_not_know_is_refused(status: DealStatus, action: DealAction) -> None:
    if (status, action) in TRANSITIONS:
        assert next_status(status, action) is TRANSITIONS[status, action]
        assert action in allowed_actions(status)
    else:
        with pytest.raises(ActionNotAllowed):
            next_status(status, action)


def test_every_status_is_reached_and_only_the_ends_are_final() -> None:
    assert {S.INTENT, *TRANSITIONS.values()} == set(DealStatus)
    assert {s for s in DealStatus if not allowed_actions(s)} == {S.COMPLETED, S.RESCINDED, S.TERMINATED}


def test_a_signed_deal_is_never_just_terminated() -> None:
    for status in (S.SIGNED, S.REGISTERED, S.PAYING, S.COMPLETED):
        assert A.TERMINATE not in allowed_actions(status)


@pytest.mark.parametrize(
    ("status", "notice", "shown"),
    [
        (S.PUBLICITY, NoticeStatus.OPEN, "publicity"),
        (S.PUBLICITY, NoticeStatus.OBJECTED, "suspended"),
        (S.PUBLICITY, NoticeStatus.UPHELD, "suspended"),
        (S.PUBLICITY, None, "publicity"),
        (S.TO_SIGN, NoticeStatus.CLEAR, "to_sign"),
        (S.TERMINATED, NoticeStatus.OBJECTED, "terminated"),
    ],
)
def test_suspended_is_read_from_the_notice(
    status: DealStatus, notice: NoticeStatus | None, shown: str
) -> None:
    assert shown_status(status, notice) == shown


@pytest.mark.parametrize(
    ("status", "was", "is_skipped", "drawn"),
    [
        (S.INTENT, None, False, "now ahead ahead ahead ahead ahead ahead ahead"),
        (S.PUBLICITY, None, False, "past past past now ahead ahead ahead ahead"),
        (S.TO_SIGN, None, True, "past past past skipped now ahead ahead ahead"),
        (S.PAYING, None, False, "past past past past past past now ahead"),
        (S.COMPLETED, None, False, "past past past past past past past past"),
        (S.TERMINATED, S.NEGOTIATING, False, "past ahead ahead ahead ahead ahead ahead ahead"),
        (S.TERMINATED, None, False, "ahead ahead ahead ahead ahead ahead ahead ahead"),
    ],
)
def test_the_chain_shows_how_far_a_deal_came(
    status: DealStatus, was: DealStatus | None, is_skipped: bool, drawn: str
) -> None:
    assert " ".join(step.state for step in steps(status, is_skipped=is_skipped, was=was)) == drawn


def _seller(kind: OrganisationKind = OrganisationKind.UNIVERSITY, nature: str = "022") -> Organisation:
    return Organisation(id=uuid4(), kind=kind, nature_code=nature, is_state_owned=False)


@pytest.mark.parametrize(
    ("kind", "nature", "is_state"),
    [
        (OrganisationKind.UNIVERSITY, "022", True),
        (OrganisationKind.INSTITUTE, "021", True),
        (OrganisationKind.UNIVERSITY, "", True),
        (OrganisationKind.UNIVERSITY, "170", False),
        (OrganisationKind.INSTITUTE, "030", False),
        (OrganisationKind.ENTERPRISE, "110", False),
        (OrganisationKind.FARMERS_COOP, "", False),
    ],
)
def test_a_state_unit_is_told_by_its_kind_and_nature(
    kind: OrganisationKind, nature: str, is_state: bool
) -> None:
    assert is_state_unit(_seller(kind, nature)) is is_state


@pytest.mark.parametrize("kind", list(ContractKind))
def test_publicity_is_for_assignment_licence_and_equity(kind: ContractKind) -> None:
    is_needed, reason = needs_publicity(Pricing.AGREED, kind, _seller())

    assert is_needed is (kind in (ContractKind.ASSIGNMENT, ContractKind.LICENCE, ContractKind.EQUITY))
    assert reason


@pytest.mark.parametrize("pricing", [Pricing.LISTED, Pricing.AUCTION])
def test_a_price_of_an_exchange_or_an_auction_is_no_agreed_price(pricing: Pricing) -> None:
    is_needed, reason = needs_publicity(pricing, ContractKind.ASSIGNMENT, _seller())

    assert (is_needed, bool(reason)) == (False, True)


def _deal(status: DealStatus, **fields: object) -> Deal:
    moments = {"created_at": NOW, "updated_at": NOW}
    deal = Deal(
        id=uuid4(),
        number="JY-2026-000001",
        status=status,
        kind=ContractKind.LICENCE,
        **(moments | fields),
    )
    deal._seller = _seller()  # as if fetched; a pure rule needs no row
    return deal


def _offer(side: Side) -> Offer:
    return Offer(id=uuid4(), side=side, status=OfferStatus.OPEN, price_amount=1, expires_at=None)


AGREED = {"seller_agreed_at": NOW, "buyer_agreed_at": NOW}
DUE = Due(1, "合同生效", date(2026, 3, 1), Money(80_500_000))


@pytest.mark.parametrize(
    ("at", "key", "whose"),
    [
        (Situation(_deal(S.INTENT)), "agree", "both"),
        (Situation(_deal(S.INTENT, buyer_agreed_at=NOW)), "agree", "seller"),
        (Situation(_deal(S.INTENT, **AGREED)), "offer", "both"),
        (Situation(_deal(S.NEGOTIATING), _offer(Side.BUYER)), "answer", "seller"),
        (Situation(_deal(S.NEGOTIATING), _offer(Side.SELLER)), "answer", "buyer"),
        (Situation(_deal(S.NEGOTIATING)), "offer", "both"),
        (Situation(_deal(S.PRICED)), "publish", "seller"),
        (Situation(_deal(S.PUBLICITY), notice=Notice(status=NoticeStatus.OPEN)), "publicity", "public"),
        (Situation(_deal(S.PUBLICITY), notice=Notice(status=NoticeStatus.OBJECTED)), "objection", "operator"),
        (Situation(_deal(S.PUBLICITY), notice=Notice(status=NoticeStatus.UPHELD)), "upheld", "seller"),
        (Situation(_deal(S.TO_SIGN)), "sign", "both"),
        (Situation(_deal(S.TO_SIGN), contract=ContractFacts(draft_side=Side.SELLER)), "confirm", "buyer"),
        (Situation(_deal(S.SIGNED), contract=ContractFacts(number="HT-1")), "register", "seller"),
        (Situation(_deal(S.REGISTERED), contract=ContractFacts(number="HT-1", due=DUE)), "pay", "buyer"),
        (
            Situation(_deal(S.PAYING), contract=ContractFacts(number="HT-1", due=DUE, waiting_count=1)),
            "confirm_receipt",
            "seller",
        ),
        (Situation(_deal(S.COMPLETED), contract=ContractFacts(number="HT-1")), "done", "nobody"),
        (Situation(_deal(S.TERMINATED)), "ended", "nobody"),
    ],
)
def test_the_next_step_says_whose_it_is(at: Situation, key: str, whose: str) -> None:
    step = next_step(at, NOW)

    assert (step.key, step.whose) == (key, whose)
    assert step.words
    assert step.is_for(None) is False
    assert step.is_late is (key == "pay")


LONG_AGO = NOW - timedelta(days=11)


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
    step = next_step(Situation(_deal(status), contract=facts), NOW)

    assert step.key in ("confirm", "confirm_receipt", "royalty_stated")
    assert step.until
    assert step.is_late
