from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from market.accounts.models import Message
from market.audit.models import AuditEvent
from market.deals import services
from market.deals.models import (
    ContractKind,
    Deal,
    DealAction,
    DealEvent,
    DealStatus,
    Introduction,
    Offer,
    OfferStatus,
)
from market.deals.moves import advance
from market.deals.offers import OfferChanged, OwnOffer
from market.deals.openings import AlreadyDealing
from market.deals.queries import contacts, get_deal_for
from market.deals.rules import buyer_name
from market.deals.states import ActionNotAllowed
from market.kit.errors import Conflict, Forbidden, Invalid, NotFound
from market.kit.money import Money
from market.listings.models import NeedStatus, OutcomeStatus
from market.matching.models import Match, MatchStatus
from market.notices.models import Notice, NoticeStatus
from market.records.by import By
from tests.deals.factories import (
    PRICE,
    STATEMENT,
    make_agreed,
    make_match,
    make_offered,
    make_parties,
    make_priced,
    make_published,
    make_to_sign,
    terms,
)
from tests.factories import HOLIDAYS, NOW, make_broker, make_member, make_need, make_outcome


async def test_interest_in_an_outcome_opens_a_deal_and_tells_the_seller() -> None:
    parties = await make_parties()

    deal = await services.open_interest(parties.outcome.number, "想用在新产线", by=By(parties.buyer, NOW))

    assert deal.status is DealStatus.INTENT
    assert deal.number.startswith("JY-2026-")
    assert await Message.filter(user_id=parties.seller.user_id, address=f"/deals/{deal.number}").exists()
    assert not await Message.filter(user_id=parties.buyer.user_id).exists()


async def test_the_same_interest_twice_is_one_deal() -> None:
    parties = await make_parties()
    first = await services.open_interest(parties.outcome.number, "一", by=By(parties.buyer, NOW))

    with pytest.raises(AlreadyDealing, match=first.number):
        await services.open_interest(parties.outcome.number, "二", by=By(parties.buyer, NOW))


async def test_after_an_end_the_same_two_may_begin_anew() -> None:
    parties = await make_parties()
    first = await services.open_interest(parties.outcome.number, "一", by=By(parties.buyer, NOW))
    await services.terminate(first.number, "timing", "", by=By(parties.seller, NOW))

    second = await services.open_interest(parties.outcome.number, "二", by=By(parties.buyer, NOW))

    assert second.number != first.number


async def test_nobody_deals_with_themselves() -> None:
    parties = await make_parties()
    own = await make_outcome(parties.enterprise)

    with pytest.raises(Conflict):
        await services.open_interest(own.number, "自己的", by=By(parties.buyer, NOW))


async def test_a_university_does_not_buy() -> None:
    parties = await make_parties()

    with pytest.raises(Forbidden):
        await services.open_interest(parties.outcome.number, "想买", by=By(parties.seller, NOW))


@pytest.mark.parametrize("status", [OutcomeStatus.SOLD, OutcomeStatus.EXPIRED])
async def test_what_is_not_on_offer_any_more_opens_no_deal(status: Any) -> None:
    parties = await make_parties()
    parties.outcome.status = status
    await parties.outcome.save(update_fields=["status"])

    with pytest.raises(Conflict):
        await services.open_interest(parties.outcome.number, "想买", by=By(parties.buyer, NOW))


async def test_a_seller_answers_a_need_with_an_outcome_of_theirs() -> None:
    parties = await make_parties()
    match = await make_match(parties)

    deal = await services.open_response(
        parties.need.number, parties.outcome.number, "我们能", by=By(parties.seller, NOW)
    )

    assert (deal.seller_id, deal.buyer_id) == (parties.university.id, parties.enterprise.id)
    assert (await Match.get(id=match.id)).status is MatchStatus.INTERESTED
    await parties.need.refresh_from_db()
    assert parties.need.status is NeedStatus.MATCHING


