"""What an applicant may claim, and with which contracts."""

from __future__ import annotations

import pytest

from market.accounts.models import MemberRole, Organisation
from market.accounts.permissions import NotYours
from market.claims.applications import create_claim, submit_claim, withdraw_claim
from market.claims.models import Evidence
from market.kit.errors import Conflict, NotFound
from market.records.by import By
from tests.claims.factories import make_draft
from tests.factories import NOW, make_member


async def test_evidence_the_market_knows_is_not_typed_again() -> None:
    _applicant, claim = await make_draft()

    kinds = await Evidence.filter(claim_id=claim.id).order_by("kind").values_list("kind", flat=True)

    assert [str(kind) for kind in kinds] == ["contract", "payment_voucher", "registration_certificate"]


async def test_a_contract_is_claimed_for_once() -> None:
    applicant, claim = await make_draft()
    contract = (await claim.contracts.all().select_related("contract"))[0].contract

    with pytest.raises(Conflict, match=claim.number):
        await create_claim("guangxi", year=2026, contract_numbers=[contract.number], by=By(applicant, NOW))
    await withdraw_claim(claim.number, by=By(applicant, NOW))
    again = await create_claim(
        "guangxi", year=2026, contract_numbers=[contract.number], by=By(applicant, NOW)
    )

    assert again.number != claim.number


async def test_a_rival_cannot_claim_with_anothers_contract() -> None:
    _applicant, claim = await make_draft()
    contract = (await claim.contracts.all().select_related("contract"))[0].contract
    rival = await make_member()

    with pytest.raises(NotFound):
        await create_claim("guangxi", year=2026, contract_numbers=[contract.number], by=By(rival, NOW))
    with pytest.raises(NotFound):
        await submit_claim(claim.number, is_declared=True, by=By(rival, NOW))


async def test_finance_of_an_enterprise_does_not_claim() -> None:
    applicant, claim = await make_draft()
    finance = await make_member(await Organisation.get(id=applicant.organisation_id), MemberRole.FINANCE)

    with pytest.raises(NotYours):
        await submit_claim(claim.number, is_declared=True, by=By(finance, NOW))
