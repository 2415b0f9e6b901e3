"""Checks a statement by its own balances: opening + lines = closing, and where lines are missing. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from market.kit.money import Money
from market.payments.statement_rows import BankRow

_OPENING = re.compile(r"(?:期初|上期|上月|承前|起始|昨日)余额\D{0,6}([-\d][\d,]*\.?\d*)")
_CLOSING = re.compile(r"(?:期末|本期|结束)余额\D{0,6}([-\d][\d,]*\.?\d*)")
_CURRENT = re.compile(r"(?:当前|最新)余额\D{0,6}([-\d][\d,]*\.?\d*)")
"""What the account held when the file was made; the closing balance only where nothing else tells it."""


@dataclass(frozen=True)
class Gap:
    """A line whose balance does not follow from the line before it."""

    row: int
    difference: int
    """Amount missing before this line, in minor units; negative for outgoing money."""


@dataclass(frozen=True)
class BalanceCheck:
    """Totals of a statement, in minor units of one currency."""

    currency: str
    opening: int
    closing: int
    incoming: int
    outgoing: int
    gaps: tuple[Gap, ...]

    @property
    def difference(self) -> int:
        """Return the unexplained difference; 0 if opening + lines = closing."""
        return self.closing - self.opening - self.incoming + self.outgoing

    @property
    def holds(self) -> bool:
        return not self.difference and not self.gaps

    def to_json(self) -> dict[str, Any]:
        return {
            "currency": self.currency,
            "opening": self.opening,
            "closing": self.closing,
            "incoming": self.incoming,
            "outgoing": self.outgoing,
            "difference": self.difference,
            "gaps": [[gap.row, gap.difference] for gap in self.gaps[:20]],
        }


def check_balances(
    lines: Sequence[BankRow], titles: Sequence[str], sums: Sequence[str] = ()
) -> BalanceCheck | None:
    """Check the lines of one account against the balances beside them, or that other rows state.

    `titles` stand above the first line and tell the opening, `sums` below it; the last of these closes a file
    of several pages. Files run from the oldest line or from the newest; the direction with fewer gaps is the
    file's.
    None where the file tells no balances, or the lines have several currencies.
    """
    currencies = {line.money.currency for line in lines}
    if len(currencies) != 1:
        return None
    currency = currencies.pop()
    opening = _stated_balance(titles, _OPENING, currency)
    closing = _stated_balance([*titles, *reversed(sums)], _CLOSING, currency)
    ordered = min((lines, lines[::-1]), key=lambda order: len(_gaps(order)))
    balanced = [line for line in ordered if line.balance]
    if opening is None and balanced and balanced[0] is ordered[0]:
        opening = int(balanced[0].balance) - _signed(balanced[0])
    if closing is None and balanced and balanced[-1] is ordered[-1]:
        closing = int(balanced[-1].balance)
    if closing is None:
        closing = _stated_balance([*titles, *reversed(sums)], _CURRENT, currency)
    if opening is None or closing is None:
        return None
    return BalanceCheck(
        currency=currency,
        opening=opening,
        closing=closing,
        incoming=sum(line.money.amount for line in lines if line.is_incoming),
        outgoing=sum(line.money.amount for line in lines if not line.is_incoming),
        gaps=tuple(_gaps(ordered)),
    )


def _gaps(lines: Sequence[BankRow]) -> list[Gap]:
    gaps = []
    balance: int | None = None
    for line in lines:
        if line.balance:
            difference = 0 if balance is None else int(line.balance) - balance - _signed(line)
            if difference:
                gaps.append(Gap(line.row, difference))
            balance = int(line.balance)
        elif balance is not None:
            balance += _signed(line)
    return gaps


def _signed(line: BankRow) -> int:
    return line.money.amount if line.is_incoming else -line.money.amount


def _stated_balance(titles: Iterable[str], pattern: re.Pattern[str], currency: str) -> int | None:
    for title in titles:
        if match := pattern.search(title):
            try:
                return Money.parse(match[1], currency).amount
            except ValueError:
                continue
    return None
