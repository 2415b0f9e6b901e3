"""Who brokered a deal of an organisation lately has a past with both of its sides."""

from __future__ import annotations

from datetime import timedelta

from market.accounts.relations import relations, relations_of
from market.deals.models import Deal
from tests.deals.factories import make_agreed, make_parties
from tests.factories import NOW, make_broker


async def test_a_broker_has_a_past_with_both_sides_of_a_deal_that_moved_since() -> None:
    parties = await make_parties()
    broker, other = await make_broker(), await make_broker()
    deal = await make_agreed(parties)
    await Deal.filter(id=deal.id).update(broker_id=broker.user_id)

    sides = [parties.university.id, parties.enterprise.id]
    past = await relations_of([broker.user_id, other.user_id], sides, NOW - timedelta(days=1))

    assert [(relation.person_id, relation.organisation_id) for relation in past] == [
        (broker.user_id, side) for side in sides
    ]
    assert await relations(broker.user_id, [parties.university.id], NOW) == [
        "2026-03-02 起为桂南大学的交易担任技术经纪人"
    ]
    assert await relations(broker.user_id, sides, NOW + timedelta(days=1)) == []
