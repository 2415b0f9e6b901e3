"""Money that comes back late bears interest by days; what is not paid at all is handed over by two."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest
from tortoise.exceptions import IntegrityError

from market.accounts.models import Message
from market.budgets.clawback_checks import (
    CHECKS,
    clawbacks_are_booked,
    clawbacks_as_confirmed,
    handovers_are_by_two,
    interest_is_as_computed,
    rates_are_entered_by_two,
)
from market.budgets.clawback_handovers import decide_handover, propose_handover
from market.budgets.clawback_interest import Rates, interest_until
from market.budgets.clawback_rates import decide_rate, load_rates, propose_rate, seeded_rates
from market.budgets.clawback_returns import confirm_return, record_return
from market.budgets.clawbacks import confirm_clawback, start_clawback
from market.budgets.models import Clawback, ClawbackHandover, InterestRate
from market.budgets.states import ClawbackStatus, InterestBasis
from market.documents.models import IssuedDocument
from market.documents.sentences import fill
from market.documents.states import DocumentKind
from market.kit.database import connection, in_transaction
from market.kit.errors import Conflict, Invalid
from market.ledger import transfers as book
from market.records.by import By
from market.records.decisions import SamePerson, Verdict
from tests.budgets.factories import make_paid
from tests.claims.factories import LATER, WAN, Desk, make_desk
from tests.databases import as_owner, past_guards, tampered
from tests.factories import NOW
from tests.stage_cache import cached_stage
from tests.visitor import post, sign_in

RATES = Rates([(date(2026, 1, 1), 360), (date(2026, 7, 1), 180)], 360, "来源", "假定（A）")
"""One hundredth of a percent a day, then half of it."""


@pytest.mark.parametrize(
    ("after", "until", "returns", "amount", "parts"),
    [
        (None, date(2026, 3, 1), [], 0, []),
        (date(2026, 3, 1), date(2026, 3, 1), [], 0, []),
        (date(2026, 3, 1), date(2026, 3, 2), [], 100, [100]),
        (date(2026, 3, 1), date(2026, 3, 31), [], 3000, [3000]),
        (date(2026, 6, 20), date(2026, 7, 10), [], 1500, [1000, 500]),
        (date(2026, 3, 1), date(2026, 3, 31), [(date(2026, 3, 11), 50_0000)], 2000, [1000, 1000]),
        (date(2026, 3, 1), date(2026, 3, 31), [(date(2026, 2, 20), 100_0000)], 0, []),
        (date(2025, 12, 1), date(2025, 12, 11), [], 1000, [1000]),
    ],
    ids=["none", "no day", "one day", "thirty", "rate falls", "half back", "all back", "before the first"],
)
def test_interest_runs_by_days_on_what_is_left_at_the_rate_of_each_day(
    after: date | None, until: date, returns: list[tuple[date, int]], amount: int, parts: list[int]
) -> None:
    interest = interest_until(until, 100_0000, after, returns, RATES)

    assert interest.amount == amount
    assert [line.amount for line in interest.lines] == parts
    if parts and after:
        assert sum(line.days for line in interest.lines) == (until - after).days


def test_interest_is_rounded_once_and_its_parts_add_up_to_it() -> None:
    rates = replace(RATES, steps=[(date(2024, 7, 22), 335), (date(2024, 10, 21), 310)])

    interest = interest_until(date(2024, 10, 31), 100_0000, date(2024, 10, 11), [], rates)

    # 9 days: 837.5 fen; 11 days: 947.2222 fen; together 1784.7222 fen.
    assert interest.amount == 1785
    assert [line.amount for line in interest.lines] == [838, 947]


async def test_the_shipped_rates_are_rows_in_order_each_with_its_announcement() -> None:
    table = await load_rates()
    rates = table.known_at()

    days = [begins_on for begins_on, _rate in rates.steps]
    assert days == [row.begins_on for row in seeded_rates().rates] == sorted(set(days))
    assert rates.assumption.endswith("（A）")
    assert rates.on(date(2025, 5, 19)) == 310
    assert rates.on(date(2025, 5, 20)) == 300
    assert all(str(row.begins_on) in row.announcement and row.ground for row in table.rows)
    assert table.entered_until == date(2026, 1, 20)
    assert (table.is_behind(date(2026, 2, 24)), table.is_behind(date(2026, 2, 25))) == (False, True)


def test_a_rate_that_is_announced_unchanged_cuts_no_stretch() -> None:
    rates = replace(RATES, steps=[*RATES.steps[:1], (date(2026, 3, 20), 360), *RATES.steps[1:]])

    assert len(interest_until(date(2026, 4, 1), 100_0000, date(2026, 3, 1), [], rates).lines) == 1


@cached_stage
async def make_demanded(interest: InterestBasis = InterestBasis.FROM_DUE) -> tuple[Desk, Clawback]:
    """Claim 100,000 of a paid award back, at LATER; due 30 days later."""
    desk = await make_desk()
    claim, _batch = await make_paid(desk)
    row = await start_clawback(
        claim.number, amount=10 * WAN, ground="虚报", interest=interest, by=By(desk.officer, LATER)
    )
    return desk, await confirm_clawback(row.number, by=By(desk.approver, LATER))


async def give_back(desk: Desk, row: Clawback, amount: int, at: datetime, reference: str) -> None:
    receipt = await record_return(
        row.number, amount=amount, received_on=at.date(), bank_reference=reference, by=By(desk.officer, at)
    )
    await confirm_return(row.number, receipt.id, by=By(desk.rechecker, at))


async def findings() -> list[str]:
    return [line for invariant in CHECKS.values() for line in await invariant.check()]


async def enter_rate(desk: Desk, begins_on: date, basis_points: int, at: datetime) -> InterestRate:
    return await propose_rate(
        begins_on=begins_on,
        basis_points=basis_points,
        announcement="全国银行间同业拆借中心公告",
        announced_on=begins_on,
        ground="中国货币网",
        by=By(desk.officer, at),
    )


async def test_a_rate_counts_once_a_second_person_has_confirmed_it() -> None:
    desk, row = await make_demanded()
    late = LATER + timedelta(days=66)
    begins_on = late.date() - timedelta(days=18)
    rate = await enter_rate(desk, begins_on, 600, late)
    both = replace(desk.officer, roles=desk.officer.roles | desk.approver.roles)
    with pytest.raises(SamePerson):
        await decide_rate(rate.id, Verdict.CONFIRMED, by=By(both, late))
    with pytest.raises(Conflict):
        await enter_rate(desk, begins_on, 500, late)
    with pytest.raises(Invalid):
        await decide_rate(rate.id, Verdict.REJECTED, by=By(desk.approver, late))
    assert (await load_rates()).known_at().on(late.date()) == 300

    await decide_rate(rate.id, Verdict.CONFIRMED, by=By(desk.approver, late))
    await give_back(desk, row, 10 * WAN, late, "r1")

    # 100,000.00: 17 days at 3 %, 141.67; 19 days at 6 %, 316.67; rounded once.
    assert (await Clawback.get(id=row.id)).interest_amount == 45833
    assert await findings() == []


async def test_interest_that_is_fixed_stays_when_a_rate_is_entered_late_or_corrected() -> None:
    desk, row = await make_demanded()
    late = LATER + timedelta(days=66)
    await give_back(desk, row, 10 * WAN, late, "r1")
    for minutes, basis_points in enumerate((600, 550), 1):
        rate = await enter_rate(desk, late.date() - timedelta(days=18), basis_points, late)
        await decide_rate(rate.id, Verdict.CONFIRMED, by=By(desk.approver, late + timedelta(minutes=minutes)))

    assert (await load_rates()).known_at().on(late.date()) == 550
    assert (await Clawback.get(id=row.id)).interest_amount == 30000
    assert await findings() == []


async def test_a_rate_that_cannot_be_is_refused_at_its_field() -> None:
    desk = await make_desk()
    typed: dict[str, Any] = {
        "begins_on": LATER.date(),
        "basis_points": 300,
        "announcement": "公告",
        "announced_on": LATER.date(),
        "ground": "网址",
    }

    for field, value in (
        ("basis_points", 0),
        ("basis_points", 2500),
        ("announced_on", LATER.date() + timedelta(days=1)),
        ("begins_on", LATER.date() - timedelta(days=1)),
        ("begins_on", LATER.date() + timedelta(days=60)),
    ):
        with pytest.raises(Invalid) as refused:
            await propose_rate(**typed | {field: value}, by=By(desk.officer, LATER))
        assert refused.value.field == ("rate" if field == "basis_points" else field)


async def test_the_officer_enters_a_rate_and_the_approver_confirms_it_on_the_page(
    client: httpx.AsyncClient,
) -> None:
    desk = await make_desk()
    today = NOW.date().isoformat()
    typed = {
        "rate": "2.95",
        "begins_on": today,
        "announced_on": today,
        "announcement": "公告",
        "ground": "网址",
    }
    await sign_in(client, desk.officer)
    assert "利率录到 2026-01-20 公布的一期" in (await client.get("/desk/rates")).text
    empty = await post(client, "/desk/rates", typed | {"rate": ""})
    assert (empty.status_code, "请填年利率" in empty.text) == (422, True)
    await post(client, "/desk/rates", typed)
    rate = await InterestRate.get(is_shipped=False)
    own = await post(client, "/desk/rates", {"act": "confirm", "rate_id": str(rate.id)}, follow=False)
    assert own.status_code == 403
    await sign_in(client, desk.approver)
    assert "待确认追回利率" in (await client.get("/dashboard")).text
    assert "确认利率" in (await client.get("/desk/rates")).text

    await post(client, "/desk/rates", {"act": "confirm", "rate_id": str(rate.id)})

    await rate.refresh_from_db()
    assert (rate.verdict, rate.basis_points, rate.decided_by_id) == (
        Verdict.CONFIRMED,
        295,
        desk.approver.user_id,
    )
    assert "利率录到" not in (await client.get("/desk/rates")).text


@pytest.mark.owner
async def test_a_rate_is_refused_a_change_by_the_database_and_found_where_it_was_made() -> None:
    desk = await make_desk()
    rate = await enter_rate(desk, LATER.date(), 290, LATER)
    await decide_rate(rate.id, Verdict.CONFIRMED, by=By(desk.approver, LATER))
    assert await rates_are_entered_by_two() == []

    for statement in (
        "UPDATE interest_rates SET basis_points = 100 WHERE begins_on = '2025-05-20'",
        "DELETE FROM interest_rates WHERE begins_on = '2024-07-22'",
        "UPDATE interest_rates SET basis_points = 100 WHERE NOT is_shipped",
    ):
        with pytest.raises(IntegrityError):
            async with in_transaction():
                await connection().execute_query(statement)
        async with tampered(statement):
            (finding,) = await rates_are_entered_by_two()
            assert "追回利率" in finding


async def test_a_rate_that_nobody_confirmed_is_found() -> None:
    desk = await make_desk()
    await InterestRate.create(
        id=uuid4(),
        begins_on=LATER.date(),
        basis_points=1,
        announcement="公告",
        announced_on=LATER.date(),
        ground="网址",
        proposed_by_id=desk.officer.user_id,
        proposed_at=LATER,
        decided_by_id=desk.approver.user_id,
        decided_at=LATER,
        verdict=Verdict.CONFIRMED,
    )

    (finding,) = await rates_are_entered_by_two()

    assert str(LATER.date()) in finding


async def test_who_pays_in_time_pays_no_interest() -> None:
    desk, row = await make_demanded()

    await give_back(desk, row, 10 * WAN, LATER + timedelta(days=30), "r1")

    settled = await Clawback.get(id=row.id)
    assert settled.status is ClawbackStatus.SETTLED
    assert settled.interest_amount == 0
    assert await findings() == []


async def test_who_pays_late_pays_the_days_after_the_deadline_on_what_was_left() -> None:
    desk, row = await make_demanded()
    await give_back(desk, row, 4 * WAN, LATER + timedelta(days=10), "r1")
    late = LATER + timedelta(days=66)
    # 60,000.00 for 36 days at 3 %: 180.00.
    with pytest.raises(Invalid):
        await give_back(desk, row, 6 * WAN + 18001, late, "r2")

    await give_back(desk, row, 6 * WAN, late, "r2")

    standing = await Clawback.get(id=row.id)
    assert (standing.status, standing.interest_amount) == (ClawbackStatus.CONFIRMED, 18000)
    assert (await book.balance(f"owed:{row.id}")).amount == 18000
    with pytest.raises(Invalid):
        await give_back(desk, row, 18001, late + timedelta(days=5), "r3")
    await give_back(desk, row, 18000, late + timedelta(days=5), "r3")
    assert (await Clawback.get(id=row.id)).status is ClawbackStatus.SETTLED
    assert (await book.balance("recovered:guangxi:2026")).amount == 10 * WAN
    assert (await book.balance("interest_received:guangxi:2026")).amount == 18000
    assert await findings() == []


async def test_one_transfer_pays_principal_first_and_then_the_interest() -> None:
    desk, row = await make_demanded(InterestBasis.FROM_PAYMENT)
    assert row.interest_after == LATER.date()
    at = LATER + timedelta(days=12)

    # 100,000.00 for 12 days at 3 %: 100.00.
    await give_back(desk, row, 10 * WAN + 10000, at, "r1")

    settled = await Clawback.get(id=row.id)
    assert (settled.status, settled.interest_amount) == (ClawbackStatus.SETTLED, 10000)
    assert (await book.balance(f"owed:{row.id}")).amount == 0
    assert await findings() == []


async def test_interest_is_confirmed_after_the_principal_it_is_of() -> None:
    desk, row = await make_demanded(InterestBasis.FROM_PAYMENT)
    at = LATER + timedelta(days=12)
    principal, interest = [
        await record_return(
            row.number, amount=amount, received_on=at.date(), bank_reference=words, by=By(desk.officer, at)
        )
        for amount, words in ((10 * WAN, "r1"), (10000, "r2"))
    ]

    with pytest.raises(Conflict):
        await confirm_return(row.number, interest.id, by=By(desk.rechecker, at))
    for receipt in (principal, interest):
        await confirm_return(row.number, receipt.id, by=By(desk.rechecker, at))
    assert (await Clawback.get(id=row.id)).status is ClawbackStatus.SETTLED
    assert await findings() == []


async def test_the_demand_says_deadline_rate_and_rounding() -> None:
    _desk, row = await make_demanded()

    letter = fill((await IssuedDocument.get(kind=DocumentKind.CLAWBACK)).content)

    assert letter["title"] == "补助追回决定书"
    assert letter["paragraphs"][1:] == [
        "虚报",
        f"请在 {row.due_on} 24:00 前缴回；逾期不缴回的，依法移送追缴。",
        "逾期未缴回的，自期限的次日起，按尚未缴回的本金计息。",
        "利率现为年利率 3%，以后按公布的利率分段计算"
        "（追回补助按一年期贷款市场报价利率（LPR）单利计息，日利率为年利率的三百六十分之一（A））。"
        "缴回的款项先抵本金；利息在本金缴清时一次结计，四舍五入到分。",
    ]


async def test_an_overdue_demand_is_handed_over_by_one_person_and_another(
    client: httpx.AsyncClient,
) -> None:
    desk, row = await make_demanded()
    in_time, late = LATER + timedelta(days=30), LATER + timedelta(days=66)
    given = {"recipient": "某某市中级人民法院", "ground": "两次书面催缴，对方未答复。"}
    with pytest.raises(Conflict):
        await propose_handover(row.number, **given, by=By(desk.officer, in_time))
    with pytest.raises(Invalid):
        await propose_handover(row.number, recipient=" ", ground="x", by=By(desk.officer, late))

    await propose_handover(row.number, **given, by=By(desk.officer, late))
    with pytest.raises(Conflict):
        await propose_handover(row.number, **given, by=By(desk.officer, late))
    both = replace(desk.officer, roles=desk.officer.roles | desk.approver.roles)
    with pytest.raises(SamePerson):
        await decide_handover(row.number, Verdict.CONFIRMED, by=By(both, late))
    with pytest.raises(Invalid):
        await decide_handover(row.number, Verdict.REJECTED, by=By(desk.approver, late))
    await decide_handover(row.number, Verdict.REJECTED, reason="再催一次", by=By(desk.approver, late))
    await propose_handover(row.number, **given, by=By(desk.officer, late))
    await decide_handover(row.number, Verdict.CONFIRMED, by=By(desk.approver, late))

    assert (await Clawback.get(id=row.id)).status is ClawbackStatus.HANDED_OVER
    letter = fill((await IssuedDocument.get(kind=DocumentKind.HANDOVER)).content)
    assert letter["to"] == "某某市中级人民法院"
    # 100,000.00 for 36 days at 3 %: 300.00.
    assert letter["paragraphs"][1:] == [
        "两次书面催缴，对方未答复。",
        f"截至 {late.date()}，尚欠本金 ￥100,000.00、利息 ￥300.00，"
        "合计 ￥100,300.00（壹拾万零叁佰元整）。利息以后继续计算。",
    ]
    assert letter["rows"] == [
        [f"{row.due_on} 次日至 {late.date()}", "100,000.00 × 3% ÷ 360 × 36 天 ＝ 300.00"]
    ]
    assert await Message.filter(text__contains="已移送某某市中级人民法院追缴").exists()
    await sign_in(client, desk.officer)
    page = (await client.get(f"/desk/clawbacks/{row.number}")).text
    assert "已移送追缴" in page
    assert "登记缴回" in page
    assert await findings() == []
    await give_back(desk, row, 10 * WAN + 30000, late, "r1")
    assert (await Clawback.get(id=row.id)).status is ClawbackStatus.SETTLED
    assert await findings() == []


async def test_the_officer_proposes_and_the_approver_confirms_on_the_page(client: httpx.AsyncClient) -> None:
    desk, row = await make_demanded()
    await past_guards("UPDATE clawbacks SET due_on = '2026-01-20'")
    address = f"/desk/clawbacks/{row.number}"
    await sign_in(client, desk.officer)
    assert "逾期未缴清，移送追缴" in (await client.get(address)).text
    empty = await post(client, address, {"act": "hand_over", "recipient": "", "ground": "催过"})
    assert empty.status_code == 422
    assert "请填移送机关" in empty.text
    await post(client, address, {"act": "hand_over", "recipient": "财政监督机构", "ground": "催过"})
    await sign_in(client, desk.approver)
    assert "待确认移送" in (await client.get("/dashboard")).text
    assert "确认移送" in (await client.get(address)).text
    await post(client, address, {"act": "confirm_handover"})

    assert (await Clawback.get(id=row.id)).status is ClawbackStatus.HANDED_OVER
    assert (await ClawbackHandover.get()).decided_by_id == desk.approver.user_id


CHANGED_DEMANDS = (
    ("UPDATE clawbacks SET interest_amount = 17999", interest_is_as_computed),
    ("UPDATE clawbacks SET interest_amount = 17999", clawbacks_are_booked),
    ("UPDATE clawbacks SET interest_after = interest_after + 10", interest_is_as_computed),
    ("UPDATE clawbacks SET due_on = due_on + 10", clawbacks_as_confirmed),
    ("UPDATE clawbacks SET amount = amount - 1", clawbacks_as_confirmed),
    ("UPDATE clawbacks SET status = 'handed_over'", handovers_are_by_two),
)


async def test_interest_and_demand_changed_by_sql_are_found() -> None:
    desk, row = await make_demanded()
    await give_back(desk, row, 4 * WAN, LATER + timedelta(days=10), "r1")
    await give_back(desk, row, 6 * WAN, LATER + timedelta(days=66), "r2")
    assert await findings() == []

    for statement, check in CHANGED_DEMANDS:
        async with tampered(statement):
            (finding,) = await check()
            assert row.number in finding


REFUSED_CHANGES = (
    "UPDATE clawbacks SET amount = amount - 1",
    "UPDATE clawbacks SET ground = '别的理由'",
    "UPDATE clawbacks SET interest_basis = 'none'",
    "UPDATE clawbacks SET due_on = due_on + 10",
    "UPDATE clawbacks SET interest_after = interest_after + 10",
    "UPDATE clawbacks SET interest_amount = interest_amount - 1",
    "UPDATE clawbacks SET settled_at = NULL",
    "UPDATE clawbacks SET decided_by_id = proposed_by_id",
    "UPDATE clawbacks SET decided_at = decided_at - interval '1 day'",
    "DELETE FROM clawbacks",
)


@pytest.mark.owner
async def test_what_was_demanded_is_refused_a_change_by_the_database() -> None:
    desk, row = await make_demanded(InterestBasis.FROM_PAYMENT)
    await give_back(desk, row, 10 * WAN + 10000, LATER + timedelta(days=12), "r1")

    for statement in REFUSED_CHANGES:
        with pytest.raises(IntegrityError):
            async with in_transaction():
                await connection().execute_query(statement)


async def test_a_handing_over_changed_by_sql_is_found() -> None:
    desk, row = await make_demanded()
    late = LATER + timedelta(days=66)
    await propose_handover(row.number, recipient="法院", ground="催过", by=By(desk.officer, late))
    await decide_handover(row.number, Verdict.CONFIRMED, by=By(desk.approver, late))
    assert await handovers_are_by_two() == []
    async with as_owner():
        await connection().execute_query(
            "ALTER TABLE clawback_handovers DROP CONSTRAINT clawback_handovers_second_person"
        )

    for statement in (
        "UPDATE clawbacks SET status = 'confirmed'",
        "UPDATE clawback_handovers SET decided_by_id = proposed_by_id",
        "DELETE FROM clawback_handovers",
        "UPDATE clawbacks SET due_on = due_on + 400",
    ):
        async with tampered(statement):
            assert await handovers_are_by_two(), statement
