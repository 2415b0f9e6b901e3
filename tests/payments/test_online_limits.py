"""Which amounts can be paid online, and our fee on them."""

from __future__ import annotations

import pytest

from market.kit.money import Money
from market.payments.online_limits import MAX_ONLINE_AMOUNT, NotPayableOnline, application_fee, check_payable


@pytest.mark.parametrize("amount", [0, -1, MAX_ONLINE_AMOUNT + 1])
def test_nothing_and_too_much_is_paid_by_transfer(amount: int) -> None:
    with pytest.raises(NotPayableOnline):
        check_payable(Money(amount), Money(0))


def test_the_smallest_and_the_largest_amount_are_paid_online() -> None:
    check_payable(Money(1), Money(0))
    check_payable(Money(MAX_ONLINE_AMOUNT), Money(MAX_ONLINE_AMOUNT - 1))


@pytest.mark.parametrize("fee", [Money(100), Money(-1), Money(1, "USD")])
def test_our_fee_is_less_than_the_payment_and_in_its_currency(fee: Money) -> None:
    with pytest.raises(ValueError, match="fee"):
        check_payable(Money(100), fee)


def test_our_fee_is_its_share_of_the_payment_unless_it_would_consume_all_of_it() -> None:
    assert application_fee(Money(10_000), 60) == Money(60)
    assert application_fee(Money(1), 9_999) == Money(0)
