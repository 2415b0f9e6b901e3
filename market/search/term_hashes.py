"""32-bit hashes of terms: short to store, quick to compare, the same on every engine."""

from __future__ import annotations

from array import array
from collections.abc import Iterable
from functools import lru_cache
from itertools import chain
from zlib import crc32


@lru_cache(1 << 16)
def term_hash(term: str) -> int:
    """Return the CRC-32 of a term, or the code point of a single character."""
    return ord(term) if len(term) == 1 else crc32(term.encode())


def term_hashes(*terms: Iterable[str]) -> bytes:
    """Return the hashes of all terms in order, four bytes each in native byte order."""
    return array("I", map(term_hash, chain(*terms))).tobytes()
