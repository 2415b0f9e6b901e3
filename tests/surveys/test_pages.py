"""The pages of surveys: what each person fills in, reads and is refused."""

from __future__ import annotations

from datetime import date
from io import BytesIO

import httpx
import openpyxl

from market.accounts.models import OrganisationKind, StaffRole
from market.deps import Deps
from market.kit.clock import end_of_day
from market.kit.jobs import run_pending
from market.listings.models import Need
from market.records.by import By
from market.surveys import entries, management, publication, sorting, units
from market.surveys.models import RecommendingUnit, Survey, SurveyEntry, SurveyForm, SurveyQuota
from market.surveys.states import EntryStatus, Verdict
from tests.factories import HOLIDAYS, NOW, make_member, make_organisation, make_staff
from tests.fakes import FixedClock
from tests.surveys.factories import (
    CLOSES,
    SORTED_AT,
    content,
    make_call,
    make_sorted,
    make_sorting,
    submit,
    survey_values,
)
from tests.visitor import post, sign_in

NEED = {
    "title": "提高架空导线导电率",
    "field": "materials",
    "kind": "breakthrough",
    "region": "450100",
    "description": "铝合金导线导电率不足，要求强度不降",
    "targets-0-indicator": "导电率",
    "targets-0-present": "52.5",
    "targets-0-target": "54",
    "deadline_on": "2026-09-01",
    "contact_name": "陈工",
    "contact_phone": "0771-5558888",
}
CALL = {
    "title": "2026 年铝产业需求征集",
    "text": "请填报亟需解决的难题。",
    "closes_on": "2026-03-20",
    "closes_time": "１７：００",
    "channel": "recommended",
    "per_unit_most": "1",
    "contact": "0771-5550199",
    "confidentiality": "涉密内容不得填报。",
}


async def test_the_operator_writes_a_survey_names_its_units_and_opens_it(client: httpx.AsyncClient) -> None:
    bureau = await make_organisation(name="南宁市科学技术局", kind=OrganisationKind.AUTHORITY)
    recommender = await make_member(bureau)
    await sign_in(client, await make_staff(StaffRole.OPERATOR))
    assert (await post(client, "/backoffice/surveys/new", CALL | {"closes_time": "五点"})).status_code == 422
    page = await post(client, "/backoffice/surveys/new", CALL)
    survey = await Survey.get()
    desk = f"/backoffice/surveys/{survey.number}"

    assert "2026-03-20 17:00" in page.text
    refused = await post(client, f"{desk}/open")
    assert refused.status_code == 422
    assert "请先选定推荐单位" in refused.text
    named = await post(
        client, "/backoffice/surveys/units", {"organisation": str(bureau.id), "region": "450100"}
    )
    assert "南宁市科学技术局" in named.text
    unit_id = str((await RecommendingUnit.get()).id)
    wrong = {"unit": unit_id, f"least-{unit_id}": "5", f"most-{unit_id}": "3"}
    assert (await post(client, f"{desk}/quotas", wrong)).status_code == 422
    assert (await post(client, f"{desk}/quotas", wrong | {f"most-{unit_id}": "三"})).status_code == 422
    await post(client, f"{desk}/quotas", wrong | {f"most-{unit_id}": ""})
    assert await SurveyQuota.filter(least=5, most=None).count() == 1
    question = {"questions-0-label": "年产值（万元）", "questions-0-kind": "number"}
    await post(client, f"{desk}/questions", question)
    assert (await SurveyForm.get(version=2)).questions[0]["label"] == "年产值（万元）"
    assert (await post(client, f"{desk}/edit", CALL | {"title": "新题目"})).status_code == 200
    assert "征集中" in (await post(client, f"{desk}/open")).text
    later = {"closes_on": "2026-03-27", "closes_time": "", "reason": "企业要求"}
    assert "2026-03-27 24:00" in (await post(client, f"{desk}/extend", later)).text

    await sign_in(client, None)
    public = (await client.get(f"/surveys/{survey.number}")).text
    assert "2026-03-27 24:00" in public
    assert "企业要求" in public
    assert "新题目" in (await client.get("/surveys")).text
    await sign_in(client, recommender)
    assert "新题目" in (await client.get("/recommendations")).text
    await sign_in(client, await make_staff(StaffRole.AUDITOR))
    assert (await client.get(desk)).status_code == 200
    assert (await client.get(f"{desk}/edit")).status_code == 403


