"""What a default costs whom, deposits that go back in time, objections to an announcement, signs."""

from __future__ import annotations

import re
from datetime import date, timedelta
from uuid import uuid4

import httpx
import pytest

from market.accounts.actors import load_actor
from market.accounts.factor_models import KnownDevice
from market.accounts.models import Message, Organisation
from market.auctions import admission, drafting, hours, results
from market.auctions.default_settlements import decide_settlement, later_sale, propose_settlement
from market.auctions.deposits import Entry, decide_movement, record_movement
from market.auctions.models import AuctionRuling, Enrolment
from market.auctions.money_models import DefaultSettlement
from market.auctions.signals import signals_of
from market.auctions.states import DefaultRule, FailReason, Format, Movement, NextRule, Ruling
from market.kit.database import in_transaction
from market.kit.errors import Conflict, Forbidden, Invalid
from market.notices.models import Notice, NoticeKind
from market.notices.objections import object_to
from market.records.by import By
from market.records.decisions import SamePerson, Verdict
from tests.auctions.factories import (
    CLOSED,
    ENROL_UNTIL,
    OPENING,
    SALT,
    SECRET,
    Hall,
    account_of,
    clock_of,
    make_announced,
    make_closed,
    make_drawn,
    make_qualifying,
    offer,
)
from tests.auctions.test_fold import WAN
from tests.auctions.test_results import (
    DEPS,
    LATE,
    NEXT_DAY,
    clear,
    confirm,
    make_concluded,
    make_defaulted,
    make_published,
)
from tests.databases import past_guards, tampered
from tests.factories import NOW, make_member, make_organisation
from tests.invariants import broken
from tests.moments import run_acts
from tests.stage_cache import cached_stage
from tests.visitor import post, sign_in

WORKED = {"start": 100 * WAN, "step": 5 * WAN, "deposit": 12 * WAN, "next_rule": NextRule.SECOND}
"""The worked default: 1.2 million with a deposit of 120,000, sold again at 1.05 million."""
BIDS = ((1, 100, "14:00"), (2, 105, "14:30"), (3, 120, "14:40"))


async def move(hall: Hall, enrolment: Enrolment, movement: Movement, wan: int, account: str = "") -> None:
    firm = await Organisation.get(id=enrolment.organisation_id)
    account = account or account_of(enrolment)
    entry = Entry(movement, wan * WAN, f"{movement}{uuid4()}", firm.name, LATE.date(), account)
    row = await record_movement(hall.number, enrolment.id, entry, secret=SECRET, by=By(hall.organiser, LATE))
    await decide_movement(row.id, Verdict.CONFIRMED, by=By(hall.decider, LATE))


@cached_stage
async def make_stepped_in(default_rule: DefaultRule) -> Hall:
    """The winner has defaulted, the second has stepped in, and that result stands."""
    hall = await make_defaulted(bids=BIDS, default_rule=default_rule, **WORKED)
    second = (await hall.by_number())[1]
    await results.agree_to_step_in(hall.number, by=By(await load_actor(second.person_id), LATE))
    await confirm(hall, Ruling.PROMOTE, "", LATE)
    await clear(hall, LATE + timedelta(days=20))
    return hall


async def settle(hall: Hall, costs: int = WAN) -> DefaultSettlement:
    ruling = await AuctionRuling.get(auction_id=hall.auction.id, ruling=Ruling.DEFAULT)
    proposed = await propose_settlement(
        hall.number, ruling.id, costs, "公告费，发票 88 号", by=By(hall.organiser, LATE)
    )
    await decide_settlement(proposed.id, Verdict.CONFIRMED, by=By(hall.decider, LATE))
    return await DefaultSettlement.get(id=proposed.id)