async def test_nobody_answers_a_need_with_the_outcome_of_another() -> None:
    parties = await make_parties()
    foreign = await make_outcome()

    with pytest.raises(NotFound):
        await services.open_response(
            parties.need.number, foreign.number, "我们能", by=By(parties.seller, NOW)
        )


async def test_a_masked_enterprise_is_named_when_both_sides_have_agreed() -> None:
    parties = await make_parties(is_masked=True)
    opened = await services.open_response(
        parties.need.number, parties.outcome.number, "我们能", by=By(parties.seller, NOW)
    )
    before = await get_deal_for(parties.seller, opened.number)
    names_before = [each.organisation for each in contacts(before, parties.seller)]

    await services.agree_introduction(opened.number, by=By(parties.buyer, NOW))

    assert buyer_name(before, parties.seller) == "某企业"
    assert names_before == ["桂南大学"]
    after = await get_deal_for(parties.seller, opened.number)
    assert buyer_name(after, parties.seller) == "南南线缆"
    assert [each.organisation for each in contacts(after, parties.seller)] == ["桂南大学", "南南线缆"]


async def test_a_broker_introduces_before_contacts_are_revealed_and_stays_on_the_deal() -> None:
    parties, broker = await make_parties(is_masked=True), await make_broker()
    match = await make_match(parties, broker)

    deal = await services.introduce(match.id, 300, "指标吻合", by=By(broker, NOW))

    introduction = await Introduction.get(deal_id=deal.id)
    assert (introduction.commission_basis_points, introduction.introduced_at) == (300, NOW)
    assert deal.broker_id == broker.user_id
    assert (deal.seller_agreed_at, deal.buyer_agreed_at) == (None, None)
    seen = await get_deal_for(parties.seller, deal.number)
    assert buyer_name(seen, parties.seller) == "某企业"
    assert buyer_name(seen, broker) == "南南线缆"


async def test_both_must_agree_to_an_introduction() -> None:
    parties, broker = await make_parties(), await make_broker()
    match = await make_match(parties, broker)
    deal = await services.introduce(match.id, 300, "指标吻合", by=By(broker, NOW))
    await services.agree_introduction(deal.number, by=By(parties.seller, NOW))

    with pytest.raises(Conflict, match="双方同意对接"):
        await services.make_offer(deal.number, terms(), seen=None, valid_days=15, by=By(parties.seller, NOW))

    await services.agree_introduction(deal.number, by=By(parties.buyer, NOW))
    assert (await Match.get(id=match.id)).status is MatchStatus.TALKING


async def test_only_the_broker_who_took_the_match_up_introduces_once() -> None:
    parties, broker, rival = await make_parties(), await make_broker(), await make_broker()
    match = await make_match(parties, broker)

    with pytest.raises(NotFound):
        await services.introduce(match.id, 300, "抢", by=By(rival, NOW))
    await services.introduce(match.id, 300, "一", by=By(broker, NOW))
    with pytest.raises(Conflict):
        await services.introduce(match.id, 100, "二", by=By(broker, NOW))


async def test_an_offer_and_its_acceptance_fix_the_price() -> None:
    parties = await make_parties()
    deal, offer = await make_offered(parties, plan=(80_500_000, 34_500_000))

    await services.accept_offer(deal.number, offer.id, offer.content_hash, by=By(parties.seller, NOW))

    deal = await Deal.get(id=deal.id)
    assert (deal.status, deal.price, deal.kind) == (DealStatus.PRICED, PRICE, ContractKind.LICENCE)


async def test_a_counter_offer_replaces_the_open_one() -> None:
    parties = await make_parties()
    deal, first = await make_offered(parties)

    second = await services.make_offer(
        deal.number, terms(Money(120_000_000)), seen=first.id, valid_days=15, by=By(parties.seller, NOW)
    )

    assert (await Offer.get(id=first.id)).status is OfferStatus.REPLACED
    assert (second.sequence, second.status) == (2, OfferStatus.OPEN)
    with pytest.raises(OfferChanged):
        await services.accept_offer(deal.number, first.id, first.content_hash, by=By(parties.seller, NOW))