async def test_a_firm_keeps_a_draft_submits_it_once_and_takes_it_back(client: httpx.AsyncClient) -> None:
    call = await make_call()
    row = {"label": "上年产值（万元）", "kind": "number", "choices": "", "is_required": "yes"}
    await management.set_questions(call.number, [row], by=By(call.operator, NOW))
    await sign_in(client, call.firms[0])
    page = f"/surveys/{call.number}/entry"
    assert "上年产值（万元）" in (await client.get(page)).text

    saved = await post(client, page, {"title": "半成品"})
    entry = await SurveyEntry.get()
    assert entry.status is EntryStatus.DRAFT
    assert str(saved.url).endswith(f"/surveys/{call.number}/entries/1")
    refused = await post(client, str(saved.url.path), {**NEED, "act": "submit", "ask-q1": "很多"})
    assert refused.status_code == 422
    assert "请填数字" in refused.text
    refused = await post(client, str(saved.url.path), {**NEED, "act": "submit"})
    assert refused.status_code == 422
    for words in ("请确认填报内容不涉及国家秘密", "请回答"):
        assert words in refused.text
    whole = {**NEED, "act": "submit", "ask-q1": "350", "secrecy_declared": "y"}
    shown = await post(client, str(saved.url.path), {**whole, "background": "为军工配套"})
    assert f"编号 {call.number}-0001" in shown.text
    assert "“军工”，请再确认不涉密" in shown.text
    assert "350" in shown.text
    for again in (await post(client, page, whole), await client.get(page)):
        assert again.status_code == 409
        assert f"本次征集每单位限报 1 项，贵单位已填报 {call.number}-0001" in again.text
        assert f'href="/surveys/{call.number}/entries/1"' in again.text.replace("http://market.test", "")
    assert (await post(client, str(saved.url.path), whole)).status_code == 409

    assert call.survey.title in (await client.get("/my/surveys")).text
    assert "已撤回" in (await post(client, f"{saved.url.path}/retract")).text
    await sign_in(client, call.firms[1])
    assert (await client.get(saved.url.path)).status_code == 404
    assert (await post(client, f"{saved.url.path}/withdraw")).status_code == 404
    await sign_in(client, call.firms[0])
    assert "已撤销" in (await post(client, f"{saved.url.path}/withdraw")).text
    university = await make_member(await make_organisation(kind=OrganisationKind.UNIVERSITY))
    await sign_in(client, university)
    assert (await client.get(page)).status_code == 403


async def test_who_comes_too_late_keeps_the_draft(client: httpx.AsyncClient, deps: Deps) -> None:
    call = await make_call()
    by = By(call.firms[0], NOW)
    await entries.save(call.number, None, content(), is_submitted=False, by=by)
    assert isinstance(deps.clock, FixedClock)
    deps.clock.now = CLOSES
    await sign_in(client, call.firms[0])
    whole = {**NEED, "act": "submit", "secrecy_declared": "y", "attempts": "最后补写"}

    late = await post(client, f"/surveys/{call.number}/entries/1", whole)
    assert late.status_code == 409
    assert "征集已于 2026-03-20 24:00（北京时间）截止。您的草稿仍保留，但不再受理。" in late.text
    assert "最后补写" in (await client.get(f"/surveys/{call.number}/entries/1")).text
    await sign_in(client, call.firms[1])
    assert (await client.get(f"/surveys/{call.number}/entry")).status_code == 409
    assert (await post(client, f"/surveys/{call.number}/entry", whole)).status_code == 409


async def test_a_unit_whose_duty_ended_keeps_its_entries_and_is_offered_to_nobody_new(
    client: httpx.AsyncClient,
) -> None:
    call = await make_call(is_recommended=True)
    assert call.unit is not None
    await submit(call, 0)
    await units.end_unit(call.unit.id, by=By(call.operator, NOW))
    unit_id = str(call.unit.id)
    await sign_in(client, call.operator)
    page = f"/backoffice/surveys/{call.number}/quotas"

    changed = await post(
        client, page, {"unit": unit_id, f"least-{unit_id}": "1", f"most-{unit_id}": "9"}, follow=False
    )
    await sign_in(client, call.firms[1])
    form = await client.get(f"/surveys/{call.number}/entry")

    assert changed.status_code == 303
    assert (await SurveyQuota.get()).most == 9
    assert form.status_code == 200
    assert unit_id not in form.text


