"""What follows in the demo after payment: messages, a statement, a refund, rewards, scores, a clawback."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from market.budgets.clawback_returns import confirm_return, record_return
from market.budgets.clawbacks import confirm_clawback, start_clawback
from market.budgets.models import Clawback
from market.budgets.states import ClawbackStatus
from market.contracts import bank_statements, refunds, statement_imports
from market.contracts.models import Contract
from market.deals.messages import send_message
from market.deals.models import Deal
from market.files.attachments import store_blob
from market.files.uploads import check_content
from market.kit.clock import local_date
from market.kit.money import Money
from market.notices import notice_acts as notices
from market.payments.models import Remittance
from market.payments.statement_models import BankLine, BankStatement
from market.records.by import By
from market.rewards import plan_acts as rewards
from market.rewards.models import RewardPlan
from market.rewards.rules import Deduction, PersonShare, Sharing, UnitShare
from market.rewards.states import RewardKind
from market.seed.content import fen, load, store_pdf
from market.seed.subsidy_round import Desk
from market.seed.timeline import HOLIDAYS, Story, pass_time

TALKS: tuple[tuple[str, str, tuple[tuple[str, int, str], ...]], ...] = (
    (
        "al-dross-denitride",
        "enterprise",
        (
            ("university", 4, "合同已录入，设备费 22 万元单列，请贵公司核对后确认。"),
            ("enterprise", 3, "收到。反应釜的验收标准想写进附件二，法务明天给意见。"),
            ("university", 2, "可以，验收标准按中试规程第六章写，附件改好后重新提交。"),
        ),
    ),
    (
        "mn-slag-brick",
        "mengyang",
        (
            ("zhao_mengsheng", 12, "第一批砖样强度合格，技术资料请按清单寄两套。"),
            ("university3", 11, "已寄出，清单第七项的环境检测报告下周补。"),
        ),
    ),
)
"""Outcome, buyer, and who wrote what how many days ago."""
HEAD = "凭证号,本方账号,对方账号,交易时间,借/贷,借方发生额,贷方发生额,对方行号,摘要,用途,对方单位名称,余额"
"""The heads of a statement as ICBC exports it."""


def after_payment(desk: Desk) -> Iterator[Story]:
    """Yield everything that comes after contract and payment."""
    for outcome, buyer, messages in TALKS:
        yield _talk(desk, outcome, buyer, messages)
    yield _statement(desk)
    yield _refund(desk)
    yield _reward(desk, "high-purity-in", "jinxun", 70, days=46, is_paid=True)
    yield _reward(desk, "zinc-residue-in", "jinxun", 45, days=4, is_paid=False)
    yield _clawback(desk)


async def _talk(desk: Desk, outcome: str, buyer: str, words: tuple[tuple[str, int, str], ...]) -> Story:
    for person, days, text in words:
        now = yield desk.calendar.ago(days, 15, 20)
        deal = await Deal.get(**_named(outcome, buyer))
        await send_message(deal.number, text, by=By(await desk.cast.actor(person), now))


async def _statement(desk: Desk) -> Story:
    """Import the university's statement: an instalment to confirm, interest, an unknown sum."""
    now = yield desk.calendar.ago(1, 16, 30)
    agent = await desk.cast.actor("university3")
    contract = await _contract("zinc-residue-in", "jinxun")
    instalment = await contract.instalments.filter(sequence=2).get()
    payer = load("organisations")["jinxun"]["name"]
    day = local_date(now) - timedelta(days=1)
    rows = [
        ("0417", "2110005509200081177", instalment.amount, f"{contract.number} 第二期许可费", payer),
        ("0418", "", 31_245, "季度结息", ""),
        ("0421", "6222021103009988776", 500_000, "培训费", "个人汇款"),
    ]
    lines = [HEAD]
    for number, account, amount, text, name in rows:
        lines.append(
            f"{day:%Y%m%d}{number},2102110109300012345,{account},{day} 10:12:00,贷,,"
            f"{amount / 100:.2f},,转账,{text},{name},"
        )
    upload = check_content("银行流水.csv", "\n".join(lines).encode("gb18030"))
    statement, _is_new = await statement_imports.import_statement(
        await store_blob(upload, desk.deps.store), by=By(agent, now)
    )
    if not isinstance(statement, BankStatement):
        raise TypeError("the layout of the demo's bank is known")
    await statement_imports.confirm_account(statement, statement.account, by=By(agent, now))
    await bank_statements.match_statement(statement.id, now=now)
    interest = await BankLine.get(statement_id=statement.id, amount=31_245)
    await bank_statements.set_line_aside(interest.id, "银行结息，与合同无关", by=By(agent, now))


