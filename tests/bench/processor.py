"""The processor time of the embedded PostgreSQL, for benches that count it with the site's."""

from __future__ import annotations

import os
from pathlib import Path

TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")


def postgres_seconds(folder: Path) -> float:
    """Return the processor time of the server of a data folder and its children, as Linux counts it."""
    parent = next(folder.rglob("postmaster.pid")).read_text().split()[0]
    ticks = 0
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            words = stat.read_text().rpartition(") ")[2].split()
        except OSError:
            continue
        if stat.parent.name == parent:
            ticks += sum(map(int, words[11:15]))
        elif words[1] == parent:
            ticks += sum(map(int, words[11:13]))
    return ticks / TICKS_PER_SECOND