async def test_a_unit_recommends_and_hands_in_its_summary(client: httpx.AsyncClient) -> None:
    call = await make_call(is_recommended=True)
    for firm in range(3):
        await submit(call, firm)
    page = f"/recommendations/{call.number}"
    await sign_in(client, call.recommender)
    assert "待推荐" in (await client.get("/dashboard")).text

    await post(client, f"{page}/2", {"act": "recommend"})
    await post(client, f"{page}/1", {"act": "recommend", "rank": "1"})
    full = await post(client, f"{page}/3", {"act": "recommend"})
    assert full.status_code == 422
    assert "最多推荐 2 项" in full.text
    assert (await post(client, f"{page}/3", {"act": "decline", "reason": ""})).status_code == 422
    assert (
        "没有推荐：不是本市产业"
        in (await post(client, f"{page}/3", {"act": "decline", "reason": "不是本市产业"})).text
    )
    shown = (await client.get(f"{page}?tab=ranked&q=需求1")).text
    assert ("需求1</a>" in shown.replace(" ", "").replace("\n", ""), "需求0" in shown) == (True, False)
    assert "没有找到" in (await client.get(f"{page}?tab=all&q=没有的")).text
    book = openpyxl.load_workbook(BytesIO((await client.get(f"{page}/summary.xlsx")).content))
    assert [row[0] for row in book.active.iter_rows(min_row=2, values_only=True)] == [  # type: ignore[union-attr]
        f"{call.number}-0001",
        f"{call.number}-0002",
    ]
    assert "邕江铝业1" in (await client.get(f"/surveys/{call.number}/entries/1")).text
    await sign_in(client, call.firms[0])
    assert (await client.get(page)).status_code == 404
    assert "贵单位不是推荐单位" in (await client.get("/recommendations")).text


async def test_a_unit_reads_what_became_of_an_entry_when_its_firm_does_and_not_before(
    client: httpx.AsyncClient, deps: Deps
) -> None:
    call = await make_sorting(is_recommended=True)
    assert isinstance(deps.clock, FixedClock)
    deps.clock.now = SORTED_AT
    by = By(call.operator, SORTED_AT)
    await sorting.sort_entry(call.number, 1, Verdict.REJECT, reason="指标不明确", by=by)
    pages = (f"/recommendations/{call.number}", f"/surveys/{call.number}/entries/1")

    async def is_told() -> tuple[bool, bool]:
        await sign_in(client, call.recommender)
        texts = "".join([(await client.get(page)).text for page in pages])
        book = openpyxl.load_workbook(BytesIO((await client.get(f"{pages[0]}/summary.xlsx")).content))
        cells = [cell for row in book.active.values for cell in row]  # type: ignore[union-attr]
        return "指标不明确" in texts, "指标不明确" in cells or "暂不采纳" in cells

    assert await is_told() == (False, False)
    for running in (2, 3):
        await sorting.sort_entry(call.number, running, Verdict.REJECT, reason="不是技术问题", by=by)
    await publication.publish(call.number, by=by)
    assert await is_told() == (True, True)


