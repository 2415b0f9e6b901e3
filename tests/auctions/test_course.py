"""An auction from the draft to the end of its bidding, by the acts."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from market.accounts.models import Membership, Message, StaffRole
from market.accounts.relations import Conflicted
from market.auctions import admission, deposits, drafting, enrolling, hours, pausing
from market.auctions.admission import order_of
from market.auctions.deposits import Entry
from market.auctions.enrolling import Related
from market.auctions.models import Auction, NumberDraw
from market.auctions.money_models import DepositMovement
from market.auctions.replay import replay
from market.auctions.reserves import open_reserve
from market.auctions.rules import RESUME_AFTER, faults_of
from market.auctions.states import (
    AuctionStatus,
    EnrolmentStatus,
    FailReason,
    Format,
    Movement,
    PriorityClaim,
    PriorityMode,
    SingleRule,
)
from market.integrity.models import PartyTie, TieKind
from market.kit.encryption import Undecipherable
from market.kit.errors import Conflict, Forbidden, Invalid, NotFound
from market.ledger import transfers
from market.records.by import By
from market.records.decisions import SamePerson, Verdict
from tests.auctions.factories import (
    CLOSED,
    ENROL_UNTIL,
    OPENING,
    SALT,
    SECRET,
    clock_of,
    enrol,
    hall_terms,
    make_announced,
    make_closed,
    make_drawn,
    make_qualifying,
    mandate_file,
    offer,
)
from tests.auctions.test_fold import WAN
from tests.databases import tampered
from tests.factories import HOLIDAYS, NOW, make_member, make_organisation, make_staff
from tests.fakes import fake_deps
from tests.invariants import broken
from tests.moments import run_acts

DEPS = fake_deps(Path("unused"), now=NOW, secret_key=SECRET)


async def test_an_auction_is_announced_with_its_terms_for_ten_working_days() -> None:
    hall = await make_announced(reserve=90 * WAN)
    auction = hall.auction

    assert (auction.status, auction.version) == (AuctionStatus.ENROLLING, 1)
    assert auction.terms_hash == drafting.terms_of(await hall.reload()).content_hash
    assert open_reserve(auction, SECRET) == 90 * WAN
    with pytest.raises(Undecipherable):
        open_reserve(auction, "another secret")
    with pytest.raises(Conflict, match="不能再改"):
        await drafting.edit(
            hall.number, hall_terms(), organiser_id=None, reserve=None, secret=SECRET, by=By(hall.seller, NOW)
        )
    other = await drafting.create(
        (await auction.outcome).number,
        hall_terms(enrol_until=ENROL_UNTIL - timedelta(days=2)),
        organiser_id=None,
        reserve=None,
        secret=SECRET,
        by=By(hall.seller, NOW),
    )
    await drafting.submit(other.number, by=By(hall.seller, NOW))
    with pytest.raises(Invalid, match="不少于 10 个工作日"):
        await drafting.approve(other.number, calendar=HOLIDAYS, by=By(hall.operator, NOW))
    other = await drafting.send_back(other.number, "公告期不够", by=By(hall.operator, NOW))
    await drafting.edit(
        other.number, hall_terms(), organiser_id=None, reserve=None, secret=SECRET, by=By(hall.seller, NOW)
    )
    await drafting.submit(other.number, by=By(hall.seller, NOW))
    with pytest.raises(Conflict, match="已有一场进行中的竞价"):
        await drafting.approve(other.number, calendar=HOLIDAYS, by=By(hall.operator, NOW))
    assert await broken("auctions", "records", secret=SECRET) == {}


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"step": WAN * 2 // 10}, "step"),
        ({"step": 17 * WAN}, "step"),
        ({"enrol_until": OPENING}, "opens_at"),
        ({"planned_end": OPENING + timedelta(minutes=29)}, "planned_end"),
        ({"hard_end": OPENING}, "hard_end"),
        ({"format": Format.SEALED}, "hard_end"),
        ({"deposit": 81 * WAN}, "deposit"),
        ({"deposit_account": ""}, "deposit_account"),
        ({"years": None}, "years"),
    ],
)
def test_terms_that_do_not_hold_together_are_refused_at_their_field(
    given: dict[str, Any], field: str
) -> None:
    assert faults_of(hall_terms(**given))[0][0] == field


async def test_who_may_not_bid_is_not_enrolled() -> None:
    hall = await make_announced(priority=PriorityMode.EQUAL)
    await enrol(hall, 0)

    with pytest.raises(Conflict, match="已经报名"):
        await enrol(hall, 0)
    with pytest.raises(Conflict, match="条件与您看到的不同"):
        await enrolling.enrol(
            hall.number, enrolling.Application("0" * 64), mandate_file(), by=By(hall.firms[1], NOW)
        )
    with pytest.raises(Invalid, match="依据"):
        await enrol(hall, 1, priority_claim=PriorityClaim.INVENTOR)
    with pytest.raises(Conflict, match="报名已截止"):
        await enrol(hall, 1, ENROL_UNTIL)
    with pytest.raises(Forbidden, match="转让方和组织方"):
        await enrolling.enrol(
            hall.number,
            enrolling.Application(hall.auction.terms_hash),
            mandate_file(),
            by=By(hall.seller, NOW),
        )
    holder = await hall.auction.holder
    firm = await make_organisation(name="校办企业")
    await PartyTie.create(
        kind=TieKind.SHAREHOLDING,
        uscc=firm.uscc,
        other=holder.uscc,
        basis_points=3000,
        source="登记机关",
        entered_at=NOW,
    )
    hall.firms.append(await make_member(firm))
    with pytest.raises(Related, match=r"关联关系（.*30%）"):
        await enrol(hall, 3)
    # Who left the seller's service lately is as near to it.
    await Membership.create(
        user_id=hall.firms[2].user_id,
        organisation=holder,
        role="agent",
        applied_at=NOW - timedelta(days=300),
        started_at=NOW - timedelta(days=300),
        ended_at=NOW - timedelta(days=200),
    )
    with pytest.raises(Conflicted):
        await enrol(hall, 2)


async def test_a_deposit_is_recorded_where_it_lies_by_one_and_confirmed_by_another() -> None:
    hall = await make_announced(is_by_exchange=True)
    enrolment = await enrol(hall, 0)
    organiser, decider = By(hall.organiser, NOW), By(hall.decider, NOW)

    def entry(**given: Any) -> Entry:
        values: dict[str, Any] = {
            "movement": Movement.RECEIVED,
            "amount": hall.auction.deposit,
            "voucher": "GK-1",
            "payer": "竞买企业 1",
            "happened_on": NOW.date(),
            "account": "62220000111122223333",
        }
        return Entry(**(values | given))

    with pytest.raises(Invalid, match="付款户名与竞买人名称不一致"):
        await deposits.record_movement(
            hall.number, enrolment.id, entry(payer="别人"), secret=SECRET, by=organiser
        )
    with pytest.raises(Forbidden):
        await deposits.record_movement(
            hall.number, enrolment.id, entry(), secret=SECRET, by=By(hall.operator, NOW)
        )
    with pytest.raises(Conflict, match="还没有登记并经另一人确认"):
        await admission.admit(hall.number, enrolment.id, by=organiser)
    movement = await deposits.record_movement(hall.number, enrolment.id, entry(), secret=SECRET, by=organiser)
    with pytest.raises(Conflict, match="另一人确认"):
        await deposits.record_movement(hall.number, enrolment.id, entry(), secret=SECRET, by=organiser)
    other = await enrol(hall, 1)
    with pytest.raises(Invalid, match="请填付款或收款账号"):
        await deposits.record_movement(
            hall.number,
            other.id,
            entry(voucher="GK-2", payer="竞买企业2", account=""),
            secret=SECRET,
            by=organiser,
        )
    with pytest.raises(Invalid, match="已为另一竞买人交纳"):
        await deposits.record_movement(
            hall.number, other.id, entry(voucher="GK-2", payer="竞买企业2"), secret=SECRET, by=organiser
        )
    for voucher in ("GK-1", "ＧＫ－１", "gk 1"):
        with pytest.raises(Invalid, match="已经登记过"):
            await deposits.record_movement(
                hall.number, other.id, entry(voucher=voucher), secret=SECRET, by=organiser
            )
    for given, words in (
        ({"voucher": "－"}, "请填凭证号"),
        ({"happened_on": NOW.date() + timedelta(days=2)}, "不能晚于今天"),
        ({"happened_on": NOW.date() - timedelta(days=2)}, "不能早于公告日"),
    ):
        with pytest.raises(Invalid, match=words):
            await deposits.record_movement(hall.number, other.id, entry(**given), secret=SECRET, by=organiser)
    with pytest.raises(SamePerson):
        await deposits.decide_movement(movement.id, Verdict.CONFIRMED, by=organiser)
    await deposits.decide_movement(movement.id, Verdict.CONFIRMED, by=decider)
    assert (await transfers.balance(f"deposit:{enrolment.id}")).amount == hall.auction.deposit
    assert (await transfers.balance(f"custody:{hall.auction.id}")).amount == -hall.auction.deposit
    with pytest.raises(Invalid, match="不能超过"):
        await deposits.record_movement(
            hall.number, enrolment.id, entry(voucher="GK-5"), secret=SECRET, by=organiser
        )
    for movement_kind, words in ((Movement.FORFEITED, "悔约"), (Movement.APPLIED, "成交")):
        with pytest.raises(Conflict, match=words):
            await deposits.record_movement(
                hall.number,
                enrolment.id,
                entry(movement=movement_kind, voucher="GK-2"),
                secret=SECRET,
                by=organiser,
            )
    admitted = await admission.admit(hall.number, enrolment.id, by=organiser)
    assert admitted.status is EnrolmentStatus.QUALIFIED
    with pytest.raises(Conflict, match="还没有结束"):
        await deposits.record_movement(
            hall.number,
            enrolment.id,
            entry(movement=Movement.RELEASED, voucher="GK-3"),
            secret=SECRET,
            by=organiser,
        )
    assert await broken("auctions", "ledger") == {}


async def test_numbers_are_drawn_by_a_seed_that_anybody_repeats() -> None:
    hall = await make_qualifying(bidders=3)
    with pytest.raises(Forbidden):
        await admission.draw_numbers(hall.number, SALT, by=By(hall.decider, ENROL_UNTIL))
    auction = await admission.draw_numbers(hall.number, SALT, by=By(hall.organiser, ENROL_UNTIL))

    assert auction.status is AuctionStatus.READY
    drawn = await NumberDraw.get(auction_id=auction.id)
    numbered = await hall.by_number()
    assert drawn.drawn == order_of([row.id for row in numbered], drawn.seed)
    assert [str(row.id) for row in numbered] == drawn.drawn
    assert await broken("auctions", "records", "audit") == {}


async def test_too_few_bidders_end_an_auction_and_related_ones_count_as_one() -> None:
    alone = await make_qualifying(bidders=1)
    await admission.draw_numbers(alone.number, SALT, by=By(alone.organiser, ENROL_UNTIL))
    assert (await alone.reload()).fail_reason is FailReason.TOO_FEW

    hall = await make_qualifying(bidders=2, single_rule=SingleRule.AGREE)
    first, second = [await firm.organisation for firm in hall.enrolments]
    await PartyTie.create(
        kind=TieKind.SHAREHOLDING,
        uscc=first.uscc,
        other=second.uscc,
        basis_points=5100,
        source="登记机关",
        entered_at=NOW,
    )
    await admission.draw_numbers(hall.number, SALT, by=By(hall.organiser, ENROL_UNTIL))
    assert (await hall.reload()).status is AuctionStatus.SINGLE

    nobody = await make_announced()
    await run_acts(ENROL_UNTIL, hours.END_ENROLMENT)
    assert (await nobody.reload()).fail_reason is FailReason.NONE_ENROLLED
    late = await make_qualifying()
    await run_acts(OPENING, hours.OPEN)
    assert (await late.reload()).fail_reason is FailReason.NOT_ADMITTED


@pytest.mark.parametrize("runs", [0, 1, 3])
async def test_the_end_comes_to_the_same_however_often_its_moment_was_seen(runs: int) -> None:
    hall = await make_drawn()
    await offer(hall, 1, 80, "14:00")
    await offer(hall, 2, 84, "14:59")
    early = clock_of(20, "15:00:10")
    for _run in range(runs):
        # The moment of the planned end: a bid has moved the end by then.
        await run_acts(early, hours.OPEN, hours.CLOSE, deps=DEPS)
    assert (await offer(hall, 1, 86, "15:01:59")).is_accepted
    for _run in range(runs):
        await run_acts(clock_of(20, "15:05:08"), hours.OPEN, hours.CLOSE, deps=DEPS)
    await run_acts(CLOSED, hours.OPEN, hours.CLOSE, deps=DEPS)
    await run_acts(CLOSED, hours.OPEN, hours.CLOSE, deps=DEPS)

    auction = await hall.reload()
    assert (auction.status, auction.price) == (AuctionStatus.CONFIRMING, 86 * WAN)
    assert auction.ends_at == clock_of(20, "15:04:59")
    assert not (await offer(hall, 2, 88, "15:04:58")).is_accepted
    assert await broken("auctions", "records", "audit", secret=SECRET) == {}


async def test_a_bid_that_arrived_in_time_counts_while_the_end_is_not_written_down() -> None:
    hall = await make_drawn()
    await offer(hall, 1, 80, "14:00")
    # Seconds after the end, within the grace, the sweep writes nothing down.
    await run_acts(clock_of(20, "15:00:09"), hours.OPEN, hours.CLOSE, deps=DEPS)

    assert (await offer(hall, 2, 82, "14:59:59")).is_accepted


async def test_an_auction_without_bid_or_below_its_reserve_has_failed() -> None:
    without = await make_closed(bids=())
    assert without.auction.fail_reason is FailReason.NO_BID

    below = await make_closed(reserve=90 * WAN)
    assert below.auction.fail_reason is FailReason.RESERVE_UNMET
    assert below.auction.is_reserve_met is False
    reached = await make_closed(reserve=86 * WAN)
    assert (reached.auction.status, reached.auction.is_reserve_met) == (AuctionStatus.CONFIRMING, True)
    assert await broken("auctions", "records", "audit", secret=SECRET) == {}
    assert "reserves" in str(await broken("auctions: reserves", secret="another"))


async def test_sealed_prices_are_opened_at_the_end() -> None:
    hall = await make_drawn(format=Format.SEALED, hard_end=None, priority=None)
    for number, wan, at in ((1, 85, "14:10"), (2, 91, "14:20"), (3, 91, "14:15")):
        await offer(hall, number, wan, at)
    assert (await hall.reload()).price is None
    await run_acts(CLOSED, hours.OPEN, hours.CLOSE, deps=DEPS)

    auction = await hall.reload()
    # The third arrived earlier but was taken up after the second: its time is the second's.
    assert (auction.price, auction.leader_id) == (91 * WAN, (await hall.by_number())[1].id)
    assert await broken("auctions", "records") == {}


async def test_a_suspended_auction_goes_on_with_the_time_that_was_left() -> None:
    hall = await make_drawn()
    await offer(hall, 1, 80, "14:10")
    operator = By(hall.operator, clock_of(20, "14:50"))
    await pausing.suspend(hall.number, "系统故障", by=operator)
    assert not (await offer(hall, 2, 82, "14:51")).is_accepted
    await run_acts(CLOSED - timedelta(hours=2), hours.OPEN, hours.CLOSE, deps=DEPS)
    with pytest.raises(Invalid, match="最早"):
        await pausing.resume(hall.number, operator.now + RESUME_AFTER - timedelta(seconds=1), by=operator)
    auction = await pausing.resume(hall.number, clock_of(20, "16:30"), by=operator)

    assert auction.ends_at == clock_of(20, "16:40")
    assert not (await offer(hall, 2, 82, "16:29")).is_accepted
    assert (await offer(hall, 2, 82, "16:30")).is_accepted
    await run_acts(CLOSED, hours.OPEN, hours.CLOSE, deps=DEPS)
    assert (await hall.reload()).status is AuctionStatus.CONFIRMING
    assert (await replay(hall.auction)).is_sound
    assert await broken("auctions", "records", "audit") == {}
    for statement in (
        "DELETE FROM auction_pauses WHERE resumes_at IS NOT NULL",
        "UPDATE auction_pauses SET made_by_id = (SELECT person_id FROM auction_enrolments LIMIT 1)",
    ):
        async with tampered(statement):
            assert "auctions: pauses are as logged" in await broken("auctions"), statement
    with pytest.raises(Conflict):
        await pausing.suspend(hall.number, "迟了", by=By(hall.operator, CLOSED))


async def test_the_holder_ends_an_auction_before_its_beginning_the_platform_until_its_result() -> None:
    hall = await make_drawn()
    with pytest.raises(Conflict, match="已经开始"):
        await drafting.abort(hall.number, "不卖了", by=By(hall.seller, OPENING))
    with pytest.raises(Forbidden):
        await drafting.abort(hall.number, "不卖了", by=By(hall.firms[0], NOW))
    with pytest.raises(NotFound):
        await drafting.abort("JJ-2026-999999", "不卖了", by=By(hall.seller, NOW))
    with pytest.raises(Invalid):
        await drafting.abort(hall.number, " ", by=By(hall.seller, NOW))
    await drafting.abort(hall.number, "不卖了", by=By(hall.seller, NOW))
    assert not (await offer(hall, 1, 80, "14:10")).is_accepted
    stranger = await make_staff(StaffRole.OPERATOR)
    other = await make_drawn()
    await drafting.abort(other.number, "平台终止", by=By(stranger, OPENING))
    assert (await other.reload()).status is AuctionStatus.ABORTED


TAMPERED = {
    "UPDATE auction_draws SET drawn = drawn || '[\"x\"]'::jsonb": "numbers",
    "UPDATE auction_draws SET salt = 'x'": "numbers",
    "UPDATE auction_enrolments SET bidder_number = bidder_number + 3 WHERE bidder_number = 1": "numbers",
    "UPDATE auctions SET price = price + step, is_reserve_met = true": "logged",
    "UPDATE auctions SET reserve_hash = repeat('0', 64)": "reserves",
    "UPDATE auctions SET is_reserve_met = false": "reserves",
    "UPDATE auction_deposits SET amount = amount - 1": "add up",
    "DELETE FROM auction_deposits": "bidders have",
    "UPDATE auctions SET sign_days = sign_days + 1": "as published",
    "UPDATE auctions SET organiser_id = (SELECT organisation_id FROM auction_enrolments LIMIT 1)": (
        "announcements are published"
    ),
    """UPDATE auction_terms SET content = content || '{"contact": "x"}'""": "as published",
    "UPDATE auctions SET is_equal = NOT is_equal": "bids lead",
    "DELETE FROM auction_draws": "as drawn",
    "UPDATE auction_enrolments SET waits_second = NOT waits_second": "enrolments are as logged",
    "UPDATE auction_enrolments SET mandate_id = (SELECT e.mandate_id FROM auction_enrolments e LIMIT 1)": (
        "enrolments are as logged"
    ),
    "UPDATE auction_deposits SET voucher = voucher || 'x'": "deposits are as logged",
    "UPDATE auction_deposits SET happened_on = happened_on - 1": "deposits are as logged",
    "UPDATE auction_deposits SET proposed_by_id = (SELECT person_id FROM auction_enrolments LIMIT 1)": (
        "deposits are as logged"
    ),
    "UPDATE transfers SET debit_id = 'met:online:x' WHERE kind = 'deposit_received'": "booked once",
    "UPDATE transfers SET amount = amount + 1 WHERE kind = 'deposit_received'": "booked once",
}


async def test_what_was_tampered_with_is_found() -> None:
    await make_closed(reserve=86 * WAN)

    for statement, breach in TAMPERED.items():
        async with tampered(statement):
            names = await broken("auctions", secret=SECRET)
            assert any(breach in name for name in names), (statement, names)
    assert await broken("auctions", secret=SECRET) == {}


async def test_an_enrolment_is_taken_back_refused_or_admitted_with_its_priority() -> None:
    hall = await make_announced(priority=PriorityMode.EQUAL, deposit=0)
    first = await enrol(hall, 0)
    second = await enrol(hall, 1, priority_claim=PriorityClaim.CO_OWNER, priority_reason="专利共有")
    third = await enrol(hall, 2)
    organiser = By(hall.organiser, NOW)

    with pytest.raises(Forbidden):
        await enrolling.withdraw(hall.number, first.id, by=By(hall.firms[1], NOW))
    await enrolling.withdraw(hall.number, first.id, by=By(hall.firms[0], NOW))
    with pytest.raises(Invalid, match="理由"):
        await admission.refuse(hall.number, third.id, " ", by=organiser)
    await admission.refuse(hall.number, third.id, "授权委托书没有盖章", by=organiser)
    with pytest.raises(NotFound):
        await admission.admit(hall.number, hall.auction.id, by=organiser)
    with pytest.raises(Conflict, match="抽取"):
        await admission.draw_numbers(hall.number, SALT, by=organiser)
    await admission.admit(hall.number, second.id, has_priority=True, by=organiser)
    with pytest.raises(Conflict):
        await admission.admit(hall.number, first.id, by=organiser)
    await run_acts(ENROL_UNTIL, hours.END_ENROLMENT)
    with pytest.raises(Invalid, match="口令"):
        await admission.draw_numbers(hall.number, " ", by=By(hall.organiser, ENROL_UNTIL))
    assert (await Auction.get(id=hall.auction.id)).status is AuctionStatus.QUALIFYING
    assert not await DepositMovement.exists()


async def test_those_who_are_enrolled_are_reminded_and_nobody_else() -> None:
    hall = await make_drawn()
    await Message.all().delete()
    await run_acts(OPENING - timedelta(hours=1), hours.REMIND_DAY, hours.REMIND_HOUR)

    told = {message.user_id for message in await Message.filter(text__contains="开始")}
    assert told == {firm.user_id for firm in hall.firms}
