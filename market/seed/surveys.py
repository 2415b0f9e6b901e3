"""The demo's surveys of needs: one that is being sorted, one that is open; the units that recommend."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from market.kit.clock import end_of_day
from market.records.by import By
from market.seed.content import id_of, load
from market.seed.listings import values_of
from market.seed.people import Cast
from market.seed.timeline import HOLIDAYS, Calendar, Story
from market.surveys import entries, management, recommending, sorting, units
from market.surveys.entries import Content
from market.surveys.models import RecommendingUnit, Survey, SurveyEntry
from market.surveys.states import Channel, Verdict

UNITS = (("nanning_bureau", "450100", (3, 6)), ("liuzhou_bureau", "450200", (4, 8)))
"""Organisation, the region whose firms it recommends, and how many entries at least and at most."""
RECOMMENDERS = {"nanning_bureau": "recommender", "liuzhou_bureau": "wei_rongxin"}
CONTACT = "平台管理员，电话 0771-5550199"
CONFIDENTIALITY = "涉密内容不得填报。填报内容由平台甄别，采纳的公开发布；不愿公开单位名称的可以勾选。"
SORTED: dict[str, tuple[Verdict, str, str]] = {
    "cable-drum": (Verdict.NOT_TECHNICAL, "盘具回收是物流管理问题，没有要攻关的技术指标。", ""),
    "technical-upgrade": (Verdict.POLICY, "属于技改贴息申报，已转工业和信息化主管部门，请按其通知办理。", ""),
    "jasmine-aroma": (Verdict.PUBLISH, "", ""),
    "casting-pores-again": (Verdict.MERGE, "与另一家的气孔检测需求相同，合并后一起对接。", "casting-pores"),
}
"""What has a verdict already: what, the reason, and what it is merged into."""


def survey_stories(cast: Cast, calendar: Calendar) -> Iterator[Story]:
    """Yield how the two surveys came about."""
    yield _sorted_survey(cast, calendar)
    yield _open_survey(cast, calendar)


async def _sorted_survey(cast: Cast, calendar: Calendar) -> Story:
    """Collect, recommend and close; some entries have a verdict, the others wait."""
    now = yield calendar.ago(62, 9, 40)
    named = await _name_units(cast, now)
    survey = await _open(
        {
            "title": "秋季重点产业技术难题征集",
            "text": "围绕铝、汽车、机械和特色农业，征集企业亟需解决、有明确指标的技术难题。\n"
            "一项填报只写一个问题，现在是多少、要达到多少写清楚；采纳的公开发布，由经纪人推荐对接。",
            "channel": Channel.RECOMMENDED,
            "per_unit_most": 2,
            "closes_at": end_of_day(calendar.today - timedelta(days=24)),
        },
        [
            {"label": "已投入的研发经费（万元）", "kind": "number", "choices": "", "is_required": "yes"},
            {
                "label": "愿意怎样合作",
                "kind": "choice",
                "choices": "委托开发；联合攻关；买专利",
                "is_required": "",
            },
        ],
        named,
        cast,
        now,
    )
    by_key: dict[str, SurveyEntry] = {}
    for place, (key, entry) in enumerate(load("survey_entries").items()):
        if entry["survey"] == "sorted":
            now = yield calendar.ago(50 - 2 * place, 10, 15 + place)
            by_key[key] = await _enter(survey, key, entry, named, cast, calendar, now, is_submitted=True)
    now = yield calendar.ago(25, 15)
    for bureau, running in (("nanning_bureau", "jasmine-aroma"), ("nanning_bureau", "conductor-drawing")):
        await _recommend(survey, by_key[running], bureau, cast, now)
    reason = "是管理问题，没有技术指标"
    by = By(await cast.actor(RECOMMENDERS["nanning_bureau"]), now)
    await recommending.decline(survey.number, by_key["cable-drum"].running, reason, by=by)
    for key in ("casting-pores", "hydraulic-noise", "casting-pores-again"):
        await _recommend(survey, by_key[key], "liuzhou_bureau", cast, now)
    now = yield survey.closes_at + timedelta(seconds=5)
    await management.close_due(survey.id, now=now)
    survey = await Survey.get(id=survey.id)
    now = yield (survey.recommend_until or survey.closes_at) + timedelta(seconds=5)
    await management.sort_due(survey.id, now=now)
    now = yield calendar.ago(5, 10, 30)
    by = By(await cast.actor("operator"), now)
    for key, (verdict, reason, into) in SORTED.items():
        number = by_key[into].number if into else ""
        await sorting.sort_entry(
            survey.number, by_key[key].running, verdict, reason=reason, into=number, by=by
        )


async def _open_survey(cast: Cast, calendar: Calendar) -> Story:
    """Collect until later: one entry waits for the unit, one is a draft."""
    now = yield calendar.ago(9, 9, 20)
    units_now = await units.list_units()
    named = {
        bureau: next(unit for unit in units_now if unit.organisation_id == id_of("organisation", bureau))
        for bureau, _region, _quota in UNITS
    }
    survey = await _open(
        {
            "title": "铝产业和新能源材料技术需求征集",
            "text": "征集铝加工、电池材料和储能方面的技术需求，用于下一批揭榜项目的选题。",
            "channel": Channel.RECOMMENDED,
            "per_unit_most": 1,
            "closes_at": end_of_day(calendar.today + timedelta(days=18)),
        },
        [{"label": "上年产值（万元）", "kind": "number", "choices": "", "is_required": "yes"}],
        named,
        cast,
        now,
    )
    for place, (key, entry) in enumerate(load("survey_entries").items()):
        if entry["survey"] == "open":
            now = yield calendar.ago(3, 14, 5 * (place % 10))
            await _enter(
                survey, key, entry, named, cast, calendar, now, is_submitted=not entry.get("is_draft")
            )


async def _name_units(cast: Cast, now: datetime) -> dict[str, RecommendingUnit]:
    by = By(await cast.actor("operator"), now)
    return {
        bureau: await units.name_unit(id_of("organisation", bureau), region, by=by)
        for bureau, region, _quota in UNITS
    }


async def _open(
    values: dict[str, Any],
    questions: list[dict[str, Any]],
    named: dict[str, RecommendingUnit],
    cast: Cast,
    now: datetime,
) -> Survey:
    by = By(await cast.actor("operator"), now)
    usual = {"kinds": [], "fields_wanted": [], "contact": CONTACT, "confidentiality": CONFIDENTIALITY}
    survey = await management.create(usual | values, by=by)
    await management.set_questions(survey.number, questions, by=by)
    quotas = {named[bureau].id: quota for bureau, _region, quota in UNITS}
    await management.set_quotas(survey.number, quotas, by=by)
    return await management.open_survey(survey.number, calendar=HOLIDAYS, by=by)


async def _enter(
    survey: Survey,
    key: str,
    entry: dict[str, Any],
    named: dict[str, RecommendingUnit],
    cast: Cast,
    calendar: Calendar,
    now: datetime,
    *,
    is_submitted: bool,
) -> SurveyEntry:
    what = Content(
        values_of(key, entry["values"], calendar),
        entry["answers"],
        named[entry["unit"]].id,
        is_declared=is_submitted,
    )
    by = By(await cast.actor(entry["author"]), now)
    return await entries.save(survey.number, None, what, is_submitted=is_submitted, by=by)


async def _recommend(survey: Survey, entry: SurveyEntry, bureau: str, cast: Cast, now: datetime) -> None:
    by = By(await cast.actor(RECOMMENDERS[bureau]), now)
    await recommending.recommend(survey.number, entry.running, None, by=by)