async def test_entries_are_sorted_one_after_another_and_published(
    client: httpx.AsyncClient, deps: Deps
) -> None:
    call = await make_sorting()
    assert isinstance(deps.clock, FixedClock)
    deps.clock.now = SORTED_AT
    base = f"/backoffice/surveys/{call.number}"
    await sign_in(client, call.operator)
    assert "3 条待甄别" in (await client.get(f"{base}/sorting")).text
    assert "待甄别" in (await client.get("/dashboard")).text

    first = (await client.get(f"{base}/sorting/1")).text
    assert f"{call.number}-0002" in first  # it says nearly the same
    assert (await post(client, f"{base}/sorting/1", {"verdict": "reject"})).status_code == 422
    assert (await post(client, f"{base}/sorting/1", {"verdict": "merge"})).status_code == 422
    following = await post(client, f"{base}/sorting/1", {"verdict": "publish"})
    assert str(following.url).endswith("/sorting/2")
    merged = {"verdict": "merge", "into": f"{call.number}-0001"}
    assert str((await post(client, f"{base}/sorting/2", merged)).url).endswith("/sorting/3")
    assert (await post(client, f"{base}/publish")).status_code == 409
    last = await post(client, f"{base}/sorting/3", {"verdict": "policy", "reason": "请咨询发改委"})
    assert "可以公布结果" in last.text
    assert "提交 3 = 转为需求 1 + 合并 1 + 告知原因 1" in (await client.get(f"{base}/publish")).text

    await sign_in(client, call.firms[2])
    own = f"/surveys/{call.number}/entries/3"
    assert "请咨询发改委" not in (await client.get(own)).text
    await sign_in(client, call.operator)
    published = await post(client, f"{base}/publish")
    assert "已公布：1 条转为需求，1 条合并，1 条告知原因" in published.text
    need = await Need.get()
    report = (await client.get(f"{base}/report")).text
    assert need.number in report
    assert "提交 3 = 转为需求 1 + 合并 1 + 告知原因 1" in report
    book = openpyxl.load_workbook(BytesIO((await client.get(f"{base}/report.xlsx")).content))
    assert [cell for cell, *_rest in book.worksheets[1].iter_rows(min_row=2, values_only=True)] == [
        need.number
    ]
    book = openpyxl.load_workbook(BytesIO((await client.get(f"{base}/entries.xlsx")).content))
    assert len(list(book.worksheets[0].iter_rows(min_row=2))) == 3
    for firm, words in enumerate((need.number, need.number, "请咨询发改委")):
        await sign_in(client, call.firms[firm])
        assert words in (await client.get(f"/surveys/{call.number}/entries/{firm + 1}")).text
        assert words in (await client.get("/my/surveys")).text
    await sign_in(client, None)
    public = (await client.get(f"/surveys/{call.number}")).text
    assert need.number in public
    for sealed in ("赤泥免烧砖", "请咨询发改委", "邕江铝业3"):
        assert sealed not in public
    assert (await client.get(f"/surveys/{call.number}/entries/1")).status_code == 303


async def test_numbers_that_no_survey_has_are_not_found(client: httpx.AsyncClient) -> None:
    call = await make_sorted()
    await sign_in(client, call.operator)

    for running in (99, 10**9, 10**17):
        assert (await client.get(f"/backoffice/surveys/{call.number}/sorting/{running}")).status_code == 404
        assert (await client.get(f"/surveys/{call.number}/entries/{running}")).status_code == 404
    assert (await client.get("/surveys/ZJ-2026-000999")).status_code == 404


async def test_the_feed_tells_calls_extensions_and_results_and_nothing_of_an_entry(
    client: httpx.AsyncClient,
) -> None:
    call = await make_sorted()
    draft = await management.create(survey_values(title="还没有开始的征集"), by=By(call.operator, NOW))
    sealed = (await client.get("/surveys.atom")).text
    later = end_of_day(date(2026, 3, 27))
    extended = (await make_call(title="另一次征集")).number
    by = By(call.operator, NOW)
    await management.extend(extended, later, "企业要求", calendar=HOLIDAYS, by=by)
    await publication.publish(call.number, by=By(call.operator, SORTED_AT))
    published = (await client.get("/surveys.atom")).text

    assert call.survey.title in sealed
    for words in ("结果：", "提交 3", draft.title):
        assert words not in sealed
    result = "提交 3 = 转为需求 1 + 合并 1 + 告知原因 1"
    for words in (f"结果：{call.survey.title}", result, "延长：另一次征集", "企业要求"):
        assert words in published
    for words in (draft.title, "提高架空导线导电率", "赤泥免烧砖", "指标不明确", "邕江铝业"):
        assert words not in published
    assert "/surveys.atom" in (await client.get("/surveys")).text


async def test_a_long_workbook_of_entries_is_written_by_a_job_for_who_may_read_it(
    client: httpx.AsyncClient, deps: Deps
) -> None:
    call = await make_sorting(is_recommended=True)
    page = f"/exports/list/survey_entries?number={call.number}"
    await sign_in(client, call.firms[0])
    assert (await client.get(page)).status_code == 404
    await sign_in(client, None)
    assert (await client.get(page)).status_code == 303
    for reader, rows in ((call.operator, 3), (call.recommender, 1)):
        await sign_in(client, reader)
        assert "导出这份清单" in (await client.get(page)).text
        started = await post(client, "/exports/list/survey_entries", {"query": f"number={call.number}"})
        await run_pending(deps)
        assert f"{rows} 行" in (await client.get(started.url.path)).text
        book = openpyxl.load_workbook(BytesIO((await client.get(f"{started.url.path}/file")).content))
        assert len(list(book.worksheets[0].iter_rows(min_row=2))) == rows
    await sign_in(client, call.firms[0])
    assert (await client.get(started.url.path)).status_code == 404
