"""Records in a file: appended by one process, read by any. A record that is written never changes."""

from __future__ import annotations

import mmap
import os
import threading
from collections.abc import Iterable, Sequence
from pathlib import Path

_LENGTH_BITS = 20
"""A place is where a record begins and, in so many bits, how long it is."""
_LENGTHS = (1 << _LENGTH_BITS) - 1


class FactFile:
    """Records by their place. The file lies in memory as far as the machine has room for it."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._guard = threading.Lock()
        self._inode = -1
        self._whole: mmap.mmap | bytes = b""

    def append(self, records: Sequence[bytes]) -> list[int]:
        """Write records and return their places. Whoever calls is the only writer.

        On return they are on the disk, so that what is committed after them may name their places.
        """
        if not records:
            return []
        places = []
        with self._path.open("ab") as file:
            end = file.tell()
            for one in records:
                places.append(end << _LENGTH_BITS | len(one))
                end += len(one)
            file.write(b"".join(records))
            file.flush()
            os.fdatasync(file.fileno())
        return places

    def read(self, places: Iterable[int]) -> list[bytes]:
        """Return the records at these places."""
        spans = [(one >> _LENGTH_BITS, one & _LENGTHS) for one in places]
        whole = self._mapped(max((start + length for start, length in spans), default=0))
        return [whole[start : start + length] for start, length in spans]

    def _mapped(self, end: int) -> mmap.mmap | bytes:
        """Return the file, mapped so far as is asked for at least."""
        with self._guard:
            if end and (end > len(self._whole) or os.stat(self._path).st_ino != self._inode):
                with self._path.open("rb") as file:
                    self._inode = os.fstat(file.fileno()).st_ino
                    self._whole = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
            return self._whole
