"""Calls released and closings decided at the same moment, on real connections."""

from __future__ import annotations

import asyncio
from collections import Counter
from datetime import timedelta

import pytest

from market.programmes import calls
from market.programmes.call_models import Call, CallClosing
from market.programmes.call_states import CallStatus
from market.records.by import By
from market.records.decisions import Verdict
from market.records.models import StatusEvent
from tests.claims.factories import make_desk
from tests.factories import NOW
from tests.programmes.factories import make_programmes
from tests.programmes.test_calls import CLOSES, values

pytestmark = [pytest.mark.committed, pytest.mark.long]


async def test_of_two_at_once_one_releases_one_of_two_that_overlap_binds_and_one_decides() -> None:
    await make_programmes()
    desk = await make_desk()
    officer, approver = By(desk.officer, NOW), By(desk.approver, NOW)
    first = await calls.draft_call("guangxi", values(), by=officer)
    second = await calls.draft_call("guangxi", values(), by=officer)

    async def results(*numbers: str) -> Counter[str]:
        outcomes = await asyncio.gather(
            *(calls.release_call(number, by=approver) for number in numbers), return_exceptions=True
        )
        return Counter(type(result).__name__ for result in outcomes)

    assert await results(first.number, second.number) == {"Call": 1, "Invalid": 1}
    released = await Call.get(status=CallStatus.RELEASED)
    waiting = await Call.get(status=CallStatus.DRAFT)
    third = await calls.draft_call("nanning", values(), by=officer)
    assert await results(third.number, third.number, third.number) == {"Call": 1, "Conflict": 2}
    assert await StatusEvent.filter(subject_id=third.id, action="release").count() == 1
    assert waiting.number != released.number

    closing = await calls.propose_closing(released.number, CLOSES + timedelta(days=3), "延长", by=officer)
    decided = await asyncio.gather(
        calls.decide_closing(released.number, closing.id, Verdict.CONFIRMED, by=approver),
        calls.decide_closing(released.number, closing.id, Verdict.REJECTED, reason="不", by=approver),
        return_exceptions=True,
    )
    assert Counter(type(result).__name__ for result in decided) == {"CallClosing": 1, "AlreadyDecided": 1}
    assert (await CallClosing.get()).verdict is not None
