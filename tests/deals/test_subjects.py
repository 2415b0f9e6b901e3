"""What a deal is about: an outcome, or a record of a room that stands above this one."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any
from uuid import UUID, uuid4

import pytest
from tortoise.exceptions import IntegrityError

from market.deals.models import Deal, Opening
from market.deals.queries import attach_subjects
from market.kit.i18n import lazy
from market.kit.room import Room
from market.kit.subjects import Subject, SubjectRecord
from tests.another_room import another_room
from tests.deals.factories import Parties, make_agreed, make_parties
from tests.factories import NOW

CHALLENGE = UUID(int=7)


async def _make_deal(parties: Parties, **fields: Any) -> Deal:
    defaults: dict[str, Any] = {
        "id": uuid4(),
        "number": f"JY-{uuid4().hex[:8]}",
        "title": "耐蚀涂层攻关",
        "opening": Opening.RESPONSE,
        "seller_id": parties.university.id,
        "buyer_id": parties.enterprise.id,
        "created_at": NOW,
        "updated_at": NOW,
        "subject_id": parties.outcome.id,
    }
    return await Deal.create(**(defaults | fields))


async def _prizes(ids: Collection[UUID]) -> Mapping[UUID, SubjectRecord]:
    return {each: SubjectRecord("prize", each, "JB-1", "耐蚀涂层", lazy("奖项"), "/c/JB-1") for each in ids}


PRIZES = Subject(lazy("奖项"), describe=_prizes)


async def test_the_subject_of_an_interest_is_the_outcome() -> None:
    parties = await make_parties()

    deal = await make_agreed(parties)
    unfetched = await Deal.get(id=deal.id)
    await attach_subjects([unfetched])

    assert (deal.subject_kind, deal.subject_id) == ("outcome", parties.outcome.id)
    assert unfetched.subject.address == f"/outcomes/{parties.outcome.number}"
    assert deal.subject == unfetched.subject


async def test_a_deal_may_be_about_a_record_of_another_room() -> None:
    parties = await make_parties()
    deal = await _make_deal(parties, subject_kind="prize", subject_id=CHALLENGE)
    outcome_deal = await make_agreed(parties)

    with another_room(Room("prizes", subjects={"prize": PRIZES})):
        await attach_subjects([deal, outcome_deal])

    assert deal.subject.title == "耐蚀涂层"
    assert outcome_deal.subject.number == parties.outcome.number


async def test_a_subject_that_no_room_describes_is_an_error() -> None:
    deal = await _make_deal(await make_parties(), subject_kind="claim", subject_id=CHALLENGE)

    with pytest.raises(LookupError, match="claim"):
        await attach_subjects([deal])


@pytest.mark.parametrize("kind", ["outcome", "challenge"])
async def test_the_outcome_is_named_exactly_where_it_is_the_subject(kind: str) -> None:
    parties = await make_parties()
    other = {"outcome": None, "challenge": parties.outcome.id}[kind]

    with pytest.raises(IntegrityError, match="deals_outcome"):
        await _make_deal(parties, subject_kind=kind, outcome_id=other)


async def test_one_buyer_has_one_running_deal_about_a_subject_but_several_about_a_challenge() -> None:
    parties = await make_parties()
    await _make_deal(parties, subject_kind="challenge", subject_id=CHALLENGE)
    await _make_deal(parties, subject_kind="challenge", subject_id=CHALLENGE)
    await _make_deal(parties, subject_kind="claim", subject_id=CHALLENGE)

    with pytest.raises(IntegrityError, match="deals_one_running"):
        await _make_deal(parties, subject_kind="claim", subject_id=CHALLENGE)
