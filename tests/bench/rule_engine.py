"""The subsidy engine against a plain loop of the same arithmetic, over claims to every shipped set.

The plain loop takes the same parsed claims and does what a hand-written script would for three sets: gates,
base, rate, cap, rounding, in whole numbers, without lines, reasons or open facts.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from random import Random
from typing import Any

from market.programmes.engine import assess
from market.programmes.facts import read_facts
from market.programmes.rule_files import find_terms
from tests.programmes.random_claims import random_claim

CLAIMS = 100_000
MADE = 2_000
WAN = 1_000_000
Json = dict[str, Any]


def _gates(claim: Json, one: Json, kinds: tuple[str, ...]) -> bool:
    who = claim["applicant"]
    return (
        one.get("kind") in kinds
        and not one.get("subsidised_before")
        and (one.get("buyer") or {}).get("uscc") == who.get("uscc")
    )


def _half_up(numerator: int, denominator: int) -> int:
    return (2 * numerator + denominator) // (2 * denominator)


def _shared(cap: int, exact: list[int]) -> list[int]:
    if sum(exact) <= cap * 10_000:
        return [_half_up(one, 10_000) for one in exact]
    whole = sum(exact)
    parts = [cap * one // whole for one in exact]
    rests = sorted(range(len(exact)), key=lambda at: -(cap * exact[at] % whole))
    for at in rests[: cap - sum(parts)]:
        parts[at] += 1
    return parts


def guangxi(claim: Json) -> int:
    year, who, total = str(claim["year"]), claim["applicant"], 0
    if who.get("role") != "buyer" or not (who.get("region") or "").startswith("45"):
        return 0
    for one in claim["contracts"]:
        if not _gates(claim, one, ("development", "assignment", "licence", "equity")):
            continue
        if not (one.get("new_sales") or {}).get(year):
            continue
        base = one.get("paid_in_equity" if one["kind"] == "equity" else "trade_amount") or 0
        total += _half_up(base * 5000, 10_000)
    return total


def henan(claim: Json) -> int:
    year, who, exact = claim["year"], claim["applicant"], []
    if who.get("role") != "buyer" or not (who.get("region") or "").startswith("41"):
        return 0
    for one in claim["contracts"]:
        if not _gates(claim, one, ("development", "assignment", "licence")):
            continue
        if ((one.get("seller") or {}).get("region") or "").startswith("41"):
            continue
        if not (one.get("used_in") or "").startswith("41"):
            continue
        if int((one.get("registered_on") or "0000")[:4]) not in (year, year - 1):
            continue
        paid = sum(
            row.get("amount") or 0
            for row in one.get("receipts") or []
            if int((row.get("on") or "0000")[:4]) == year
        )
        exact.append(paid * 1000)
    return sum(_shared(max(0, 100 * WAN - (claim.get("granted_this_year") or 0)), exact))


def ningbo(claim: Json) -> int:
    who, total = claim["applicant"], 0
    if who.get("role") != "buyer" or not (who.get("region") or "").startswith("3302"):
        return 0
    for one in claim["contracts"]:
        if not _gates(claim, one, ("development", "assignment", "licence")):
            continue
        if not (one.get("used_in") or "").startswith("3302"):
            continue
        base = one.get("trade_amount") or 0
        is_local = ((one.get("seller") or {}).get("region") or "").startswith("3302")
        exact = min(base * (1000 if is_local else 500), (400 if is_local else 200) * WAN * 10_000)
        if one.get("mode") == "auction":
            exact += min(base * 500, 100 * WAN * 10_000)
        total += _half_up(exact, 10_000)
    return total


PLAIN: dict[str, Callable[[Json], int]] = {
    "guangxi@2019": guangxi,
    "henan-buyer@2020": henan,
    "ningbo-buyer@2014": ningbo,
}


def ratio(claims: int = CLAIMS) -> tuple[float, float]:
    """Return seconds of the engine and of the plain loop over as many claims, shared among the sets."""
    ours = plain = 0.0
    for name, loop in PLAIN.items():
        random, terms = Random(name), find_terms(name)[0]
        raws = [random_claim(random, name) for _ in range(MADE)]
        read = [read_facts(raw) for raw in raws]
        turns = max(1, claims // (len(PLAIN) * MADE))
        for _turn in range(turns):
            started = time.perf_counter()
            for facts in read:
                assess(facts, terms)
            ours += time.perf_counter() - started
            started = time.perf_counter()
            for raw in raws:
                loop(raw)
            plain += time.perf_counter() - started
    return ours, plain


def main() -> None:
    ours, plain = ratio()
    sys.stdout.write(
        f"assess {CLAIMS:,} claims{'':<6}{ours:.2f} s, plain loop {plain:.2f} s{'':<6}{ours / plain:.1f} ×\n"
    )


if __name__ == "__main__":
    main()
