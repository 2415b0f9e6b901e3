"""Ask one server for pages over a number of kept connections, as fast as it answers; a process of its own.

Raw sockets and one `epoll`, so that it takes some hundredths of a millisecond for an answer. What to do
comes as JSON from standard input (`Load`), what was seen goes as JSON to standard output (`Seen`).
"""

from __future__ import annotations

import dataclasses
import itertools
import json
import os
import select
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

NICENESS = 5
"""The servers come first: on two cores the generator would take what it measures."""
TIMEOUT = 60
"""Seconds without any answer after which a load gives up."""


@dataclass(frozen=True)
class Load:
    """What is asked: the addresses in turn, by so many connections, for so many seconds."""

    port: int
    paths: list[str]
    connections: int = 4
    seconds: float = 4.0
    is_fresh: bool = False
    """Whether each request has a query string of its own, so that nothing kept answers it."""
    cookie: str = ""


@dataclass(frozen=True)
class Seen:
    """What came back; times in seconds."""

    requests: int
    seconds: float
    statuses: dict[str, int] = field(default_factory=dict)
    p50: float = 0.0
    p99: float = 0.0
    size: int = 0
    """Bytes of the last body, as sent."""

    @property
    def rate(self) -> float:
        """Requests a second."""
        return self.requests / self.seconds


def run(load: Load) -> Seen:
    """Run a load in a process of its own.

    Raises:
        SystemExit: some answers were not 200.
    """
    answer = subprocess.run(  # our own module
        [sys.executable, "-m", "tests.bench.load"],
        input=json.dumps(dataclasses.asdict(load)),
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    seen = Seen(**json.loads(answer.stdout))
    if set(seen.statuses) != {"200"}:
        raise SystemExit(f"{load.paths[0]} on port {load.port} was answered with {seen.statuses}")
    return seen


class _Connection:
    """One kept connection: a request, the whole of its answer, the next request."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=TIMEOUT)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.begun, self.read, self.wanted, self.status, self.is_closing = 0.0, bytearray(), -1, "", False

    def ask(self, request: bytes) -> None:
        self.read.clear()
        self.wanted, self.begun = -1, time.perf_counter()
        self.socket.sendall(request)

    def take(self) -> bool:
        """Read what has come; return whether the answer is whole."""
        part = self.socket.recv(262_144)
        if not part:
            raise ConnectionError("the server closed a connection within an answer")
        self.read += part
        if self.wanted < 0:
            end = self.read.find(b"\r\n\r\n")
            if end < 0:
                return False
            head = bytes(self.read[:end]).lower()
            self.status = head[9:12].decode()
            self.is_closing = b"\r\nconnection: close" in head
            at = head.find(b"\r\ncontent-length:")
            if at < 0:
                raise ValueError("an answer without a length")
            self.wanted = end + 4 + int(head[at + 17 :].split(b"\r\n", 1)[0])
        return len(self.read) >= self.wanted


def _requests(load: Load) -> Iterator[bytes]:
    """Yield the bytes of the requests without end."""
    head = f" HTTP/1.1\r\nHost: 127.0.0.1:{load.port}\r\nAccept-Encoding: gzip\r\nAccept: text/html\r\n"
    head += f"Cookie: {load.cookie}\r\n\r\n" if load.cookie else "\r\n"
    unlike = itertools.count(time.time_ns() // 1000)
    for path in itertools.cycle(load.paths):
        query = f"{'&' if '?' in path else '?'}run={next(unlike)}" if load.is_fresh else ""
        yield f"GET {path}{query}{head}".encode()


def _ask(load: Load) -> Seen:
    requests, statuses, times = _requests(load), Counter[str](), list[float]()
    poll = select.epoll()
    connections: dict[int, _Connection] = {}

    def connect() -> None:
        connection = _Connection(load.port)
        connections[connection.socket.fileno()] = connection
        poll.register(connection.socket.fileno(), select.EPOLLIN)
        connection.ask(next(requests))

    for _number in range(load.connections):
        connect()
    size, started = 0, time.perf_counter()
    until = started + load.seconds
    while connections:
        events = poll.poll(TIMEOUT)
        if not events:
            raise TimeoutError("no answer")
        for number, _event in events:
            connection = connections[number]
            if not connection.take():
                continue
            now = time.perf_counter()
            times.append(now - connection.begun)
            statuses[connection.status] += 1
            size = connection.wanted
            if now < until and not connection.is_closing:
                connection.ask(next(requests))
                continue
            poll.unregister(number)
            connections.pop(number).socket.close()
            if now < until:
                connect()
    seconds = time.perf_counter() - started
    times.sort()
    p50, p99 = times[len(times) // 2], times[min(int(len(times) * 0.99), len(times) - 1)]
    return Seen(len(times), seconds, dict(statuses), p50, p99, size)


if __name__ == "__main__":
    os.nice(NICENESS)
    json.dump(dataclasses.asdict(_ask(Load(**json.load(sys.stdin)))), sys.stdout)
