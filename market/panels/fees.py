"""What experts are paid for a day (专家咨询费, 税后): limits by title as rules with dates. Pure.

Amounts are integer fen after tax; grossing up is the payer's.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from pathlib import Path
from typing import Any

from market.kit.money import round_half_up


@dataclass(frozen=True)
class FeeRule:
    """The limits that hold from a day on."""

    begins_on: date
    clause: str
    limits: Mapping[str, tuple[int, int]]
    """The least and the most for a day, by title rank."""
    assumed: frozenset[str]
    """What of it is our reading, marked (A): `from`, or a title rank."""


class FeeOutOfRange(ValueError):
    """A day's fee is below or above what its title rank allows."""

    def __init__(self, rule: FeeRule, rank: str) -> None:
        least, most = rule.limits[rank]
        super().__init__(f"{rank}: {least} to {most}")
        self.rule, self.least, self.most = rule, least, most


def read_fee_rules(rows: Iterable[Mapping[str, Any]]) -> tuple[FeeRule, ...]:
    """Read fee rules, the latest first."""
    rules = [
        FeeRule(
            begins_on=date.fromisoformat(row["from"]),
            clause=row["clause"],
            limits={rank: (limit["least"], limit["most"]) for rank, limit in row["per_day"].items()},
            assumed=frozenset(row.get("marks", {})),
        )
        for row in rows
    ]
    return tuple(sorted(rules, key=lambda rule: rule.begins_on, reverse=True))


FEE_RULES = read_fee_rules(json.loads(Path(__file__).with_name("fee_rules.json").read_text("utf-8")))


def fee_rule_on(day: date, rules: Iterable[FeeRule] = FEE_RULES) -> FeeRule:
    """Return the rule in force on a day.

    Raises:
        LookupError: there was none yet.
    """
    for rule in rules:
        if rule.begins_on <= day:
            return rule
    raise LookupError(f"no fee rule on {day}")


def fee_for(rank: str, per_day: int, *, days: Fraction, rule: FeeRule) -> int:
    """Return an expert's fee for so many days.

    Raises:
        FeeOutOfRange: the day's fee is outside the limits of the title rank.
    """
    least, most = rule.limits[rank]
    if not least <= per_day <= most:
        raise FeeOutOfRange(rule, rank)
    return round_half_up(per_day * days)


def most_for(rank: str, rule: FeeRule) -> int:
    """Return the most that a day of this title rank may cost."""
    return rule.limits[rank][1]
