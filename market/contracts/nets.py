"""Receipts with what went back taken off: for whoever counts on money that is still there."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import date
from uuid import UUID

from market.contracts.models import Receipt


def net_of_refunds(receipts: Iterable[Receipt]) -> list[tuple[date, int]]:
    """Return the days and amounts of what arrived and was not sent back, by day.

    What went back is taken off the latest arrivals of its instalment. The sum is that of the receipts.
    """
    came: dict[UUID, list[tuple[date, int]]] = defaultdict(list)
    for each in sorted(receipts, key=lambda one: one.booked_at):
        stack, amount = came[each.instalment_id], int(each.amount)
        if amount > 0:
            stack.append((each.received_on, amount))
        while amount < 0 and stack:
            day, there = stack.pop()
            amount += there
            if amount > 0:
                stack.append((day, amount))
    return sorted(one for stack in came.values() for one in stack)
