"""Figures that many pages show and that cost a pass over a table: computed once, kept for a while."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from market.kit.guest_pages import generation

SECONDS = 60.0


@dataclass
class RecentFigures:
    """Figures by name; what this process changed is counted anew, what others did after `seconds`."""

    seconds: float = SECONDS
    _figures: dict[str, tuple[int, float, int]] = field(default_factory=dict)

    async def get(self, name: str, count: Callable[[], Awaitable[int]]) -> int:
        """Return a figure, counted now unless it was counted lately and nothing has changed here since."""
        before = generation()
        counted, until, figure = self._figures.get(name, (-1, 0.0, 0))
        if counted == before and until > time.monotonic():
            return figure
        figure = await count()
        self._figures[name] = (before, time.monotonic() + self.seconds, figure)
        return figure
