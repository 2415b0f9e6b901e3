"""Append-only files of records and of vectors: written by one process, read by any through a memory map.

Vectors are searched exactly in memory.
"""

from __future__ import annotations

import mmap
import os
import threading
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from market.search.candidates import Numbers
from market.search.engine import Vector

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


KEY = 16
"""Bytes of a key."""
_HEAD = 16
_MAGIC = b"vectors1"


class VectorFile:
    """Vectors of one model by 16-byte keys; the last one written under a key wins.

    Stored with half precision, which changes a cosine by less than a thousandth.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._guard = threading.Lock()
        self._forget()

    def put(self, vectors: Mapping[bytes, Vector | None]) -> None:
        """Append vectors; None deletes one. The caller must be the only writer."""
        with self._guard:
            self._refresh()
            new = {key: vector for key, vector in vectors.items() if self._is_new(key, vector)}
            if not new:
                return
            size = self._size or next(len(vector) for vector in new.values() if vector is not None)
            nothing = np.zeros(size, dtype=np.float16)
            lines = [
                key + (nothing if vector is None else vector.astype(np.float16)).tobytes()
                for key, vector in new.items()
            ]
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with self.path.open("ab") as file:
                if not file.tell():
                    file.write(_MAGIC + size.to_bytes(_HEAD - len(_MAGIC), "big"))
                # A partial line of a killed writer would shift all that follow.
                file.truncate(file.tell() - (file.tell() - _HEAD) % (KEY + 2 * size))
                file.seek(0, os.SEEK_END)
                file.write(b"".join(lines))
            self._refresh()

    def keys(self) -> frozenset[bytes]:
        """Return the keys that have a vector."""
        with self._guard:
            self._refresh()
            return frozenset(self._rows)

    def get(self, keys: Iterable[bytes]) -> dict[bytes, Vector]:
        """Return the vectors of those keys that have one."""
        with self._guard:
            self._refresh()
            return {key: self._matrix[self._rows[key]] for key in keys if key in self._rows}

    def nearest(self, vector: Vector, most: int) -> list[bytes]:
        """Return the keys of the nearest vectors by cosine, the nearest first."""
        with self._guard:
            self._refresh()
            if not self._rows or len(vector) != self._size or most < 1:
                return []
            # Not by BLAS, whose spinning threads cost more than they save here.
            likeness = np.einsum("ij,j->i", self._matrix[: self._count], vector)
            likeness[~self._alive[: self._count]] = -2.0
            most = min(most, len(self._rows))
            first = np.argpartition(-likeness, most - 1)[:most]
            return [self._keys[at] for at in first[np.argsort(-likeness[first], kind="stable")].tolist()]

    def cosines(self, keys: Sequence[bytes], vector: Vector) -> Numbers:
        """Return the cosine similarities of these keys' vectors, in order; NaN where a key has none."""
        with self._guard:
            self._refresh()
            cosines = np.full(len(keys), np.nan)
            if len(vector) != self._size:
                return cosines
            rows = np.array([self._rows.get(key, -1) for key in keys], dtype=np.int64)
            is_known = rows >= 0
            cosines[is_known] = np.einsum("ij,j->i", self._matrix[rows[is_known]], vector)
            return cosines

    def _is_new(self, key: bytes, vector: Vector | None) -> bool:
        """Return whether a vector differs from the stored one; most documents are rewritten with the same."""
        if key not in self._rows or vector is None:
            return key in self._rows or vector is not None
        return not np.array_equal(self._matrix[self._rows[key]], vector.astype(np.float16))

    def _forget(self) -> None:
        self._size = self._count = self._end = 0
        self._inode = -1
        self._rows: dict[bytes, int] = {}
        self._keys: list[bytes] = []
        self._matrix: npt.NDArray[np.float32] = np.zeros((0, 0), dtype=np.float32)
        self._alive: npt.NDArray[np.bool_] = np.zeros(0, dtype=np.bool_)

    def _refresh(self) -> None:
        """Load what any process has appended since."""
        try:
            state = self.path.stat()
        except FileNotFoundError:
            if self._count:
                self._forget()
            return
        if state.st_ino != self._inode or state.st_size < self._end:
            self._forget()
            self._inode = state.st_ino
        if state.st_size <= max(self._end, _HEAD):
            return
        with self.path.open("rb") as file:
            head = file.read(_HEAD)
            if not head.startswith(_MAGIC):
                raise OSError(f"{self.path} holds no vectors")
            self._size = int.from_bytes(head[len(_MAGIC) :], "big")
            self._end = max(self._end, _HEAD)
            file.seek(self._end)
            lines = np.fromfile(
                file,
                dtype=[("key", f"V{KEY}"), ("vector", np.float16, self._size)],
                count=(state.st_size - self._end) // (KEY + 2 * self._size),
            )
        self._end += len(lines) * (KEY + 2 * self._size)
        self._take(lines["key"].tobytes(), lines["vector"].astype(np.float32))

    def _take(self, keys: bytes, vectors: npt.NDArray[np.float32]) -> None:
        needed = self._count + len(vectors)
        if needed > len(self._matrix):
            grown = np.zeros((max(needed, 2 * len(self._matrix)), self._size), dtype=np.float32)
            grown[: self._count] = self._matrix[: self._count].reshape(self._count, self._size)
            alive = np.zeros(len(grown), dtype=np.bool_)
            alive[: self._count] = self._alive[: self._count]
            self._matrix, self._alive = grown, alive
        self._matrix[self._count : needed] = vectors
        is_something: list[bool] = np.any(vectors != 0, axis=1).tolist()
        for at, is_kept in enumerate(is_something):
            key, row = keys[at * KEY : (at + 1) * KEY], self._count + at
            self._keys.append(key)
            if (before := self._rows.pop(key, None)) is not None:
                self._alive[before] = False
            if is_kept:
                self._rows[key] = row
                self._alive[row] = True
        self._count = needed
