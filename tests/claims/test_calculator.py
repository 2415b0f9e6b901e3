"""The public calculator: no amount that `assess` would not give, every fact can be answered, no dead end."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from market.claims.award_estimates import CalculatorInput, calculate
from market.programmes.engine import assess
from market.programmes.facts import read_facts
from market.programmes.rule_files import in_force, shipped
from market.programmes.rule_terms import Terms
from tests.factories import NOW
from tests.programmes.factories import make_programmes
from tests.programmes.sample_claims import WAN

TERMS = [terms for terms in in_force(NOW.year, shipped()) if not terms.needs_rate and not terms.is_for_chosen]


def _edges(terms: Terms) -> list[int]:
    """Return the amounts at both sides of every edge of a set, in fen."""
    edges = {50 * WAN, 120 * WAN}

    def walk(part: Any) -> None:
        if isinstance(part, dict):
            for key, value in part.items():
                if key in ("above", "fixed", "amount", "up_to", "from", "value") and isinstance(value, int):
                    edges.add(value)
            for value in part.values():
                walk(value)
        elif isinstance(part, list):
            for value in part:
                walk(value)

    walk(terms.content)
    near = {edge + step for edge in edges for step in (-1, 0, 1) if 100 < edge < 10**13}
    return sorted(near)


def _as_json(terms: Terms, query: CalculatorInput) -> dict[str, Any]:
    """Return what the calculator was told and assumed, as somebody would hand it to `assess`."""
    year = NOW.year
    contract: dict[str, Any] = {
        "kind": query.kind,
        "trade_amount": query.amount,
        "mode": query.mode or ("agreed" if "mode" in terms.facts_asked else None),
        "grade": query.grade or ("general" if "grade" in terms.facts_asked else None),
        "receipts": [{"on": f"{year}-12-31", "amount": query.amount}],
        "subsidised_before": False,
        "seller": {"kind": query.seller_kind, "region": query.seller_region},
        "buyer": {"region": query.region},
        "used_in": query.region if query.role == "buyer" else None,
    }
    if query.role == "seller":
        contract |= {"seller": {"region": query.region}, "buyer": {}}
    if query.kind == "equity":
        contract["paid_in_equity"] = query.amount
    return {
        "year": year,
        "applicant": {"role": query.role, "region": query.region},
        "contracts": [contract],
        "brokered_total": query.amount,
        "registered_total": query.amount,
    }


@pytest.mark.parametrize("terms", TERMS, ids=lambda terms: f"{terms.programme}@{terms.version}")
async def test_at_both_sides_of_every_edge_the_calculator_gives_what_assess_gives(terms: Terms) -> None:
    await make_programmes()
    region = terms.place.ljust(6, "0")
    for amount in _edges(terms):
        for kind in (None, *terms.content.get("kinds", ())):
            query = CalculatorInput(amount=amount, region=region, role=terms.role, kind=kind)
            shown = {estimate.slug: estimate.amount for estimate in await calculate(query, NOW)}
            facts = read_facts(_as_json(terms, query))
            assert shown[terms.programme] == assess(facts, terms).award, (amount, kind)


async def _amount(slug: str, **facts: Any) -> int | None:
    await make_programmes()
    estimates = await calculate(CalculatorInput(**facts), NOW)
    return next(estimate.amount for estimate in estimates if estimate.slug == slug)


@pytest.mark.parametrize(
    ("slug", "facts", "award"),
    [
        ("hefei", {"amount": 99_99 * WAN // 100, "region": "340100", "role": "buyer"}, 0),
        ("suzhou", {"amount": 680 * WAN, "region": "320500"}, 50 * WAN),
        ("suzhou", {"amount": 2_400 * WAN, "region": "320500", "grade": "major"}, 500 * WAN),
    ],
)
async def test_what_is_not_said_is_assumed_ordinary(slug: str, facts: dict[str, Any], award: int) -> None:
    terms = next(terms for terms in TERMS if terms.programme == slug)

    assert await _amount(slug, **{"role": terms.role, **facts}) == award


async def test_an_auction_earns_its_bonus_only_when_somebody_says_so() -> None:
    usual = await _amount("ningbo-buyer", amount=3_000 * WAN, region="330200", role="buyer")
    auctioned = await _amount(
        "ningbo-buyer", amount=3_000 * WAN, region="330200", role="buyer", mode="auction"
    )

    assert auctioned == 400 * WAN
    assert usual is not None
    assert usual < auctioned


async def test_what_is_assumed_is_told(client: httpx.AsyncClient) -> None:
    await make_programmes()

    page = await client.get("/subsidies/calculator?amount=680&region=320500&role=buyer&kind=assignment")
    answered = await client.get(
        "/subsidies/calculator?amount=680&region=320500&role=buyer&kind=assignment&grade=major"
    )

    assert "假定：成果等级为一般" in page.text
    assert "假定：成果等级" not in answered.text


@pytest.mark.parametrize("region", ["331024", "330282", "450126"])
async def test_the_page_of_each_programme_leads_to_its_estimate(
    client: httpx.AsyncClient, region: str
) -> None:
    await make_programmes()

    page = await client.get(f"/subsidies/calculator?amount=120.00&role=buyer&region={region}")

    assert page.status_code == 200
    assert f'selected value="{region}"' in page.text


async def test_every_link_of_a_programme_to_the_calculator_is_alive(client: httpx.AsyncClient) -> None:
    await make_programmes()

    for terms in TERMS:
        page = await client.get(f"/subsidies/{terms.programme}")
        address = page.text.split('href="/subsidies/calculator?', 1)[1].split('"', 1)[0].replace("&amp;", "&")
        shown = await client.get(f"/subsidies/calculator?{address}")
        assert (shown.status_code, f'id="{terms.programme}"' in shown.text) == (200, True), terms.programme


@pytest.mark.parametrize("amount", ["１２０", "１２０．５", "1２0"])
async def test_digits_of_a_chinese_keyboard_are_digits(client: httpx.AsyncClient, amount: str) -> None:
    await make_programmes()

    page = await client.get("/subsidies/calculator", params={"amount": amount, "region": "450100"})

    assert page.status_code == 200


async def test_more_than_the_amount_cannot_have_been_received(client: httpx.AsyncClient) -> None:
    page = await client.get("/subsidies/calculator?amount=100&received=101&region=340100&role=buyer")

    assert page.status_code == 422
    assert "到账金额不能超过技术交易额" in page.text
    assert 'value="101"' in page.text


async def test_what_was_received_decides_where_receipts_count() -> None:
    facts = {"amount": 1_000 * WAN, "region": "640100", "kind": "assignment"}
    some = await _amount("ningxia-buyer", **facts, received=100 * WAN)
    whole = await _amount("ningxia-buyer", **facts)

    assert some is not None
    assert whole is not None
    assert 0 < some < whole


async def test_a_fixed_part_stands_in_the_formula_with_its_amount() -> None:
    await make_programmes()
    query = CalculatorInput(amount=32_000 * WAN, region="350100", role="registry")
    [estimate] = [one for one in await calculate(query, NOW) if one.slug == "fujian-registry"]

    assert estimate.amount == 11 * WAN
    assert "定额部分 50,000.00" in estimate.formula
