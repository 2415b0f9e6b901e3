"""Every room describes itself whole, and nothing is wired anywhere else."""

from __future__ import annotations

import ast
import importlib
import re
from collections.abc import Iterator
from datetime import datetime
from enum import StrEnum
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import cast
from uuid import UUID, uuid4

import pytest

from market.accounts.actors import Actor
from market.accounts.permissions import Role, may
from market.codes.labels import label
from market.codes.numbers import next_number
from market.deps import Deps
from market.files.models import StoredFile
from market.kit.i18n import lazy
from market.kit.jobs import Job
from market.kit.labels import LabelEnum
from market.kit.room import Invariant, LedgerAccount, Room, Rooms
from market.kit.routing import Route
from market.kit.subjects import Subject
from market.ledger.accounts import account_name, may_go_negative
from market.ledger.checks import run_checks
from market.records.moments import run_moments, set_moment
from market.rooms import ROOMS
from tests.another_room import another_room
from tests.factories import NOW

MARKET = Path(__file__).parent.parent / "market"


def test_every_package_with_tables_pages_or_jobs_is_a_room() -> None:
    contributing = {
        path.parent.name
        for path in MARKET.glob("*/*.py")
        if path.stem in ("models", "jobs", "checks", "room") or path.stem.endswith("views")
    }

    assert contributing - {room.name for room in ROOMS.all} == set()


@pytest.mark.parametrize("room", ROOMS.all, ids=lambda room: room.name)
def test_a_room_declares_every_page_and_job_that_it_has(room: Room) -> None:
    routes = {id(route) for route in (*room.routes, *room.demo_routes)}
    for name, module in _modules(room.name):
        if name.endswith("views"):
            own = (*getattr(module, "routes", ()), *getattr(module, "demo_routes", ()))
            assert {id(route) for route in own} <= routes, f"pages of {room.name}.{name} are not declared"
        if name == "jobs":
            declared = {job.name for job in room.jobs}
            assert {value.name for value in vars(module).values() if isinstance(value, Job)} == declared


def test_every_kind_of_record_with_a_page_has_one_that_exists() -> None:
    named = {route.name: route for route in ROOMS.routes(is_demo=True) if isinstance(route, Route)}

    for kind, subject in ROOMS.subjects.items():
        assert str(subject.label)
        if subject.page:
            assert named[subject.page].param_convertors.keys() == {subject.page_key}, kind


def test_no_address_is_hidden_behind_another_rooms() -> None:
    routes = [route for route in ROOMS.routes(is_demo=True) if isinstance(route, Route)]
    for route in routes:
        if route.param_convertors:
            continue
        first = next(
            other
            for other in routes
            if other.path_regex.match(route.path)
            and other.methods
            and route.methods
            and other.methods & route.methods
        )
        assert first is route, f"{route.path} is answered by {first.path}"


def test_every_figure_opens_a_page_that_exists() -> None:
    pages = {route.name for route in ROOMS.routes(is_demo=True) if isinstance(route, Route)}

    assert ROOMS.figures
    for figure in ROOMS.figures.values():
        assert figure.source.page in pages, figure.name
        assert str(figure.label)


def test_every_menu_leads_in_one_order_to_pages_that_exist_and_to_acts_that_are_declared() -> None:
    pages = {route.name for route in ROOMS.routes(is_demo=True) if isinstance(route, Route)}
    only_demo = pages - {route.name for route in ROOMS.routes(is_demo=False) if isinstance(route, Route)}

    for menu, entries in ROOMS.menus.items():
        assert entries, menu
        assert len({entry.order for entry in entries}) == len(entries), menu
        for entry in entries:
            assert str(entry.label)
            assert entry.page in pages, entry.page
            assert entry.is_demo or entry.page not in only_demo, entry.page
            assert entry.act is None or entry.act in ROOMS.permissions, entry.page


def test_an_entry_is_seen_by_whom_its_act_is_for_and_in_the_demo_alone_where_it_says_so() -> None:
    operator = Actor(uuid4(), "", "", frozenset({Role.OPERATOR}))

    def start(actor: Actor | None, *, is_demo: bool) -> list[str]:
        return [entry.page for entry in ROOMS.menu("start", actor, is_demo=is_demo)]

    def work(*, is_demo: bool) -> set[str]:
        return {entry.page for entry in ROOMS.workbench(operator, is_demo=is_demo)}

    assert start(None, is_demo=False) == []
    assert start(operator, is_demo=False) == ["backoffice:listings"]
    assert "backoffice:mails" in [entry.page for entry in ROOMS.menu("foot", None, is_demo=True)]
    assert "backoffice:mails" not in [entry.page for entry in ROOMS.menu("foot", None, is_demo=False)]
    assert {"backoffice:clock", "backoffice:mails"} == work(is_demo=True) - work(is_demo=False)
    assert {"backoffice:organisations", "backoffice:jobs"} <= work(is_demo=False)
    assert "backoffice:audit" not in work(is_demo=True)
    with pytest.raises(ValueError, match="cellar"):
        ROOMS.menu("cellar", None, is_demo=False)


