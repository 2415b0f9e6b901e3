"""Whatever is done in whatever order: parts add up, and no state is reached but by the table.

The suite tries a few hundred examples; `make bench` tries ten thousand (EXAMPLES names another number).
"""

from __future__ import annotations

import os
from collections import defaultdict
from enum import StrEnum
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from market.kit.errors import Conflict
from market.kit.money import Money
from market.kit.workflow import Workflow
from market.payments.bank_files import read_statement
from market.payments.line_matching import LineFacts, LineMatcher, OpenPayable
from market.payments.states import (
    BANK_LINE,
    DISPUTE,
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
from tests.payments.bank_statement_files import Row, boc, icbc

EXAMPLES = int(os.environ.get("EXAMPLES", "200"))
many = settings(max_examples=EXAMPLES, deadline=None)
some = settings(max_examples=max(EXAMPLES // 4, 1), deadline=None)
MACHINES: list[tuple[Workflow[Any, Any], type[StrEnum], type[StrEnum], set[Any]]] = [
    (PAYMENT, PaymentStatus, PaymentAction, {PaymentStatus.PREPARED}),
    (REMITTANCE, RemittanceStatus, RemittanceAction, {RemittanceStatus.RECORDED}),
    (REFUND, RefundStatus, RefundAction, {RefundStatus.PREPARED, RefundStatus.RECORDED}),
    (DISPUTE, DisputeStatus, DisputeAction, {DisputeStatus.WARNING}),
    (BANK_LINE, LineStatus, LineAction, {LineStatus.NEW, LineStatus.SIMILAR}),
]


@pytest.mark.parametrize("machine", MACHINES, ids=lambda machine: machine[1].__name__)
def test_every_state_is_reachable_and_none_but_by_the_table(machine: Any) -> None:
    workflow, statuses, _actions, beginnings = machine

    reached: set[StrEnum] = set(beginnings)
    before: set[StrEnum] = set()
    while reached != before:
        before = set(reached)
        reached |= {to for (status, _action), to in workflow.transitions.items() if status in before}

    assert reached == set(statuses)


@many
@given(st.data())
def test_no_sequence_of_acts_leaves_the_table(data: st.DataObject) -> None:
    workflow, _statuses, actions, beginnings = data.draw(st.sampled_from(MACHINES))
    status = data.draw(st.sampled_from(sorted(beginnings)))

    for action in data.draw(st.lists(st.sampled_from(list(actions)), max_size=8)):
        if (status, action) in workflow.transitions:
            expected = workflow.transitions[status, action]
            status = workflow.next(status, action)
            assert status is expected
        else:
            with pytest.raises(Conflict):
                workflow.next(status, action)


_amounts = st.integers(1, 10**11)


@many
@given(
    st.lists(_amounts, min_size=1, max_size=6), st.lists(st.tuples(st.integers(0, 7), _amounts), max_size=8)
)
def test_what_lines_pay_adds_up_to_the_lines(owed: list[int], paid: list[tuple[int, int]]) -> None:
    payables = [
        OpenPayable(UUID(int=n), "HT-2026-000001", n, Money(amount), Money(amount), "甲", "1")
        for n, amount in enumerate(owed)
    ]
    matcher = LineMatcher(payables, [])
    matched: dict[UUID, int] = defaultdict(int)

    matches = [matcher.match(LineFacts(Money(a), f"HT-2026-000001-{n}", "", "", "")) for n, a in paid]
    for (_n, amount), match in zip(paid, matches, strict=True):
        if match is not None:
            assert sum(part.money.amount for part in match.parts) == amount
            for part in match.parts:
                matched[part.payable_id] += part.money.amount

    left = {payable.id: matcher.left(payable.id).amount for payable in payables}
    assert all(left[payable.id] + matched[payable.id] == payable.owed.amount for payable in payables)
    assert sum(matched.values()) + sum(
        a for (_n, a), f in zip(paid, matches, strict=True) if f is None
    ) == sum(a for _n, a in paid)


@some
@given(
    st.lists(st.tuples(st.integers(1, 10**12), st.booleans()), min_size=1, max_size=5),
    st.sampled_from([icbc, boc]),
)
def test_a_statement_is_read_to_the_fen(lines: list[tuple[int, bool]], bank: Any) -> None:
    rows = [Row(f"{amount // 100:,}.{amount % 100:02d}", incoming=came) for amount, came in lines]

    read = read_statement("a.csv", bank(*rows))

    assert [(each.money.amount, each.is_incoming) for each in read.rows] == lines
