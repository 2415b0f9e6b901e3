"""Who writes an index of the embedded engine: one at a time, of all threads and processes."""

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
"""Seconds to wait for another process that writes."""
LINGER = 2.0
"""Seconds for which a writer stays open after a write.

Segments are merged in its background meanwhile; a writer opened anew would have to wait for that.
"""
MEMORY = 128_000_000
"""Bytes a writer may hold before it writes a segment."""


class FolderLock:
    """The lock file of a folder, held by one process (and one holder in it) at a time."""

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
    """The writer of one index, opened when it is needed and let go a little later."""

    def __init__(self, path: Path, open_index: Callable[[], tantivy.Index], linger: float) -> None:
        self._path = path
        self._linger = linger
        self._open_index = open_index
        self._turn = threading.Lock()
        self._held: tuple[FolderLock, tantivy.IndexWriter] | None = None
        self._timer: threading.Timer | None = None

    @contextmanager
    def writing(self) -> Iterator[tantivy.IndexWriter]:
        """Hand out the writer; what the block did is committed at its end, or nothing of it."""
        with self._turn:
            self._stop_timer()
            try:
                writer = self._take()
                yield writer
                writer.commit()
            except BaseException:
                self._let_go()
                raise
            self._timer = threading.Timer(self._linger, self.close)
            self._timer.daemon = True
            self._timer.start()

    def lock(self) -> FolderLock:
        """Let the writer go and keep all others out until the lock is released."""
        self.close()
        return FolderLock(self._path)

    def close(self) -> None:
        """Let other processes write."""
        with self._turn:
            self._stop_timer()
            self._let_go()

    def _take(self) -> tantivy.IndexWriter:
        if self._held is None:
            lock = FolderLock(self._path)
            try:
                self._held = lock, self._open_index().writer(MEMORY, 1)
            except BaseException:
                lock.release()
                raise
        return self._held[1]

    def _let_go(self) -> None:
        if self._held is None:
            return
        lock, writer = self._held
        self._held = None
        with lock:
            # What was not committed is dropped with the writer.
            writer.wait_merging_threads()

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
