"""Append-only file of immutable records: written by one process, read by any through a memory map."""

from __future__ import annotations

import mmap
import os
import threading
from collections.abc import Iterable, Sequence
from pathlib import Path

_LENGTH_BITS = 20
"""Bits of a place that hold the record's length; the others hold its offset."""
_LENGTHS = (1 << _LENGTH_BITS) - 1


class RecordFile:
    """Records by place, read through a memory map."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._guard = threading.Lock()
        self._inode = -1
        self._whole: mmap.mmap | bytes = b""

    def append(self, records: Sequence[bytes]) -> list[int]:
        """Append records and return their places. The caller must be the only writer.

        They are synced to disk on return, so that a later commit may refer to them.
        """
        if not records:
            return []
        places = []
        with self._path.open("ab") as file:
            end = file.tell()
            for record in records:
                places.append(end << _LENGTH_BITS | len(record))
                end += len(record)
            file.write(b"".join(records))
            file.flush()
            os.fdatasync(file.fileno())
        return places

    def read(self, places: Iterable[int]) -> list[bytes]:
        """Return the records at these places."""
        spans = [(place >> _LENGTH_BITS, place & _LENGTHS) for place in places]
        whole = self._mapped(max((start + length for start, length in spans), default=0))
        return [whole[start : start + length] for start, length in spans]

    def _mapped(self, end: int) -> mmap.mmap | bytes:
        """Return the memory map, renewed if it is shorter than `end` or of a replaced file."""
        with self._guard:
            if end and (end > len(self._whole) or os.stat(self._path).st_ino != self._inode):
                with self._path.open("rb") as file:
                    self._inode = os.fstat(file.fileno()).st_ino
                    self._whole = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
            return self._whole
