"""Exclusive writing of an index of the embedded engine, across threads and processes."""

from __future__ import annotations

import fcntl
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import tantivy

from market.kit.errors import SearchUnavailable

PATIENCE = 30.0
"""Seconds to wait for the lock of another process."""
LINGER = 2.0
"""Seconds for which a writer stays open after a write, since a new one would have to wait for the merge of
segments that runs in its background."""
MEMORY = 128_000_000
"""Bytes a writer buffers before it flushes a segment."""


class FolderLock:
    """An exclusive file lock, across processes and within one."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                if time.monotonic() > deadline:
                    self.release()
                    raise SearchUnavailable(f"{path.parent.name} is being written") from error
                time.sleep(0.02)
            else:
                return

    def release(self) -> None:
        os.close(self._file)

    def __enter__(self) -> FolderLock:
        return self

    def __exit__(self, *error: object) -> None:
        self.release()


class Writer:
    """The writer of one index, opened on demand and closed after `LINGER` seconds."""

    def __init__(self, path: Path, open_index: Callable[[], tantivy.Index], linger: float) -> None:
        self._path = path
        self._linger = linger
        self._open_index = open_index
        self._turn = threading.Lock()
        self._opened: tuple[FolderLock, tantivy.IndexWriter] | None = None
        self._timer: threading.Timer | None = None

    @contextmanager
    def writing(self) -> Iterator[tantivy.IndexWriter]:
        """Yield the writer; commit at the end of the block, or roll back if it raises."""
        with self._turn:
            self._stop_timer()
            try:
                writer = self._open_writer()
                yield writer
                writer.commit()
            except BaseException:
                self._discard_writer()
                raise
            self._timer = threading.Timer(self._linger, self.close)
            self._timer.daemon = True
            self._timer.start()

    def lock(self) -> FolderLock:
        """Close the writer and take the lock."""
        self.close()
        return FolderLock(self._path)

    def close(self) -> None:
        """Close the writer, so that other processes can write."""
        with self._turn:
            self._stop_timer()
            self._discard_writer()

    def _open_writer(self) -> tantivy.IndexWriter:
        if self._opened is None:
            lock = FolderLock(self._path)
            try:
                self._opened = lock, self._open_index().writer(MEMORY, 1)
            except BaseException:
                lock.release()
                raise
        return self._opened[1]

    def _discard_writer(self) -> None:
        if self._opened is None:
            return
        lock, writer = self._opened
        self._opened = None
        with lock:
            # Uncommitted changes are discarded with the writer.
            writer.wait_merging_threads()

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
