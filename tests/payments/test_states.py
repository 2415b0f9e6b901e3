from __future__ import annotations

from itertools import product

import pytest

from market.payments.models import PaymentStatus, RemittanceStatus
from market.payments.states import (
    OPEN_PAYMENTS,
    PAYMENT_TRANSITIONS,
    REMITTANCE_TRANSITIONS,
    ActionNotAllowed,
    PaymentAction,
    RemittanceAction,
    next_payment_status,
    next_remittance_status,
)


@pytest.mark.parametrize(("status", "action"), list(product(PaymentStatus, PaymentAction)))
def test_a_payment_moves_only_by_the_table(status: PaymentStatus, action: PaymentAction) -> None:
    wanted = PAYMENT_TRANSITIONS.get((status, action))

    if wanted is None:
        with pytest.raises(ActionNotAllowed):
            next_payment_status(status, action)
    else:
        assert next_payment_status(status, action) is wanted


@pytest.mark.parametrize(("status", "action"), list(product(RemittanceStatus, RemittanceAction)))
def test_a_remittance_moves_only_by_the_table(status: RemittanceStatus, action: RemittanceAction) -> None:
    wanted = REMITTANCE_TRANSITIONS.get((status, action))

    if wanted is None:
        with pytest.raises(ActionNotAllowed):
            next_remittance_status(status, action)
    else:
        assert next_remittance_status(status, action) is wanted


def test_no_action_takes_the_money_of_a_success_away_but_a_refund() -> None:
    leaving = {action for status, action in PAYMENT_TRANSITIONS if status is PaymentStatus.SUCCEEDED}

    assert leaving == {PaymentAction.REFUND}


def test_money_counts_from_whatever_status_it_arrives_in() -> None:
    reached = {status for status, action in PAYMENT_TRANSITIONS if action is PaymentAction.SUCCEED}

    assert reached == {*OPEN_PAYMENTS, PaymentStatus.FAILED, PaymentStatus.EXPIRED}
