from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from tortoise.expressions import Q

from market.ledger.models import Transfer


async def list_transfers(subject_kind: str, subject_id: UUID) -> list[Transfer]:
    """Return the rows booked for one record, oldest first."""
    return await Transfer.filter(subject_kind=subject_kind, subject_id=subject_id).order_by(
        "happened_at", "reference"
    )


def net_of(code: str, entries: Iterable[Transfer]) -> int:
    """Return credits less debits of these entries on an account, in minor units. Pure."""
    return sum(entry.amount if entry.credit_id == code else -entry.amount for entry in entries)


async def list_entries(code: str) -> list[Transfer]:
    """Return the rows on either side of one account, oldest first."""
    return await Transfer.filter(Q(debit_id=code) | Q(credit_id=code)).order_by("happened_at", "reference")
