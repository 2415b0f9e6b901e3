"""A survey brought to where a test needs it, by the acts themselves."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from market.accounts.actors import Actor
from market.accounts.models import OrganisationKind, StaffRole
from market.kit.clock import end_of_day
from market.records.by import By
from market.surveys import entries, management, recommending, sorting, units
from market.surveys.entries import Content
from market.surveys.models import RecommendingUnit, Survey, SurveyEntry
from market.surveys.states import Channel, Verdict
from tests.factories import HOLIDAYS, NOW, make_member, make_organisation, make_staff
from tests.moments import run_acts
from tests.stage_cache import cached_stage

CLOSES = end_of_day(date(2026, 3, 20))
"""A Friday, 24:00; the units recommend until the end of Wednesday, 25 March."""
AFTER = CLOSES + timedelta(hours=1)
SORTED_AT = end_of_day(date(2026, 3, 25)) + timedelta(hours=1)


@dataclass
class Call:
    """An open survey with its operator, three firms and, where one recommends, a unit."""

    survey: Survey
    operator: Actor
    firms: list[Actor]
    recommender: Actor
    unit: RecommendingUnit | None
    entries: list[SurveyEntry] = field(default_factory=list)

    @property
    def number(self) -> str:
        return self.survey.number


def survey_values(**given: Any) -> dict[str, Any]:
    return {
        "title": "2026 年广西重点产业技术需求征集",
        "text": "请各企业填报亟需解决的技术难题。",
        "kinds": [],
        "fields_wanted": [],
        "channel": Channel.OPEN,
        "per_unit_most": 1,
        "closes_at": CLOSES,
        "contact": "平台管理员 0771-5550199",
        "confidentiality": "涉密内容不得填报。",
    } | given


def need_values(title: str = "提高架空导线导电率", **given: Any) -> dict[str, Any]:
    return {
        "title": title,
        "is_masked": False,
        "field": "materials",
        "kind": "breakthrough",
        "industries": ["aluminium"],
        "keywords": ["铝合金"],
        "background": "现用 6201 合金",
        "description": f"{title}：铝合金导线导电率不足，要求强度不降，成本不增加",
        "targets": [{"indicator": "导电率", "present": "52.5", "target": "54", "must": ""}],
        "constraints": "",
        "attempts": "",
        "expected_form": "",
        "trl_min": None,
        "modes": ["licence"],
        "rights_intent": "",
        "budget_min_amount": 80_000_000,
        "budget_max_amount": 150_000_000,
        "payment_terms": "",
        "requirements": "",
        "deadline_on": date(2026, 9, 1),
        "region": "450100",
        "contact_name": "陈工",
        "contact_phone": "0771-5558888",
        "contact_email": "chen@example.test",
    } | given


def content(title: str = "提高架空导线导电率", unit_id: UUID | None = None, **given: Any) -> Content:
    answers = given.pop("answers", {})
    is_declared = given.pop("is_declared", True)
    return Content(need_values(title, **given), answers, unit_id, is_declared)


@cached_stage
async def make_call(*, is_recommended: bool = False, is_opened: bool = True, **given: Any) -> Call:
    """An operator has written a survey and, unless it stays a draft, opened it."""
    operator = await make_staff(StaffRole.OPERATOR)
    firms = [await make_member(await make_organisation(name=f"邕江铝业{n}")) for n in (1, 2, 3)]
    bureau = await make_organisation(
        name="南宁市科学技术局", kind=OrganisationKind.AUTHORITY, region="450100"
    )
    recommender = await make_member(bureau)
    by = By(operator, NOW)
    channel = Channel.RECOMMENDED if is_recommended else Channel.OPEN
    survey = await management.create(survey_values(channel=channel, **given), by=by)
    unit = None
    if is_recommended:
        unit = await units.name_unit(bureau.id, "450100", by=by)
        await management.set_quotas(survey.number, {unit.id: (2, 2)}, by=by)
    if is_opened:
        survey = await management.open_survey(survey.number, calendar=HOLIDAYS, by=by)
    return Call(survey, operator, firms, recommender, unit)


async def submit(call: Call, firm: int, title: str = "", now: datetime = NOW, **given: Any) -> SurveyEntry:
    """Have a firm submit an entry."""
    what = content(title or f"需求{firm}", call.unit.id if call.unit else None, **given)
    return await entries.save(call.number, None, what, is_submitted=True, by=By(call.firms[firm], now))


@cached_stage
async def make_sorting(*, is_recommended: bool = False) -> Call:
    """Three firms have entered; the survey has closed and is being sorted."""
    call = await make_call(is_recommended=is_recommended)
    for firm, title in enumerate(("提高架空导线导电率", "赤泥免烧砖", "甘蔗渣分离纤维素")):
        call.entries.append(await submit(call, firm, title))
    if is_recommended:
        by = By(call.recommender, NOW)
        await recommending.recommend(call.number, 1, None, by=by)
        await recommending.decline(call.number, 3, "不是本市产业", by=by)
    await run_acts(SORTED_AT, management.CLOSE, management.SORT)
    call.survey = await Survey.get(id=call.survey.id)
    return call


@cached_stage
async def make_sorted() -> Call:
    """One entry becomes a need, one is merged into it, one is not accepted; nothing is published."""
    call = await make_sorting()
    by = By(call.operator, SORTED_AT)
    await sorting.sort_entry(call.number, 1, Verdict.PUBLISH, by=by)
    await sorting.sort_entry(call.number, 2, Verdict.MERGE, into=f"{call.number}-0001", by=by)
    await sorting.sort_entry(call.number, 3, Verdict.REJECT, reason="指标不明确", by=by)
    return call
