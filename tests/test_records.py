"""What holds of every record with a status, whatever room owns it."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from itertools import product
from typing import Any

import pytest

from market.audit.verify import verify_database
from market.deals.models import Offer
from market.deals.states import OfferAction, OfferStatus
from market.kit.workflow import ActionNotAllowed, Workflow
from market.records.by import By
from market.records.transitions import Stateful, history, transition, transition_all
from market.rooms import ROOMS
from tests.deals.factories import make_offered, make_parties
from tests.factories import NOW


def _stateful(model: type[Stateful] = Stateful) -> Iterator[type[Stateful]]:
    for subclass in model.__subclasses__():
        if not subclass._meta.abstract and subclass.__module__ in ROOMS.models:
            yield subclass
        yield from _stateful(subclass)


MODELS = sorted(set(_stateful()), key=lambda model: model.__name__)
every_record = pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)


CREATED_ONLY = {"BankLine": {"outgoing"}}
"""Statuses in which records are created and stay."""


def _statuses(model: type[Stateful]) -> type[StrEnum]:
    return type(next(iter(model.workflow.transitions))[0])


def _first(model: type[Stateful]) -> set[StrEnum]:
    """Return the default status, or of a model without one the statuses that nothing leads to."""
    default = model._meta.fields_map["status"].default
    transitions = model.workflow.transitions
    return {default} if default else {status for status, _action in transitions} - {*transitions.values()}


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
def test_the_diagram_names_every_status(model: type[Stateful]) -> None:
    words = set(model.workflow.diagram().split())
    unnamed = {status.value for status in _statuses(model)} - words

    assert unnamed == CREATED_ONLY.get(model.__name__, set())


async def _two_open_offers() -> tuple[list[Offer], By]:
    first, second = await make_parties(), await make_parties()
    offers = [(await make_offered(parties))[1] for parties in (first, second)]
    return offers, By(first.seller, NOW)


async def test_many_records_move_at_once_with_a_trace_of_each() -> None:
    offers, by = await _two_open_offers()

    await transition_all(offers, OfferAction.WITHDRAW, by=by, changes={"answered_at": NOW})

    assert {offer.status for offer in offers} == {OfferStatus.WITHDRAWN}
    for offer in offers:
        assert (await Offer.get(id=offer.id)).answered_at == NOW
        assert [event.status for event in await history("offer", offer.id)] == ["open", "withdrawn"]
    findings, _verifier = await verify_database()
    assert findings == []


async def test_many_records_move_only_together() -> None:
    offers, by = await _two_open_offers()
    await transition(await Offer.get(id=offers[0].id), OfferAction.EXPIRE, by=by)

    with pytest.raises(ActionNotAllowed):
        await transition_all(offers, OfferAction.WITHDRAW, by=by)

    assert [event.action for event in await history("offer", offers[1].id)] == [""]


async def test_nothing_to_move_is_no_error() -> None:
    await transition_all([], OfferAction.WITHDRAW, by=By.job(NOW))
