"""The figures of a dashboard: each is a link to exactly the rows it counts."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Card:
    """One figure of a dashboard. `tone` is as of a badge: act, done, due, note, wrong or plain."""

    label: str
    count: int | str
    """A number, or an amount already in words."""
    address: str
    tone: str = "plain"
