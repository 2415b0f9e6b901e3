"""Rounds of other programmes in the demo: other shapes of rules, each way to share a pot that falls short.

Shenzhen pays sellers a share of their VAT, Ningbo brokers by falling steps, Fujian agencies a share of what
they brokered: all three on totals of a year. One list is reduced pro rata, one is served by rank, and one
ends at the first claim that does not fit.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta

from market.budgets.annual_budgets import BudgetDetails, draft_budget, release_budget
from market.budgets.batches import approve_batch, make_batch
from market.budgets.disbursements import order_payment
from market.budgets.list_confirmation import confirm_batch
from market.budgets.states import PotMode
from market.claims.applications import create_claim, submit_claim
from market.claims.claim_facts import declare_totals
from market.claims.desk_review import accept, calculate, recheck
from market.claims.evidence_log import Paper, add_evidence
from market.files.uploads import check_content
from market.kit.clock import local_date
from market.records.by import By
from market.seed.content import fen, make_pdf
from market.seed.subsidy_round import Desk
from market.seed.timeline import HOLIDAYS, Story, pass_time


@dataclass(frozen=True)
class Round:
    """A year's budget, the claims of those who applied, and the list that they are put on."""

    programme: str
    budget_wan: int
    source: str
    title: str
    totals: Mapping[str, Mapping[str, int]]
    """What each applicant states for the year, in 万元, in the order of submission."""
    paper: str
    """Kind of the document that proves the totals."""
    days: int
    """Ago, when the first claim was created."""
    mode: PotMode | None = None
    """None: as the rules say."""
    mode_reason: str = ""
    is_confirmed: bool = True
    """Whether its list is confirmed and published, or waits for the rechecker, who sees the preview."""
    is_ordered: bool = False


ROUNDS = (
    Round(
        "ningbo-broker",
        40,
        "市级科技计划专项经费",
        "年度技术经纪机构补助",
        {
            "shi_yuan": {"brokered_total": 1800},
            "jiang_he": {"brokered_total": 900},
            "qiu_chen": {"brokered_total": 640},
        },
        "other",
        46,
        PotMode.RANKED,
        "额度不足以全部支持，按提交先后依次支持，最后一家给余额。",
        is_ordered=True,
    ),
    Round(
        "shenzhen",
        120,
        "市科技研发资金",
        "年度技术交易补助（卖方）",
        {
            "ma_chi": {"vat_payable": 150, "vat_paid": 90},
            "ou_jing": {"vat_payable": 62, "vat_paid": 62},
            "hou_lan": {"vat_payable": 41, "vat_paid": 38},
        },
        "tax_certificate",
        22,
    ),
    Round(
        "fujian-agency",
        35,
        "省级科技创新专项资金",
        "年度技术转移机构补助",
        {"lin_zhou": {"brokered_total": 1260}, "hong_yu": {"brokered_total": 930}},
        "other",
        16,
        PotMode.HARD_STOP,
        "不能足额支持的不打折支持，留待追加预算。",
        is_confirmed=False,
    ),
)


def other_rounds(desk: Desk) -> Iterator[Story]:
    """Yield everything that happens in the rounds of other programmes."""
    for number, other_round in enumerate(ROUNDS):
        yield _budget(desk, other_round)
        for place, person in enumerate(other_round.totals):
            yield _claim(desk, other_round, person, place)
        yield _list(desk, other_round, number)


async def _budget(desk: Desk, other_round: Round) -> Story:
    now = yield desk.calendar.ago(other_round.days + 9, 9, 20)
    budget = await draft_budget(
        other_round.programme,
        year=desk.calendar.round_year + 1,
        amount=fen(other_round.budget_wan) or 0,
        details=BudgetDetails(other_round.source, "2060404", "50299"),
        by=By(await desk.cast.actor("finance"), now),
    )
    now = yield desk.calendar.ago(other_round.days + 7, 15, 20)
    await release_budget(budget.id, by=By(await desk.cast.actor("approver"), now))


async def _claim(desk: Desk, other_round: Round, person: str, place: int) -> Story:
    """State the totals of the year with their proof, and take the claim to the recheck."""
    applicant, officer = await desk.cast.actor(person), await desk.cast.actor("officer2")
    now = yield desk.calendar.ago(other_round.days - place, 9, 10 * place)
    claim = await create_claim(
        other_round.programme, year=desk.calendar.round_year, contract_numbers=[], by=By(applicant, now)
    )
    desk.numbers[person] = claim.number
    totals = {fact: fen(wan) or 0 for fact, wan in other_round.totals[person].items()}
    await declare_totals(claim.number, totals, by=By(applicant, now + timedelta(minutes=20)))
    lines = ["Proof of the totals of the year (demo)", claim.number, *map(str, totals.values())]
    await add_evidence(
        claim.number,
        Paper(
            other_round.paper,
            f"ND-{claim.number[-4:]}",
            local_date(now) - timedelta(days=6),
            max(totals.values()),
        ),
        upload=check_content("年度总额证明.pdf", make_pdf(lines)),
        by=By(applicant, now + timedelta(minutes=30)),
        store=desk.deps.store,
    )
    await submit_claim(claim.number, is_declared=True, by=By(applicant, now + timedelta(hours=1)))
    now = yield desk.calendar.ago(other_round.days - 4, 10, 10 * place)
    await accept(claim.number, by=By(officer, now))
    now = yield desk.calendar.ago(other_round.days - 6, 10, 10 * place)
    await calculate(claim.number, by=By(officer, now))
    now = yield desk.calendar.ago(other_round.days - 8, 10, 10 * place)
    await recheck(claim.number, sequence=1, by=By(await desk.cast.actor("finance2"), now))


async def _list(desk: Desk, other_round: Round, number: int) -> Story:
    officer, rechecker = await desk.cast.actor("officer2"), await desk.cast.actor("finance2")
    now = yield desk.calendar.ago(other_round.days - 10, 11, 10 * number)
    batch = await make_batch(
        other_round.programme,
        year=desk.calendar.round_year,
        claim_numbers=[desk.numbers[person] for person in other_round.totals],
        title=f"{desk.calendar.round_year}{other_round.title}",
        fiscal_year=desk.calendar.round_year + 1,
        pot_mode=other_round.mode,
        pot_mode_reason=other_round.mode_reason,
        by=By(officer, now),
    )
    if not other_round.is_confirmed:
        return
    now = yield desk.calendar.ago(other_round.days - 12, 15, 10 * number)
    confirmed = await confirm_batch(batch.number, calendar=HOLIDAYS, by=By(rechecker, now))
    if confirmed.notice.ends_at is None or not other_round.is_ordered:
        return
    now = yield confirmed.notice.ends_at + timedelta(hours=11)
    await pass_time(desk.deps, now)
    await approve_batch(batch.number, by=By(await desk.cast.actor("approver"), now))
    now = yield now + timedelta(days=3)
    await order_payment(batch.number, by=By(officer, now))
