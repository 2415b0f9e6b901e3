"""Each change of a deal's status is allowed by the table and recorded."""

from __future__ import annotations

import pytest

from market.audit.models import AuditEvent
from market.deals.states import DealAction
from market.kit.workflow import ActionNotAllowed
from market.records.by import By
from market.records.transitions import history, transition
from tests.deals.factories import (
    make_agreed,
    make_parties,
    make_published,
)
from tests.factories import NOW


async def test_every_move_leaves_an_event_and_a_row_in_the_audit_log() -> None:
    parties = await make_parties()

    deal = await make_published(parties)

    events = await history("deal", deal.id)
    assert [event.status for event in events] == [
        "intent",
        "negotiating",
        "priced",
        "publicity",
    ]
    logged = await AuditEvent.filter(subject_kind="deal", subject_id=deal.id).order_by("sequence")
    assert [each.action for each in logged] == ["open", "agree_introduction", "offer", "agree", "publish"]


async def test_a_deal_goes_on_only_by_its_workflow() -> None:
    parties = await make_parties()
    deal = await make_agreed(parties)

    with pytest.raises(ActionNotAllowed):
        await transition(deal, DealAction.SIGN, by=By(parties.seller, NOW))
