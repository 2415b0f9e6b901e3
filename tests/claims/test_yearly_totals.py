"""Claims on the totals of a year: sets that pay on no contract, and facts that another record holds."""

from __future__ import annotations

import re
from datetime import date
from uuid import uuid4

import httpx
import pytest

from market.accounts.models import Organisation, OrganisationKind
from market.budgets.batches import approve_batch
from market.budgets.execution_report import build_report
from market.budgets.figures import NO_CONTRACT
from market.claims.applications import create_claim, submit_claim
from market.claims.claim_facts import declare_totals, facts_of, required_facts, required_totals
from market.claims.claimable import list_claimable
from market.claims.computation import compute_claim
from market.claims.desk_review import accept, calculate, recheck
from market.claims.models import Claim
from market.claims.risk_detection import detect_risk_flags
from market.claims.risk_flags import RiskFlag
from market.claims.states import ClaimStatus
from market.contracts.models import Contract, EquityPaidIn
from market.deals.models import ContractKind, Deal
from market.deals.states import DealStatus
from market.files.models import StoredFile, Tier
from market.kit.errors import Conflict, Invalid
from market.kit.money import Money
from market.notices.models import Notice
from market.programmes.rule_files import find_terms, shipped
from market.records.by import By
from market.records.decisions import Verdict
from market.records.figures import list_rows
from tests.claims.factories import (
    LATER,
    WAN,
    make_applicant,
    make_contract,
    make_desk,
    make_draft,
    make_published,
)
from tests.factories import NOW, make_member, make_organisation
from tests.visitor import post, sign_in

ON_TOTALS = [
    ("shenzhen", "440300", OrganisationKind.UNIVERSITY, {"vat_payable": 150, "vat_paid": 90}, 90),
    ("ningbo-broker", "330200", OrganisationKind.AGENCY, {"brokered_total": 1800}, 23),
    ("fujian-registry", "350100", OrganisationKind.REGISTRY, {"registered_total": 32_000}, 11),
    ("fujian-agency", "350100", OrganisationKind.AGENCY, {"brokered_total": 1000}, 20),
]


@pytest.mark.parametrize(("slug", "region", "kind", "totals", "award"), ON_TOTALS)
async def test_a_claim_on_totals_is_whole_once_they_are_stated(
    slug: str, region: str, kind: OrganisationKind, totals: dict[str, int], award: int
) -> None:
    applicant = await make_applicant(kind=kind, region=region)
    assert slug in {offer.programme.slug for offer in await list_claimable(applicant, NOW)}
    claim = await create_claim(slug, year=2026, contract_numbers=[], by=By(applicant, NOW))
    terms = find_terms(slug)[-1]
    assert compute_claim(await facts_of(claim), terms)["provisional"]

    declared = await declare_totals(
        claim.number, {name: wan * WAN for name, wan in totals.items()}, by=By(applicant, NOW)
    )

    result = compute_claim(await facts_of(declared), terms)
    assert (result["award"], result["provisional"], result["failed"]) == (award * WAN, False, [])
    with pytest.raises(Conflict):
        await create_claim(slug, year=2026, contract_numbers=[], by=By(applicant, NOW))
    with pytest.raises(Invalid):
        await declare_totals(claim.number, {"matched_award": 1}, by=By(applicant, NOW))


async def test_a_claim_on_totals_goes_the_whole_way_and_stands_in_the_report(
    client: httpx.AsyncClient,
) -> None:
    desk = await make_desk()
    applicant = await make_applicant(kind=OrganisationKind.AGENCY, region="350100")
    await sign_in(client, applicant)
    await post(client, "/claims/new", {"programme": "fujian-agency", "year": "2026"})
    number = (await Claim.get(applicant_id=applicant.organisation_id)).number
    refused = await post(client, f"/claims/{number}/totals", {"brokered_total": "\u96f6"})
    await post(client, f"/claims/{number}/totals", {"brokered_total": "1000"})
    await submit_claim(number, is_declared=True, by=By(applicant, NOW))
    await accept(number, by=By(desk.officer, NOW))
    await sign_in(client, desk.officer)
    doubtful = await client.get("/desk?doubt=totals")
    claim_page = await client.get(f"/desk/{number}")
    await calculate(number, by=By(desk.officer, NOW))
    claim = await recheck(number, sequence=1, by=By(desk.rechecker, NOW))

    batch = await make_published(desk, claim, slug="fujian-agency")
    await approve_batch(batch, by=By(desk.approver, LATER))

    paid = await Claim.get(number=number)
    assert (paid.status, paid.award_amount) == (ClaimStatus.APPROVED, 20 * WAN)
    assert refused.status_code == 422
    assert number in doubtful.text
    amount = r'data-label="技术交易额">\s*(\S+?)\s*</td>'
    assert re.findall(amount, doubtful.text) == ["—"]  # no contract of ours: unknown, not nothing
    assert "年度总额与本市场记录不符" in claim_page.text
    assert "本市场有登记合同 0 份，共 ￥0.00" in claim_page.text
    notice_body = str((await Notice.get(subject_kind="batch")).body)
    assert all(words in notice_body for words in (number, "￥10,000,000.00", "比例：2%", "适用条款"))
    (line,) = (await build_report(2026)).by("field")
    approved = line.now["approved"]
    rows = await list_rows(approved.figure, approved.period, approved.scope)
    assert approved.scope == {"field": NO_CONTRACT}
    assert approved.money == Money(20 * WAN)
    assert [row.values["claim"] for row in rows] == [number]


