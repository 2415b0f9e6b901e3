"""Asks hostile requests as people of every role, and tells what broke."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from starlette.applications import Starlette

from market.accounts.actors import Actor
from market.accounts.models import User
from market.accounts.sessions import start_session
from market.kit.routing import Route
from market.ledger.checks import run_checks
from tests.fuzz.half_writes import Snapshot
from tests.fuzz.requests import Answer, Case, ask, cases, real_params

EVERY = 20
"""Of so many forms one is watched: when it is refused, no table of the business may have changed."""
Person = tuple[str, Actor | None]


@dataclass
class Report:
    """What the requests came to."""

    statuses: Counter[int] = field(default_factory=Counter)
    broken: list[str] = field(default_factory=list)
    """Requests answered with 5xx, or not at all, or that wrote although they were refused."""

    sessions_lost: int = 0
    """Times that somebody had to sign in again."""
    seconds: list[tuple[float, str]] = field(default_factory=list)
    """How long each request took, and which it was."""

    @property
    def total(self) -> int:
        return self.statuses.total()


class Fuzzer:
    """Sends requests one after another, and watches answers and tables."""

    def __init__(self, app: Starlette, people: Sequence[Person]) -> None:
        self.app, self.people = app, people
        self.report = Report()
        self.routes = [route for route in app.routes if isinstance(route, Route)]
        self._sessions: dict[str, str | None] = {}
        self._snapshot = Snapshot()

    async def send(self, case: Case, person: Person) -> Answer:
        """Send one request as this person."""
        name, actor = person
        if actor is not None and self._sessions.get(name) is None:
            self._sessions[name] = await start_session(await User.get(id=actor.user_id), device="fuzz")
        is_watched = case.method == "POST" and self.report.total % EVERY == 0
        if is_watched:
            await self._snapshot.take()
        started = time.monotonic()
        try:
            answer = await ask(self.app, case, session=self._sessions.get(name), number=self.report.total)
        except Exception as error:  # whatever leaves the site is a finding
            answer = Answer(599)
            self.report.broken.append(f"{type(error).__name__}: {error}"[:200] + f" {name} {case}")
        self.report.statuses[answer.status] += 1
        self.report.seconds.append((time.monotonic() - started, f"{answer.status} {name} {case}"))
        if answer.status >= 500:
            self.report.broken.append(f"{answer.status} {name} {case}")
        is_sent_away = answer.status == 401 or "/login" in answer.headers.get("location", "")
        if "set-cookie" in answer.headers or (actor is not None and is_sent_away):
            self._sessions[name] = None  # this very request, or one before, ended it
            self.report.sessions_lost += actor is not None
        if is_watched and answer.status >= 400 and (changed := await self._snapshot.changed()):
            self.report.broken.append(f"wrote {changed} and answered {answer.status} {name} {case}")
        return answer

    async def invariants(self) -> set[str]:
        """State every invariant of the market, and return what breaks them."""
        return {
            f"{checked.name}: {finding}" for checked in await run_checks() for finding in checked.findings
        }


async def once_each(fuzzer: Fuzzer, *, most: int) -> None:
    """Ask each route `most` times, each time as another person."""
    params = await real_params(fuzzer.routes)
    for turn, route in enumerate(fuzzer.routes):
        for i, case in enumerate(cases(route, params[route.name], turn=turn, most=most)):
            await fuzzer.send(case, fuzzer.people[(turn + i) % len(fuzzer.people)])


async def in_full(fuzzer: Fuzzer, total: int) -> AsyncIterator[Any]:
    """Ask every route everything as everybody, again and again with other values, `total` times."""
    turn = 0
    while fuzzer.report.total < total:
        params = await real_params(fuzzer.routes)
        for at, route in enumerate(fuzzer.routes):
            # After as many rounds as there are people everybody has asked everything.
            person = fuzzer.people[(at + turn) % len(fuzzer.people)]
            for case in cases(route, params[route.name], turn=turn):
                await fuzzer.send(case, person)
            yield fuzzer.report
            if fuzzer.report.total >= total:
                return
        turn += 1
