"""Growth against the same period of last year (同比), said so that nothing is divided by nothing. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar

from market.kit.i18n import gettext as _

SMALL_BASE = 10
"""Fewer items than this in the base: the difference is told and no percentage. Settled here (A)."""
K = TypeVar("K")


class GrowthKind(StrEnum):
    NO_BASE = "no_base"
    """Nothing was counted then, or by another definition."""
    FROM_ZERO = "from_zero"
    LEVEL = "level"
    SMALL = "small"
    RATE = "rate"


@dataclass(frozen=True)
class Growth:
    """How a figure grew; `tenths` are per mille of the base, rounded half away from zero."""

    kind: GrowthKind
    delta: int = 0
    tenths: int = 0
    is_count: bool = True

    @property
    def words(self) -> str:
        """Return what a table says: +15.0 %, +2 项（基数小）, —（上年为0）, 持平, 无可比基数."""
        if self.kind is GrowthKind.NO_BASE:
            return _("无可比基数")
        if self.kind is GrowthKind.FROM_ZERO:
            return _("—（上年为0）")
        if self.kind is GrowthKind.LEVEL:
            return _("持平")
        if self.kind is GrowthKind.SMALL:
            if not self.is_count:
                return _("基数小")
            return _("%(delta)s 项（基数小）", delta=f"{_sign(self.delta)}{abs(self.delta)}")
        return f"{_sign(self.tenths or self.delta)}{abs(self.tenths) // 10:,}.{abs(self.tenths) % 10} %"

    @property
    def is_less(self) -> bool:
        """Return whether it is a percentage below zero, which pages mark."""
        return self.kind is GrowthKind.RATE and self.delta < 0


def growth(now: int, before: int | None, *, items: int | None = None) -> Growth:
    """Return how a count, or an amount in fen, grew.

    `before` is None where there is no base. `items` says of an amount how many items its base has.
    """
    is_count = items is None
    if before is None or before < 0:
        return Growth(GrowthKind.NO_BASE, is_count=is_count)
    delta = now - before
    if delta == 0:
        return Growth(GrowthKind.LEVEL, is_count=is_count)
    if before == 0:
        return Growth(GrowthKind.FROM_ZERO, delta, is_count=is_count)
    if (before if items is None else items) < SMALL_BASE:
        return Growth(GrowthKind.SMALL, delta, is_count=is_count)
    size = (2000 * abs(delta) + before) // (2 * before)
    return Growth(GrowthKind.RATE, delta, size if delta > 0 else -size, is_count)


def matched(now: Mapping[K, int], before: Mapping[K, int]) -> tuple[int, int]:
    """Return the sums of this year and of last year over those alone who reported in both (可比口径)."""
    both = now.keys() & before.keys()
    return sum(now[key] for key in both), sum(before[key] for key in both)


def is_significant(now: int, before: int) -> bool:
    """Return whether two counts differ by more than chance explains: |Δ| ≥ √(a + b), for Poisson counts."""
    delta = now - before
    return delta != 0 and delta * delta >= now + before


def _sign(value: int) -> str:
    return "−" if value < 0 else "+"
