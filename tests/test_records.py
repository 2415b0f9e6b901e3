"""What holds of every record with a status, whatever room owns it."""

from __future__ import annotations

import ast
import importlib
import re
from collections.abc import Iterator
from enum import StrEnum
from functools import cache
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from market.deals.models import Offer
from market.deals.states import OfferAction, OfferStatus
from market.kit.workflow import ActionNotAllowed, Workflow
from market.records.by import By
from market.records.transitions import Stateful, history, transition, transition_all
from market.rooms import ROOMS
from tests.deals.factories import make_offered, make_parties
from tests.factories import NOW

MARKET = Path(__file__).parent.parent / "market"
WRITER = MARKET / "records" / "transitions.py"
AUDITING = {"record", "record_bulk", "record_all", "audit", "audit_all"}
"""The functions of `market.audit.log`, by the names that rooms import them under."""
MAY_WRITE = re.compile(
    rf"\.status\b[^\n]*(?<![=!<>])=(?!=)|\.status,?\n|update\w*\((?s:.*?)status|\b({'|'.join(AUDITING)})\("
)
"""Stands in whatever text writes a status or a line of the audit log."""


def _stateful(model: type[Stateful] = Stateful) -> Iterator[type[Stateful]]:
    for subclass in model.__subclasses__():
        if not subclass._meta.abstract and subclass.__module__ in ROOMS.models:
            yield subclass
        yield from _stateful(subclass)


MODELS = sorted(set(_stateful()), key=lambda model: model.__name__)
every_record = pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)


CREATED_ONLY = {"BankLine": {"similar"}, "ListingChange": {"applied"}}
"""Statuses that no act leads to and records are created in, beside the default."""
UNUSED = {"Organisation": {"suspended"}}
"""Statuses that no act leads to and nothing is created in: no page suspends an organisation yet."""


def _statuses(model: type[Stateful]) -> type[StrEnum]:
    return type(next(iter(model.workflow.transitions))[0])


def _first(model: type[Stateful]) -> set[StrEnum]:
    """Return the default status, or of a model without one the statuses that nothing leads to."""
    default = model._meta.fields_map["status"].default
    transitions = model.workflow.transitions
    created = {_statuses(model)(value) for value in CREATED_ONLY.get(model.__name__, ())}
    if default:
        return {default, *created}
    return {status for status, _action in transitions} - {*transitions.values()}


def _reached(workflow: Workflow[Any, Any], first: set[StrEnum]) -> set[StrEnum]:
    reached: set[StrEnum] = set()
    ahead = list(first)
    while ahead:
        status = ahead.pop()
        if status not in reached:
            reached.add(status)
            ahead += [workflow.next(status, action) for action in workflow.actions(status)]
    return reached


def test_the_rooms_have_records_with_a_status() -> None:
    assert {"Deal", "Offer", "RewardPlan", "Outcome", "Need"} <= {model.__name__ for model in MODELS}


@every_record
def test_the_kind_of_a_record_is_declared_with_labels_of_its_actions(model: type[Stateful]) -> None:
    for action in {action for _status, action in model.workflow.transitions}:
        assert ROOMS.verb_label(model.record_kind, action.value), f"{model.record_kind} {action}"


@every_record
def test_every_transition_can_be_reached_from_the_first_status(model: type[Stateful]) -> None:
    reached = _reached(model.workflow, _first(model))

    assert {status for status, _action in model.workflow.transitions} <= reached


@every_record
def test_only_declared_actions_lead_out_of_a_status(model: type[Stateful]) -> None:
    workflow = model.workflow
    actions = {action for _status, action in workflow.transitions}
    for status, action in product(_statuses(model), actions):
        if (status, action) in workflow.transitions:
            assert workflow.next(status, action) is workflow.transitions[status, action]
            assert action in workflow.actions(status)
            assert status in workflow.sources(action)
        else:
            assert not workflow.allows(status, action)
            with pytest.raises(ActionNotAllowed):
                workflow.next(status, action)


@every_record
def test_every_status_stands_in_the_table_of_its_workflow(model: type[Stateful]) -> None:
    table = model.workflow.transitions
    named = {status.value for (source, _action), target in table.items() for status in (source, target)}

    assert {status.value for status in _statuses(model)} - named == UNUSED.get(model.__name__, set())


async def _two_open_offers() -> tuple[list[Offer], By]:
    first, second = await make_parties(), await make_parties()
    offers = [(await make_offered(parties))[1] for parties in (first, second)]
    return offers, By(first.seller, NOW)


async def test_many_records_move_at_once_with_a_trace_of_each() -> None:
    offers, by = await _two_open_offers()

    withdrawn, expired = offers

    await transition_all(
        [
            (withdrawn, OfferAction.WITHDRAW, {"answered_at": NOW}),
            (expired, OfferAction.EXPIRE, {"answered_at": NOW}),
        ],
        by=by,
    )

    for offer, status in ((withdrawn, OfferStatus.WITHDRAWN), (expired, OfferStatus.EXPIRED)):
        stored = await Offer.get(id=offer.id)
        assert offer.status is stored.status is status
        assert offer.answered_at == stored.answered_at == NOW
        assert [event.status for event in await history("offer", offer.id)] == ["open", status]


