"""What the rows of a bank's file are read as: lines, or rows that are set aside."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from market.kit.money import Money
from market.payments.states import SkipReason


@dataclass(frozen=True)
class SkippedRow:
    """A row of the file that was skipped, and why."""

    row: int
    reason: SkipReason
    word: str
    """The text that was not understood; empty if there is none."""
    text: str
    """The text of the whole row."""


@dataclass(frozen=True)
class BankRow:
    """One line as the bank wrote it."""

    row: int
    happened_at: datetime
    """By the bank's own clock; midnight where only the day is given."""
    is_incoming: bool
    money: Money
    payer_name: str
    """Of the other side, also where it was paid."""
    payer_account: str
    text: str
    reference: str
    balance: str
    """In minor units; empty where the file has none."""
    is_reversal: bool = False
    """It reverses another booking: a minus, a red mark, or a word for it."""