async def test_a_changed_offer_needs_fresh_consent() -> None:
    parties = await make_parties()
    deal, first = await make_offered(parties)
    changed = await services.make_offer(
        deal.number, terms(Money(118_000_000)), seen=first.id, valid_days=15, by=By(parties.buyer, NOW)
    )

    with pytest.raises(OfferChanged):
        await services.accept_offer(deal.number, changed.id, first.content_hash, by=By(parties.seller, NOW))

    assert (await Deal.get(id=deal.id)).price is None


async def test_an_offer_made_meanwhile_is_not_swept_away_unread() -> None:
    parties = await make_parties()
    deal, first = await make_offered(parties)
    await services.make_offer(
        deal.number, terms(Money(120_000_000)), seen=first.id, valid_days=15, by=By(parties.seller, NOW)
    )

    with pytest.raises(OfferChanged):
        await services.make_offer(
            deal.number, terms(Money(90_000_000)), seen=first.id, valid_days=15, by=By(parties.buyer, NOW)
        )


async def test_nobody_accepts_their_own_offer() -> None:
    parties = await make_parties()
    deal, offer = await make_offered(parties)

    with pytest.raises(OwnOffer):
        await services.accept_offer(deal.number, offer.id, offer.content_hash, by=By(parties.buyer, NOW))


async def test_an_offer_of_another_deal_is_not_accepted_here() -> None:
    parties, others = await make_parties(), await make_parties()
    deal, _offer = await make_offered(parties)
    _deal, foreign = await make_offered(others)

    with pytest.raises(OfferChanged):
        await services.accept_offer(deal.number, foreign.id, foreign.content_hash, by=By(parties.seller, NOW))


async def test_an_offer_runs_out() -> None:
    parties = await make_parties()
    deal, offer = await make_offered(parties)
    late = NOW + timedelta(days=15)

    with pytest.raises(OfferChanged, match="有效期"):
        await services.accept_offer(deal.number, offer.id, offer.content_hash, by=By(parties.seller, late))
    assert await services.run_due(late) == 1
    assert await services.run_due(late) == 0

    assert (await Offer.get(id=offer.id)).status is OfferStatus.EXPIRED
    told = await Message.filter(text__contains="有效期").values_list("user_id", flat=True)
    assert set(told) == {parties.seller.user_id, parties.buyer.user_id}


async def test_a_payment_plan_must_add_up_to_the_price() -> None:
    parties = await make_parties()
    deal = await make_agreed(parties)

    with pytest.raises(Invalid) as refused:
        await services.make_offer(
            deal.number, terms(plan=(1, 2)), seen=None, valid_days=15, by=By(parties.buyer, NOW)
        )

    assert refused.value.field == "plan"


async def test_an_offer_without_a_plan_is_paid_at_once() -> None:
    parties = await make_parties()

    _deal, offer = await make_offered(parties)

    assert [row["amount"] for row in offer.plan] == [PRICE.amount]


async def test_the_price_of_a_state_university_is_published_for_fifteen_days() -> None:
    parties = await make_parties()
    deal = await make_priced(parties)

    notice = await services.start_publicity(
        deal.number, STATEMENT, calendar=HOLIDAYS, by=By(parties.seller, NOW)
    )

    assert str(notice.ends_at) == "2026-03-17 16:00:00+00:00"
    assert dict(notice.body)["拟交易价格"] == "￥1,150,000.00"
    assert dict(notice.body)["受让方（被许可方）"] == "南南线缆"
    assert (await Deal.get(id=deal.id)).status is DealStatus.PUBLICITY


async def test_the_buyer_does_not_publish() -> None:
    parties = await make_parties()
    deal = await make_priced(parties)

    with pytest.raises(Forbidden):
        await services.start_publicity(deal.number, STATEMENT, calendar=HOLIDAYS, by=By(parties.buyer, NOW))


async def test_publicity_cannot_be_skipped_where_the_law_asks_for_it() -> None:
    parties = await make_parties()
    deal = await make_priced(parties)

    with pytest.raises(Conflict, match="第十八条"):
        await services.skip_publicity(deal.number, by=By(parties.seller, NOW))


