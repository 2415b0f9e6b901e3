"""A district brings its workbook into a survey: firms, limits, the deadline, one entry for each row."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from io import BytesIO
from typing import Any

import httpx
import pytest
from openpyxl import Workbook, load_workbook

from market.accounts import organisations
from market.accounts.models import Message, OrganisationKind, OrganisationStatus
from market.codes.canonical import canonical_key
from market.deps import Deps
from market.imports.models import ListingImport, ListingImportRow
from market.imports.states import ImportStatus, RowOutcome, RowStanding
from market.kit.errors import Invalid
from market.kit.jobs import run_pending
from market.records.by import By
from market.surveys import management, publication, sorting
from market.surveys.checks import CHECKS
from market.surveys.firms import claim_held_entries, known_firms
from market.surveys.models import SurveyEntry
from market.surveys.queries import tally_of
from market.surveys.states import EntryStatus, Verdict
from tests.databases import past_guards
from tests.factories import make_organisation, make_uscc
from tests.fakes import FixedClock
from tests.moments import run_acts
from tests.surveys.factories import CLOSES, SORTED_AT, Call, make_call, submit
from tests.surveys.test_pages import NEED
from tests.visitor import post, sign_in

HEADS = [
    *("序号", "技术需求名称", "所属单位或公司名称", "信用代码", "技术领域", "需求详情", "技术指标"),
    *("预算金额", "需求类型", "有效期", "联系人", "联系电话"),
]
"""The words of a provincial list of needs."""
TITLES = {"title": 1, "owner": 2, "code": 3, "description": 5, "contact": 10}
PROVINCIAL = [
    *(
        "需求名称",
        "所属单位或公司名称",
        "技术领域（先进制造业、农业、生物医药、现代服务业及其他）",
        "需求详情",
    ),
    *(
        "技术指标",
        "拟解决的技术难题",
        "现有基础条件",
        "预算金额",
        "合作方式",
        "单位性质",
        "需求类型",
        "所属地区",
    ),
    *("有效期", "更新时间"),
]
"""A provincial list of needs has columns of its own, and no contact."""
UNKNOWN = "青秀区某药材合作社"
CODE = make_uscc(900_001)


def row(**changes: Any) -> list[Any]:
    texts: list[Any] = [
        *(1, "列管换热器防泄漏", "邕江铝业1", "", "先进制造业", "列管三个月就漏，停车损失大", "寿命≥12个月"),
        *("面议", "技术攻关", "长期有效", "韦工", "0771-5558888"),
    ]
    for name, text in changes.items():
        texts[TITLES[name]] = text
    return texts


def book_of(rows: Sequence[Sequence[Any]], heads: Sequence[str] = HEADS) -> bytes:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["青秀区技术需求汇总表"])
    sheet.append(list(heads))
    for line in rows:
        sheet.append(list(line))
    content = BytesIO()
    book.save(content)
    return content.getvalue()


async def bring_in(
    client: httpx.AsyncClient,
    deps: Deps,
    call: Call,
    content: bytes,
    *,
    base: str = "/recommendations",
    **data: str,
) -> ListingImport:
    files = {"file": ("汇总表.xlsx", content, "application/octet-stream")}
    page = await post(client, f"{base}/{call.number}/import", data, files=files)
    assert page.status_code == 200, page.text
    await run_pending(deps)
    return await ListingImport.all().order_by("-number").first()  # type: ignore[return-value]


async def run(client: httpx.AsyncClient, deps: Deps, brought: ListingImport, **data: str) -> httpx.Response:
    page = await post(
        client, f"/my/imports/{brought.number}/run", {"how": "ready", "declared": "yes", **data}
    )
    await run_pending(deps)
    return page


async def rows_of(brought: ListingImport) -> list[ListingImportRow]:
    return await ListingImportRow.filter(listing_import_id=brought.id).order_by("row_number")


async def test_a_district_hands_in_its_workbook_and_each_firm_has_its_entry(
    client: httpx.AsyncClient, deps: Deps
) -> None:
    call = await make_call(is_recommended=True)
    await sign_in(client, call.recommender)
    content = book_of(
        [
            row(),
            row(),
            row(title="丹皮酚含量提升", owner=UNKNOWN, code=CODE, description="军工配套药材含量不够"),
            row(title="第二项", owner="邕江铝业1"),
            row(title="代码不符", owner="邕江铝业2", code=CODE[:-1] + "0"),
            row(title="没有联系人", owner="某厂", contact=""),
        ]
    )
    brought = await bring_in(client, deps, call, content)
    page = (await client.get(f"/my/imports/{brought.number}")).text
    rows = await rows_of(brought)

    assert [line.standing for line in rows] == [
        *(RowStanding.READY, RowStanding.SAME, RowStanding.READY),
        *(RowStanding.FAULTY, RowStanding.FAULTY, RowStanding.FAULTY),
    ]
    assert "本次征集每单位限报 1 项，已有 第 3 行" in page
    assert "校验位不对" in page
    assert "没有填“联系窗口”" in page
    assert "“军工”，请看是否涉密" in page
    assert "先由推荐单位代管" in page
    mended = {f"cell-{rows[4].id}-firm_code": "", f"cell-{rows[5].id}-contact_name": "陆工"}
    assert "5 行里" not in (await post(client, f"/my/imports/{brought.number}/answers", mended)).text
    refused = await run(client, deps, brought, declared="")
    assert (refused.status_code, "请先勾选确认" in refused.text) == (422, True)
    await run(client, deps, brought)

    entries = await SurveyEntry.all().order_by("running").select_related("organisation")
    assert [(entry.entrant, entry.status) for entry in entries] == [
        (name, EntryStatus.SUBMITTED) for name in ("邕江铝业1", UNKNOWN, "邕江铝业2", "某厂")
    ]
    assert entries[0].organisation_id == call.firms[0].organisation_id
    assert entries[1].organisation_id == call.recommender.organisation_id
    told = await Message.get(user_id=call.firms[0].user_id)
    assert "推荐单位已为贵单位填报《列管换热器防泄漏》" in told.text
    await sign_in(client, call.firms[0])
    assert "列管换热器防泄漏" in (await client.get("/my/surveys")).text
    assert "列管换热器防泄漏" in (await client.get(told.address)).text

    await sign_in(client, call.recommender)
    held = f"/surveys/{call.number}/entries/2"
    assert "由 南宁市科学技术局 代管" in (await client.get(held)).text
    assert "已撤回" in (await post(client, f"{held}/retract")).text
    assert call.unit
    corrected = {**NEED, "title": "丹皮酚含量提升", "unit": str(call.unit.id), "secrecy_declared": "y"}
    assert "已提交" in (await post(client, held, corrected | {"act": "submit"})).text
    book = load_workbook(BytesIO((await client.get(f"/my/imports/{brought.number}/result.xlsx")).content))
    lines = [list(line)[-3:] for line in book.worksheets[0].iter_rows(min_row=2, values_only=True)]
    assert lines[0] == ["新建", f"{call.number}-0001", None]
    assert lines[3][0] == "没有导入"
    again = await bring_in(client, deps, call, content)
    await run(client, deps, again)
    assert {line.outcome for line in await rows_of(again)} == {RowOutcome.SAME, RowOutcome.REFUSED}
    assert await SurveyEntry.all().count() == 4
    page = (await post(client, f"/recommendations/{call.number}/rest")).text
    assert "已推荐 2 项" in page
    assert await SurveyEntry.filter(rank__isnull=False).order_by("rank").values_list("running", "rank") == [
        *((1, 1), (2, 2))
    ]
    assert (await post(client, f"/recommendations/{call.number}/rest")).status_code == 422
    undone = await post(client, f"/my/imports/{brought.number}/act", {"act": "undo"})
    assert (undone.status_code, "已有 2 条推荐过" in undone.text) == (409, True)
    assert await CHECKS["surveys: entries came in time"].check() == []


async def test_the_deadline_is_judged_when_the_button_is_pressed(
    client: httpx.AsyncClient, deps: Deps
) -> None:
    call = await make_call(is_recommended=True)
    await sign_in(client, call.recommender)
    first = await bring_in(client, deps, call, book_of([row()]))
    provincial = [
        *(
            "列管换热器防泄漏",
            "邕江铝业2",
            "先进制造业",
            "列管三个月就漏",
            "寿命≥12个月",
            "防冲刷结构",
            "有中试线",
        ),
        *(100, "技术开发", "民营", "技术攻关", "某市", "2027-03-01", "2026-02-01"),
    ]
    second = await bring_in(client, deps, call, book_of([provincial], PROVINCIAL))
    assert second.counts["ready"] == 1
    clock = deps.clock
    assert isinstance(clock, FixedClock)
    clock.now = CLOSES - timedelta(seconds=1)
    await post(client, f"/my/imports/{first.number}/run", {"how": "ready", "declared": "yes"})
    clock.now = CLOSES
    late = await post(client, f"/my/imports/{second.number}/run", {"how": "ready", "declared": "yes"})
    await run_pending(deps)

    assert (late.status_code, "截止" in late.text) == (409, True)
    entry = await SurveyEntry.get()
    assert (entry.submitted_at, entry.status) == (CLOSES - timedelta(seconds=1), EntryStatus.SUBMITTED)
    assert await CHECKS["surveys: entries came in time"].check() == []
    undone = await post(client, f"/my/imports/{first.number}/act", {"act": "undo"})
    assert undone.status_code == 409
    assert await CHECKS["surveys: entries are what the log says"].check() == []
    await past_guards("UPDATE survey_entries SET title = 'another'")
    assert len(await CHECKS["surveys: entries are what the log says"].check()) == 1


async def test_a_list_is_taken_back_while_nothing_happened_to_it(
    client: httpx.AsyncClient, deps: Deps
) -> None:
    call = await make_call(is_recommended=True)
    await sign_in(client, call.operator)
    assert call.unit
    content = book_of([row(), row(title="丹皮酚", owner=UNKNOWN)])
    holder = str(call.recommender.organisation_id)
    files = {"file": ("汇总表.xlsx", content, "application/octet-stream")}
    nobody = await post(client, f"/backoffice/surveys/{call.number}/import", {"unit": ""}, files=files)
    assert (nobody.status_code, "请选择推荐单位" in nobody.text) == (422, True)
    brought = await bring_in(client, deps, call, content, base="/backoffice/surveys", unit=holder)
    await run(client, deps, brought, how="all")
    assert await SurveyEntry.filter(unit_id=call.unit.id).count() == 2

    assert "已整批撤销" in (await post(client, f"/my/imports/{brought.number}/act", {"act": "undo"})).text
    assert (await ListingImport.get()).status is ImportStatus.UNDONE
    assert {entry.status for entry in await SurveyEntry.all()} == {EntryStatus.WITHDRAWN}
    assert (await submit(call, 0, "列管换热器防泄漏")).running == 3
    for name in ("submit", "publish", "return"):
        assert (await post(client, f"/my/imports/{brought.number}/act", {"act": name})).status_code == 404
    await sign_in(client, call.firms[0])
    for address in (f"/my/imports/{brought.number}", f"/recommendations/{call.number}/import"):
        assert (await client.get(address)).status_code == 404


async def test_what_a_unit_holds_passes_to_the_firm_when_it_is_verified_and_is_then_published(
    client: httpx.AsyncClient, deps: Deps
) -> None:
    call = await make_call(is_recommended=True)
    await sign_in(client, call.recommender)
    brought = await bring_in(client, deps, call, book_of([row(owner=UNKNOWN, code=CODE), row(owner="某厂")]))
    await run(client, deps, brought)
    await run_acts(SORTED_AT, management.CLOSE, management.SORT)
    by = By(call.operator, SORTED_AT)
    with pytest.raises(Invalid, match="还没有在平台认证"):
        await sorting.sort_entry(call.number, 1, Verdict.PUBLISH, by=by)
    firm = await make_organisation(
        name="改了名的合作社",
        uscc=CODE,
        kind=OrganisationKind.FARMERS_COOP,
        status=OrganisationStatus.PENDING,
        verified_at=None,
    )
    await organisations.verify_organisation(firm.id, revision=firm.revision, by=by)

    await claim_held_entries("organisations", firm.id)
    entry = await SurveyEntry.get(running=1).select_related("organisation")
    assert (entry.organisation_id, entry.firm_name, entry.entrant) == (firm.id, "", "改了名的合作社")
    assert await Message.filter(user_id=call.recommender.user_id, text__contains="转到它名下").exists()
    await sorting.sort_entry(call.number, 1, Verdict.PUBLISH, by=by)
    await sorting.sort_entry(call.number, 2, Verdict.VISIT, reason="请经办人到厂里看", by=by)
    assert (await publication.publish(call.number, by=by)).is_whole
    assert (await tally_of(call.survey)).published == 1
    assert [line for check in CHECKS.values() for line in await check.check()] == []
    await past_guards(
        "UPDATE survey_entries SET organisation_id = (SELECT organisation_id FROM survey_entries "
        "WHERE running = 1) WHERE running = 2"
    )
    assert len(await CHECKS["surveys: held entries are their units'"].check()) == 1


async def test_a_firm_is_known_however_its_brackets_are_written() -> None:
    firm = await make_organisation(name="南宁（青秀）化工厂")

    for name in ("南宁（青秀）化工厂", "南宁(青秀)化工厂"):
        assert (await known_firms([name], [])).by_name[canonical_key(name)].id == firm.id
    assert (await known_firms([], [firm.uscc or ""])).by_code[firm.uscc or ""].id == firm.id