async def test_a_default_is_settled_by_two_after_the_lot_was_sold_again(client: httpx.AsyncClient) -> None:
    before = await make_defaulted(bids=BIDS, default_rule=DefaultRule.ALL, **WORKED)
    ruling = await AuctionRuling.get(auction_id=before.auction.id, ruling=Ruling.DEFAULT)
    with pytest.raises(Conflict, match="还没有重新成交"):
        await propose_settlement(before.number, ruling.id, 0, "", by=By(before.organiser, LATE))

    hall = await make_stepped_in(DefaultRule.ALL)
    loser, second, winner = await hall.by_number()
    ruling = await AuctionRuling.get(auction_id=hall.auction.id, ruling=Ruling.DEFAULT)
    page, desk = f"/auctions/{hall.number}/default", f"/organise/auctions/{hall.number}"
    await sign_in(client, hall.organiser)
    assert "试算" in (await client.get(page)).text
    form = f"{desk}/defaults/{ruling.id}/settlement"
    assert (await post(client, form, {"costs": "10000", "costs_text": ""})).status_code == 422
    assert "等另一人" in (await post(client, form, {"costs": "10000", "costs_text": "公告费"})).text
    settlement = await DefaultSettlement.get()
    with pytest.raises((SamePerson, Forbidden)):
        await decide_settlement(settlement.id, Verdict.CONFIRMED, by=By(hall.organiser, LATE))
    await sign_in(client, hall.decider)
    await post(client, f"{desk}/settlements/{settlement.id}", {"verdict": "confirmed"})

    sums = [settlement.shortfall, settlement.owed, settlement.covered, settlement.claim, settlement.kept]
    assert sums == [15 * WAN, 16 * WAN, 12 * WAN, 4 * WAN, 12 * WAN]
    statuses = []
    for who in (None, hall.seller, await load_actor(winner.person_id), await load_actor(loser.person_id)):
        await sign_in(client, who)
        statuses.append((await client.get(page, follow_redirects=False)).status_code)
        shown = (await client.get(page)).text
        assert ("40,000.00" in shown) == (statuses[-1] == 200)
    assert statuses == [303, 200, 200, 404]
    for bidder, words in ((winner, "悔约"), (loser, "未成交"), (second, "成交")):
        await sign_in(client, await load_actor(bidder.person_id))
        board = (await client.get(f"/auctions/{hall.number}", headers={"hx-request": "true"})).text
        assert re.search(rf'class="state">\s*{words}\s*<', board)
        assert re.search(r"成交价（元）.*?1,050,000\.00.*?14:30:00 到达", board, re.S)
    with pytest.raises(Conflict, match="全部不予退还"):
        await move(hall, winner, Movement.RELEASED, 1)
    await move(hall, winner, Movement.FORFEITED, 12)
    with pytest.raises(Conflict, match="已有结算"):
        await settle(hall)
    assert await broken("auctions", "ledger", "records", "audit", secret=SECRET) == {}


async def test_where_the_terms_keep_the_damage_alone_the_rest_of_a_deposit_goes_back() -> None:
    hall = await make_stepped_in(DefaultRule.DAMAGE)
    winner = (await hall.by_number())[2]
    with pytest.raises(Conflict, match="结算以后才能办理"):
        await move(hall, winner, Movement.FORFEITED, 12)
    async with in_transaction():
        # The second bid more: then the damage is less than the deposit.
        await past_guards("UPDATE auction_rulings SET amount = 1180000 * 100 WHERE ruling = 'promote'")
    settlement = await settle(hall)
    assert (settlement.owed, settlement.claim, settlement.kept) == (3 * WAN, 0, 3 * WAN)
    with pytest.raises(Conflict, match=r"不予退还的最多 ￥30,000\.00"):
        await move(hall, winner, Movement.FORFEITED, 4)
    await move(hall, winner, Movement.FORFEITED, 3)
    with pytest.raises(Invalid, match="原付款账户"):
        await move(hall, winner, Movement.RELEASED, 9, account="62220000111122223333")
    await move(hall, winner, Movement.RELEASED, 9)
    assert await broken("auctions: d", "auctions: every", "ledger") == {}


async def test_a_lot_that_is_held_again_at_a_higher_price_leaves_the_costs_alone() -> None:
    hall = await make_defaulted(bids=BIDS, default_rule=DefaultRule.ALL, **WORKED)
    ruling = await AuctionRuling.get(auction_id=hall.auction.id, ruling=Ruling.DEFAULT)
    assert await later_sale(ruling) is None
    # Its course is that of any auction: here only its end.
    sold = await make_concluded(bids=((1, 100, "14:00"), (2, 125, "14:30")), **WORKED)
    async with in_transaction():
        await past_guards(
            "UPDATE auctions SET rerun_of_id = $1 WHERE id = $2", hall.auction.id, sold.auction.id
        )

    settlement = await settle(hall)
    assert (settlement.resale, settlement.shortfall) == (125 * WAN, 0)
    assert (settlement.owed, settlement.covered, settlement.kept) == (WAN, WAN, 12 * WAN)


TAMPERED = (
    "UPDATE auction_settlements SET deposit = deposit + 1, covered = covered + 1, claim = claim - 1, "
    "kept = kept + 1",
    "UPDATE auction_settlements SET resale = resale - 1, shortfall = shortfall + 1, owed = owed + 1, "
    "claim = claim + 1",
    "UPDATE auction_deposits SET movement = 'released' WHERE movement = 'forfeited'",
)


async def test_a_settlement_that_was_tampered_with_is_found() -> None:
    hall = await make_stepped_in(DefaultRule.ALL)
    await settle(hall)
    await move(hall, (await hall.by_number())[2], Movement.FORFEITED, 12)
    for statement in TAMPERED:
        async with tampered(statement):
            assert any("settled" in name for name in await broken("auctions: d")), statement
    assert await broken("auctions: d") == {}


