"""Deeds that two units share, that are struck in a later year, that crowd at a threshold; how a year ends."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from uuid import uuid4

import pytest

from market.accounts.models import Message
from market.accounts.places import record_move
from market.claims.models import SalesReport
from market.contracts.contract_changes import confirm_change, propose_change
from market.contracts.states import ChangeKind
from market.kit.clock import start_of_day
from market.kit.errors import Conflict, Invalid, NotFound
from market.records.by import By
from market.records.decisions import SamePerson, Verdict
from market.records.figures import list_rows, value_of
from market.targets import closings, declaring, sharing
from market.targets.criteria import answers
from market.targets.figures import SHARES, VERIFIED
from market.targets.models import Deed, DeedShare
from market.targets.queries import facts_of
from market.targets.recount import recount_open_years, recount_year
from market.targets.reminders import DAYS, ENDS_SOON, ENDS_TODAY, IS_OVER
from market.targets.states import DeedStatus, Result
from market.targets.thresholds import histogram
from market.targets.wall import Line, board_of
from tests.databases import past_guards, run_as_owner
from tests.factories import make_member, make_organisation
from tests.invariants import broken
from tests.moments import run_acts
from tests.targets.factories import (
    LATER,
    WAN,
    YEAR,
    Story,
    decide,
    make_found,
    make_issued,
    make_verified,
)

OVER = start_of_day(date(YEAR + 1, 1, 15))


def line_of(lines: Sequence[Line], words: str) -> Line:
    return next(line for line in lines if line.words == words)


async def close(story: Story, year: int, now: datetime = OVER) -> None:
    closing = await closings.propose_closing(year, "", by=By(story.office.operator, now))
    await closings.decide_closing(closing.id, Verdict.CONFIRMED, by=By(story.office.approver, now))


async def test_two_units_share_a_deed_that_stays_one_for_the_region() -> None:
    story = await make_found()
    institute = await make_organisation(name="桂北研究院")
    partner = await make_member(institute)
    for name, share, field in (
        ("没有的单位", 4000, "partner"),
        (story.parties.university.name, 4000, "partner"),
        (institute.name, 0, "share"),
        (institute.name, 10_000, "share"),
    ):
        with pytest.raises(Invalid) as refusal:
            await sharing.propose_share(story.number, name, share, by=story.declares)
        assert refusal.value.field == field
    with pytest.raises(NotFound):
        await sharing.propose_share(story.number, institute.name, 4000, by=By(partner, LATER))
    refused = await sharing.propose_share(story.number, str(institute.uscc), 2000, by=story.declares)
    with pytest.raises(Conflict):
        await sharing.propose_share(story.number, institute.name, 4000, by=story.declares)
    with pytest.raises(NotFound):
        await sharing.decide_share(refused.id, Verdict.CONFIRMED, by=story.declares)
    with pytest.raises(SamePerson):
        await sharing.decide_share(refused.id, Verdict.REJECTED, reason="填错了", by=story.declares)
    await sharing.decide_share(refused.id, Verdict.REJECTED, reason="我们做了四成", by=By(partner, LATER))
    agreed = await sharing.propose_share(story.number, institute.name, 4000, by=story.declares)
    await sharing.decide_share(agreed.id, Verdict.CONFIRMED, by=By(partner, LATER))
    await recount_year(YEAR, by=By.job(LATER))
    await declaring.declare_deed(story.number, "", None, by=story.declares)
    await declaring.check_deed(story.number, by=story.office.checks)
    with pytest.raises(Conflict):
        await sharing.propose_share(story.number, institute.name, 5000, by=story.declares)
    await past_guards(
        "UPDATE deeds SET status = 'verified', verified_on = event_on WHERE id = $1", story.deed.id
    )
    board = await board_of(YEAR, LATER.date())
    lines = [line_of(board.units, name) for name in (story.parties.university.name, institute.name)]
    rows = [await list_rows(VERIFIED, board.period, {"unit": line.key}) for line in lines]

    assert (board.total.now["verified"].count, sum(line.now["verified"].count for line in board.cities)) == (
        1,
        1,
    )
    assert [line.now["verified"].count for line in lines] == [len(own) for own in rows] == [1, 1]
    assert [line.shares and line.shares.money.amount for line in lines] == [6000, 4000]
    for line in lines:
        shown = await value_of(SHARES, board.period, {"unit": line.key})
        assert line.shares is not None
        assert shown.money == line.shares.money
    assert await broken("targets: shares of deeds") == {}
    for statement in (
        "UPDATE deeds SET partner_share = 5000 WHERE id = $1",
        "UPDATE deeds SET partner_share = NULL WHERE id = $1",
    ):
        with pytest.raises(Exception, match=r"fixed"):
            await run_as_owner(statement, story.deed.id)
    await past_guards("UPDATE deed_shares SET partner_share = 1 WHERE id = $1", agreed.id)
    assert await broken("targets: shares of deeds")
    assert await DeedShare.all().count() == 2


async def test_a_deed_struck_after_its_year_was_closed_is_subtracted_from_the_year_of_its_rescission() -> (
    None
):
    story = await make_verified()
    office = story.office
    await close(story, YEAR)
    await make_issued(office.operator, office.approver, year=YEAR + 1, total=10)
    change = await propose_change(
        story.contract.number,
        ChangeKind.RESCISSION,
        "双方同意解除",
        agreed_on=date(2026, 3, 30),
        by=By(story.parties.seller, OVER),
    )
    await confirm_change(change.id, by=By(story.parties.buyer, OVER))
    await recount_open_years(by=By.job(OVER))
    await story.reload()
    assert story.deed.alarm == "ended"
    await decide(story, Result.STRUCK, now=OVER)
    closed = await board_of(YEAR, OVER.date() + timedelta(days=1))
    running = await board_of(YEAR + 1, OVER.date() + timedelta(days=1))
    nanning = line_of(running.cities, "南宁市")

    assert (story.deed.struck_for, story.deed.struck_on) == ("ended", date(2027, 1, 15))
    assert (closed.total.now["verified"].count, closed.total.net) == (1, 1)
    assert (running.total.now["reversed"].count, running.total.net, nanning.net) == (1, -1, -1)
    assert running.total.now["struck"].count == 0
    assert "＝ -1 + 0" in running.total.forecast.formula
    await close(story, YEAR + 1, start_of_day(date(YEAR + 2, 1, 20)))
    frozen = await board_of(YEAR + 1, date(YEAR + 2, 1, 21))
    assert (frozen.is_closed, frozen.total.now["reversed"].count) == (True, 1)
    assert await broken("targets") == {}


async def test_the_end_of_a_year_is_told_three_days_before_on_the_day_and_after() -> None:
    story = await make_found()
    last = date(YEAR, 12, 31)
    counts = []
    for act in (ENDS_SOON, ENDS_TODAY, IS_OVER):
        due = start_of_day(last + timedelta(days=DAYS[act]))
        assert await run_acts(due - timedelta(seconds=1), act) == 0
        counts.append(await run_acts(due, act))
    texts = [str(text) for text in await Message.all().values_list("text", flat=True)]

    assert counts == [1, 1, 1]
    assert sum("还剩 3 天" in text and "1 项" in text for text in texts) == 1
    assert sum("最后一天" in text for text in texts) == 1
    assert sum("年度已结束" in text for text in texts) == 1
    assert story.deed.status is DeedStatus.FOUND


async def test_the_facts_name_whether_sales_stand_in_a_rechecked_claim() -> None:
    story = await make_found(is_paid=False)
    await SalesReport.create(
        id=uuid4(),
        contract_id=story.contract.id,
        year=YEAR,
        amount=90 * WAN,
        reported_by_id=story.parties.buyer.user_id,
        reported_at=LATER,
    )
    await recount_year(YEAR, by=By.job(LATER))
    await story.reload()
    words = {criterion.code: criterion.words for criterion in answers(await facts_of(story.deed))}

    assert (story.deed.is_in_use, story.deed.sales_amount, story.deed.claim_id) == (True, 90 * WAN, None)
    assert "没有经过复核" in words["fulfilled"]


async def test_a_deed_stays_in_the_city_where_its_unit_was_on_its_day() -> None:
    story = await make_found()
    by = story.office.operates
    await record_move(story.parties.university.id, "450200", story.deed.event_on + timedelta(days=1), by=by)
    await recount_year(YEAR, by=By.job(LATER))
    assert (await Deed.get(id=story.deed.id)).city == "4501"
    await past_guards("UPDATE organisation_moves SET moved_on = $1", story.deed.event_on)
    await recount_year(YEAR, by=By.job(LATER))
    assert (await Deed.get(id=story.deed.id)).city == "4502"


def test_many_contracts_at_exactly_a_threshold_are_flagged() -> None:
    spread = [(76 + place) * WAN for place in range(48)]
    crowded = histogram(100 * WAN, [*spread, *([100 * WAN] * 20)])
    even = histogram(100 * WAN, spread)
    few = histogram(100 * WAN, [100 * WAN] * 4)
    from_there = histogram(50 * WAN, [50 * WAN] * 6, least=50 * WAN)

    assert (crowded.is_crowded, crowded.exactly, crowded.crowd.count) == (True, 21, 25)
    assert not even.is_crowded
    assert not few.is_crowded
    assert (len(from_there.bins), from_there.is_crowded) == (5, True)
    with pytest.raises(ValueError, match="threshold"):
        histogram(0, [])
