"""Each change of a deal's status is allowed by the table and recorded."""

from __future__ import annotations

import pytest

from market.audit.models import AuditEvent
from market.deals.models import (
    DealAction,
    DealEvent,
)
from market.deals.states import ActionNotAllowed
from market.deals.transitions import advance
from market.records.by import By
from tests.deals.factories import (
    make_agreed,
    make_parties,
    make_published,
)
from tests.factories import NOW


async def test_every_move_leaves_an_event_and_a_row_in_the_audit_log() -> None:
    parties = await make_parties()

    deal = await make_published(parties)

    events = await DealEvent.filter(deal_id=deal.id).order_by("id")
    assert [event.status.value for event in events] == [
        "intent",
        "negotiating",
        "priced",
        "publicity",
    ]
    logged = await AuditEvent.filter(subject_kind="deal", subject_id=deal.id).order_by("sequence")
    assert [each.action for each in logged] == ["open", "agree_introduction", "offer", "agree", "publish"]


async def test_a_deal_advances_only_by_the_table() -> None:
    parties = await make_parties()
    deal = await make_agreed(parties)

    with pytest.raises(ActionNotAllowed):
        await advance(deal.id, DealAction.SIGN, by=By(parties.seller, NOW))
