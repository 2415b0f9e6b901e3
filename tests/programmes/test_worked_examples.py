"""The worked examples of the dossiers, row by row."""

from __future__ import annotations

from typing import Any

import pytest

from market.programmes.sharing import share_pot
from tests.programmes.sample_claims import WAN, assessed, claim, contract, failed_of

Rows = list[dict[str, Any]]


def wan(amount: float) -> int:
    return round(amount * 100) * WAN // 100


@pytest.mark.parametrize(
    ("programme", "contracts", "award"),
    [
        ("chongzuo@2018", [{"trade_amount": wan(50)}], 3),
        ("chongzuo@2018", [{"trade_amount": wan(9.9)}], 0),
        ("chongzuo@2018", [{"trade_amount": wan(9.99)}], 0),
        ("henan-buyer@2020", [{"paid": wan(300)}] * 3 + [{"paid": wan(600)}], 100),
        ("henan-buyer@2020", [{"trade_amount": wan(800), "paid": wan(300)}], 30),
        ("henan-buyer@2020", [{"paid": wan(300), "registered_on": "2023-12-31"}], 0),
        ("ningxia-buyer@2023", [{"paid": wan(900)}, {"paid": wan(1200)}], 500),
        ("ningxia-buyer@2023", [{"kind": "equity", "paid_in_equity": wan(600)}], 180),
        ("ningxia-buyer@2023", [{"paid": wan(2000)}], 500),
        ("luan@2020", [{"paid": wan(9.9)}], 0),
        ("luan@2020", [{"paid": wan(10)}], 1),
        ("luan@2020", [{"paid": wan(10)}, {"paid": wan(1200)}], 100),
        ("hefei@2022", [{"paid": wan(99.99)}], 0),
        ("hefei@2022", [{"paid": wan(100)}], 15),
        ("hefei@2022", [{"paid": wan(1500)}], 150),
        ("ningbo-buyer@2014", [{"trade_amount": wan(3000), "mode": "auction"}], 400),
        ("ningbo-seller@2014", [{"trade_amount": wan(3000), "mode": "auction"}], 150),
        ("suzhou@2021", [{"trade_amount": wan(t)} for t in (120, 260, 300)], 50),
        ("suzhou@2021", [{"trade_amount": wan(2400), "grade": "major"}], 500),
        ("suzhou@2021", [{"trade_amount": wan(500), "grade": "major"}], 50),
        (
            "fuzhou@2024",
            [{"trade_amount": wan(1500)}, {"trade_amount": wan(1000), "seller": {"region": "110000"}}],
            200,
        ),
        ("hubei@2020", [{"new_sales": {"2024": wan(18000), "2025": wan(12000)}}], 500),
        ("nanning-voucher@2020", [{"paid": wan(10)}], 5),
        ("nanning-voucher@2020", [{"paid": wan(30)}], 13),
        ("nanning-voucher@2020", [{"paid": wan(50)}], 19),
        ("nanning-voucher@2020", [{"paid": wan(55)}], 20),
        ("nanning-voucher@2020", [{"paid": wan(100)}], 20),
        ("guangxi-challenge@2026", [{"contract_amount": wan(180)}], 54),
        ("guangxi-challenge@2026", [{"contract_amount": wan(400)}], 100),
        ("guangxi-challenge@2026", [{"contract_amount": wan(180), "public_support": wan(20)}], 20),
        ("guangxi-challenge@2026", [{"contract_amount": wan(180), "public_challenge": False}], 0),
    ],
)
def test_a_worked_example_comes_out(programme: str, contracts: Rows, award: int) -> None:
    raw = claim(programme, *(contract(programme, no, **bent) for no, bent in enumerate(contracts, 1)))

    result = assessed(programme, raw)

    assert result.award == award * WAN
    assert sum(part.award for part in result.contracts) == result.award
    assert not result.provisional


