"""Terms as numbers: short to keep beside a document, quick to compare, the same on every engine."""

from __future__ import annotations

from array import array
from collections.abc import Iterable
from functools import lru_cache
from itertools import chain
from zlib import crc32


@lru_cache(1 << 16)
def mark_of(term: str) -> int:
    """Return the number of a term; a single character is its own."""
    return ord(term) if len(term) == 1 else crc32(term.encode())


def marks_of(*terms: Iterable[str]) -> bytes:
    """Return the numbers of all terms, four bytes each, in order."""
    return array("I", map(mark_of, chain(*terms))).tobytes()