@pytest.mark.parametrize(
    ("slug", "kind", "fact"),
    [
        ("fujian-agency", OrganisationKind.AGENCY, "brokered_total"),
        ("fujian-registry", OrganisationKind.REGISTRY, "registered_total"),
    ],
)
async def test_a_total_that_is_not_what_the_market_knows_is_a_doubt(
    slug: str, kind: OrganisationKind, fact: str
) -> None:
    applicant = await make_applicant(kind=kind, region="350100")
    organisation = await Organisation.get(id=applicant.organisation_id)
    theirs = f"{organisation.name[:3]} {organisation.name[3:]}"
    buyer, n = await make_organisation(), 200 * WAN
    first = await make_contract(buyer, contract_amount=n, trade_amount=n, registry=theirs)
    second = await make_contract(buyer, contract_amount=n, trade_amount=n, registry=theirs)
    await make_contract(buyer, registry="别处登记处")
    earlier = await make_contract(buyer, registered_on=date(2025, 12, 31), registry=theirs)
    rescinded = await make_contract(buyer, registry=theirs)
    await Deal.filter(id=rescinded.deal_id).update(status=DealStatus.RESCINDED)
    mediated = [contract.deal_id for contract in (first, second, earlier, rescinded)]
    await Deal.filter(id__in=mediated).update(broker_id=applicant.user_id)
    claim = await create_claim(slug, year=2026, contract_numbers=[], by=By(applicant, NOW))

    async def doubts_of(stated: int) -> list[RiskFlag]:
        await declare_totals(claim.number, {fact: stated}, by=By(applicant, NOW))
        return await detect_risk_flags(await Claim.get(id=claim.id))

    [doubt] = await doubts_of(500 * WAN)
    assert doubt.kind == "totals"
    assert "申报 ￥5,000,000.00，本市场有登记合同 2 份，共 ￥4,000,000.00" in doubt.what
    assert f"（{first.number}、{second.number}）" in doubt.what
    assert await doubts_of(400 * WAN) == []


async def test_only_the_kind_of_organisation_a_set_pays_claims_on_its_totals() -> None:
    applicant = await make_applicant(region="350100")

    assert "fujian-agency" not in {offer.programme.slug for offer in await list_claimable(applicant, NOW)}
    with pytest.raises(Invalid):
        await create_claim("fujian-agency", year=2026, contract_numbers=[], by=By(applicant, NOW))


async def test_what_was_paid_in_for_equity_is_taken_from_the_contract() -> None:
    _applicant, claim = await make_draft(kind=ContractKind.EQUITY)
    contract = await Contract.get(claims__claim_id=claim.id).select_related("deal")
    proof = await StoredFile.create(
        id=uuid4(),
        subject_kind="contract",
        subject_id=contract.id,
        kind="equity_change",
        name="a.pdf",
        media_type="application/pdf",
        size=1,
        sha256="0" * 64,
        tier=Tier.PARTIES,
        uploaded_at=NOW,
    )
    second = await make_member()
    for year, verdict in ((2025, True), (2026, True), (2027, True), (2026, False), (2026, None)):
        decided = verdict is not None
        await EquityPaidIn.create(
            id=uuid4(),
            contract_id=contract.id,
            company="x",
            share_basis_points=100,
            amount=7 * WAN,
            paid_in_on=date(year, 6, 1),
            voucher_id=proof.id,
            proposed_by_id=_applicant.user_id,
            proposed_at=NOW,
            verdict=(Verdict.CONFIRMED if verdict else Verdict.REJECTED) if decided else None,
            reason="x",
            decided_by_id=second.user_id if decided else None,
            decided_at=NOW if decided else None,
        )

    facts = await facts_of(claim)

    assert facts["contracts"][0]["paid_in_equity"] == 14 * WAN


KNOWN = {
    *("applicant.role", "applicant.region", "applicant.kind", "applicant.established_on"),
    *("applicant.manufacturer", "applicant.high_tech", "applicant.flags.sme"),
    *("kind", "signed_on", "registered_on", "field", "used_in", "outcome", "related", "publicly_funded"),
    *("seller.region", "seller.kind", "seller.uscc", "buyer.region", "buyer.uscc", "subsidised_before"),
    *("trade_amount", "receipts", "new_sales", "base", "mode"),
    *("contract_amount", "public_challenge", "public_support"),
}
"""Facts that the organisation's page, the priced deal, the contract, receipts, sales report and list hold."""


def _facts_named(node: object) -> set[str]:
    if isinstance(node, dict):
        here = {node["fact"]} if isinstance(node.get("fact"), str) else set()
        same = set(node["same"]) if isinstance(node.get("same"), list) else set()
        return here | same | {fact for value in node.values() for fact in _facts_named(value)}
    return {fact for child in node for fact in _facts_named(child)} if isinstance(node, list) else set()


def test_every_fact_that_a_shipped_set_names_can_be_given_in_the_site() -> None:
    missing = {
        f"{terms.programme}: {fact}"
        for terms in shipped()
        for fact in _facts_named(dict(terms.content))
        - KNOWN
        - {*required_facts(terms), *required_totals(terms)}
    }

    assert missing == set()
