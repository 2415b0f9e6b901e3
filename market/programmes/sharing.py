"""Sums shared so that the parts add up, and the pot of a list among its awards, with the words for it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_DOWN, Decimal
from typing import Any

from market.documents.sentences import Sentence, sentence
from market.kit.formats import yuan

SCALE = 10_000
"""Exact amounts are whole ten-thousandths of a fen: every rate is a number of basis points."""


def to_fen(exact: int) -> int:
    """Round an exact amount (not negative) to the fen, half up."""
    return (2 * exact + SCALE) // (2 * SCALE)


def share(total: int, weights: Sequence[int], rank: Sequence[Any] | None = None) -> list[int]:
    """Divide `total` in proportion to whole weights; the parts add up to it.

    Each part is rounded down and the units left go to the largest remainders; among equal remainders
    the smaller `rank` comes first, else the earlier part. In whole numbers only, unlike
    `kit.money.allocate`, since a year run shares a hundred thousand times.
    """
    whole = sum(weights)
    if not whole:
        return [total, *([0] * (len(weights) - 1))] if weights else []
    parts, rests = [], []
    for weight in weights:
        part, rest = divmod(total * weight, whole)
        parts.append(part)
        rests.append(rest)
    undistributed = total - sum(parts)
    if undistributed:
        ties = range(len(parts)) if rank is None else rank
        for place in sorted(range(len(parts)), key=lambda at: (-rests[at], ties[at]))[:undistributed]:
            parts[place] += 1
    return parts


def fill(total: int, amounts: Sequence[int], rank: Sequence[Any]) -> list[int]:
    """Serve by `rank`, each in full while there is enough; the one that straddles gets the rest."""
    parts = [0] * len(amounts)
    for place in sorted(range(len(amounts)), key=lambda at: rank[at]):
        parts[place] = min(amounts[place], total)
        total -= parts[place]
    return parts


def share_pot(pot: int, awards: Sequence[int], mode: str, rank: Sequence[Any] | None = None) -> list[int]:
    """Scale a list's awards to the year's pot, after all caps.

    `none` leaves them; `pro_rata` reduces all alike when they exceed the pot; `ranked` serves by rank and
    lets the claim that straddles have the rest; `hard_stop` serves by rank and ends at the first that
    does not fit in full. Without a rank the order of the list stands.

    Raises:
        ValueError: the mode is not one of these.
    """
    order = list(range(len(awards))) if rank is None else rank
    if mode == "none" or (mode in {"pro_rata", "ranked", "hard_stop"} and sum(awards) <= pot):
        return list(awards)
    if mode == "pro_rata":
        return share(pot, awards, order)
    if mode not in {"ranked", "hard_stop"}:
        raise ValueError(f"no such way to share a pot: {mode}")
    parts = fill(pot, awards, order)
    if mode == "hard_stop":
        stopped = False
        for place in sorted(range(len(awards)), key=lambda at: order[at]):
            stopped = stopped or parts[place] < awards[place]
            if stopped:
                parts[place] = 0
    return parts


def number_rank(no: str | None) -> tuple[int, int, str]:
    """Order contract numbers: by value where they are digits, else by characters, the unnumbered last."""
    if no is None:
        return (2, 0, "")
    if no.isascii() and no.isdigit():
        digits = no.lstrip("0")
        return (0, len(digits), digits)
    return (1, 0, no)


PLACES = Decimal("0.0000000001")
"""The factor is printed with ten decimals; awards are computed with the exact fraction."""


@dataclass(frozen=True)
class PotSharing:
    """The pot of a confirmed list, the sum of what was computed, and the rule that shared it."""

    pot: int
    computed: int
    mode: str
    """`pro_rata`, `ranked`, `hard_stop` or `none`, see `sharing.share_pot`."""

    @property
    def is_short(self) -> bool:
        """Return whether the pot was less than what was computed, so that awards were cut."""
        return self.mode != "none" and self.computed > self.pot

    @property
    def factor(self) -> Decimal:
        """Return pot by computed, cut off after ten decimals."""
        return (Decimal(self.pot) / Decimal(self.computed)).quantize(PLACES, ROUND_DOWN)

    def sentences(self) -> list[Sentence]:
        """Return how the pot is shared; nothing where it sufficed."""
        if not self.is_short:
            return []
        sums = {"computed": yuan(self.computed), "pot": yuan(self.pot)}
        if self.mode == "hard_stop":
            return [
                sentence(
                    "本批核算合计 %(computed)s，年度预算可用余额 %(pot)s；"
                    "按名次依次足额安排，到第一项不能足额安排的为止，不足的余额不拆分。",
                    **sums,
                )
            ]
        if self.mode == "ranked":
            return [
                sentence(
                    "本批核算合计 %(computed)s，年度预算可用余额 %(pot)s；"
                    "按名次依次安排，余额不足一项的全部给该项，用完为止。",
                    **sums,
                )
            ]
        return [
            sentence(
                "本批核算合计 %(computed)s，年度预算可用余额 %(pot)s，"
                "折算系数＝可用余额÷核算合计＝%(factor)s（截取十位小数）。",
                computed=yuan(self.computed),
                pot=yuan(self.pot),
                factor=f"{self.factor:f}",
            ),
            sentence(
                "每项补助＝核算金额×可用余额÷核算合计，不足一分的舍去；"
                "舍去的余数合计按各项舍去部分从大到小逐项加一分，直到合计等于可用余额。"
            ),
        ]

    def share_of(self, computed: int, award: int) -> Sentence:
        """Return how one award follows from what was computed for it, with its remainder."""
        if self.mode != "pro_rata" or not self.is_short:
            return sentence("核算补助 %(sum)s，安排 %(award)s。", sum=yuan(computed), award=yuan(award))
        exact = Decimal(computed * self.pot) / Decimal(self.computed)
        whole = computed * self.pot // self.computed
        return sentence(
            "核算补助 %(sum)s，折算 %(exact)s 元，舍去余数后 %(whole)s，"
            "余数分配 %(extra)s 分，补助 %(award)s。",
            sum=yuan(computed),
            exact=f"{(exact / 100).quantize(Decimal('0.000001'), ROUND_DOWN):,f}",
            whole=yuan(whole),
            extra=award - whole,
            award=yuan(award),
        )
