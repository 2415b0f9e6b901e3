"""Risk flags (疑点) that suggest a closer look at a claim: pure rules that decide nothing.

The bounds are our own (A): contracts of one pair signed within thirty days belong together; the bound of a
split is that of the rule set's conditions and brackets, and the 500 万元 above which a registry hears
experts.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from market.kit.i18n import lazy

TOGETHER_DAYS = 30
LARGE = 500_000_000

RISK_FLAG_LABELS = {
    "related": lazy("买卖双方可能关联"),
    "outcome": lazy("同一成果已有其他申报"),
    "split": lazy("多份合同可能拆分"),
    "same_day": lazy("同一成果同日连环交易"),
    "invoice": lazy("发票号码重复使用"),
    "contract": lazy("同一合同申报其他政策"),
    "sums": lazy("凭证合计与到账不符"),
    "sales": lazy("填报销售与专项报告不符"),
    "replaced": lazy("提交后换过材料"),
    "totals": lazy("年度总额与本市场记录不符"),
}
"""Kinds of risk flag with their labels."""


@dataclass(frozen=True)
class RiskFlag:
    """One risk flag: its kind, and the records or links it rests on."""

    kind: str
    what: str


@dataclass(frozen=True)
class ComparedContract:
    """The part of a contract that the rules compare."""

    id: UUID
    number: str
    subject_id: UUID
    seller_id: UUID
    buyer_id: UUID
    signed_on: date
    trade_amount: int


def thresholds(content: Mapping[str, Any]) -> list[int]:
    """Return the amounts at which a set changes its answer, below which splitting would pay."""
    amounts = {LARGE}
    for condition in content["conditions"]:
        if condition.get("test") in {"at_most", "less_than"} and condition.get("fact") == "trade_amount":
            amounts.add(condition["value"])
    for case in content["rates"]:
        if isinstance(case["rate"], Mapping):
            amounts |= {bracket["to"] for bracket in case["rate"].get("slab", ()) if bracket["to"]}
    return sorted(amounts)


def find_split(
    contract: ComparedContract, others: Iterable[ComparedContract], bounds: Sequence[int]
) -> list[ComparedContract]:
    """Return contracts of the same parties, signed at about the same time, each below a bound they exceed
    together; empty when there is none."""
    near = [
        other
        for other in others
        if (other.seller_id, other.buyer_id) == (contract.seller_id, contract.buyer_id)
        and abs((other.signed_on - contract.signed_on).days) <= TOGETHER_DAYS
    ]
    for bound in bounds:
        small = [other for other in near if other.trade_amount < bound]
        total = contract.trade_amount + sum(other.trade_amount for other in small)
        if contract.trade_amount < bound <= total and small:
            return small
    return []


def find_same_day_resales(
    contract: ComparedContract, others: Iterable[ComparedContract]
) -> list[ComparedContract]:
    """Return contracts about the same subject signed on the same day: sold twice, or resold at once."""
    return [
        other
        for other in others
        if other.subject_id == contract.subject_id and other.signed_on == contract.signed_on
    ]


def kinds_key(doubts: Iterable[RiskFlag]) -> str:
    """Return the kinds between commas, for the queue's filter."""
    kinds = sorted({doubt.kind for doubt in doubts})
    return f",{','.join(kinds)}," if kinds else ""
