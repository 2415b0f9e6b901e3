"""Both sides of every edge of the shipped sets."""

from __future__ import annotations

from typing import Any

import pytest

from tests.programmes.sample_claims import OTHER, WAN, assessed, claim, contract, failed_of

RATES = {"nanning": 2000}
DEFAULTS: dict[str, dict[str, Any]] = {
    "guangxi": {"trade_amount": 100 * WAN},
    "nanning": {"trade_amount": 100 * WAN, "paid": 100 * WAN},
    "chongzuo": {"trade_amount": 20 * WAN},
    "hefei": {"paid": 200 * WAN},
    "ningbo-buyer": {"trade_amount": 100 * WAN},
    "ningbo-seller": {"trade_amount": 100 * WAN},
    "suzhou": {"trade_amount": 100 * WAN},
    "fuzhou@2024": {"trade_amount": 100 * WAN},
    "fuzhou@2025": {"trade_amount": 100 * WAN},
    "hubei": {"new_sales": {"2024": 100 * WAN, "2025": 100 * WAN}},
}


def one(programme: str, **bent: Any) -> dict[str, Any]:
    return contract(programme, **{**DEFAULTS.get(programme, {"paid": 100 * WAN}), **bent})


@pytest.mark.parametrize(
    ("programme", "bent", "failed"),
    [
        ("guangxi", {}, None),
        ("guangxi", {"sales": 1}, None),
        ("guangxi", {"sales": 0}, "new_sales"),
        ("guangxi", {"kind": "consulting"}, "kind"),
        ("guangxi", {"kind": "service"}, "kind"),
        ("guangxi", {"subsidised_before": True}, "not_subsidised_before"),
        ("guangxi", {"buyer": {"uscc": OTHER}}, "party"),
        ("nanning", {"kind": "development"}, None),
        ("nanning", {"kind": "licence"}, "kind"),
        ("nanning", {"trade_amount": 30 * WAN, "paid": 30 * WAN}, None),
        ("nanning", {"trade_amount": 30 * WAN, "paid": 30 * WAN - 1}, "min_paid"),
        ("nanning", {"sales": 100 * WAN}, None),
        ("nanning", {"sales": 100 * WAN - 1, "trade_amount": 90 * WAN}, "min_sales"),
        ("nanning", {"trade_amount": 150 * WAN, "sales": 150 * WAN}, None),
        ("nanning", {"trade_amount": 150 * WAN, "sales": 150 * WAN - 1}, "trade_within_sales"),
        ("nanning", {"field": "software", "signed_on": "2022-01-01"}, None),
        ("nanning", {"field": "software", "signed_on": "2021-12-31"}, "signed"),
        ("nanning", {"signed_on": "2020-01-01"}, None),
        ("nanning", {"signed_on": "2019-12-31"}, "signed"),
        ("nanning", {"related": True}, "not_related"),
        ("nanning", {"publicly_funded": True}, "not_publicly_funded"),
        ("chongzuo", {"trade_amount": 10 * WAN}, None),
        ("chongzuo", {"trade_amount": 10 * WAN - 1}, "min_trade"),
        ("chongzuo", {"trade_amount": 50 * WAN}, None),
        ("chongzuo", {"trade_amount": 50 * WAN + 1}, "bracket"),
        ("ningxia-buyer", {"kind": "licence"}, None),
        ("ningxia-buyer", {"kind": "development"}, "kind"),
        ("ningxia-seller", {"buyer": {"region": "649900"}}, None),
        ("ningxia-seller", {"buyer": {"region": "610100"}}, "buyer_region"),
        ("henan-buyer", {"seller": {"region": "420100"}}, None),
        ("henan-buyer", {"seller": {"region": "410999"}}, "seller_outside"),
        ("henan-buyer", {"used_in": "420100"}, "used_in"),
        ("henan-buyer", {"registered_on": "2024-01-01"}, None),
        ("henan-buyer", {"registered_on": "2023-12-31"}, "registered"),
        ("henan-buyer", {"registered_on": "2026-01-01"}, "registered"),
        ("henan-seller", {"used_in": "110000"}, "used_in"),
        ("luan", {"paid": 10 * WAN}, None),
        ("luan", {"paid": 10 * WAN - 1}, "min_paid"),
        ("luan", {"seller": {"region": "341501"}}, "seller_outside_city"),
        ("luan", {"seller": {"region": "320100"}}, "seller_in_province"),
        ("luan", {"signed_on": "2025-12-31"}, None),
        ("luan", {"signed_on": "2026-01-01"}, "signed"),
        ("luan", {"signed_on": "2001-01-01"}, None),
        ("hefei", {"paid": 100 * WAN}, None),
        ("hefei", {"paid": 100 * WAN - 1}, "min_outcome_paid"),
        ("hefei", {"seller": {"kind": "institute"}}, None),
        ("hefei", {"seller": {"kind": "enterprise"}}, "seller_kind"),
        ("hefei", {"seller": {"region": "340200"}}, "seller_region"),
        ("hefei", {"used_in": "340200"}, "used_in"),
        ("ningbo-buyer", {"used_in": "330100"}, "used_in"),
        ("qianwan", {"sales": 1}, None),
        ("qianwan", {"sales": 0}, "new_sales"),
        ("suzhou", {"registered_on": "2025-12-31"}, None),
        ("suzhou", {"registered_on": "2024-12-31"}, "registered"),
        ("fuzhou@2024", {"seller": {"kind": "enterprise"}}, "seller_kind"),
        ("fuzhou@2024", {"used_in": "350200"}, "used_in"),
        ("fuzhou@2025", {"seller": {"kind": "enterprise"}}, None),
        ("fuzhou@2025", {"kind": "licence"}, "kind"),
        ("fuzhou@2025", {"flags": {"witnessed": False}}, "witnessed"),
        ("hubei", {"seller": {"region": "410000"}}, "seller_region"),
        ("hubei", {"registered_on": "2023-12-31"}, None),
        ("hubei", {"registered_on": "2024-01-01"}, "second_year"),
        ("hubei", {"registered_on": "2022-12-31"}, "second_year"),
        ("xianju", {"kind": "assignment"}, "kind"),
        ("xianju", {"seller": {"kind": "institute"}}, "seller_kind"),
        ("nanning-voucher", {"kind": "consulting"}, "kind"),
    ],
)
def test_a_contract_passes_or_fails_where_the_text_says(
    programme: str, bent: dict[str, Any], failed: str | None
) -> None:
    raw = claim(programme, one(programme, **bent))

    result = assessed(programme, raw, RATES.get(programme))

    assert failed_of(result) == ({failed} if failed else set())
    assert result.contracts[0].eligible == (failed is None)
    assert (result.award > 0) == (failed is None)
    for finding in result.contracts[0].failed:
        assert "摘要" in finding.clause
        assert str(finding.reason)
        assert str(finding.remedy)


