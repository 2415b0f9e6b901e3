"""Memory that was freed goes back to the system."""

import sys
from pathlib import Path

import pytest

from market.kit.memory import _glibc, release_free_memory

MEGABYTE = 2**20


def resident_bytes() -> int:
    """Return what this process has in memory."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096


@pytest.mark.skipif(not sys.platform.startswith("linux") or _glibc() is None, reason="needs glibc")
def test_what_was_freed_below_what_is_still_held_goes_back() -> None:
    pieces = [bytes(4096) for _ in range(10_000)]
    held = pieces[-1]
    before = resident_bytes()
    del pieces

    release_free_memory()

    assert before - resident_bytes() > 20 * MEGABYTE
    assert len(held) == 4096
