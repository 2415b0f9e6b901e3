"""A progress line: done of total, rate per second, seconds left."""

from __future__ import annotations

import sys
import time


class Progress:
    """Shows `title 1,200/12,400 480/s, 23 s left` on one line; plain lines where nobody watches."""

    def __init__(self, title: str, total: int) -> None:
        self.title, self.total = title, total
        self.started = self.shown = time.monotonic()
        self.is_terminal = sys.stderr.isatty()

    def __call__(self, done: int) -> None:
        now = time.monotonic()
        is_last = done >= self.total
        if not is_last and now - self.shown < (0.2 if self.is_terminal else 5):
            return
        self.shown = now
        rate = done / max(now - self.started, 0.001)
        left = (self.total - done) / rate if rate else 0
        width = 24
        filled = width * done // max(self.total, 1)
        bar = "█" * filled + "·" * (width - filled)
        line = f"{self.title} {bar} {done:,}/{self.total:,}  {rate:,.0f}/s  {left:,.0f} s left"
        if self.is_terminal:
            sys.stderr.write("\r\033[K" + line + ("\n" if is_last else ""))
        else:
            sys.stderr.write(line + "\n")
        sys.stderr.flush()
