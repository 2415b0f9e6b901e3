"""The demo's pool of experts: reviewers' logins, further experts, an application and a decision pending."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any

from market.accounts.actors import load_actor
from market.accounts.demo_logins import DOMAIN
from market.deps import Deps
from market.experts.admissions import decide_ruling, propose_ruling
from market.experts.applications import ExpertDetails, apply_as_expert
from market.experts.models import Expert, ExpertDecision
from market.experts.own_entry import pause
from market.experts.states import ExpertKind, ExpertRuling, ExpertTieKind, TitleRank
from market.experts.ties import declare_tie
from market.experts.units import Period
from market.records.by import By
from market.records.decisions import Verdict
from market.seed.content import id_of, load, store_pdf
from market.seed.people import Cast, add_person, common_hash
from market.seed.timeline import Calendar, Story

WAITING = "cui_xuehan"
"""Who has applied and waits for the operator."""
PROPOSED = "tao_ranran"
"""Whom the operator has verified, and the approver has to confirm."""
PAUSED = "ye_zhiqiu"
TIES = (
    (
        "xie_lanxin",
        "广州衡朔环保工程有限公司",
        ExpertTieKind.ADVISER_PAY,
        "2024 年起任技术顾问，每年领取顾问费。",
    ),
    ("shi_wenbo", "桂南理工大学", ExpertTieKind.CO_AUTHOR, "2025 年合著论文两篇。"),
)


def expert_stories(cast: Cast, deps: Deps, calendar: Calendar) -> Iterator[Story]:
    """Yield how the pool came about."""
    yield _fill(cast, deps, calendar)
    yield _apply_lately(cast, deps, calendar)


async def _fill(cast: Cast, deps: Deps, calendar: Calendar) -> Story:
    """Admit all experts but the two latest on one day."""
    now = yield calendar.ago(170, 9, 30)
    entries = {key: entry for key, entry in load("experts").items() if key not in (WAITING, PROPOSED)}
    experts = [await _apply(key, entry, deps, now) for key, entry in entries.items()]
    now = yield now + timedelta(hours=4)
    decisions = [await _verify(expert, cast, now) for expert in experts]
    now = yield now + timedelta(hours=2)
    approver = await cast.actor("approver")
    for decision in decisions:
        await decide_ruling(decision.id, Verdict.CONFIRMED, by=By(approver, now))
    now = yield calendar.ago(120, 14)
    for key, name, kind, note in TIES:
        await declare_tie(name, kind, is_person=False, note=note, by=By(await cast.actor(key), now))
    now = yield calendar.ago(40, 16)
    await pause(by=By(await cast.actor(PAUSED), now))


async def _apply_lately(cast: Cast, deps: Deps, calendar: Calendar) -> Story:
    """Apply for two: one waits for the approver, one for the operator."""
    now = yield calendar.ago(4, 15, 10)
    expert = await _apply(PROPOSED, load("experts")[PROPOSED], deps, now)
    now = yield calendar.ago(2, 10, 20)
    await _verify(expert, cast, now)
    now = yield calendar.ago(1, 9, 5)
    await _apply(WAITING, load("experts")[WAITING], deps, now)


async def _apply(key: str, entry: dict[str, Any], deps: Deps, now: datetime) -> Expert:
    """Register one person and apply as them."""
    person = {"email": f"{key.replace('_', '.')}{DOMAIN}", "name": entry["name"]}
    await add_person(key, person, await common_hash(), now)
    details = ExpertDetails(
        kind=ExpertKind(entry["kind"]),
        title_rank=TitleRank(entry["title_rank"]),
        title=entry["title"],
        fields=entry["fields"],
        region=entry["region"],
        languages=entry.get("languages", ""),
        phone=entry["phone"],
        capacity=entry.get("capacity", 8),
    )
    periods = [Period(entry["unit"], date(entry["since"], 9, 1))]
    if before := entry.get("before"):
        periods.append(Period(before, date(entry["since"] - 8, 9, 1), date(entry["since"], 8, 31)))
    resume = await store_pdf(f"{entry['name']}简历.pdf", ["Curriculum vitae", key], deps.store)
    return await apply_as_expert(details, periods, resume, by=By(await load_actor(id_of("user", key)), now))


async def _verify(expert: Expert, cast: Cast, now: datetime) -> ExpertDecision:
    return await propose_ruling(
        expert.number,
        ExpertRuling.ADMIT,
        text="对照单位网站和证书核对了姓名、职称和任职，电话核实了本人意愿。",
        application_at=expert.applied_at,
        by=By(await cast.actor("operator"), now),
    )
