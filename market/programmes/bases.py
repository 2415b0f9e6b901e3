"""The amount a set pays on, counted from the facts, together with what was missing in counting it.

A missing amount counts zero and is named; a receipt whose day is unknown counts as if it lay in the
window, and is named too. An equity contract's base is the equity paid in, in every set that takes one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any

from market.programmes.conditions import CLAIM_FACTS, Clause
from market.programmes.facts import ContractFacts, Facts

Counted = tuple[int, tuple[str, ...]]
Count = Callable[[Facts, ContractFacts], Counted]
_NOTHING: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Base:
    """How the base is counted, and what it is called."""

    fact: str
    clause: Clause
    count: Count


def compile_base(raw: Mapping[str, Any], clauses: Mapping[str, Clause]) -> Base:
    """Compile the base of a rule file."""
    fact = raw["fact"]
    if fact == "receipts":
        count = _receipts(raw["window"])
    elif fact == "new_sales":
        count = _sales_after_registration(raw["years_after_registration"])
    elif fact in CLAIM_FACTS:
        count = _of_claim(fact)
    else:
        count = _of_contract(fact)
    if raw.get("less_excluded"):
        count = _less_excluded(count, tuple(raw["less_excluded"]))
    if raw.get("at_most"):
        count = _at_most(count, raw["at_most"])
    if raw.get("equity"):
        count = _or_equity(count)
    return Base(fact, clauses[raw["clause"]], count)


@lru_cache(maxsize=256)
def _window(year: int, first: int | str | None, last: int | str | None) -> tuple[date, date]:
    """Return first and last day of a window, both inside; an edge is a day, or years after the claim's."""
    low, high = date.min, date.max
    if isinstance(first, str):
        low = date.fromisoformat(first)
    elif first is not None:
        low = date(max(1, year + first), 1, 1)
    if isinstance(last, str):
        high = date.fromisoformat(last)
    elif last is not None:
        high = date(min(9999, year + last), 12, 31)
    return low, high


def _receipts(window: Mapping[str, Any]) -> Count:
    first, last = window["from"], window["to"]

    def count(facts: Facts, contract: ContractFacts) -> Counted:
        if contract.receipts is None:
            return 0, ("receipts",)
        low, high = _window(facts.year, first, last)
        total, missing = 0, _NOTHING
        for receipt in contract.receipts:
            if receipt.on is None:
                missing = (*missing, "receipts.on")
            elif not low <= receipt.on <= high:
                continue
            if receipt.amount is None:
                missing = (*missing, "receipts")
            else:
                total += receipt.amount
        return total, tuple(dict.fromkeys(missing)) if missing else missing

    return count


def _sales_after_registration(offsets: list[int]) -> Count:
    """Sum the sales of years counted from registration; unregistered, the last is the claim's year."""

    def count(facts: Facts, contract: ContractFacts) -> Counted:
        day = contract.registered_on
        start = facts.year - max(offsets) if day is None else day.year
        sales = [contract.new_sales.get(start + offset) for offset in offsets]
        missing = ("new_sales",) if None in sales else _NOTHING
        return sum(sale for sale in sales if sale is not None), missing

    return count


def _of_claim(fact: str) -> Count:
    def count(facts: Facts, contract: ContractFacts) -> Counted:
        amount = getattr(facts, fact)
        return (0, (fact,)) if amount is None else (amount, _NOTHING)

    return count


def _of_contract(fact: str) -> Count:
    def count(facts: Facts, contract: ContractFacts) -> Counted:
        amount = getattr(contract, fact)
        return (0, (fact,)) if amount is None else (amount, _NOTHING)

    return count


def _less_excluded(plain: Count, parts: tuple[str, ...]) -> Count:
    """Subtract kinds of cost; only for a base that is not net already, as the trade amount is."""

    def count(facts: Facts, contract: ContractFacts) -> Counted:
        amount, missing = plain(facts, contract)
        for part in parts:
            cost = contract.excluded.get(part)
            if cost is None:
                missing = ("excluded",)
            else:
                amount -= cost
        return max(0, amount), missing

    return count


def _at_most(plain: Count, fact: str) -> Count:
    def count(facts: Facts, contract: ContractFacts) -> Counted:
        amount, missing = plain(facts, contract)
        limit = getattr(contract, fact)
        return (0, (*missing, fact)) if limit is None else (min(amount, limit), missing)

    return count


def _or_equity(plain: Count) -> Count:
    paid_in = _of_contract("paid_in_equity")

    def count(facts: Facts, contract: ContractFacts) -> Counted:
        return paid_in(facts, contract) if contract.kind == "equity" else plain(facts, contract)

    return count
