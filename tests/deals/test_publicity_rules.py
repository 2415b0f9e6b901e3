"""Which prices the law asks to publish."""

from __future__ import annotations

from uuid import uuid4

import pytest

from market.accounts.models import Organisation, OrganisationKind
from market.deals.models import ContractKind, Pricing
from market.deals.publicity_rules import is_state_unit, needs_publicity


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
