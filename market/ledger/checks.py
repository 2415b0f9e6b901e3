"""Invariants of the book, checked on the live data by `python -m market check`.

Each room declares the invariants of its own rows in its `room.py`.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from market.kit.findings import find_rows
from market.kit.i18n import lazy
from market.kit.models import SystemState
from market.kit.room import Check, Invariant, rooms

if TYPE_CHECKING:
    from market.files.store import FileStore

LAST_CHECK = "last_check"
"""The key of the system's state under which the last result is kept."""


@dataclass(frozen=True)
class CheckResult:
    name: str
    findings: list[str]

    @property
    def is_well(self) -> bool:
        return not self.findings

    @property
    def label(self) -> str:
        return invariant_label(self.name)


def invariant_label(name: str) -> str:
    """Return what people call an invariant; its name where no room declares it any more."""
    for declared in (rooms().checks, rooms().keyed_checks, rooms().stored_checks):
        if name in declared:
            return str(declared[name].label)
    return name


async def run_checks(secret: str | None = None, store: FileStore | None = None) -> list[CheckResult]:
    """Run every check that the rooms declare on the live data; see `iterate_checks`."""
    return [result async for result in iterate_checks(secret, store)]


async def iterate_checks(
    secret: str | None = None, store: FileStore | None = None
) -> AsyncIterator[CheckResult]:
    """Run one check after another, so that the caller may stop at the first that fails.

    Without the site's `secret`, or its `store`, those are left out that need it.
    """
    for name, invariant in rooms().checks.items():
        yield CheckResult(name, await invariant.check())
    if secret is not None:
        for name, keyed in rooms().keyed_checks.items():
            yield CheckResult(name, await keyed.check(secret))
    if store is not None:
        for name, stored in rooms().stored_checks.items():
            yield CheckResult(name, await stored.check(store))


@dataclass(frozen=True)
class LastResult:
    """Result of the last run of all checks."""

    at: datetime
    holding: list[str]
    broken: dict[str, list[str]]
    """Findings by invariant."""

    @property
    def is_well(self) -> bool:
        return not self.broken


async def store_result(results: Sequence[CheckResult], now: datetime) -> None:
    """Store the results of a run for the pages that show them."""
    value: dict[str, object] = {
        "at": now.isoformat(),
        "holding": [result.name for result in results if result.is_well],
        "broken": {result.name: result.findings for result in results if not result.is_well},
    }
    await SystemState.update_or_create(key=LAST_CHECK, defaults={"value": value})


async def last_result() -> LastResult | None:
    """Return the result of the last run; None before the first."""
    state = await SystemState.get_or_none(key=LAST_CHECK)
    if state is None:
        return None
    value: dict[str, Any] = state.value
    return LastResult(datetime.fromisoformat(value["at"]), value["holding"], value["broken"])


async def sums_are_zero() -> list[str]:
    """Check that the balances of each currency add up to zero over all accounts."""
    return await find_rows(
        "SELECT currency, sum(amount) AS amount FROM ("
        "  SELECT a.currency, t.amount FROM transfers t JOIN ledger_accounts a ON a.code = t.credit_id"
        "  WHERE t.phase IN ('posted', 'post') UNION ALL"
        "  SELECT a.currency, -t.amount FROM transfers t JOIN ledger_accounts a ON a.code = t.debit_id"
        "  WHERE t.phase IN ('posted', 'post')"
        ") AS entries GROUP BY currency HAVING sum(amount) <> 0",
        lazy("%(currency)s：余额合计 ￥%(amount)s，不为零"),
    )


async def guarded_accounts_hold() -> list[str]:
    """Check that no guarded account is below zero."""
    return await find_rows(
        "SELECT code, market_available(code) AS amount FROM ledger_accounts "
        "WHERE NOT may_go_negative AND market_available(code) < 0",
        lazy("账户 %(code)s 余额 ￥%(amount)s"),
    )


async def pending_ended_once() -> list[str]:
    """Check that a pending transfer is posted or voided at most once, by a row of equal contents."""
    return await find_rows(
        "SELECT p.reference, count(*) AS endings FROM transfers p JOIN transfers e ON e.pending_id = p.id "
        "GROUP BY p.id, p.reference, p.phase HAVING count(*) > 1 OR p.phase <> 'pending' OR bool_or("
        "e.debit_id <> p.debit_id OR e.credit_id <> p.credit_id OR e.amount <> p.amount "
        "OR e.currency <> p.currency)",
        lazy("账 %(reference)s 的了结有误（%(endings)s 行）"),
    )


async def reversals_mirror() -> list[str]:
    """Check that a reversal moves the whole amount of one transfer back, once."""
    return await find_rows(
        "SELECT w.reference, count(*) AS reversals FROM transfers w JOIN transfers r ON r.reverses_id = w.id "
        "GROUP BY w.id, w.reference, w.phase HAVING count(*) > 1 OR w.phase NOT IN ('posted', 'post') "
        "OR bool_or(r.debit_id <> w.credit_id OR r.credit_id <> w.debit_id OR r.amount <> w.amount "
        "OR r.currency <> w.currency OR r.phase <> 'posted')",
        lazy("账 %(reference)s 的冲账有误（%(reversals)s 行）"),
    )


async def currencies_agree() -> list[str]:
    """Check that a transfer is positive and in the currency of both its accounts."""
    return await find_rows(
        "SELECT t.reference, t.currency FROM transfers t "
        "JOIN ledger_accounts d ON d.code = t.debit_id JOIN ledger_accounts c ON c.code = t.credit_id "
        "WHERE t.amount <= 0 OR t.currency <> d.currency OR t.currency <> c.currency",
        lazy("账 %(reference)s 的币种 %(currency)s 与账户不同，或金额为零"),
    )


CHECKS: Mapping[str, Invariant[Check]] = {
    "book: balances add up to nothing": Invariant(lazy("账：各币种余额合计为零"), sums_are_zero),
    "book: no guarded account is overdrawn": Invariant(
        lazy("账：不得透支的账户没有透支"), guarded_accounts_hold
    ),
    "book: pending transfers end once": Invariant(lazy("账：每笔预留只了结一次"), pending_ended_once),
    "book: reversals mirror what they reverse": Invariant(
        lazy("账：冲账与原账方向相反、金额相同"), reversals_mirror
    ),
    "book: currencies agree": Invariant(lazy("账：每笔账的币种与两边账户一致"), currencies_agree),
}
