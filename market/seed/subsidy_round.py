"""The subsidy round, half done: budgets, claims in every state, lists paid, approved and published."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from market.budgets.batches import approve_batch, make_batch
from market.budgets.disbursements import order_payment
from market.budgets.instructions import release_instruction
from market.budgets.list_confirmation import confirm_batch
from market.budgets.payment_results import Reported, confirm_result, enter_result
from market.budgets.states import PaymentOutcome, PotMode
from market.claims.applications import create_claim, report_sales, submit_claim, withdraw_claim
from market.claims.desk_review import accept, ask_supplement, calculate, recheck
from market.claims.evidence_log import Paper, add_evidence
from market.claims.models import Claim
from market.claims.queries import last_assessment
from market.claims.refusals import decide_refusal, propose_refusal
from market.contracts.models import Contract
from market.deps import Deps
from market.files.uploads import check_content
from market.kit.clock import local_date
from market.notices import objections
from market.notices.models import Notice
from market.records.by import By
from market.records.decisions import Verdict
from market.seed.content import fen, load, make_pdf
from market.seed.listings import AUTHORS
from market.seed.people import Cast
from market.seed.subsidy_setup import GUANGXI, budget_story
from market.seed.timeline import HOLIDAYS, Calendar, Story, pass_time

NANNING = "nanning"


@dataclass(frozen=True)
class Case:
    """One claim: whose, from which deal, and on which days ago its steps were taken."""

    key: str
    buyer: str
    outcome: str
    sales_wan: int
    """New sales from the outcome in the year of the round."""
    sales_note: str
    steps: tuple[tuple[str, int], ...]
    programme: str = GUANGXI


@dataclass
class Desk:
    """What the stories of the round share: who is who, and the claims that were made."""

    cast: Cast
    deps: Deps
    calendar: Calendar
    numbers: dict[str, str] = field(default_factory=dict)
    """Numbers of the claims by the keys of their cases."""


CASES = (
    Case(
        "paid",
        "enterprise",
        "battery-al-foil",
        1240,
        "十微米电池箔试生产销售二百一十吨，按发票汇总。",
        (("create", 49), ("submit", 48), ("accept", 47), ("calculate", 45), ("recheck", 44)),
    ),
    Case(
        "to_pay",
        "jinxun",
        "high-purity-in",
        860,
        "六个九高纯铟销售一点三吨。",
        (("create", 48), ("submit", 47), ("accept", 46), ("calculate", 45), ("recheck", 44)),
    ),
    Case(
        "clawed",
        "hezhu",
        "expansive-soil",
        470,
        "六段路堑支护工程的新增销售额。",
        (("create", 48), ("submit", 47), ("accept", 46), ("calculate", 45), ("recheck", 44)),
    ),
    Case(
        "approved",
        "muche",
        "casting-grind",
        930,
        "减震塔毛坯改自动打磨后新增订单销售额。",
        (("create", 42), ("submit", 41), ("accept", 39), ("calculate", 37), ("recheck", 36)),
    ),
    Case(
        "publicity",
        "lichuan",
        "casting-grind",
        1520,
        "铸钢齿座交付能力提高后的新增销售额。",
        (("create", 21), ("submit", 20), ("accept", 18), ("calculate", 14), ("recheck", 11)),
    ),
    Case(
        "objection",
        "tianling",
        "al-7xxx-quench",
        2100,
        "七系厚板合格率提高后新增销售额。",
        (("create", 20), ("submit", 19), ("accept", 17), ("calculate", 13), ("recheck", 11)),
    ),
    Case(
        "rechecked",
        "zheyuan",
        "bagasse-dry",
        410,
        "节省燃煤后外售蔗渣的新增收入。",
        (("create", 17), ("submit", 16), ("accept", 14), ("calculate", 10), ("recheck", 7)),
    ),
    Case(
        "calculated",
        "hengqin",
        "casting-grind",
        780,
        "缸体外销新增销售额。",
        (("create", 12), ("submit", 10), ("accept", 8), ("calculate", 6)),
    ),
    Case(
        "withdrawn",
        "chaoyu",
        "oyster-triploid",
        0,
        "",
        (("create", 31), ("submit", 30), ("withdraw", 29)),
    ),
    Case(
        "supplement",
        "chaoyu",
        "oyster-triploid",
        690,
        "三倍体牡蛎上市一百二十吨。",
        (("create", 25), ("submit", 24), ("accept", 21), ("supplement", 4)),
    ),
    Case(
        "accepted",
        "tengxu",
        "camellia-oil",
        230,
        "冷榨茶油销售二十一吨。",
        (("create", 8), ("submit", 7), ("accept", 4)),
    ),
    Case(
        "submitted",
        "hezhu",
        "marine-concrete",
        540,
        "码头预制构件新增销售额。",
        (("create", 3), ("submit", 2)),
    ),
    Case(
        "rejected",
        "hengshuo",
        "mangrove",
        150,
        "滩涂修复工程新增收入。",
        (("create", 27), ("submit", 26), ("reject", 23)),
    ),
    Case(
        "draft",
        "enterprise",
        "battery-al-foil",
        1240,
        "",
        (("create", 2),),
        programme=NANNING,
    ),
)
UNCLAIMED = Case(
    "unclaimed", "enterprise", "voc-catalyst", 560, "涂层线复产后的新增销售额。", (("report", 30),)
)
"""The enterprise has reported its sales and may claim."""


def round_stories(desk: Desk) -> Iterator[Story]:
    """Yield everything that happens in the round."""
    yield budget_story(desk.cast, desk.calendar)
    for place, case in enumerate((*CASES, UNCLAIMED)):
        yield _claim(case, place, desk)
    yield _paid_list(desk)
    yield _approved_list(desk)
    yield _published_list(desk)


async def _claim(case: Case, place: int, desk: Desk) -> Story:
    """Submit one claim after its sales report, and take its further steps."""
    year = desk.calendar.round_year
    buyer = await desk.cast.actor(AUTHORS[case.buyer])
    contract = None
    for step, days in case.steps:
        now = yield desk.calendar.ago(days, 9 + place % 7, place * 17 % 60)
        if contract is None:
            contract = await _contract(case)
            if case.sales_note:
                await report_sales(
                    contract.number,
                    year=year,
                    amount=fen(case.sales_wan) or 0,
                    note=case.sales_note,
                    by=By(buyer, now),
                )
        if step == "create":
            claim = await create_claim(
                case.programme,
                year=year,
                contract_numbers=[contract.number],
                by=By(buyer, now + timedelta(minutes=10)),
            )
            desk.numbers[case.key] = claim.number
        elif step != "report":
            await _STEPS[step](desk, case, now)


async def _submit(desk: Desk, case: Case, now: datetime) -> None:
    buyer, number = await desk.cast.actor(AUTHORS[case.buyer]), desk.numbers[case.key]
    lines = ["Special report on the outcome's sales (demo)", number, f"CNY {case.sales_wan * 10_000:,}"]
    await add_evidence(
        number,
        Paper(
            "conversion_report",
            f"KZ-ZX-{number[-4:]}",
            local_date(now) - timedelta(days=12),
            fen(case.sales_wan),
        ),
        upload=check_content("成果收入专项审计报告.pdf", make_pdf(lines)),
        by=By(buyer, now - timedelta(hours=1)),
        store=desk.deps.store,
    )
    await submit_claim(number, is_declared=True, by=By(buyer, now))


async def _withdraw(desk: Desk, case: Case, now: datetime) -> None:
    buyer = await desk.cast.actor(AUTHORS[case.buyer])
    await withdraw_claim(desk.numbers[case.key], by=By(buyer, now))


async def _accept(desk: Desk, case: Case, now: datetime) -> None:
    await accept(desk.numbers[case.key], by=By(await desk.cast.actor("finance"), now))


async def _ask_supplement(desk: Desk, case: Case, now: datetime) -> None:
    await ask_supplement(
        desk.numbers[case.key],
        reason="专项审计报告没有区分三倍体与普通牡蛎的销售额，请补充分项明细和对应发票清单。",
        due_on=desk.calendar.today + timedelta(days=11),
        by=By(await desk.cast.actor("finance"), now),
    )


async def _calculate(desk: Desk, case: Case, now: datetime) -> None:
    await calculate(desk.numbers[case.key], by=By(await desk.cast.actor("finance"), now))


async def _recheck(desk: Desk, case: Case, now: datetime) -> None:
    claim = await Claim.get(number=desk.numbers[case.key])
    assessment = await last_assessment(claim.id)
    await recheck(
        claim.number,
        sequence=assessment.sequence if assessment else 0,
        by=By(await desk.cast.actor("finance2"), now),
    )


async def _reject(desk: Desk, case: Case, now: datetime) -> None:
    number = desk.numbers[case.key]
    await propose_refusal(
        number,
        clause="kinds",
        reason="申报合同登记为技术服务合同，且单位注册地不在自治区内，不在支持范围。",
        by=By(await desk.cast.actor("finance"), now),
    )
    await decide_refusal(
        number, Verdict.CONFIRMED, by=By(await desk.cast.actor("finance2"), now + timedelta(hours=1))
    )


async def _paid_list(desk: Desk) -> Story:
    """Make a list that is approved and ordered; the bank has paid two of its three."""
    year, officer = desk.calendar.round_year, await desk.cast.actor("finance")
    now = yield desk.calendar.ago(43, 11)
    number = await _make(desk, ("paid", "to_pay", "clawed"), f"{year}年度后补助第一批", now)
    now = yield desk.calendar.ago(42, 15)
    notice = await _confirm(desk, number, now)
    now = yield _end(notice)
    await _approve(desk, number, now)
    now = yield now + timedelta(days=2)
    ordered = await order_payment(number, by=By(officer, now))
    now = yield now + timedelta(hours=3)
    if ordered.instruction is None:
        raise LookupError(f"no instruction of {number}")
    await release_instruction(ordered.instruction.number, by=By(await desk.cast.actor("finance2"), now))
    now = yield now + timedelta(days=2)
    for place, key in enumerate(("paid", "clawed")):
        claim = await Claim.get(number=desk.numbers[key])
        order = next(item for item in ordered.orders if item.claim_id == claim.id)
        result = await enter_result(
            order.number,
            Reported(PaymentOutcome.PAID, local_date(now), f"GK{now:%Y%m%d}{417 + place:06d}"),
            by=By(officer, now),
        )
        await confirm_result(result.id, by=By(await desk.cast.actor("finance2"), now + timedelta(minutes=40)))


async def _approved_list(desk: Desk) -> Story:
    """Make a list that is approved and waits for its order."""
    now = yield desk.calendar.ago(35, 11)
    sharing = (PotMode.HARD_STOP, "本批只有一家，余额不足以足额支持时留待追加预算，不打折支持。")
    number = await _make(desk, ("approved",), f"{desk.calendar.round_year}年度后补助第二批", now, sharing)
    now = yield desk.calendar.ago(34, 16)
    notice = await _confirm(desk, number, now)
    now = yield _end(notice)
    await _approve(desk, number, now)


async def _published_list(desk: Desk) -> Story:
    """Make a list in its publicity, with an objection against one of its two."""
    now = yield desk.calendar.ago(6, 11)
    keys = ("publicity", "objection")
    sharing = (PotMode.RANKED, "末批额度有限，按提交先后支持，最后一家给余额。")
    number = await _make(desk, keys, f"{desk.calendar.round_year}年度后补助第三批", now, sharing)
    now = yield desk.calendar.ago(5, 10)
    notice = await _confirm(desk, number, now)
    now = yield desk.calendar.ago(2, 14)
    claim = await Claim.get(number=desk.numbers["objection"])
    await objections.object_to(
        notice.number,
        reason="该单位申报的新增销售额包含上一年已签订的供货合同，与成果应用没有对应关系，请核实发票时间。",
        entry_id=claim.id,
        by=By(await desk.cast.actor("qin_ye"), now),
    )


async def _make(
    desk: Desk,
    keys: tuple[str, ...],
    title: str,
    now: datetime,
    sharing: tuple[PotMode | None, str] = (None, ""),
) -> str:
    batch = await make_batch(
        GUANGXI,
        year=desk.calendar.round_year,
        claim_numbers=[desk.numbers[key] for key in keys],
        title=title,
        fiscal_year=desk.calendar.round_year + 1,
        pot_mode=sharing[0],
        pot_mode_reason=sharing[1],
        by=By(await desk.cast.actor("finance"), now),
    )
    return batch.number


async def _confirm(desk: Desk, number: str, now: datetime) -> Notice:
    done = await confirm_batch(number, calendar=HOLIDAYS, by=By(await desk.cast.actor("finance2"), now))
    return done.notice


async def _approve(desk: Desk, number: str, now: datetime) -> None:
    await pass_time(desk.deps, now)
    await approve_batch(number, by=By(await desk.cast.actor("approver"), now))


def _end(notice: Notice) -> datetime:
    if notice.ends_at is None:
        raise LookupError(f"no end of {notice.number}")
    return notice.ends_at + timedelta(hours=10)


async def _contract(case: Case) -> Contract:
    return await Contract.get(
        deal__outcome__title=load("outcomes")[case.outcome]["title"],
        deal__buyer__name=load("organisations")[case.buyer]["name"],
    )


_STEPS = {
    "submit": _submit,
    "withdraw": _withdraw,
    "accept": _accept,
    "supplement": _ask_supplement,
    "calculate": _calculate,
    "recheck": _recheck,
    "reject": _reject,
}