@pytest.mark.parametrize(
    ("kind", "university"),
    [
        (ContractKind.DEVELOPMENT, {}),
        (ContractKind.SERVICE, {}),
        (ContractKind.CONSULTING, {}),
        (ContractKind.LICENCE, {"kind": "enterprise"}),
        (ContractKind.ASSIGNMENT, {"is_state_owned": False, "nature_code": "170"}),
    ],
)
async def test_where_the_law_knows_no_publicity_the_reason_is_recorded(
    kind: ContractKind, university: dict[str, Any]
) -> None:
    parties = await make_parties(**university)
    deal = await make_priced(parties, kind=kind)

    await services.skip_publicity(deal.number, by=By(parties.buyer, NOW))

    deal = await Deal.get(id=deal.id)
    assert deal.status is DealStatus.TO_SIGN
    assert deal.skip_reason
    with pytest.raises(ActionNotAllowed):
        await services.start_publicity(deal.number, STATEMENT, calendar=HOLIDAYS, by=By(parties.seller, NOW))


async def test_a_clear_publicity_lets_the_deal_be_signed() -> None:
    parties = await make_parties()

    deal = await make_to_sign(parties)

    assert deal.status is DealStatus.TO_SIGN
    assert (await Notice.get(subject_id=deal.id)).status is NoticeStatus.CLEAR


async def test_before_the_period_is_over_nothing_moves() -> None:
    parties = await make_parties()
    deal = await make_published(parties)

    assert await services.run_due(NOW + timedelta(days=15)) == 0

    assert (await Deal.get(id=deal.id)).status is DealStatus.PUBLICITY


async def test_an_end_closes_the_offer_and_the_notice() -> None:
    parties = await make_parties()
    deal = await make_published(parties)

    await services.terminate(deal.number, "price", "没有谈拢", by=By(parties.buyer, NOW))

    deal = await Deal.get(id=deal.id)
    assert (deal.status, deal.end_reason) == (DealStatus.TERMINATED, "price")
    assert (await Notice.get(subject_id=deal.id)).status is NoticeStatus.ARCHIVED
    with pytest.raises(ActionNotAllowed):
        await services.terminate(deal.number, "price", "", by=By(parties.seller, NOW))


async def test_an_end_needs_a_reason_from_the_list() -> None:
    parties = await make_parties()
    deal = await make_agreed(parties)

    with pytest.raises(Invalid):
        await services.terminate(deal.number, "mood", "", by=By(parties.buyer, NOW))


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


async def test_strangers_and_former_members_find_no_deal() -> None:
    parties = await make_parties()
    deal = await make_agreed(parties)
    stranger = await make_member()

    for act in (
        services.agree_introduction(deal.number, by=By(stranger, NOW)),
        services.terminate(deal.number, "price", "", by=By(stranger, NOW)),
        services.accept_offer(deal.number, uuid4(), "", by=By(stranger, NOW)),
        services.make_offer(deal.number, terms(), seen=None, valid_days=1, by=By(stranger, NOW)),
        services.start_publicity(deal.number, STATEMENT, calendar=HOLIDAYS, by=By(stranger, NOW)),
        services.skip_publicity(deal.number, by=By(stranger, NOW)),
    ):
        with pytest.raises(NotFound):
            await act


async def test_the_deal_of_another_need_of_the_same_buyer_is_another_deal() -> None:
    parties = await make_parties()
    other = await make_outcome(parties.university)
    need = await make_need(parties.enterprise)
    await make_agreed(parties)

    second = await services.open_response(need.number, other.number, "也能", by=By(parties.seller, NOW))

    assert second.outcome_id == other.id


async def test_a_deal_advances_only_by_the_table() -> None:
    parties = await make_parties()
    deal = await make_agreed(parties)

    with pytest.raises(ActionNotAllowed):
        await advance(deal.id, DealAction.SIGN, by=By(parties.seller, NOW))
