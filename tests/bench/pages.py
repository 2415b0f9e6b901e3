"""`make bench`: pages through real sockets, ours and a fixed peer by turns; the README says how to read it.

outcome, list      our page ÷ the same page in Django (`tests/bench/peer`), past our memory of guests' pages
asked again        guests' pages out of that memory ÷ bare Starlette and Jinja2; the first time beside it
size               home and list in a market of 124,000 outcomes ÷ in one of 12,400, processor time

Every figure is a median of alternated runs. `ROUNDS=…`, `SECONDS=…` for other than five rounds of three
seconds, `SIZE=0` leaves the large market out.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from market.accounts.demo_logins import DOMAIN
from tests.bench.load import Load, Seen, run
from tests.bench.markets import make_market
from tests.bench.peer import handed
from tests.bench.servers import Server, database_seconds, free_port, serve_market, serving
from tests.bench.signing_in import sign_in

ROUNDS, SECONDS = int(os.environ.get("ROUNDS") or 5), float(os.environ.get("SECONDS") or 3)
SMALL, LARGE = 12_400, int(os.environ.get("SIZE") or 124_000)
CONNECTIONS = (4, 64)
PERSON = "enterprise"
OUTCOMES = 20
"""Outcomes that are asked for in turn."""
HEAD = (
    f"{'page':<26}{'conns':>6}{'ours/s':>9}{'peer/s':>9}{'ratio':>8}"
    f"{'ours ms':>9}{'peer ms':>9}{'ratio':>8}  p50, p99 ms"
)


@dataclass(frozen=True)
class Run:
    """One run of a load: what came back, and the processor milliseconds of each request."""

    seen: Seen
    milliseconds: float


class Side:
    """One server, its database where it has one, and how a page is asked of it."""

    def __init__(self, server: Server, data: Path | None, paths: list[str], cookie: str = "") -> None:
        self.server, self.data, self.paths, self.cookie = server, data, paths, cookie

    def _processor(self) -> float:
        return self.server.processor_seconds() + (database_seconds(self.data) if self.data else 0.0)

    def run(self, connections: int, *, is_fresh: bool) -> Run:
        """Load the server once."""
        load = Load(self.server.port, self.paths, connections, SECONDS, is_fresh, self.cookie)
        before = self._processor()
        seen = run(load)
        return Run(seen, (self._processor() - before) / seen.requests * 1000)


def compare(words: str, ours: Side, peer: Side, connections: int, *, is_fresh: bool) -> None:
    """Run both by turns, one round to warm up, and say the medians."""
    runs = [
        (ours.run(connections, is_fresh=is_fresh), peer.run(connections, is_fresh=False))
        for _round in range(ROUNDS + 1)
    ][1:]
    rates = [statistics.median(pair[side].seen.rate for pair in runs) for side in (0, 1)]
    costs = [statistics.median(pair[side].milliseconds for pair in runs) for side in (0, 1)]
    waits = " : ".join(
        f"{statistics.median(pair[side].seen.p50 for pair in runs) * 1000:.0f}, "
        f"{statistics.median(pair[side].seen.p99 for pair in runs) * 1000:.0f}"
        for side in (0, 1)
    )
    say(
        f"{words:<26}{connections:>6}{rates[0]:>9,.0f}{rates[1]:>9,.0f}{rates[0] / rates[1]:>7.2f}×"
        f"{costs[0]:>9.2f}{costs[1]:>9.2f}{costs[1] / costs[0]:>7.2f}×  {waits}"
    )


def main() -> None:
    """Compare with the peers, then the sizes."""
    data = make_market(SMALL)
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        market = stack.enter_context(serve_market(data, free_port()))
        pages, cookie = _our_pages(market.port), sign_in(market.port, PERSON)
        outcomes = [path for path in pages if path.startswith("/outcomes/")]
        handed_file, bare_file = Path(name) / "handed.json", Path(name) / "bare.json"
        signed_in = _get(market.port, outcomes[0], cookie)
        handed.write(
            handed_file, pages["/outcomes"], signed_in, {path[10:]: pages[path] for path in outcomes}
        )
        bare_file.write_text(json.dumps(pages), "utf-8")
        django, peer_cookie = stack.enter_context(_serve_django(data, handed_file))
        bare = stack.enter_context(_serve_bare(bare_file))
        for path, ours, cookies in (
            *((path, pages[path], ("", "")) for path in (outcomes[0], "/outcomes")),
            (outcomes[0], signed_in, (cookie, peer_cookie)),
        ):
            _tell_sizes(path, ours, _get(django.port, path, cookies[1]))
        say(f"\nThe peer: Django, gunicorn with one process of 8 threads; ours: `serve`, one process\n{HEAD}")
        for words, paths, (own, its) in (
            ("outcome, guest", outcomes, ("", "")),
            ("outcome, signed in", outcomes, (cookie, peer_cookie)),
            ("list, guest", ["/outcomes"], ("", "")),
        ):
            for connections in CONNECTIONS:
                sides = Side(market, data, paths, own), Side(django, data, paths, its)
                compare(words, *sides, connections, is_fresh=True)
        say(f"\nThe peer: bare Starlette and Jinja2, data in memory\n{HEAD}")
        for words, paths in (("outcome", outcomes[:1]), ("list", ["/outcomes"]), ("home", ["/"])):
            sides = Side(market, data, paths), Side(bare, None, paths)
            for connections in CONNECTIONS:
                compare(f"{words}, asked again", *sides, connections, is_fresh=False)
            compare(f"{words}, the first time", *sides, CONNECTIONS[0], is_fresh=True)
    if os.environ.get("SIZE") != "0":
        _sizes(data)


def _our_pages(port: int) -> dict[str, str]:
    """Return the pages of guests that are measured, by path."""
    listing = _get(port, "/outcomes?size=50")
    numbers = [path for path in dict.fromkeys(handed.paths_of(listing)) if path.startswith("/outcomes/")]
    return {path: _get(port, path) for path in ("/", "/outcomes", *numbers[:OUTCOMES])}


def _get(port: int, path: str, cookie: str = "") -> str:
    answer = httpx.get(f"http://127.0.0.1:{port}{path}", headers={"cookie": cookie}, timeout=60)
    answer.raise_for_status()
    return answer.text


def _tell_sizes(path: str, ours: str, peers: str) -> None:
    """Tell whether the peer still draws our page: the same words in the same order."""
    words, its = handed.words_of(ours), handed.words_of(peers)
    differing = sum(a != b for a, b in zip(words, its, strict=False)) + abs(len(words) - len(its))
    say(f"{path}: {len(ours.encode()):,} bytes of ours, {len(peers.encode()):,} of the peer's")
    if differing:
        first = next(((a, b) for a, b in zip(words, its, strict=False) if a != b), ("", ""))
        say(f"  THE PEER DRAWS ANOTHER PAGE: renew its templates; first unlike: {first[0]!r} : {first[1]!r}")


@contextmanager
def _serve_django(data: Path, handed_file: Path) -> Iterator[tuple[Server, str]]:
    """Run the Django peer on the same database; yield it with the cookie of the person signed in there."""
    environ = {
        "PEER_DATABASE": f"postgresql://postgres@/postgres?host={data / 'postgres'}",
        "PEER_HANDED": str(handed_file),
    }
    prepare = [sys.executable, "-m", "tests.bench.peer.prepare", PERSON + DOMAIN]
    cookie = subprocess.run(  # noqa: S603  # our own module
        prepare, env={**os.environ, **environ}, stdout=subprocess.PIPE, text=True, check=True
    ).stdout
    port = free_port()
    command = [sys.executable, "-m", "gunicorn", "-w", "1", "-k", "gthread", "--threads", "8"]
    command += ["--keep-alive", "75", "-b", f"127.0.0.1:{port}", "tests.bench.peer.wsgi"]
    with serving(command, port, environ, data / "django.log") as server:
        yield server, cookie


@contextmanager
def _serve_bare(pages: Path) -> Iterator[Server]:
    port = free_port()
    command = [sys.executable, "-m", "uvicorn", "--factory", "tests.bench.peer.bare:create_app"]
    command += ["--port", str(port), "--no-access-log", "--log-level", "warning"]
    with serving(command, port, {"BARE_PAGES": str(pages)}, pages.with_suffix(".log")) as server:
        yield server


def _sizes(small: Path) -> None:
    """Compare the processor time of home and list in both markets."""
    large = make_market(LARGE)
    say(f"\nProcessor ms per request, {LARGE:,} ÷ {SMALL:,} outcomes, 4 connections, nothing kept")
    with serve_market(small, free_port()) as one, serve_market(large, free_port()) as other:
        for words, path in (("home, guest", "/"), ("list, guest", "/outcomes")):
            sides = Side(one, small, [path]), Side(other, large, [path])
            costs: tuple[list[float], list[float]] = [], []
            for turn in range(ROUNDS + 1):
                for side, figures in zip(sides, costs, strict=True):
                    cost = side.run(CONNECTIONS[0], is_fresh=True).milliseconds
                    if turn:
                        figures.append(cost)
            few, many = map(statistics.median, costs)
            say(f"{words:<26}{few:>9.2f}{many:>9.2f}{many / few:>7.2f}×")


def say(line: str) -> None:
    """Print a line at once."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