async def _refund(desk: Desk) -> Story:
    """Record a refund by bank of a part of an instalment; the other person of finance has to confirm it."""
    now = yield desk.calendar.ago(3, 9, 40)
    contract = await _contract("mn-slag-brick", "mengyang")
    instalment = await contract.instalments.filter(sequence=1).get()
    lines = ["Refund voucher (demo)", contract.number, "CNY 20,000.00", f"{now:%Y-%m-%d}"]
    await refunds.record_refund(
        await Remittance.get(payable_id=instalment.id),
        fen(2) or 0,
        "首期款里多计的样品运输费，双方确认后退回。",
        refunded_on=local_date(now),
        bank_reference=f"TK{now:%Y%m%d}000093",
        blob=await store_pdf("退款回单.pdf", lines, desk.deps.store),
        by=By(await desk.cast.actor("university"), now),
    )


async def _reward(desk: Desk, outcome: str, buyer: str, wan: int, *, days: int, is_paid: bool) -> Story:
    """Share the income of a contract: the plan is published, of the older contract paid out."""
    now = yield desk.calendar.ago(days, 10, 10)
    maker, finance = await desk.cast.actor("university"), await desk.cast.actor("university2")
    if is_paid:
        await rewards.enter_rule(
            "科技成果转化收益分配办法",
            f"桂南理工〔{now.year - 1}〕36号",
            pot=7000,
            equity=7000,
            main=5000,
            valid_from=local_date(desk.calendar.round_day(1, 1)),
            by=By(maker, now),
        )
    contract = await _contract(outcome, buyer)
    plan = await rewards.propose_plan(contract.number, _sharing(outcome, wan), by=By(maker, now))
    now = yield now + timedelta(days=1)
    await rewards.confirm_plan(plan.number, calendar=HOLIDAYS, by=By(finance, now))
    if is_paid:
        now = yield await _end_of(plan)
        await pass_time(desk.deps, now)
        await rewards.PUBLICITY.sweep(now)
        now = yield now + timedelta(hours=6)
        await rewards.pay_plan(plan.number, by=By(finance, now))


def _sharing(outcome: str, wan: int) -> Sharing:
    team = load("outcomes")[outcome]["team"]
    parts = [6000, 4000] if len(team) == 2 else [5000, 3000, 2000]
    return Sharing(
        kind=RewardKind.CASH,
        income=Money(fen(wan) or 0),
        deductions=(Deduction("patent_fees", "专利年费与评估费", fen(1.5) or 0),),
        pot=7000,
        people=tuple(
            PersonShare(member["name"], place == 0, member["direction"], part)
            for place, (member, part) in enumerate(zip(team, parts, strict=False))
        ),
        units=(UnitShare("所在学院", 5000), UnitShare("学校", 5000)),
    )


async def _end_of(plan: RewardPlan) -> datetime:
    notice = await notices.lock_for("reward", plan.id)
    if notice is None or notice.ends_at is None:
        raise LookupError(f"no end of the notice of {plan.number}")
    return notice.ends_at + timedelta(hours=10)


async def _clawback(desk: Desk) -> Story:
    """Start a clawback after an audit, confirm it, and record a first return."""
    now = yield desk.calendar.ago(21, 10)
    officer = await desk.cast.actor("finance")
    clawback = await start_clawback(
        desk.numbers["clawed"],
        amount=fen(8) or 0,
        ground="专项审计发现所报新增销售额中有一笔与成果应用无关，对应的补助应当退回。",
        by=By(officer, now),
    )
    now = yield desk.calendar.ago(19, 15)
    await confirm_clawback(clawback.number, by=By(await desk.cast.actor("approver"), now))
    now = yield desk.calendar.ago(6, 11)
    clawback = await Clawback.get(id=clawback.id, status=ClawbackStatus.CONFIRMED)
    receipt = await record_return(
        clawback.number,
        amount=fen(5) or 0,
        received_on=local_date(now),
        bank_reference=f"JK{now:%Y%m%d}000058",
        by=By(officer, now),
    )
    await confirm_return(clawback.number, receipt.id, by=By(await desk.cast.actor("finance2"), now))


async def _contract(outcome: str, buyer: str) -> Contract:
    return await Contract.get(**{f"deal__{key}": value for key, value in _named(outcome, buyer).items()})


def _named(outcome: str, buyer: str) -> dict[str, Any]:
    return {
        "outcome__title": load("outcomes")[outcome]["title"],
        "buyer__name": load("organisations")[buyer]["name"],
    }
