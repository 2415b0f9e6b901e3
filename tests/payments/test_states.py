from __future__ import annotations

from itertools import product

import pytest

from market.kit.labels import LabelEnum
from market.kit.workflow import ActionNotAllowed, Workflow
from market.payments.states import (
    BANK_LINE,
    DISPUTE,
    OPEN_PAYMENTS,
    PAYMENT,
    REFUND,
    REMITTANCE,
    DisputeAction,
    DisputeStatus,
    LineAction,
    LineStatus,
    PaymentAction,
    PaymentStatus,
    RefundAction,
    RefundStatus,
    RemittanceAction,
    RemittanceStatus,
)

TABLES = [
    (PAYMENT, PaymentStatus, PaymentAction),
    (REMITTANCE, RemittanceStatus, RemittanceAction),
    (REFUND, RefundStatus, RefundAction),
    (DISPUTE, DisputeStatus, DisputeAction),
    (BANK_LINE, LineStatus, LineAction),
]


@pytest.mark.parametrize(("workflow", "statuses", "actions"), TABLES)
def test_money_moves_only_by_the_table(
    workflow: Workflow[LabelEnum, LabelEnum], statuses: type[LabelEnum], actions: type[LabelEnum]
) -> None:
    for status, action in product(statuses, actions):
        target = workflow.transitions.get((status, action))

        if target is None:
            with pytest.raises(ActionNotAllowed):
                workflow.next(status, action)
        else:
            assert workflow.next(status, action) is target


def test_no_action_takes_the_money_of_a_success_away_but_a_refund() -> None:
    assert PAYMENT.actions(PaymentStatus.SUCCEEDED) == [PaymentAction.REFUND]


def test_money_counts_from_whatever_status_it_arrives_in() -> None:
    assert set(PAYMENT.sources(PaymentAction.SUCCEED)) == {
        *OPEN_PAYMENTS,
        PaymentStatus.FAILED,
        PaymentStatus.EXPIRED,
    }


def test_a_bank_does_not_reopen_a_dispute_it_has_decided() -> None:
    for status in (DisputeStatus.WON, DisputeStatus.LOST, DisputeStatus.CLOSED):
        assert DISPUTE.actions(status) == []
