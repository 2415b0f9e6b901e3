"""Dashboard cards: each figure links to exactly the rows it counts."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Card:
    """One figure of a dashboard; `tone` is a badge's, see `kit.labels.Tone`."""

    label: str
    count: int | str
    """A number, or a formatted amount."""
    address: str
    tone: str = "plain"
