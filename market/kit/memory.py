"""Memory that was freed, given back to the system."""

from __future__ import annotations

import ctypes
import sys
from functools import cache
from typing import Any


def release_free_memory() -> None:
    """Give the pages back that hold nothing any more, after work in large batches.

    The C library keeps what threads freed in an arena of its own for each, most of it in pieces: indexing
    37,000 listings grew by a hundred megabytes, though nothing was held. It takes some milliseconds. Without
    glibc nothing is done.
    """
    library = _glibc()
    if library is not None:
        library.malloc_trim(0)


@cache
def _glibc() -> Any:
    if not sys.platform.startswith("linux"):
        return None
    library = ctypes.CDLL(None)
    return library if hasattr(library, "malloc_trim") else None