def test_two_rooms_may_not_declare_the_same_name() -> None:
    room = Room("a", subjects={"thing": Subject(lazy("东西"))})

    with pytest.raises(ValueError, match="thing"):
        Rooms((room, room))


def test_only_the_room_itself_knows_its_views() -> None:
    for path, imported in _imports():
        name = imported.rsplit(".", 1)[-1]
        if name == "views" or name.endswith("_views"):
            assert path.name == "room.py", f"{path.relative_to(MARKET)} imports {imported}"


def test_only_the_assembly_knows_the_rooms_declarations() -> None:
    for path, imported in _imports():
        if imported.startswith("market.") and imported.endswith(".room") and imported != "market.kit.room":
            assert path == MARKET / "rooms.py", f"{path.relative_to(MARKET)} imports {imported}"


def _modules(room: str) -> Iterator[tuple[str, ModuleType]]:
    for path in (MARKET / room).glob("*.py"):
        if path.stem != "__init__":
            yield path.stem, importlib.import_module(f"market.{room}.{path.stem}")


@cache
def _imports() -> list[tuple[Path, str]]:
    """Return modules of the market with every module or name that they import from the market.

    Those whose text names neither views nor a room's declaration are left out: to parse all takes its time.
    """
    texts = {path: path.read_text(encoding="utf-8") for path in MARKET.rglob("*.py")}
    return [
        (path, imported)
        for path, text in texts.items()
        if re.search(r"views\b|\.room\b(?<!kit\.room)|import .*\broom\b|^\s+room,$", text, re.M)
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("market")
        for imported in (node.module, *(f"{node.module}.{alias.name}" for alias in node.names))
    ]


class ToyAct(StrEnum):
    PLAY = "play_with_toys"


class ToyVerb(LabelEnum):
    PLAY = "play", lazy("玩")


async def test_a_new_room_contributes_all_that_it_declares_and_is_wired_nowhere_else() -> None:
    played: list[UUID] = []

    async def fall_due(_deps: Deps, toy_id: UUID, _now: datetime) -> None:
        played.append(toy_id)

    async def nothing_is_broken() -> list[str]:
        return ["a toy is broken"]

    async def open_to_all(_actor: Actor | None, _file: StoredFile) -> bool:
        return True

    toy = Room(
        "toys",
        permissions={ToyAct.PLAY: frozenset({Role.ADMIN})},
        subjects={"toy": Subject(lazy("玩具"), number="WJ", files=open_to_all, verbs=(ToyVerb,))},
        labels={"toy": ToyVerb},
        ledger_accounts={"toy": LedgerAccount(lazy("玩具款"), is_guarded=True)},
        moments={"toys.play": fall_due},
        checks={"toys: none is broken": Invariant(lazy("玩具：没有损坏"), nothing_is_broken)},
    )
    toy_id = uuid4()

    with another_room(toy) as assembled:
        assert await next_number("toy", NOW) == "WJ-2026-000001"
        assert may(frozenset({Role.ADMIN}), ToyAct.PLAY)
        assert not may(frozenset({Role.AGENT}), ToyAct.PLAY)
        assert str(assembled.verb_label("toy", "play")) == "玩"
        assert label("toy", "play") == "玩"
        assert account_name("toy:1") == "玩具款"
        assert not may_go_negative("toy:1")
        assert assembled.file_guard("toy") is open_to_all
        assert "a toy is broken" in [line for stated in await run_checks() for line in stated.findings]
        await set_moment("toy", toy_id, "toys.play", NOW)
        assert await run_moments(cast(Deps, None), NOW) == 1
        assert await run_moments(cast(Deps, None), NOW) == 0

    assert played == [toy_id]


def test_every_route_bounds_its_parameters_and_its_body() -> None:
    """A route of a room is `market.kit.routing.Route`; a text of 5,000 characters fits no parameter."""
    for route in ROOMS.routes(is_demo=True):
        assert isinstance(route, Route), route
        for parameter in route.param_convertors.values():
            assert not re.fullmatch(parameter.regex, "1" * 5000), route.path
            assert not re.fullmatch(parameter.regex, "\x00"), route.path
