"""Challenges brought to where a test needs them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import Any

from market.accounts.actors import Actor
from market.accounts.models import OrganisationKind, StaffRole
from market.challenges import drafting, screening
from market.challenges.challenge_terms import (
    ChallengeTerms,
    Criterion,
    Indicator,
    Milestone,
    SolverRow,
    ThresholdRow,
)
from market.challenges.drafting import Arguments
from market.challenges.models import Challenge
from market.challenges.screening_panel import argument_rules, prepare_argument
from market.challenges.states import Kind, Operator, Proof, Ruling, SolverKind, Threshold
from market.panels.panel_seats import accept
from market.panels.round_models import Round
from market.panels.round_results import conclude_round
from market.panels.round_states import SeatStatus
from market.panels.score_acts import submit as submit_sheet
from market.records.by import By
from market.records.decisions import Verdict
from tests.factories import HOLIDAYS, NOW, make_member, make_organisation, make_staff
from tests.panels.round_factories import WIDE, actor_of, draw, make_pool, seats
from tests.stage_cache import cached_stage

WAN = 1_000_000
OPENS = datetime(2026, 3, 5, 1, 0, tzinfo=UTC)
DEADLINE = datetime(2026, 4, 30, 9, 0, tzinfo=UTC)
"""2026-04-30 17:00 in Beijing."""
ARGUMENTS = Arguments(
    "侧部炭块三年后局部减薄，每台槽提前停槽损失四十六万元。",
    "五项都有国家或行业方法，国内不止一家能做到。",
    "按两台槽两年测算，资金已列入年度预算。",
)


def challenge_terms(**given: Any) -> ChallengeTerms:
    """Return terms that can be listed."""
    values: dict[str, Any] = {
        "title": "电解槽侧部内衬寿命由五年提到七年",
        "summary": "现有四百千安槽，愿意拿出两台做上槽试验。",
        "background": "侧部炭块氧化快，局部减薄过半。",
        "field": "materials",
        "budget": 200 * WAN,
        "solvers": (SolverRow(SolverKind.UNIVERSITY), SolverRow(SolverKind.ENTERPRISE)),
        "thresholds": (ThresholdRow(Threshold.TITLE), ThresholdRow(Threshold.AGE)),
        "opens_at": OPENS,
        "deadline_at": DEADLINE,
        "indicators": (
            Indicator("侧部内衬使用寿命", "月", "60", Operator.AT_LEAST, "84", "", "上槽外推", Proof.SITE),
            Indicator("氧化失重率", "%", "18.6", Operator.AT_MOST, "9", "", "行业标准方法"),
        ),
        "milestones": (
            Milestone("方案与小试", "小试达到指标 2", date(2026, 9, 30), 3000),
            Milestone("两台槽上槽运行", "安装并稳定运行六个月", date(2027, 6, 30), 4000),
            Milestone("验收", "指标全部达到", date(2028, 3, 31), 3000),
        ),
        "criteria": (Criterion("技术路线可行", 60), Criterion("价格", 40)),
        "failure": "已付款不退，互不索赔。",
        "contact": "0771-5550000",
    }
    return ChallengeTerms(**(values | given))


@dataclass
class Stage:
    """A challenge with who deals with it."""

    owner: Actor
    operator: Actor
    approver: Actor
    challenge: Challenge

    async def reload(self) -> Challenge:
        self.challenge = await Challenge.get(id=self.challenge.id).select_related("owner")
        return self.challenge


@cached_stage
async def make_draft(kind: Kind = Kind.ENTERPRISE, is_masked: bool = False) -> Stage:
    """Make a draft that lacks nothing."""
    is_public = kind is Kind.GOVERNMENT
    organisation = await make_organisation(
        kind=OrganisationKind.AUTHORITY if is_public else OrganisationKind.ENTERPRISE,
        name="右江区科技局" if is_public else "百色电解铝有限公司",
    )
    owner = await make_member(organisation)
    terms = challenge_terms(
        kind=kind,
        is_masked=is_masked,
        **({"public_share": 3000, "public_most": 100 * WAN} if is_public else {}),
    )
    challenge = await drafting.create(terms, ARGUMENTS, by=By(owner, NOW))
    return Stage(owner, await make_staff(StaffRole.OPERATOR), await make_staff(StaffRole.APPROVER), challenge)


@cached_stage
async def make_submitted(kind: Kind = Kind.ENTERPRISE, is_masked: bool = False) -> Stage:
    stage = await make_draft(kind, is_masked)
    await drafting.submit(stage.challenge.number, by=By(stage.owner, NOW))
    await stage.reload()
    return stage


@cached_stage
async def make_listed(is_masked: bool = False) -> Stage:
    """Make a firm's challenge that is listed and opens in three days."""
    stage = await make_submitted(Kind.ENTERPRISE, is_masked)
    await screening.list_of_firm(stage.challenge.number, calendar=HOLIDAYS, by=By(stage.operator, NOW))
    await stage.reload()
    return stage


@cached_stage
async def make_argued(points: int = 80) -> Stage:
    """Make a government list that experts have given these points."""
    stage = await make_submitted(Kind.GOVERNMENT)
    await make_pool(7)
    rules = argument_rules()
    round_ = await prepare_argument(
        [stage.challenge.id],
        title="榜单论证",
        rules=replace(rules, largest_share=WIDE.largest_share, sheets=None),
        salt="桂A12345",
        by=By(stage.operator, NOW),
    )
    await draw(round_.number, by=By(stage.operator, NOW))
    for seat in await seats(round_, SeatStatus.INVITED):
        await accept(seat.id, by=By(await actor_of(seat), NOW))
    sheet = {f"score_{row.code}": str(points) for row in rules.headings} | {"for_applicant": "必要，可考核。"}
    for seat in await seats(round_, SeatStatus.ACCEPTED):
        await submit_sheet(seat.id, sheet, by=By(await actor_of(seat), NOW))
    await conclude_round(
        (await Round.get(id=round_.id)).number, reason="意见一致", by=By(stage.approver, NOW)
    )
    return stage


@cached_stage
async def make_listed_by_two() -> Stage:
    """Make a government list that two persons have listed."""
    stage = await make_argued()
    proposal = await screening.propose(
        stage.challenge.number, Ruling.LIST, "专家支持，指标可测。", by=By(stage.operator, NOW)
    )
    approver = await make_staff(StaffRole.APPROVER)
    await screening.decide_ruling(proposal.id, Verdict.CONFIRMED, calendar=HOLIDAYS, by=By(approver, NOW))
    await stage.reload()
    return stage