@pytest.mark.parametrize(
    ("programme", "applicant", "failed"),
    [
        ("guangxi", {"region": "449900"}, "region"),
        ("guangxi", {"role": "seller"}, "role"),
        ("nanning", {"established_on": "2024-12-31"}, None),
        ("nanning", {"established_on": "2025-01-01"}, "established"),
        ("nanning", {"region": "450200"}, "region"),
        ("henan-seller", {"kind": "university"}, None),
        ("henan-seller", {"kind": "enterprise"}, "applicant_kind"),
        ("guangxi", {"kind": "university"}, "applicant_kind"),
        ("guangxi", {"kind": "farmers_coop"}, "applicant_kind"),
        ("guangxi", {"kind": "authority"}, "applicant_kind"),
        ("guangxi", {"kind": None}, None),
        ("ningxia-seller", {"kind": "institute"}, None),
        ("ningxia-seller", {"kind": "farmers_coop"}, "applicant_kind"),
        ("ningbo-seller", {"kind": "farmers_coop"}, None),
        ("qianwan", {"manufacturer": False}, "manufacturer"),
        ("qianwan", {"region": "330281"}, "region"),
        ("hubei", {"high_tech": False}, None),
        ("hubei", {"flags": {"sme": False}}, None),
        ("hubei", {"high_tech": False, "flags": {"sme": False}}, "high_tech_or_sme"),
    ],
)
def test_an_applicant_passes_or_fails_where_the_text_says(
    programme: str, applicant: dict[str, Any], failed: str | None
) -> None:
    raw = claim(programme, one(programme), applicant=applicant)

    result = assessed(programme, raw, RATES.get(programme))

    assert {finding.condition for finding in result.failed} == ({failed} if failed else set())
    assert (result.award > 0) == (failed is None)