@pytest.mark.parametrize(
    ("programme", "facts", "award"),
    [
        ("ningbo-broker@2014", {"brokered_total": wan(800)}, 12),
        ("ningbo-broker@2014", {"brokered_total": wan(1800)}, 23),
        ("ningbo-broker@2014", {"brokered_total": wan(2600)}, 30),
        ("shenzhen@2020", {"vat_payable": wan(150), "vat_paid": wan(90)}, 90),
        ("shenzhen@2020", {"vat_payable": wan(100), "vat_paid": wan(90)}, 80),
        ("shenzhen@2020", {"vat_payable": wan(1000), "vat_paid": wan(900)}, 200),
        ("fujian-registry@2019", {"registered_total": wan(32_000)}, 11),
        ("fujian-registry@2019", {"registered_total": wan(80_000)}, 30),
        ("fujian-registry@2019", {"registered_total": wan(20_000)}, 5),
        ("fujian-registry@2019", {"registered_total": wan(20_000) - 1}, 0),
        ("fujian-agency@2019", {"brokered_total": wan(1000)}, 20),
        ("fujian-agency@2019", {"brokered_total": wan(2600)}, 50),
    ],
)
def test_a_worked_example_without_contracts_comes_out(
    programme: str, facts: dict[str, int], award: int
) -> None:
    result = assessed(programme, claim(programme, **facts))

    assert result.award == award * WAN
    assert not result.provisional


def test_half_of_an_odd_amount_is_rounded_half_up_once() -> None:
    raw = claim("guangxi", contract("guangxi", trade_amount=123_456_789))

    result = assessed("guangxi", raw)

    assert result.award == 61_728_395
    assert [line.step for line in result.contracts[0].lines] == ["base", "rate", "round"]
    assert "617,283.945" in str(result.contracts[0].lines[-1].note)


def test_a_second_purchase_after_the_yearly_cap_earns_nothing() -> None:
    raw = claim("ningxia-buyer", contract("ningxia-buyer", paid=100 * WAN), granted_this_year=500 * WAN)

    assert assessed("ningxia-buyer", raw).award == 0


@pytest.mark.parametrize(
    ("bent", "failed"),
    [
        ({"trade_amount": wan(100), "paid": wan(28)}, {"min_paid"}),
        ({"trade_amount": wan(90), "paid": wan(90), "sales": wan(95)}, {"min_sales"}),
        ({"trade_amount": wan(180), "paid": wan(180), "sales": wan(150)}, {"trade_within_sales"}),
        ({"trade_amount": wan(100), "paid": wan(25)}, {"min_paid"}),
        (
            {"trade_amount": wan(100), "paid": wan(100), "sales": wan(90)},
            {"min_sales", "trade_within_sales"},
        ),
        ({"trade_amount": wan(30), "paid": wan(30), "sales": wan(100)}, set()),
        ({"trade_amount": wan(100), "paid": wan(100), "sales": wan(100)}, set()),
    ],
)
def test_the_gates_of_nanning_hold_and_open_where_the_text_says(
    bent: dict[str, Any], failed: set[str]
) -> None:
    result = assessed("nanning", claim("nanning", contract("nanning", **bent)), rate=2000)

    assert failed_of(result) == failed
    assert result.award == (0 if failed else bent["trade_amount"] // 5)


@pytest.mark.parametrize(
    ("mode", "pot", "awards", "parts"),
    [
        ("pro_rata", 400, [300, 150, 50], [240, 120, 40]),
        ("pro_rata", 10_000, [5_000, 5_000, 5_000], [3_334, 3_333, 3_333]),
        ("pro_rata", 500, [300, 150, 50], [300, 150, 50]),
        ("ranked", 400, [300, 150, 50], [300, 100, 0]),
        ("hard_stop", 400, [300, 150, 50], [300, 0, 0]),
        ("hard_stop", 500, [300, 150, 50], [300, 150, 50]),
        ("none", 400, [300, 150, 50], [300, 150, 50]),
    ],
)
def test_a_pot_is_shared_as_the_terms_say(mode: str, pot: int, awards: list[int], parts: list[int]) -> None:
    assert share_pot(pot, awards, mode) == parts


def test_a_ranked_pot_serves_the_best_first() -> None:
    assert share_pot(400, [300, 150, 50], "ranked", rank=[3, 1, 2]) == [200, 150, 50]


def test_a_pot_shared_in_an_unknown_way_is_refused() -> None:
    with pytest.raises(ValueError, match="lottery"):
        share_pot(1, [1], "lottery")