async def test_many_records_move_only_together() -> None:
    offers, by = await _two_open_offers()
    await transition(await Offer.get(id=offers[0].id), OfferAction.EXPIRE, by=by)

    with pytest.raises(ActionNotAllowed):
        await transition_all([(offer, OfferAction.WITHDRAW, {}) for offer in offers], by=by)

    assert [event.action for event in await history("offer", offers[1].id)] == [""]


async def test_nothing_to_move_is_no_error() -> None:
    await transition_all([], by=By.job(NOW))


def test_a_status_is_written_by_transition_alone() -> None:
    assert [f"{path.relative_to(MARKET)}:{line}" for path, line in _status_writes()] == []


def test_a_status_write_is_found_however_it_is_written() -> None:
    written = """
claim.status = Status.PAID
claim.status, claim.paid_at = Status.PAID, now
await Claim.filter(id=1).update(status=Status.PAID)
claim.update_from_dict({"status": Status.PAID})
"""
    assert len(list(_writes_in(ast.parse(written)))) == 4
    assert all(MAY_WRITE.search(f"{line}\n") for line in written.split("\n") if line)
    assert MAY_WRITE.search("(\n    claim.status,\n    claim.paid_at,\n) = Status.PAID, now\n")


def test_the_audit_log_is_told_only_verbs_that_have_a_label() -> None:
    """A verb is a member of an enum, never a string that no page has a label for."""
    literal = [
        f"{path.relative_to(MARKET)}:{line} {verb}"
        for path, tree in _modules().items()
        for line, verb in _literal_verbs(tree)
    ]

    assert literal == []


def test_a_literal_verb_is_found_however_it_is_written() -> None:
    calls = """
await record("claim", claim.id, "accept", by=by)
await audit("claim", claim.id, "pay" if is_whole else "pay_part", by=by)
await log.record_all("claim", ids, f"enter_{kind}", by=by)
await record_bulk("claim", ids, ClaimVerb.IMPORT, by=by, source="file")
"""
    assert all(MAY_WRITE.search(line) for line in calls.split("\n") if line)
    assert [verb for _line, verb in _literal_verbs(ast.parse(calls))] == [
        "accept",
        "pay",
        "pay_part",
        "enter_",
    ]


@pytest.mark.parametrize("room", [room.name for room in ROOMS.all])
def test_every_act_of_a_room_says_who_may_do_it(room: str) -> None:
    if room == "accounts":
        return
    paths = [*(MARKET / room).glob("*states.py"), *(MARKET / room).glob("permissions.py")]
    names = [path.stem for path in paths]
    modules = [importlib.import_module(f"market.{room}.{name}") for name in names]
    acts = {
        member
        for module in modules
        for name, value in vars(module).items()
        if name.endswith("Act") and value.__module__ == module.__name__
        for member in value
    }

    assert acts == set({declared.name: declared for declared in ROOMS.all}[room].permissions)


@cache
def _modules() -> dict[Path, ast.Module]:
    """Return the modules that may write a status or a line of the audit log: to parse all takes its time."""
    texts = {path: path.read_text(encoding="utf-8") for path in sorted(MARKET.rglob("*.py"))}
    return {path: ast.parse(text) for path, text in texts.items() if MAY_WRITE.search(text)}


def _literal_verbs(tree: ast.AST) -> Iterator[tuple[int, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and len(node.args) >= 3:
            function = node.func
            name = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
            if name in AUDITING:
                for part in ast.walk(node.args[2]):
                    if isinstance(part, ast.Constant) and isinstance(part.value, str):
                        yield node.lineno, part.value


def _status_writes() -> Iterator[tuple[Path, int]]:
    for path, tree in _modules().items():
        if path != WRITER and "migrations" not in path.parts:
            yield from ((path, line) for line in _writes_in(tree))


def _writes_in(tree: ast.AST) -> Iterator[int]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign | ast.AugAssign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            written = [
                part
                for target in targets
                for part in (target.elts if isinstance(target, ast.Tuple) else [target])
            ]
            if any(isinstance(part, ast.Attribute) and part.attr == "status" for part in written):
                yield node.lineno
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            by_keyword = any(keyword.arg == "status" for keyword in node.keywords)
            by_dict = any(
                isinstance(key, ast.Constant) and key.value == "status"
                for argument in node.args
                if isinstance(argument, ast.Dict)
                for key in argument.keys
            )
            if (node.func.attr == "update" and by_keyword) or (
                node.func.attr in ("update", "update_from_dict") and by_dict
            ):
                yield node.lineno
