"""What speaks for a closer look at a claim (疑点). Pure: rows in, doubts out; nothing here decides a claim.

The bounds are our own (A): shares of a quarter and more tie two parties; contracts of one pair signed within
thirty days belong together; the bound of a split is that of the rule set's conditions and brackets, and the
500 万元 above which a registry hears experts.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from market.kit.i18n import lazy

TYING_SHARE = 2_500
TOGETHER_DAYS = 30
LARGE = 500_000_000
LONGEST_PATH = 4

DOUBTS = {
    "related": lazy("买卖双方可能关联"),
    "outcome": lazy("同一成果已有其他申报"),
    "split": lazy("多份合同可能拆分"),
    "same_day": lazy("同一成果同日连环交易"),
    "invoice": lazy("发票号码重复使用"),
    "contract": lazy("同一合同申报其他政策"),
    "sums": lazy("凭证合计与到账不符"),
    "totals": lazy("年度总额与本市场记录不符"),
}
"""The kinds of doubt, as the desk reads them."""


@dataclass(frozen=True)
class Doubt:
    """One doubt: its kind, and the records or ties it rests on, in plain words or numbers."""

    kind: str
    what: str


@dataclass(frozen=True)
class Tie:
    """Two nodes that belong together: a code and a holder's code, or a code and a person's hash."""

    one: str
    other: str
    words: str
    is_person: bool = False
    share: int | None = None


@dataclass(frozen=True)
class Deed:
    """A contract as the doubts see it."""

    id: UUID
    number: str
    subject_id: UUID
    seller_id: UUID
    buyer_id: UUID
    signed_on: date
    trade_amount: int


def path_between(first: str, second: str, ties: Iterable[Tie]) -> list[Tie] | None:
    """Return the shortest chain of ties between two codes, at most four long, or None.

    A shareholding below a quarter ties nobody.
    """
    near: dict[str, list[tuple[str, Tie]]] = {}
    for tie in ties:
        if tie.share is not None and tie.share < TYING_SHARE:
            continue
        near.setdefault(tie.one, []).append((tie.other, tie))
        near.setdefault(tie.other, []).append((tie.one, tie))
    queue: deque[tuple[str, list[Tie]]] = deque([(first, [])])
    seen = {first}
    while queue:
        node, way = queue.popleft()
        if node == second:
            return way
        if len(way) == LONGEST_PATH:
            continue
        for other, tie in near.get(node, ()):
            if other not in seen:
                seen.add(other)
                queue.append((other, [*way, tie]))
    return None


def thresholds(content: Mapping[str, Any]) -> list[int]:
    """Return the amounts at which a set changes its answer, below which splitting would pay."""
    found = {LARGE}
    for condition in content["conditions"]:
        if condition.get("test") in {"at_most", "less_than"} and condition.get("fact") == "trade_amount":
            found.add(condition["value"])
    for case in content["rates"]:
        if isinstance(case["rate"], Mapping):
            found |= {bracket["to"] for bracket in case["rate"].get("slab", ()) if bracket["to"]}
    return sorted(found)


def split_of(own: Deed, others: Iterable[Deed], bounds: Sequence[int]) -> list[Deed]:
    """Return the contracts of the same pair, signed about the same time, that together pass a bound
    which each of them stays below; empty when there is none."""
    near = [
        one
        for one in others
        if (one.seller_id, one.buyer_id) == (own.seller_id, own.buyer_id)
        and abs((one.signed_on - own.signed_on).days) <= TOGETHER_DAYS
    ]
    for bound in bounds:
        small = [one for one in near if one.trade_amount < bound]
        total = own.trade_amount + sum(one.trade_amount for one in small)
        if own.trade_amount < bound <= total and small:
            return small
    return []


def chained_with(own: Deed, others: Iterable[Deed]) -> list[Deed]:
    """Return contracts about the same outcome of the same day: sold twice, or sold on at once."""
    return [one for one in others if one.subject_id == own.subject_id and one.signed_on == own.signed_on]


def words_of(way: Sequence[Tie]) -> str:
    """Return a chain of ties as people read it."""
    return " → ".join(tie.words for tie in way)


def kinds_key(doubts: Iterable[Doubt]) -> str:
    """Return the kinds between commas, as the queue's filter wants them."""
    kinds = sorted({doubt.kind for doubt in doubts})
    return f",{','.join(kinds)}," if kinds else ""
