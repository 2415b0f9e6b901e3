"""Entries: the limit of each unit, the closing by the clock, the version of the form, recommendation."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from market.accounts.models import Message, OrganisationKind
from market.accounts.permissions import NotYours
from market.kit.clock import end_of_day
from market.kit.errors import Conflict, Invalid, NotFound
from market.kit.pagination import PageRequest
from market.listings.submission import Incomplete
from market.records.by import By
from market.surveys import entries, management, personal_data, recommending, units
from market.surveys.checks import CHECKS
from market.surveys.entries import LimitReached, TooLate
from market.surveys.models import Survey, SurveyEntry
from market.surveys.queries import get_entry_for, page_unit_entries, questions_of, quotas_of
from market.surveys.states import Channel, EntryStatus, SurveyStatus
from tests.factories import HOLIDAYS, NOW, make_member, make_organisation
from tests.moments import run_acts
from tests.surveys.factories import AFTER, CLOSES, SORTED_AT, content, make_call, make_sorting, submit


async def test_a_unit_enters_once_and_is_led_to_its_first_entry() -> None:
    call = await make_call()
    first = await submit(call, 0)

    assert first.number == f"{call.number}-0001"
    with pytest.raises(LimitReached, match=f"每单位限报 1 项，贵单位已填报 {first.number}") as refused:
        await submit(call, 0, "另一项需求")
    assert refused.value.first.id == first.id
    await entries.withdraw(call.number, 1, by=By(call.firms[0], NOW))
    assert (await submit(call, 0, "另一项需求")).running == 2


async def test_a_title_is_entered_once_by_a_unit_however_it_is_written() -> None:
    call = await make_call(per_unit_most=3)
    await submit(call, 0, "提高导电率（二）")

    with pytest.raises(Invalid, match="同名需求"):
        await submit(call, 0, "提高 导电率 (二)")
    assert (await submit(call, 1, "提高导电率（二）")).running == 2


async def test_the_clock_decides_when_it_is_too_late_and_the_draft_is_kept() -> None:
    call = await make_call()
    firm = call.firms[0]
    draft = await entries.save(call.number, None, content(), is_submitted=False, by=By(firm, NOW))
    late = content("提高架空导线导电率", background="最后一秒补写")

    saved = await entries.save(call.number, 1, late, is_submitted=True, by=By(firm, CLOSES))
    assert saved.status is EntryStatus.DRAFT
    assert (await SurveyEntry.get(id=draft.id)).values["background"] == "最后一秒补写"
    assert entries.is_late(call.survey, By(firm, CLOSES))
    with pytest.raises(TooLate, match="2026-03-20 24:00（北京时间）截止。您的草稿仍保留，但不再受理"):
        await submit(call, 1, now=CLOSES)
    last = CLOSES - timedelta(seconds=1)
    assert (
        await entries.save(call.number, 1, late, is_submitted=True, by=By(firm, last))
    ).status is EntryStatus.SUBMITTED
    with pytest.raises(TooLate):
        await entries.retract(call.number, 1, by=By(firm, CLOSES))
    assert await CHECKS["surveys: entries came in time"].check() == []


async def test_a_submission_is_whole_declared_and_what_the_survey_asks_for() -> None:
    call = await make_call(kinds=["testing"], fields_wanted=["energy"])

    with pytest.raises(Incomplete) as refused:
        await submit(call, 0, description="", is_declared=False)
    faults = dict(refused.value.faults)
    assert {"description", "kind", "field", "secrecy_declared"} <= faults.keys()
    assert "涉密内容不得填报" in faults["secrecy_declared"]
    assert not await SurveyEntry.exists()
    university = await make_member(await make_organisation(kind=OrganisationKind.UNIVERSITY))
    with pytest.raises(NotYours):
        await entries.save(call.number, None, content(), is_submitted=False, by=By(university, NOW))


async def test_answers_are_shown_in_the_words_of_the_version_they_were_given_in() -> None:
    call = await make_call(per_unit_most=2)
    by = By(call.operator, NOW)
    row = {"label": "年产值（万元）", "kind": "number", "choices": "", "is_required": "yes"}
    await management.set_questions(call.number, [row], by=by)
    with pytest.raises(Incomplete) as refused:
        await submit(call, 0)
    assert dict(refused.value.faults) == {"ask-q1": "请回答。"}
    entry = await submit(call, 0, answers={"q1": "350"})
    await management.set_questions(call.number, [{**row, "label": "上年产值（万元）"}], by=by)

    assert (entry.form_version, entry.answers) == (2, {"q1": "350"})
    asked = await questions_of(call.survey.id, entry.form_version)
    assert [question.label for question in asked] == ["年产值（万元）"]
    assert [question.label for question in await questions_of(call.survey.id)] == ["上年产值（万元）"]
    again = await management.set_questions(call.number, [{**row, "label": "上年产值（万元）"}], by=by)
    assert again.version == 3
    # Taken back to be mended, it is asked what is asked now.
    await entries.retract(call.number, 1, by=By(call.firms[0], NOW))
    with pytest.raises(Incomplete):
        await entries.save(
            call.number,
            1,
            content("需求0", answers={"q1": "350"}),
            is_submitted=True,
            by=By(call.firms[0], NOW),
        )


async def test_a_longer_time_is_told_and_never_a_shorter_one() -> None:
    call = await make_call(is_recommended=True)
    firm, by = call.firms[0], By(call.operator, NOW)
    await entries.save(call.number, None, content(), is_submitted=False, by=By(firm, NOW))
    later = end_of_day(date(2026, 3, 27))

    for closes_at, reason in ((CLOSES, "企业要求"), (later, " ")):
        with pytest.raises(Invalid):
            await management.extend(call.number, closes_at, reason, calendar=HOLIDAYS, by=by)
    survey = await management.extend(call.number, later, "企业要求", calendar=HOLIDAYS, by=by)
    assert survey.recommend_until == end_of_day(date(2026, 4, 1))
    assert await Message.filter(user_id=firm.user_id, text__contains="延长到 2026-03-27 24:00").exists()
    assert await Message.filter(user_id=call.recommender.user_id, text__contains="企业要求").exists()
    assert await run_acts(AFTER, management.CLOSE) == 0
    assert await run_acts(later, management.CLOSE) == 1
    with pytest.raises(Conflict):
        await management.extend(
            call.number, later + timedelta(days=9), "再延", calendar=HOLIDAYS, by=By(call.operator, later)
        )
    assert await CHECKS["surveys: closings are as extended"].check() == []


async def test_drafts_are_reminded_before_the_closing() -> None:
    call = await make_call()
    await entries.save(call.number, None, content(), is_submitted=False, by=By(call.firms[0], NOW))

    assert await run_acts(CLOSES - timedelta(days=3), management.REMIND) == 1
    message = await Message.get(user_id=call.firms[0].user_id)
    assert "2026-03-20 24:00 截止，贵单位的填报还是草稿" in message.text
    assert message.address == f"/surveys/{call.number}/entries/1"


async def test_a_unit_ranks_what_it_recommends_and_says_why_it_does_not() -> None:
    call = await make_call(is_recommended=True)
    by = By(call.recommender, AFTER)
    for firm in range(3):
        await submit(call, firm)
    await recommending.recommend(call.number, 1, None, by=by)
    await recommending.recommend(call.number, 2, 1, by=by)

    with pytest.raises(Invalid, match="最多推荐 2 项"):
        await recommending.recommend(call.number, 3, None, by=by)
    with pytest.raises(Invalid):
        await recommending.decline(call.number, 3, "", by=by)
    await recommending.decline(call.number, 2, "指标不明确", by=by)
    assert await Message.filter(user_id=call.firms[1].user_id, text__contains="指标不明确").exists()
    await recommending.recommend(call.number, 3, 1, by=by)
    assert call.unit
    page = await page_unit_entries(call.survey, call.unit, "all", "", PageRequest())
    ranked = page.items
    assert [(entry.running, entry.rank) for entry in ranked] == [(3, 1), (1, 2), (2, None)]
    ((_quota, quota),) = await quotas_of(call.survey)
    assert (quota.recommended, quota.gap, quota.is_full) == (2, 0, True)
    with pytest.raises(Conflict, match="推荐期已经结束"):
        await recommending.recommend(call.number, 2, None, by=By(call.recommender, SORTED_AT))


async def test_an_entry_is_seen_by_its_firm_its_unit_and_the_operator_only() -> None:
    call = await make_call(is_recommended=True)
    other = await make_member(
        await make_organisation(name="柳州市科学技术局", kind=OrganisationKind.AUTHORITY)
    )
    assert other.organisation_id
    assert call.unit
    await units.name_unit(other.organisation_id, "450200", by=By(call.operator, NOW))
    await entries.save(
        call.number,
        None,
        content(unit_id=call.unit.id),
        is_submitted=False,
        by=By(call.firms[0], NOW),
    )
    for reader in (call.recommender, call.operator, call.firms[1], other):
        with pytest.raises(NotFound):
            await get_entry_for(reader, call.survey, 1)
    await submit(call, 1)

    for reader in (call.recommender, call.operator, call.firms[1]):
        assert (await get_entry_for(reader, call.survey, 2)).running == 2
    for reader in (call.firms[0], other):
        with pytest.raises(NotFound):
            await get_entry_for(reader, call.survey, 2)


async def test_sorting_begins_when_the_units_time_is_over_and_groups_what_says_the_same() -> None:
    call = await make_call(is_recommended=True)
    await submit(call, 0, "提高架空导线导电率")
    await submit(call, 1, "提高架空导线的导电率")
    await submit(call, 2, "赤泥免烧砖", description="赤泥含碱量高，堆存成本每吨四十元，要找消纳的办法")

    assert await run_acts(AFTER, management.CLOSE, management.SORT) == 1
    assert (await Survey.get(id=call.survey.id)).status is SurveyStatus.CLOSED
    with pytest.raises(Conflict, match="还有 3 条等推荐单位处理"):
        await management.begin_sorting(call.number, by=By(call.operator, AFTER))
    assert await run_acts(SORTED_AT, management.SORT) == 1
    assert (await Survey.get(id=call.survey.id)).status is SurveyStatus.SORTING
    grouped = await SurveyEntry.all().order_by("running")
    assert [entry.alike_group for entry in grouped] == [1, 1, None]
    assert await Message.filter(user_id=call.operator.user_id, text__contains="3 条填报待甄别").exists()
    with pytest.raises(Conflict):
        await management.set_quotas(call.number, {}, by=By(call.operator, SORTED_AT))


async def test_what_entrants_have_read_is_not_edited_and_a_draft_is_nobodys() -> None:
    call = await make_call(is_opened=False)
    by = By(call.operator, NOW)

    with pytest.raises(NotFound):
        await submit(call, 0)
    assert (await management.edit(call.number, {"title": "改题目"}, by=by)).title == "改题目"
    await management.edit(call.number, {"channel": Channel.RECOMMENDED}, by=by)
    with pytest.raises(Invalid, match="请先选定推荐单位"):
        await management.open_survey(call.number, calendar=HOLIDAYS, by=by)
    await management.edit(call.number, {"channel": Channel.OPEN}, by=by)
    with pytest.raises(Invalid, match="截止时间已过"):
        await management.open_survey(call.number, calendar=HOLIDAYS, by=By(call.operator, AFTER))
    await management.open_survey(call.number, calendar=HOLIDAYS, by=by)
    with pytest.raises(Conflict):
        await management.edit(call.number, {"title": "再改"}, by=by)
    assert (await make_sorting()).survey.status is SurveyStatus.SORTING


async def test_the_contact_of_an_entry_is_handed_out_and_erased_the_rest_stays() -> None:
    call = await make_call()
    person = call.firms[0]
    await submit(call, 0, contact_email=person.email, contact_name="测试联系人")

    rows = await personal_data.export(person.user_id)
    assert [(row["contact_name"], row["contact_email"]) for row in rows] == [("测试联系人", person.email)]
    await personal_data.erase(person.user_id, By(person, NOW))
    entry = await SurveyEntry.get()
    assert entry.contact == {}
    assert entry.title == "需求0"
    assert await personal_data.export(person.user_id) == []


async def test_a_unit_is_chosen_by_firms_of_its_region_and_where_none_recommends_the_operator_decides() -> (
    None
):
    call = await make_call(is_recommended=True)
    call.firms[:2] = [
        await make_member(await make_organisation(name=name, region=region))
        for name, region in (("龙城机械", "450200"), ("青秀铝材", "450103"))
    ]

    with pytest.raises(Invalid, match="本地区") as refused:
        await submit(call, 0)
    assert refused.value.field == "unit"
    for firm, unit in ((0, None), (1, call.unit.id if call.unit else None)):
        entry = await entries.save(
            call.number, None, content(unit_id=unit), is_submitted=True, by=By(call.firms[firm], NOW)
        )
        assert entry.status is EntryStatus.SUBMITTED
    with pytest.raises(Incomplete) as incomplete:
        await entries.save(call.number, None, content(), is_submitted=True, by=By(call.firms[2], NOW))
    assert incomplete.value.faults == [("unit", "请选择推荐单位。")]
