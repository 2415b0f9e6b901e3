"""The servers of a bench, each on a port of its own, and the processor time that they take."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import psutil

START_TIMEOUT = 600
"""Seconds that a server may take until it answers; an index may be made anew in them."""
STOP_TIMEOUT = 30


@dataclass(frozen=True)
class Server:
    """A running server."""

    port: int
    process: subprocess.Popen[bytes]

    def processor_seconds(self) -> float:
        """Return what the server's processes have taken so far."""
        top = psutil.Process(self.process.pid)
        return sum(_taken(process) for process in (top, *top.children(recursive=True)))


@contextmanager
def serving(command: Sequence[str], port: int, environ: Mapping[str, str], log: Path) -> Iterator[Server]:
    """Run a server while the block runs.

    Raises:
        SystemExit: it does not answer in time, or ended.
    """
    with log.open("wb") as output:
        settings = {**os.environ, **environ}
        process = subprocess.Popen(command, env=settings, stdout=output, stderr=output)  # noqa: S603
    try:
        deadline = time.monotonic() + START_TIMEOUT
        while not _answers(port):
            if process.poll() is not None or time.monotonic() > deadline:
                raise SystemExit(f"A server of the bench did not start: see {log}")
            time.sleep(0.2)
        yield Server(port, process)
    finally:
        process.terminate()
        try:
            process.wait(STOP_TIMEOUT)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def serve_market(
    folder: Path, port: int, environ: Mapping[str, str] | None = None
) -> AbstractContextManager[Server]:
    """Run the market as it is shipped, with the data of a folder and without models."""
    settings = {"DATA_DIR": str(folder), "PORT": str(port), "EMBEDDERS": "none", **(environ or {})}
    return serving([sys.executable, "-m", "market", "serve"], port, settings, folder / "serve.log")


def database_seconds(folder: Path) -> float:
    """Return what the embedded PostgreSQL of a data folder has taken so far, with connections that ended."""
    pid = int((folder / "postgres" / "postmaster.pid").read_text().split()[0])
    postmaster = psutil.Process(pid)
    times = postmaster.cpu_times()
    ended = float(times.children_user + times.children_system)
    return ended + sum(_taken(process) for process in (postmaster, *postmaster.children()))


def _taken(process: psutil.Process) -> float:
    try:
        times = process.cpu_times()
    except psutil.NoSuchProcess:
        return 0.0
    return float(times.user + times.system)


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _answers(port: int) -> bool:
    """Return whether a server answers with its own pages: the market shows one of progress before, as 503."""
    try:
        return httpx.get(f"http://127.0.0.1:{port}/outcomes", timeout=10).status_code < 500
    except httpx.TransportError:
        return False
