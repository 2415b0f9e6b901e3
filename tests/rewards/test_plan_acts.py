"""A unit shares what arrived: proposed by one, confirmed by another, published, paid."""

from __future__ import annotations

import io
from datetime import timedelta
from typing import Any

import httpx
import pytest
from openpyxl import load_workbook

from market.contracts import remittances
from market.contracts.models import Contract
from market.deals.models import Side
from market.deps import Deps
from market.kit.errors import Conflict, Forbidden, Invalid, NotFound
from market.kit.money import Money
from market.ledger import transfers as ledger
from market.notices.models import Notice
from market.notices.notice_acts import NotClear
from market.records.by import By
from market.records.figures import Period, list_rows
from market.reports.statements import statement_scope
from market.rewards import plan_acts
from market.rewards.models import RewardPlan, RewardShare
from market.rewards.rules import Deduction, PersonShare, Sharing, UnitShare
from market.rewards.states import RewardKind, RewardStatus
from market.rooms import ROOMS
from tests.contracts.factories import LATER, TODAY, instalments_of, make_registered, make_remittance
from tests.deals.factories import Parties, make_parties, move_clock
from tests.factories import HOLIDAYS, make_member
from tests.moments import end_notices
from tests.stage_cache import cached_stage
from tests.visitor import post, sign_in

INCOME = 80_500_000


@cached_stage
async def make_received(parties: Parties) -> Contract:
    contract = await make_registered(parties)
    first = (await instalments_of(contract))[0]
    remittance = await make_remittance(parties, first, first.amount)
    await remittances.confirm_remittance(remittance.id, by=By(parties.seller_finance, LATER))
    return contract


def sharing(**changes: Any) -> Sharing:
    given: dict[str, Any] = {
        "kind": RewardKind.CASH,
        "income": Money(INCOME),
        "deductions": (Deduction("patent_fees", "年费", 500_000),),
        "pot": 7000,
        "people": (
            PersonShare("韦博士", True, "发明人", 7000, "工行 6222"),
            PersonShare("陆老师", False, "转化服务", 3000),
        ),
        "units": (UnitShare("材料学院", 5000), UnitShare("学校", 5000)),
    }
    return Sharing(**(given | changes))


async def test_a_plan_goes_from_proposal_to_payment_and_the_pot_is_emptied(deps: Deps) -> None:
    parties = await make_parties()
    contract = await make_received(parties)

    plan = await plan_acts.propose_plan(contract.number, sharing(), by=By(parties.seller, LATER))
    with pytest.raises(Invalid):
        await plan_acts.propose_plan(contract.number, sharing(), by=By(parties.seller, LATER))
    await plan_acts.confirm_plan(plan.number, calendar=HOLIDAYS, by=By(parties.seller_finance, LATER))

    assert (await ledger.balance(f"pot:{plan.id}")).amount == 56_000_000
    with pytest.raises(NotClear):
        await plan_acts.pay_plan(plan.number, by=By(parties.seller_finance, LATER))
    over = LATER + timedelta(days=40)
    await end_notices(over)
    assert await plan_acts.PUBLICITY.sweep(over) == 1
    await plan_acts.pay_plan(plan.number, by=By(parties.seller_finance, over))

    shares = await RewardShare.filter(plan_id=plan.id).order_by("sequence")
    assert [each.amount for each in shares] == [39_200_000, 16_800_000]
    assert (await ledger.balance(f"pot:{plan.id}")).amount == 0
    assert (await RewardPlan.get(id=plan.id)).status is RewardStatus.PAID
    scope = statement_scope(parties.university.id, Side.SELLER)
    rows = await list_rows(ROOMS.figures["statement.shared"], Period.of_year(2026), scope)
    assert sorted(row.money.amount for row in rows) == [16_800_000, 39_200_000]


async def test_what_is_published_names_people_but_no_account() -> None:
    parties = await make_parties()
    contract = await make_received(parties)
    plan = await plan_acts.propose_plan(contract.number, sharing(), by=By(parties.seller, LATER))

    await plan_acts.confirm_plan(plan.number, calendar=HOLIDAYS, by=By(parties.seller_finance, LATER))

    notice = await Notice.get(subject_id=plan.id)
    text = str(notice.body)
    assert (notice.days, notice.day_kind) == (15, "working")
    assert "韦博士" in text
    assert "4526010300000117" in text
    assert "6222" not in text


async def test_a_cancelled_plan_frees_its_income() -> None:
    parties = await make_parties()
    contract = await make_received(parties)
    plan = await plan_acts.propose_plan(contract.number, sharing(), by=By(parties.seller, LATER))
    await plan_acts.confirm_plan(plan.number, calendar=HOLIDAYS, by=By(parties.seller_finance, LATER))

    await plan_acts.cancel_plan(plan.number, by=By(parties.seller, LATER))
    again = await plan_acts.propose_plan(contract.number, sharing(), by=By(parties.seller, LATER))

    assert (await ledger.balance(f"income:{contract.id}")).amount == 0
    assert again.status is RewardStatus.DRAFT


