"""Whatever is booked in whatever order, the book balances.

A dozen long sequences in the suite; `make bench` tries a thousand (a tenth of EXAMPLES).
"""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from market.kit.errors import Conflict
from market.kit.money import Money
from market.ledger import transfers
from market.ledger.models import Transfer
from market.ledger.transfers import COUNTED
from tests.invariants import broken

EXAMPLES = int(os.environ.get("EXAMPLES", "120"))
NOW = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)
ACCOUNTS = ("granted:P:1", "budget:P:1", "reserved:P:1", "disbursed:1", "due:1", "met:online:1")
ACTS = st.lists(
    st.tuples(
        st.sampled_from(["post", "hold", "take effect", "void", "reverse", "again"]),
        st.permutations(ACCOUNTS).map(lambda order: order[:2]),
        st.integers(1, 500),
        st.integers(0, 100),
    ),
    max_size=25,
)


async def carry_out(
    act: str, pair: list[str], amount: int, choice: int, made: list[Transfer], n: str
) -> None:
    debit, credit = pair
    reference = f"act:{n}"
    if act in ("post", "hold"):
        transfer = await transfers.post(
            "x", Money(amount), debit=debit, credit=credit, reference=reference, at=NOW, pending=act == "hold"
        )
        made.append(transfer)
        return
    if not made:
        return
    chosen = made[choice % len(made)]
    if act == "again":
        await transfers.post(
            "x",
            chosen_money(chosen),
            debit=chosen.debit_id,
            credit=chosen.credit_id,
            reference=chosen.reference,
            at=NOW,
            pending=chosen.phase == "pending",
        )
        return
    end: dict[str, Callable[..., Coroutine[Any, Any, Transfer]]] = {
        "take effect": transfers.post_pending,
        "void": transfers.void_pending,
        "reverse": transfers.reverse,
    }
    made.append(await end[act](chosen.id, reference=reference, at=NOW))


def chosen_money(transfer: Transfer) -> Money:
    return Money(transfer.amount, transfer.currency)


def expected(rows: list[Transfer]) -> dict[str, int]:
    """Balances as a schoolbook would count them, without the database."""
    sums: dict[str, int] = defaultdict(int)
    for row in rows:
        if row.phase in COUNTED:
            sums[row.credit_id] += row.amount
            sums[row.debit_id] -= row.amount
    return sums


@settings(
    max_examples=EXAMPLES // 10,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(acts=ACTS)
async def test_after_any_sequence_of_acts_the_book_balances(acts: list[Any]) -> None:
    made: list[Transfer] = []
    run = uuid4().hex[:12]

    for n, (act, pair, amount, choice) in enumerate(acts):
        try:
            await carry_out(act, [f"{each}:{run}" for each in pair], amount, choice, made, f"{run}:{n}")
        except Conflict:
            continue

    rows = await Transfer.filter(reference__startswith=f"act:{run}:")
    counted = expected(rows)
    balances = {code: (await transfers.balance(code)).amount for code in counted}
    assert balances == counted
    assert sum(counted.values()) == 0
    if EXAMPLES <= 200:  # They look at all rows there are.
        assert await broken("book:") == {}
    ended: list[UUID | None] = [row.pending_id for row in rows if row.pending_id]
    assert len(ended) == len(set(ended))
