"""What experts are paid (专家咨询费, 税后): limits by title and form as rules with dates. Pure.

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

from market.kit.i18n import lazy
from market.kit.labels import LabelEnum
from market.kit.money import round_half_up

MOST_UNITS = 200
"""Days or items that one expert is paid for in a round."""


class FeeForm(LabelEnum):
    """How experts are heard; the fee is for a day, a half day or an item."""

    MEETING = "meeting", lazy("会议或现场（人天）")
    HALF_DAY = "half_day", lazy("会议半天（个半天）")
    MAIL = "mail", lazy("通讯评审（项次）")


@dataclass(frozen=True)
class FeeRule:
    """The limits that hold from a day on."""

    begins_on: date
    clause: str
    limits: Mapping[str, tuple[int, int]]
    """The least and the most for a day, by title rank."""
    assumed: Mapping[str, str]
    """What of it is our reading or was not read in the text, by mark: `from`, a title rank or a form."""
    forms: Mapping[str, tuple[Fraction, Fraction]]
    """The least and the most share of a day's limits that one unit of a form is paid."""

    def range_of(self, rank: str, form: str) -> tuple[int, int]:
        """Return the least and the most for one unit of a form."""
        least, most = self.limits[rank]
        low, high = self.forms[form]
        return round_half_up(least * low), round_half_up(most * high)


class FeeOutOfRange(ValueError):
    """A fee is below or above what its title rank and form allow."""

    def __init__(self, rule: FeeRule, rank: str, form: str) -> None:
        self.rule = rule
        self.least, self.most = rule.range_of(rank, form)
        super().__init__(f"{rank}: {self.least} to {self.most}")


def read_fee_rules(rows: Iterable[Mapping[str, Any]]) -> tuple[FeeRule, ...]:
    """Read fee rules, the latest first."""
    rules = [
        FeeRule(
            begins_on=date.fromisoformat(row["from"]),
            clause=row["clause"],
            limits={rank: (limit["least"], limit["most"]) for rank, limit in row["per_day"].items()},
            assumed=dict(row.get("marks", {})),
            forms={
                form: (Fraction(share["least"]), Fraction(share["most"]))
                for form, share in row.get("forms", {"meeting": {"least": "1", "most": "1"}}).items()
            },
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


def fee_for(rank: str, per_unit: int, *, form: FeeForm, quantity: int, rule: FeeRule) -> int:
    """Return an expert's fee for so many units of a form.

    Raises:
        FeeOutOfRange: the fee of one unit is outside the limits of title rank and form.
        ValueError: no unit at all, or too many.
    """
    least, most = rule.range_of(rank, form)
    if not least <= per_unit <= most:
        raise FeeOutOfRange(rule, rank, form)
    if not 0 < quantity <= MOST_UNITS:
        raise ValueError(f"{quantity} units")
    return per_unit * quantity