@pytest.mark.parametrize(
    ("programme", "bent", "award"),
    [
        ("ningbo-buyer", {"trade_amount": 4000 * WAN}, 400),
        ("ningbo-buyer", {"trade_amount": 5000 * WAN}, 400),
        ("ningbo-buyer", {"trade_amount": 5000 * WAN, "seller": {"region": "110000"}}, 200),
        ("ningbo-buyer", {"trade_amount": 1000 * WAN, "seller": {"region": "330100"}}, 50),
        ("ningbo-buyer", {"trade_amount": 9000 * WAN, "mode": "auction"}, 500),
        ("ningbo-seller", {"trade_amount": 4000 * WAN, "used_in": "330100"}, 60),
        ("ningbo-seller", {"trade_amount": 1000 * WAN, "used_in": "330100"}, 15),
        ("ningbo-seller", {"trade_amount": 1000 * WAN, "used_in": "310000"}, 0),
        ("suzhou", {"trade_amount": 600 * WAN, "grade": "major"}, 150),
        ("suzhou", {"trade_amount": 600 * WAN, "grade": "general"}, 50),
        ("fuzhou@2024", {"trade_amount": 100 * WAN, "seller": {"region": "350200"}}, 6),
        ("ningxia-buyer", {"paid": 100 * WAN, "kind": "equity", "paid_in_equity": 10 * WAN}, 3),
        ("guangxi", {"trade_amount": 100 * WAN, "kind": "equity", "paid_in_equity": 10 * WAN}, 5),
        ("nanning", {"trade_amount": 80 * WAN, "paid": 100 * WAN}, 16),
    ],
)
def test_rate_and_cap_follow_the_case(programme: str, bent: dict[str, Any], award: int) -> None:
    result = assessed(programme, claim(programme, one(programme, **bent)), RATES.get(programme))

    assert result.award == award * WAN
    assert result.contracts[0].eligible


def test_only_receipts_of_the_year_count() -> None:
    receipts = [
        {"on": day, "amount": 10 * WAN} for day in ("2024-12-31", "2025-01-01", "2025-12-31", "2026-01-01")
    ]

    henan = assessed("henan-buyer", claim("henan-buyer", one("henan-buyer", receipts=receipts)))
    nanning = assessed("nanning", claim("nanning", one("nanning", receipts=receipts)), 2000)

    assert henan.award == 2 * WAN
    assert nanning.award == 6 * WAN


def test_nothing_received_earns_nothing_and_leaves_nothing_open() -> None:
    result = assessed("henan-buyer", claim("henan-buyer", one("henan-buyer", receipts=[])))

    assert result.award == 0
    assert result.contracts[0].eligible
    assert not result.provisional


def test_a_yearly_cap_is_shared_by_largest_remainder_and_ties_go_to_the_smaller_number() -> None:
    contracts = [one("henan-buyer", no=no, paid=1000 * WAN) for no in (3, 1, 2)]

    result = assessed("henan-buyer", claim("henan-buyer", *contracts))

    assert [part.award for part in result.contracts] == [33_333_333, 33_333_334, 33_333_333]
    assert [line.step for line in result.lines] == ["year_cap"]
    assert (result.lines[0].base, result.lines[0].amount) == (300 * WAN, 100 * WAN)


def test_what_was_granted_this_year_leaves_less_of_the_yearly_cap() -> None:
    raw = claim("henan-buyer", one("henan-buyer", paid=1000 * WAN), granted_this_year=70 * WAN)

    assert assessed("henan-buyer", raw).award == 30 * WAN


def test_awards_that_only_rounding_would_lift_above_the_cap_stay_below_it() -> None:
    contracts = [one("henan-buyer", no=no, paid=500 * WAN + 5) for no in (1, 2)]
    contracts.append(one("henan-buyer", no=3, paid=0))
    raw = claim("henan-buyer", *contracts, granted_this_year=0)
    raw["contracts"][1]["receipts"][0]["amount"] = 500 * WAN - 5

    result = assessed("henan-buyer", raw)

    assert result.award == 100 * WAN


