"""Limits of amounts that can be paid online. Pure."""

from __future__ import annotations

from market.kit.errors import Conflict
from market.kit.i18n import gettext as _
from market.kit.money import Money

MAX_ONLINE_AMOUNT = 99_999_999
"""The largest card payment in minor units; Stripe takes eight digits."""


class NotPayableOnline(Conflict):
    """The amount cannot be paid online."""


def can_pay_online(money: Money) -> bool:
    """Return whether the gateway accepts a payment of this amount."""
    return 0 < money.amount <= MAX_ONLINE_AMOUNT


def application_fee(money: Money, basis_points: int) -> Money:
    """Return our fee on a payment; zero where it would consume all of it."""
    fee = money.share(basis_points)
    return fee if fee < money else Money(0, money.currency)


def check_payable(money: Money, fee: Money) -> None:
    """Raise unless the gateway accepts this amount and fee; the fee is less than the amount.

    Raises:
        NotPayableOnline: the amount is zero, negative or too large.
    """
    if not can_pay_online(money):
        raise NotPayableOnline(_("金额超出网上支付的范围，请改用对公转账。"))
    if not 0 <= fee.amount < money.amount or fee.currency != money.currency:
        raise ValueError(f"the fee {fee} must be a part of {money}")