async def test_a_units_own_rules_are_kept_by_version_and_never_below_the_law() -> None:
    parties = await make_parties()
    contract = await make_received(parties)
    given: dict[str, Any] = {"valid_from": TODAY, "by": By(parties.seller, LATER)}

    with pytest.raises(Invalid):
        await plan_acts.enter_rule("办法", "", pot=4000, equity=5000, main=5000, **given)
    await plan_acts.enter_rule("奖励办法", "校〔2026〕1号", pot=7500, equity=7500, main=5000, **given)

    with pytest.raises(Invalid, match="校〔2026〕1号"):
        await plan_acts.propose_plan(contract.number, sharing(), by=By(parties.seller, LATER))


async def test_the_pages_from_proposal_to_the_payout_list(client: httpx.AsyncClient, deps: Deps) -> None:
    parties = await make_parties()
    contract = await make_received(parties)
    move_clock(deps, LATER)
    entry = {
        "income": "805000.00",
        "pot": "70",
        "deductions-0-kind": "patent_fees",
        "deductions-0-amount": "5000",
        "people-0-name": "韦博士",
        "people-0-is_main": "y",
        "people-0-basis_points": "100",
        "units-0-name": "学校",
        "units-0-basis_points": "100",
    }
    await sign_in(client, parties.seller)
    address = f"/contracts/{contract.number}/rewards/new"
    form = await client.get(address)

    wrong = await post(client, address, entry | {"pot": "40"})
    made = await post(client, address, entry)
    listed = await client.get("/rewards")
    rules = await client.get("/rewards/rules")
    plan = await RewardPlan.get()
    sheet = load_workbook(
        io.BytesIO((await client.get(f"/rewards/{plan.number}/payouts.xlsx")).content)
    ).active
    await sign_in(client, parties.seller_finance)
    confirmed = await post(client, f"/rewards/{plan.number}/confirm")

    assert "805000" in form.text
    assert wrong.status_code == 422
    assert "第四十五条" in wrong.text
    assert "560,000.00" in made.text
    assert plan.number in listed.text
    assert rules.status_code == 200
    assert sheet is not None
    assert sheet.cell(2, 6).value == 560_000
    assert (sheet.cell(2, 7).value, sheet.cell(2, 8).value) == (None, 560_000)
    assert "公示中" in confirmed.text
    for stranger in (parties.buyer, await make_member()):
        await sign_in(client, stranger)
        for page in (f"/rewards/{plan.number}", address):
            assert (await client.get(page)).status_code == 404
    with pytest.raises(NotFound):
        await plan_acts.pay_plan(plan.number, by=By(parties.buyer_finance, LATER))


async def test_the_payout_list_has_gross_tax_net_and_a_place_to_sign(
    client: httpx.AsyncClient, deps: Deps
) -> None:
    parties = await make_parties()
    contract = await make_received(parties)
    move_clock(deps, LATER)
    account = "6222020200112233445"
    people = (
        PersonShare("韦博士", True, "发明人", 7000, account),
        PersonShare("陆老师", False, "=转化服务", 3000),
    )
    plan = await plan_acts.propose_plan(contract.number, sharing(people=people), by=By(parties.seller, LATER))
    await sign_in(client, parties.seller_finance)
    address = f"/rewards/{plan.number}/tax"
    too_much = await post(client, address, {"tax-1": "392000.01", "tax-2": ""})
    assert too_much.status_code == 422
    assert "代扣税额不能多于应发的 ￥392,000.00" in too_much.text

    page = await post(client, address, {"tax-1": "31250.5", "tax-2": ""})

    assert "360,749.50" in page.text
    content = (await client.get(f"/rewards/{plan.number}/payouts.xlsx")).content
    sheet = load_workbook(io.BytesIO(content)).active
    assert sheet is not None
    rows = [tuple(row) for row in sheet.iter_rows(values_only=True)]
    assert rows[0][5:] == (
        "应发（元）",
        "代扣个人所得税（元）",
        "实发（元）",
        "开户行和账号",
        "领取人签字",
    )
    assert rows[1][5:9] == (392_000, 31_250.5, 360_749.5, account)
    assert rows[2][3] == "=转化服务"
    assert rows[2][5:8] == (168_000, None, 168_000)
    assert rows[3][4:8] == ("合计", 560_000, 31_250.5, 528_749.5)
    assert rows[4][0] == "代扣税额空白的，尚未填写，实发按应发列出。"
    assert sheet["I2"].data_type == "s"
    assert sheet["D3"].data_type == "s"
    assert [cell for cell in rows[6] if cell] == ["编制：", "复核：", "单位负责人："]


async def test_tax_is_stated_by_finance_before_the_rewards_are_paid() -> None:
    parties = await make_parties()
    contract = await make_received(parties)
    plan = await plan_acts.propose_plan(contract.number, sharing(), by=By(parties.seller, LATER))
    with pytest.raises(Forbidden):
        await plan_acts.state_tax(plan.number, {1: 1}, by=By(parties.seller, LATER))
    await plan_acts.state_tax(plan.number, {1: 0, 2: 100}, by=By(parties.seller_finance, LATER))
    shares = await RewardShare.filter(plan_id=plan.id).order_by("sequence")
    assert [share.withheld_amount for share in shares] == [0, 100]
    await plan_acts.cancel_plan(plan.number, by=By(parties.seller, LATER))
    with pytest.raises(Conflict):
        await plan_acts.state_tax(plan.number, {1: 5}, by=By(parties.seller_finance, LATER))
