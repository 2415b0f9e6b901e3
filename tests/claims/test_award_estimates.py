"""What an outcome and a deal might earn, before anything is claimed."""

from __future__ import annotations

import pytest

from market.accounts.models import Organisation, OrganisationKind
from market.claims.award_estimates import CalculatorInput, calculate, estimate_for_deal, estimate_for_outcome
from market.contracts.models import Contract
from market.listings.models import Outcome
from tests.claims.factories import WAN, make_applicant, make_contract, make_sales
from tests.factories import NOW, make_organisation, make_outcome
from tests.programmes.factories import make_programmes


async def test_an_outcome_is_estimated_for_the_region_when_no_buyer_is_known() -> None:
    await make_programmes()
    outcome = await make_outcome()

    (estimate,) = await estimate_for_outcome(outcome, 120 * WAN, None, NOW)

    assert (estimate.slug, estimate.version, estimate.amount) == ("guangxi", "2019", 60 * WAN)
    assert estimate.formula == "1,200,000.00 × 50%（最高）"
    assert estimate.note == "估算，以最终审定为准"
    assert estimate.count("failed") == 0
    assert [check.text for check in estimate.conditions if check.state == "open"] == [
        "成果已转化应用并产生新增销售"
    ]
    assert "“最高”比例按上限计算" in estimate.assumptions
    assert [check.hint for check in estimate.conditions if check.hint and check.state == "met"] == [
        "假定：申请单位性质为企业"
    ]


async def test_what_rests_on_a_supposition_is_told_as_assumed_and_what_is_known_as_met() -> None:
    await make_programmes()
    outcome, buyer = await make_outcome(), await make_organisation()

    (guest,) = await estimate_for_outcome(outcome, 120 * WAN, None, NOW, is_told=True)
    (plain,) = await estimate_for_outcome(outcome, 120 * WAN, None, NOW)
    (known, *_rest) = await estimate_for_outcome(outcome, 120 * WAN, None, NOW, buyer=buyer, is_told=True)

    assumed = {check.text for check in guest.conditions if check.state == "assumed"}
    assert {"申请单位在本政策适用地区", "该合同此前未获同类补助"} <= assumed
    still = {check.text for check in known.conditions if check.state == "assumed"}
    assert "该合同此前未获同类补助" in still
    assert "申请单位在本政策适用地区" not in still
    assert (plain.count("assumed"), plain.amount) == (0, guest.amount)
    assert guest.count("met") + guest.count("assumed") == plain.count("met")


async def test_a_buyer_that_is_no_enterprise_is_told_that_it_gets_nothing() -> None:
    await make_programmes()
    university = await make_organisation(kind=OrganisationKind.UNIVERSITY)

    estimates = await estimate_for_outcome(await make_outcome(), 120 * WAN, None, NOW, buyer=university)

    failed = {
        check.hint for estimate in estimates for check in estimate.conditions if check.state == "failed"
    }
    assert [estimate.amount for estimate in estimates if estimate.slug == "guangxi"] == [0]
    assert "申请单位性质为高等院校；须满足：申请单位性质属于本政策对象" in failed


async def test_the_best_programme_comes_first_and_one_without_a_rate_last() -> None:
    await make_programmes()
    buyer = await make_organisation()

    estimates = await estimate_for_outcome(await make_outcome(), 120 * WAN, None, NOW, buyer=buyer)

    assert [estimate.slug for estimate in estimates] == ["guangxi", "nanning-voucher", "nanning"]
    assert estimates[-1].amount is None
    assert "比例" in estimates[-1].note


async def test_nothing_is_known_where_no_programme_is_released() -> None:
    assert await estimate_for_outcome(await make_outcome(), 120 * WAN, None, NOW) == []


async def test_a_signed_deal_is_estimated_from_its_contract() -> None:
    applicant = await make_applicant()
    buyer = await Organisation.get(id=applicant.organisation_id)
    contract = await make_contract(buyer, contract_amount=100 * WAN, trade_amount=80 * WAN, paid=0)
    contract = await Contract.get(id=contract.id).select_related("deal")

    before = (await estimate_for_deal(contract.deal, contract, NOW))[0]
    await make_sales(contract, applicant)
    after = (await estimate_for_deal(contract.deal, contract, NOW))[0]

    assert before.amount == after.amount == 40 * WAN
    assert before.count("open") == 1
    assert after.count("open") == 0


async def test_a_deal_without_a_contract_is_estimated_from_its_price() -> None:
    applicant = await make_applicant()
    contract = await make_contract(await Organisation.get(id=applicant.organisation_id))
    contract = await Contract.get(id=contract.id).select_related("deal")
    deal = contract.deal

    assert (await estimate_for_deal(deal, None, NOW))[0].amount == 60 * WAN


async def test_a_deal_without_a_price_is_estimated_from_the_listed_one() -> None:
    applicant = await make_applicant()
    contract = await make_contract(await Organisation.get(id=applicant.organisation_id))
    deal = (await Contract.get(id=contract.id).select_related("deal")).deal
    deal.price_amount = None

    await Outcome.filter(id=deal.outcome_id).update(price_amount=90 * WAN)
    assert (await estimate_for_deal(deal, None, NOW))[0].amount == 45 * WAN
    await Outcome.filter(id=deal.outcome_id).update(price_amount=None)
    assert await estimate_for_deal(deal, None, NOW) == []


@pytest.mark.parametrize(
    ("asked", "slug", "amount", "formula"),
    [
        (
            CalculatorInput(20_000_000 * 100, "640100"),
            "ningxia-buyer",
            500 * WAN,
            "20,000,000.00 × 30%（最高），上限 5,000,000.00",
        ),
        (CalculatorInput(50 * WAN, "451400"), "chongzuo", 3 * WAN, "按分档定额 30,000.00"),
        (CalculatorInput(100, "450000"), "guangxi", 50, "1.00 × 50%（最高）"),
        (
            CalculatorInput(100 * WAN, "440300", role="seller", vat_payable=100 * WAN, vat_paid=90 * WAN),
            "shenzhen",
            80 * WAN,
            "1,000,000.00 × 80%（最高）",
        ),
        (
            CalculatorInput(1800 * WAN, "330200", role="broker"),
            "ningbo-broker",
            23 * WAN,
            "10,000,000.00 × 1.5% + 8,000,000.00 × 1%",
        ),
    ],
)
async def test_the_formula_tells_how_the_amount_came_about(
    asked: CalculatorInput, slug: str, amount: int, formula: str
) -> None:
    await make_programmes()

    one = next(each for each in await calculate(asked, NOW) if each.slug == slug)

    assert (one.amount, one.formula) == (amount, formula)
