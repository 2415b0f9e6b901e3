"""Every route is asked what nobody should ask; `make fuzz` asks all of it as everybody."""

from __future__ import annotations

from urllib.parse import unquote

import pytest
from starlette.routing import Match

from market.accounts.models import StaffRole, User
from market.accounts.passwords import hash_password
from market.app import create_app
from market.deps import Deps
from market.kit.routing import Route
from market.rooms import ROOMS
from tests.claims.factories import make_desk, make_draft
from tests.contracts.factories import LATER, make_registered
from tests.deals.factories import make_parties
from tests.factories import PASSWORD, make_broker, make_staff
from tests.fakes import FixedClock
from tests.fuzz.requests import VALUES, path_cases
from tests.fuzz.run import Fuzzer, Person, once_each

MOST = 2
"""Requests of each route; each gives every field another value, and `make fuzz` asks all of them."""


async def make_people() -> list[Person]:
    """A contract and a claim with everybody who has to do with them, and who has not."""
    parties = await make_parties()
    await make_registered(parties)
    desk = await make_desk()
    applicant, _claim = await make_draft()
    people: list[Person] = [
        ("guest", None),
        ("seller", parties.seller),
        ("buyer finance", parties.buyer_finance),
        ("applicant", applicant),
        ("officer", desk.officer),
        ("rechecker", desk.rechecker),
        ("approver", desk.approver),
        ("operator", desk.operator),
        ("auditor", await make_staff(StaffRole.AUDITOR)),
        ("broker", await make_broker()),
    ]
    await User.all().update(password_hash=await hash_password(PASSWORD))
    return people


@pytest.mark.parametrize("kind", VALUES)
def test_no_value_in_a_path_is_too_much_for_a_route(kind: str) -> None:
    for route in ROOMS.routes(is_demo=True):
        assert isinstance(route, Route)
        for case in path_cases(route, kind):
            match, scope = route.matches(
                {"type": "http", "method": "GET", "path": unquote(case.path), "root_path": ""}
            )
            for value in scope.get("path_params", {}).values():
                assert match is not Match.NONE
                assert len(str(value)) <= 200


@pytest.mark.long
async def test_nothing_that_anybody_sends_brings_an_error_of_ours_or_a_half_write(deps: Deps) -> None:
    people = await make_people()
    assert isinstance(deps.clock, FixedClock)
    deps.clock.now = LATER
    fuzzer = Fuzzer(create_app(deps), people)
    of_the_stage = await fuzzer.invariants()

    await once_each(fuzzer, most=MOST)

    assert fuzzer.report.broken == []
    assert await fuzzer.invariants() == of_the_stage
    assert fuzzer.report.total >= MOST * len(fuzzer.routes) - len(fuzzer.routes)