def test_suzhou_reduces_only_the_general_part_by_what_was_granted() -> None:
    contracts = [
        one("suzhou", no=1, trade_amount=600 * WAN, grade="major"),
        one("suzhou", no=2, trade_amount=400 * WAN, grade="major"),
    ]

    result = assessed("suzhou", claim("suzhou", *contracts, granted_this_year=45 * WAN))

    assert [part.award for part in result.contracts] == [150 * WAN, 5 * WAN]


def test_a_university_is_capped_per_outcome_over_its_life_and_not_per_year() -> None:
    applicant = {"kind": "university"}
    contracts = [
        one("ningxia-seller", no=1, paid=3000 * WAN, outcome="A", granted_for_outcome=40 * WAN),
        one("ningxia-seller", no=2, paid=1000 * WAN, outcome="A", granted_for_outcome=40 * WAN),
        one("ningxia-seller", no=3, paid=1600 * WAN, outcome="B"),
    ]

    result = assessed(
        "ningxia-seller",
        claim("ningxia-seller", *contracts, applicant=applicant, granted_this_year=100 * WAN),
    )
    firm = assessed("ningxia-seller", claim("ningxia-seller", *contracts))

    assert [part.award for part in result.contracts] == [45 * WAN, 15 * WAN, 80 * WAN]
    assert firm.award == 100 * WAN


def test_of_one_licence_bought_twice_only_the_earliest_registered_counts() -> None:
    licences = [
        one("ningxia-buyer", no=no, kind="licence", outcome="A", registered_on=day)
        for no, day in ((1, "2025-05-01"), (2, "2025-04-01"), (3, "2025-04-01"))
    ]
    other_seller = one("ningxia-buyer", no=4, kind="licence", outcome="A", seller={"uscc": OTHER})
    transfer = one("ningxia-buyer", no=5, outcome="A")

    result = assessed("ningxia-buyer", claim("ningxia-buyer", *licences, other_seller, transfer))

    assert [part.eligible for part in result.contracts] == [False, True, False, True, True]
    assert failed_of(result, 0) == failed_of(result, 2) == {"first_licence"}


def test_hefei_sums_an_outcome_rounds_once_and_shares_by_base() -> None:
    contracts = [
        one("hefei", no=1, paid=40 * WAN + 1, outcome="A"),
        one("hefei", no=2, paid=40 * WAN + 1, outcome="A"),
        one("hefei", no=3, paid=40 * WAN + 1, outcome="A"),
        one("hefei", no=4, paid=99 * WAN, outcome="B"),
        one("hefei", no=5, paid=900 * WAN, outcome="A", used_in="110000"),
    ]

    result = assessed("hefei", claim("hefei", *contracts))

    assert [part.award for part in result.contracts] == [6 * WAN, 6 * WAN, 6 * WAN, 0, 0]
    assert failed_of(result, 3) == {"min_outcome_paid"}
    assert failed_of(result, 4) == {"used_in"}


def test_a_voucher_takes_its_brackets_from_the_sum_of_the_year() -> None:
    contracts = [one("nanning-voucher", no=no, paid=15 * WAN) for no in (1, 2)]

    result = assessed("nanning-voucher", claim("nanning-voucher", *contracts))

    assert [part.award for part in result.contracts] == [6 * WAN + WAN // 2] * 2
    assert [line.step for line in result.lines] == ["sum", "bracket", "bracket", "total", "year_cap"]
    assert [line.amount for line in result.lines[1:3]] == [5 * WAN, 8 * WAN]


def test_hubei_counts_the_two_years_after_registration() -> None:
    sales = {"2022": 7 * WAN, "2023": 70 * WAN, "2024": 100 * WAN, "2025": 200 * WAN, "2026": 900 * WAN}

    result = assessed("hubei", claim("hubei", one("hubei", new_sales=sales)))

    assert result.contracts[0].base == 300 * WAN
    assert result.award == 6 * WAN


def test_an_earlier_grant_for_the_outcome_leaves_less_of_its_cap() -> None:
    sales = {"2024": 20_000 * WAN, "2025": 20_000 * WAN}

    raw = claim("hubei", one("hubei", new_sales=sales, granted_for_outcome=450 * WAN))

    assert assessed("hubei", raw).award == 50 * WAN
