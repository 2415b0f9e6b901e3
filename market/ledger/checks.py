"""What must be true of the book at any moment, asked of the live data by `python -m market check`.

Each room declares what must be true of its own rows in its `room.py`.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from market.kit.database import connection
from market.kit.models import SystemState
from market.kit.room import Check, rooms

SHOWN = 20
"""Findings of one check that are told; more only repeat."""

_KEPT = "last_check"


@dataclass(frozen=True)
class Checked:
    name: str
    findings: list[str]

    @property
    def is_well(self) -> bool:
        return not self.findings


async def run_checks() -> list[Checked]:
    """State every invariant that the rooms declare, on the live data."""
    return [each async for each in state_checks()]


async def state_checks() -> AsyncIterator[Checked]:
    """State one invariant after another, so that whoever asks may stop at the first that fails."""
    for name, function in rooms().checks.items():
        yield Checked(name, await function())


@dataclass(frozen=True)
class LastResult:
    """What came of the check that was made last."""

    at: datetime
    holding: list[str]
    broken: dict[str, list[str]]
    """Findings by invariant."""

    @property
    def is_well(self) -> bool:
        return not self.broken


async def keep_result(checked: Sequence[Checked], now: datetime) -> None:
    """Keep what came of a check for the pages that show it."""
    value: dict[str, object] = {
        "at": now.isoformat(),
        "holding": [each.name for each in checked if each.is_well],
        "broken": {each.name: each.findings for each in checked if not each.is_well},
    }
    await SystemState.update_or_create(key=_KEPT, defaults={"value": value})


async def last_result() -> LastResult | None:
    """Return what came of the last check; None before the first."""
    kept = await SystemState.get_or_none(key=_KEPT)
    if kept is None:
        return None
    value: dict[str, Any] = kept.value
    return LastResult(datetime.fromisoformat(value["at"]), value["holding"], value["broken"])


async def find_rows(query: str, sentence: str, *values: object) -> list[str]:
    """Return `sentence` filled from each row of a check in SQL; `values` are the query's $1, $2 …"""
    rows = await connection().execute_query_dict(f"{query} LIMIT {SHOWN}", list(values))
    return [sentence.format(**row) for row in rows]


async def sums_are_zero() -> list[str]:
    """Over all accounts the balances of one currency add up to nothing."""
    return await find_rows(
        "SELECT currency, sum(amount) AS amount FROM ("
        "  SELECT a.currency, t.amount FROM transfers t JOIN ledger_accounts a ON a.code = t.credit_id"
        "  WHERE t.phase IN ('posted', 'post') UNION ALL"
        "  SELECT a.currency, -t.amount FROM transfers t JOIN ledger_accounts a ON a.code = t.debit_id"
        "  WHERE t.phase IN ('posted', 'post')"
        ") AS entries GROUP BY currency HAVING sum(amount) <> 0",
        "{currency}: balances add up to {amount}, not to nothing",
    )


async def guarded_accounts_hold() -> list[str]:
    """No guarded account has less than nothing to give."""
    return await find_rows(
        "SELECT code, market_available(code) AS amount FROM ledger_accounts "
        "WHERE NOT may_go_negative AND market_available(code) < 0",
        "account {code} stands at {amount}",
    )


async def pending_ended_once() -> list[str]:
    """A pending transfer is posted or voided at most once, by a row with its own contents."""
    return await find_rows(
        "SELECT p.reference, count(*) AS endings FROM transfers p JOIN transfers e ON e.pending_id = p.id "
        "GROUP BY p.id, p.reference, p.phase HAVING count(*) > 1 OR p.phase <> 'pending' OR bool_or("
        "e.debit_id <> p.debit_id OR e.credit_id <> p.credit_id OR e.amount <> p.amount "
        "OR e.currency <> p.currency)",
        "transfer {reference} is ended wrongly, by {endings} rows",
    )


async def reversals_mirror() -> list[str]:
    """A reversal moves the whole amount of one transfer back, once."""
    return await find_rows(
        "SELECT w.reference, count(*) AS reversals FROM transfers w JOIN transfers r ON r.reverses_id = w.id "
        "GROUP BY w.id, w.reference, w.phase HAVING count(*) > 1 OR w.phase NOT IN ('posted', 'post') "
        "OR bool_or(r.debit_id <> w.credit_id OR r.credit_id <> w.debit_id OR r.amount <> w.amount "
        "OR r.currency <> w.currency OR r.phase <> 'posted')",
        "transfer {reference} is reversed wrongly, by {reversals} rows",
    )


async def currencies_agree() -> list[str]:
    """A transfer moves the currency that both its accounts keep, and more than nothing of it."""
    return await find_rows(
        "SELECT t.reference, t.currency FROM transfers t "
        "JOIN ledger_accounts d ON d.code = t.debit_id JOIN ledger_accounts c ON c.code = t.credit_id "
        "WHERE t.amount <= 0 OR t.currency <> d.currency OR t.currency <> c.currency",
        "transfer {reference} moves {currency} between accounts of another currency, or nothing",
    )


CHECKS: Mapping[str, Check] = {
    "book: balances add up to nothing": sums_are_zero,
    "book: no guarded account is overdrawn": guarded_accounts_hold,
    "book: pending transfers end once": pending_ended_once,
    "book: reversals mirror what they reverse": reversals_mirror,
    "book: currencies agree": currencies_agree,
}
