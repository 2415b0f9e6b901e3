"""Figures that many pages show and that cost a pass over a table: computed once, kept for a while."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar, cast

from market.kit.guest_pages import generation

T = TypeVar("T")
SECONDS = 60.0


@dataclass
class RecentFigures:
    """Figures by name; what this process changed is counted anew, what others did after `seconds`."""

    seconds: float = SECONDS
    _figures: dict[str, tuple[int, float, Any]] = field(default_factory=dict)

    async def get(self, name: str, count: Callable[[], Awaitable[T]]) -> T:
        """Return a figure, counted now unless it was counted lately and nothing has changed here since."""
        before = generation()
        counted, until, known = self._figures.get(name, (-1, 0.0, None))
        if counted == before and until > time.monotonic():
            return cast(T, known)
        figure = await count()
        self._figures[name] = (before, time.monotonic() + self.seconds, figure)
        return figure