async def test_deposits_go_back_within_five_working_days_and_who_is_late_is_reminded_twice() -> None:
    hall = await make_published(is_by_exchange=True, next_rule=NextRule.SECOND)
    loser, waiting, winner = await hall.by_number()
    async with in_transaction():
        await past_guards("UPDATE auction_enrolments SET waits_second = false WHERE id = $1", loser.id)
    # The result was confirmed on Saturday the 21st: five working days end on Friday the 27th.
    await run_acts(NEXT_DAY, hours.DEPOSITS, deps=DEPS)
    days = {row.id: row.return_by for row in await hall.by_number()}
    assert days == {loser.id: date(2026, 3, 27), waiting.id: None, winner.id: None}
    told = []
    for day in (24, 25, 26, 27, 28, 29):
        await Message.all().delete()
        for _again in range(2):
            await run_acts(clock_of(day, "09:00"), hours.DEPOSITS, deps=DEPS)
        told.append({message.user_id for message in await Message.filter(text__contains="保证金")})
    # The organiser on the third working day; after the fifth also the platform and the bidder.
    first = {hall.organiser.user_id}
    assert told == [set(), first, set(), set(), first | {hall.operator.user_id, loser.person_id}, set()]
    with pytest.raises(Conflict, match="等签约"):
        await move(hall, winner, Movement.RELEASED, 8)
    await move(hall, loser, Movement.RELEASED, 8)
    await run_acts(clock_of(30, "09:00"), hours.DEPOSITS, deps=DEPS)
    assert (await Enrolment.get(id=loser.id)).return_by is None


async def test_who_waited_is_free_with_the_default_unless_they_step_in() -> None:
    hall = await make_defaulted(next_rule=NextRule.SECOND)
    third, second, _winner = await hall.by_number()
    await results.agree_to_step_in(hall.number, by=By(await load_actor(second.person_id), LATE))
    await run_acts(LATE + timedelta(days=1), hours.DEPOSITS, deps=DEPS)
    assert (await Enrolment.get(id=third.id)).return_by is not None
    assert (await Enrolment.get(id=second.id)).return_by is None
    await move(hall, third, Movement.RELEASED, 8)
    gone = await make_defaulted(next_rule=NextRule.SECOND)
    second = (await gone.by_number())[1]
    await move(gone, second, Movement.RELEASED, 8)
    with pytest.raises(Conflict, match="保证金已经退还"):
        await results.agree_to_step_in(gone.number, by=By(await load_actor(second.person_id), LATE))


async def test_an_announcement_is_a_notice_and_an_open_objection_stops_the_auction() -> None:
    hall = await make_qualifying()
    notice = await Notice.get(subject_id=hall.auction.id)
    assert (notice.kind, notice.days) == (NoticeKind.AUCTION, 10)
    body = dict(notice.body)
    assert (body["起始价"], body["条件校验值"]) == ("￥800,000.00", hall.auction.terms_hash)
    stranger = await make_member(await make_organisation(name="没有报名的企业"))
    await object_to(notice.number, reason="标的已许可他人", by=By(stranger, NOW))

    with pytest.raises(Conflict, match="有异议"):
        await admission.draw_numbers(hall.number, SALT, by=By(hall.organiser, ENROL_UNTIL))
    await run_acts(OPENING, hours.OPEN)
    assert (await hall.reload()).fail_reason is FailReason.OBJECTED
    await notice.refresh_from_db()
    assert notice.status == "archived"
    announced = await make_announced()
    await drafting.abort(announced.number, "不卖了", by=By(announced.seller, NOW))
    assert (await Notice.get(subject_id=announced.auction.id)).status == "archived"
    assert await broken("auctions", "notices", secret=SECRET) == {}


async def test_signs_of_collusion_are_shown_to_the_organiser_and_bar_nobody() -> None:
    hall = await make_closed(is_by_exchange=True, bids=((1, 80, "14:00"), (2, 84, "14:30")))
    first, second, _third = await hall.by_number()
    rows = await Enrolment.filter(auction_id=hall.auction.id).select_related(
        "organisation", "person", "mandate"
    )
    by_id = {row.id: row for row in rows}
    for person in (first.person_id, second.person_id):
        await KnownDevice.create(id=uuid4(), user_id=person, token_hash="d" * 64, seen_at=CLOSED)
        by_id[first.id].organisation.contact_phone = by_id[second.id].organisation.contact_phone = "0771-1"
    async with in_transaction():
        await past_guards("UPDATE auction_bids SET address_hash = repeat('a', 64)")
    words = "\n".join(await signals_of(hall.auction, rows))
    pair = "、".join(sorted(by_id[row.id].organisation.name for row in (first, second)))
    assert f"{pair} 从同一网络地址报价" in words
    assert f"{pair} 的人用同一台设备登录过" in words
    assert f"{pair} 的联系电话相同" in words
    assert "没有报价" in words
    assert "授权委托书是同一份文件" in words
    sealed = await make_drawn(format=Format.SEALED, hard_end=None, is_by_exchange=True)
    await offer(sealed, 1, 90, "14:10")
    await offer(sealed, 2, 91, "14:20")
    async with in_transaction():
        await past_guards("UPDATE auction_bids SET address_hash = repeat('a', 64)")
    rows = await Enrolment.filter(auction_id=sealed.auction.id).select_related(
        "organisation", "person", "mandate"
    )
    assert "网络地址" not in "\n".join(await signals_of(await sealed.reload(), rows))
