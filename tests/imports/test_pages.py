"""A university brings in its own list: columns, faults mended on the page, drafts, a batch, and undo."""

from __future__ import annotations

import csv
import gzip
import io
import json
from collections.abc import Sequence
from datetime import date
from io import BytesIO
from typing import Any

import httpx
import pytest
from openpyxl import Workbook, load_workbook

from market.accounts.actors import Actor
from market.accounts.models import Organisation, OrganisationKind, OrganisationStatus, StaffRole
from market.deps import Deps
from market.imports import batch_reviews, sheet_rows
from market.imports.models import ColumnMapping, ListingImport, ListingImportRow
from market.imports.states import ImportStatus, RowOutcome, RowStanding
from market.kit.jobs import run_pending
from market.listings.kinds import OUTCOME
from market.listings.models import Need, Outcome
from market.listings.states import NeedStatus, OutcomeStatus
from tests.factories import make_member, make_organisation, make_outcome, make_staff
from tests.listings.forms import outcome_values
from tests.visitor import post, sign_in

HEADS = ["序号", "成果名称", "技术领域", "所处阶段", "拟转让价", "转化方式", "专利号", "联系人"]
CLEAN = ["1", "甘蔗尾叶青贮快速调质", "农业", "中试", "12.5万", "转让", "201810861934.2", "成果处"]
TITLES = {"title": 1, "field": 2, "trl": 3, "price_amount": 4, "modes": 5, "rights": 6}


def row(**changes: str) -> list[str]:
    texts = list(CLEAN)
    for name, text in changes.items():
        texts[TITLES[name]] = text
    return texts


def book_of(rows: Sequence[Sequence[Any]], heads: Sequence[str] = HEADS) -> bytes:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "汇总"
    sheet.append(["2026 年可转化成果清单"])
    sheet.append(list(heads))
    for each in rows:
        sheet.append(list(each))
    content = BytesIO()
    book.save(content)
    return content.getvalue()


async def make_university(name: str = "桂东南理工大学") -> Actor:
    return await make_member(await make_organisation(kind=OrganisationKind.UNIVERSITY, name=name))


async def bring_in(
    client: httpx.AsyncClient,
    deps: Deps,
    rows: Sequence[Sequence[Any]],
    heads: Sequence[str] = HEADS,
    *,
    address: str = "/my/outcomes/import",
    data: dict[str, str] | None = None,
    content: bytes = b"",
) -> ListingImport:
    """Upload a list, of rows or as the bytes of a file, and have it checked."""
    files = {"file": ("成果清单.xlsx", content or book_of(rows, heads), "application/octet-stream")}
    page = await post(client, address, data, files=files)
    assert page.status_code == 200, page.text
    await run_pending(deps)
    return await ListingImport.all().order_by("-number").first()  # type: ignore[return-value]


async def rows_of(listing_import: ListingImport) -> list[ListingImportRow]:
    return await ListingImportRow.filter(listing_import_id=listing_import.id).order_by("row_number")


async def act(
    client: httpx.AsyncClient, listing_import: ListingImport, name: str, **data: str
) -> httpx.Response:
    return await post(client, f"/my/imports/{listing_import.number}/act", {"act": name, **data})


async def run(
    client: httpx.AsyncClient, deps: Deps, listing_import: ListingImport, how: str = "ready"
) -> str:
    page = await post(client, f"/my/imports/{listing_import.number}/run", {"how": how})
    await run_pending(deps)
    return page.text


async def test_a_list_comes_in_with_its_faults_at_their_cells_and_they_are_mended_together(
    client: httpx.AsyncClient, deps: Deps
) -> None:
    await sign_in(client, await make_university())
    listing_import = await bring_in(
        client,
        deps,
        [
            row(),
            row(title="钛白副产酸再生循环", price_amount="12，5万", modes="授权使用", rights=""),
            row(title="木薯渣固态发酵", modes="授权使用", rights="", trl="中试（七级）"),
        ],
    )

    page = await client.get(f"/my/imports/{listing_import.number}")
    assert "3 行里 1 行可以导入" in page.text
    assert "2 行有错，共 3 处" in page.text
    assert "写的是“12，5万”（汇总!E4），是哪一个？" in page.text
    assert "由“中试（七级）”读出：TRL 7" in page.text
    assert "表头在第 2 行，上面 1 行没有读" in page.text

    _clean, acid, cassava = await rows_of(listing_import)
    answers = {
        f"pick-{acid.id}-price_amount": "12.5万",
        f"pick-{acid.id}-modes": "普通许可",
        f"same-{acid.id}-modes": "1",
        # What a browser sends of the row that was left as it is, ticked as the page ticks it.
        f"cell-{cassava.id}-modes": "授权使用",
        f"same-{cassava.id}-modes": "1",
    }
    page = await post(client, f"/my/imports/{listing_import.number}/answers", answers)
    assert "已改 2 行" in page.text
    assert "3 行里 3 行可以导入" in page.text

    await run(client, deps, listing_import)

    acid_listing = await Outcome.get(title="钛白副产酸再生循环")
    cassava_listing = await Outcome.get(title="木薯渣固态发酵")
    assert (acid_listing.price_amount, acid_listing.modes) == (12_500_000, ["licence"])
    assert (cassava_listing.modes, cassava_listing.trl) == (["licence"], 7)
    assert {acid_listing.status, cassava_listing.status} == {OutcomeStatus.DRAFT}
    assert (await ListingImportRow.get(id=cassava.id)).outcome is RowOutcome.CREATED
    page = await client.get(f"/my/imports/{listing_import.number}")
    assert "新建 3 条草稿" in page.text


async def test_the_same_list_again_changes_nothing_and_a_changed_row_updates_its_draft(
    client: httpx.AsyncClient, deps: Deps
) -> None:
    await sign_in(client, await make_university())
    await run(client, deps, await bring_in(client, deps, [row(), row(), row(title="第二项", rights="")]))
    before = await Outcome.all().order_by("number").values()

    again = await bring_in(client, deps, [row(), row(), row(title="第二项", rights="")])
    await run(client, deps, again)

    assert await Outcome.all().order_by("number").values() == before
    assert len(before) == 2
    assert {each.outcome for each in await rows_of(again)} == {RowOutcome.SAME}

    changed = await bring_in(client, deps, [row(field="先进制造"), row(title="第二项", rights="", field="")])
    await run(client, deps, changed)

    first, second = await Outcome.all().order_by("number")
    assert (first.field, first.revision, second.field) == ("manufacturing", 2, "agriculture")


async def test_two_imports_of_one_list_at_once_write_each_row_once_and_the_second_is_told(
    client: httpx.AsyncClient, deps: Deps
) -> None:
    await sign_in(client, await make_university())
    content = book_of([row(), row(title="第二项", rights="")])
    first, second = [await bring_in(client, deps, [], content=content) for _time in range(2)]

    await post(client, f"/my/imports/{first.number}/run", {"how": "ready"})
    told = await post(client, f"/my/imports/{second.number}/run", {"how": "ready"})
    assert (told.status_code, first.number in told.text) == (409, True)

    await run_pending(deps)
    numbers = await Outcome.all().order_by("number").values_list("number", flat=True)
    await run(client, deps, second)
    assert await Outcome.all().order_by("number").values_list("number", flat=True) == numbers
    refused = await rows_of(second)
    assert {each.outcome for each in refused} == {RowOutcome.REFUSED}
    assert all(str(number) in each.sentence for number, each in zip(numbers, refused, strict=True))


async def test_a_draft_edited_since_its_import_is_not_overwritten_by_the_same_list_unasked(
    client: httpx.AsyncClient, deps: Deps
) -> None:
    await sign_in(client, await make_university())
    await run(client, deps, await bring_in(client, deps, [row()]))
    await Outcome.all().update(revision=2, field="manufacturing")

    again = await bring_in(client, deps, [row()])

    line = (await rows_of(again))[0]
    assert line.standing is RowStanding.ALIKE
    assert "那一条导入后改过，更新会换掉改过的内容" in line.sentence
    await post(client, f"/my/imports/{again.number}/answers", {f"pick-{line.id}-listing": "leave"})
    await run(client, deps, again)
    assert (await Outcome.get()).field == "manufacturing"


async def test_a_sheet_that_is_left_out_is_named_and_nothing_is_promised_where_all_rows_are_faulty(
    client: httpx.AsyncClient, deps: Deps
) -> None:
    await sign_in(client, await make_university())
    book = load_workbook(BytesIO(book_of([row(modes="授权使用")])))
    other = book.create_sheet("另一批")
    for line in (HEADS, row(title="第二张表的成果")):
        other.append(list(line))
    book.create_sheet("说明").append(["请如实填写"])
    content = BytesIO()
    book.save(content)

    files = {"file": ("成果清单.xlsx", content.getvalue(), "application/octet-stream")}
    await post(client, "/my/outcomes/import", None, files=files)
    await run_pending(deps)

    page = await client.get(f"/my/imports/{(await ListingImport.get()).number}")
    assert "表“另一批”也像清单，这次没有读" in page.text
    assert "1 行里 0 行可以导入" in page.text
    assert "其余都可以导入" not in page.text


async def test_a_listing_on_offer_that_is_alike_is_decided_on_and_its_change_waits_for_review(
    client: httpx.AsyncClient, deps: Deps
) -> None:
    actor = await make_university()
    own = await Organisation.get(id=actor.organisation_id)
    await sign_in(client, actor)
    live = await make_outcome(own, **outcome_values(title=CLEAN[1], price_amount=10_000_000))
    await make_outcome(own, **outcome_values(title="另一项"))

    listing_import = await bring_in(client, deps, [row(), row(title="另一项", rights="")])
    alike, other = await rows_of(listing_import)
    page = await client.get(f"/my/imports/{listing_import.number}")
    assert (alike.standing, other.standing) == (RowStanding.ALIKE, RowStanding.ALIKE)
    assert f"与在架的 {live.number} 同名" in page.text
    page = await post(client, f"/my/imports/{listing_import.number}/run", {"how": "ready"})
    assert page.status_code == 422

    answers = {f"pick-{alike.id}-listing": "update", f"pick-{other.id}-listing": "leave"}
    await post(client, f"/my/imports/{listing_import.number}/answers", answers)
    await run(client, deps, listing_import)

    live = await Outcome.get(id=live.id)
    assert (live.status, live.price_amount, live.title) == (OutcomeStatus.PUBLISHED, 10_000_000, CLEAN[1])
    assert [each.outcome for each in await rows_of(listing_import)] == [
        RowOutcome.UPDATED,
        RowOutcome.REFUSED,
    ]
    assert await Outcome.all().count() == 2


async def test_columns_are_said_once_and_remembered_for_the_next_list(
    client: httpx.AsyncClient, deps: Deps
) -> None:
    actor = await make_university()
    await sign_in(client, actor)
    heads = ["甲", "乙", "丙", "丁（元）"]
    lines = [["甘蔗机", "先进制造", "转让", "1200000"]]
    files = {"file": ("表.xlsx", book_of(lines, heads), "application/octet-stream")}

    page = await post(client, "/my/outcomes/import", files=files)
    assert "请说明各列是什么" in page.text
    assert "甘蔗机" in page.text
    listing_import = await ListingImport.get()
    assert listing_import.status is ImportStatus.UPLOADED

    address = f"/my/imports/{listing_import.number}/columns"
    page = await post(client, address, {"sheet": "汇总", "head_row": "2"})
    said = {"column-1": "title", "column-2": "field", "column-3": "modes", "column-4": "price_amount:1"}
    refused = await post(client, address, {**said, "column-1": "", "head_row": "2", "sheet": "汇总"})
    assert refused.status_code == 422
    assert "请在下面把它放到“成果名称”" in refused.text
    await post(client, address, {**said, "head_row": "2", "sheet": "汇总"})
    await run_pending(deps)

    await run(client, deps, await ListingImport.get())
    assert (await Outcome.get()).price_amount == 120_000_000
    assert await ColumnMapping.filter(organisation_id=actor.organisation_id).count() == 4

    again = await bring_in(client, deps, [["甘蔗机乙", "先进制造", "转让", "5000"]], heads)
    assert again.status is ImportStatus.CHECKED
    await run(client, deps, again)
    assert (await Outcome.get(title="甘蔗机乙")).price_amount == 500_000


async def test_all_or_nothing_waits_until_every_row_is_right(client: httpx.AsyncClient, deps: Deps) -> None:
    await sign_in(client, await make_university())
    listing_import = await bring_in(client, deps, [row(), row(title="坏的", rights="201810861934.3")])

    refused = await run(client, deps, listing_import, how="all")
    assert "还有 1 行要改或要定" in refused
    assert not await Outcome.exists()

    _good, bad = await rows_of(listing_import)
    await post(client, f"/my/imports/{listing_import.number}/answers", {f"cell-{bad.id}-rights": ""})
    await run(client, deps, listing_import, how="all")

    assert await Outcome.all().count() == 2
    assert (await ListingImport.get()).is_all_or_nothing


async def test_the_result_workbook_gives_the_list_back_with_a_reason_for_each_row(
    client: httpx.AsyncClient, deps: Deps
) -> None:
    await sign_in(client, await make_university())
    listing_import = await bring_in(
        client, deps, [row(), row(title="坏的", rights="201810861934.3", trl="很高")]
    )
    await run(client, deps, listing_import)

    answer = await client.get(f"/my/imports/{listing_import.number}/result.xlsx")
    only = await client.get(f"/my/imports/{listing_import.number}/result.xlsx?only=refused")

    lines = [list(line) for line in load_workbook(BytesIO(answer.content)).worksheets[0].values]
    outcome = await Outcome.get()
    assert lines[0] == [*HEADS, "导入结果", "编号", "原因"]
    assert lines[1][-3:] == ["新建", outcome.number, None]
    assert lines[2][:2] == ["1", "坏的"]
    assert "校验位" in str(lines[2][-1])
    assert "不在列表里" in str(lines[2][-1])
    assert len(list(load_workbook(BytesIO(only.content)).worksheets[0].values)) == 2


async def test_an_import_is_undone_while_nothing_has_happened_to_its_rows(
    client: httpx.AsyncClient, deps: Deps
) -> None:
    await sign_in(client, await make_university())
    await run(client, deps, await bring_in(client, deps, [row()]))
    first = await Outcome.get()
    second = await bring_in(client, deps, [row(field="先进制造"), row(title="新的", rights="")])
    await run(client, deps, second)

    page = await act(client, second, "undo")

    assert (page.status_code, "已整批撤销" in page.text) == (200, True)
    restored = await Outcome.get()
    assert (restored.id, restored.field) == (first.id, "agriculture")
    assert (await ListingImport.get(id=second.id)).status is ImportStatus.UNDONE


async def test_an_import_is_not_undone_when_a_row_was_changed(client: httpx.AsyncClient, deps: Deps) -> None:
    await sign_in(client, await make_university())
    listing_import = await bring_in(client, deps, [row()])
    await run(client, deps, listing_import)
    await Outcome.all().update(revision=2)

    page = await act(client, listing_import, "undo")

    assert page.status_code == 409
    assert "已有 1 条改过、送审或加了附件" in page.text
    assert await Outcome.exists()


async def test_an_import_is_not_undone_when_a_file_was_attached_to_a_draft(
    client: httpx.AsyncClient, deps: Deps
) -> None:
    await sign_in(client, await make_university())
    listing_import = await bring_in(client, deps, [row()])
    await run(client, deps, listing_import)
    address = f"/my/outcomes/{(await Outcome.get()).number}/files"
    report = {"file": ("报告.pdf", b"%PDF-1.7\nx", "application/pdf")}
    await post(client, address, {"kind": "report", "tier": "public"}, files=report)

    assert (await act(client, listing_import, "undo")).status_code == 409
    assert await Outcome.exists()


FULL_HEADS = [*HEADS, "亮点", "痛点", "方案", "负责人", "电话", "关键词"]
FULL = ["含杂率降到 5.2 %", "含杂率高。", "在线控制。", "韦一", "0771-5550001", "甘蔗；收获"]


async def test_a_batch_is_published_after_its_sample_was_reviewed(
    client: httpx.AsyncClient, deps: Deps
) -> None:
    await sign_in(client, await make_university())
    lines = [[*row(title=f"成果{n}", rights=""), *FULL] for n in range(12)]
    lines.append([*row(title="没写完", rights=""), *FULL[:1], *[""] * 5])
    listing_import = await bring_in(client, deps, lines, FULL_HEADS)
    await run(client, deps, listing_import)

    page = await act(client, listing_import, "submit")
    assert "已整批送审 12 条" in page.text
    assert "1 条没有填完整" in page.text
    sample = await batch_reviews.sample_of(listing_import)
    assert len(sample) == 10
    assert {outcome.status for outcome in sample} == {OutcomeStatus.PENDING}

    await sign_in(client, await make_staff(StaffRole.OPERATOR))
    page = await client.get("/backoffice/imports?status=submitted")
    assert "1 批等您抽检" in page.text
    page = await client.get(f"/my/imports/{listing_import.number}")
    assert f'href="/outcomes/{sample[0].number}"' in page.text
    refused = await act(client, listing_import, "publish")
    assert refused.status_code == 409
    points = {"advantage": "3", "clarity": "3", "cooperation": "3", "language": "3", "decision": "published"}
    for outcome in sample:
        answer = await post(
            client, f"/backoffice/listings/outcome/{outcome.number}", {**points, "revision": "1"}
        )
        assert answer.status_code == 200, answer.text
    rest = await Outcome.filter(status=OutcomeStatus.DRAFT, title__startswith="成果").order_by("number")
    await Outcome.filter(id=rest[0].id).update(revision=2)
    await act(client, listing_import, "publish")
    await run_pending(deps)

    assert (await ListingImport.get()).status is ImportStatus.PUBLISHED
    assert await Outcome.filter(status=OutcomeStatus.PUBLISHED).count() == 11
    left = {outcome.title for outcome in await Outcome.filter(status=OutcomeStatus.DRAFT)}
    assert left == {rest[0].title, "没写完"}
    published = await Outcome.get(id=rest[1].id)
    assert (published.published_at is not None, published.expires_on is not None) == (True, True)


async def test_a_batch_is_returned_with_a_reason(client: httpx.AsyncClient, deps: Deps) -> None:
    author = await make_university()
    await sign_in(client, author)
    listing_import = await bring_in(client, deps, [[*row(rights=""), *FULL]], FULL_HEADS)
    await run(client, deps, listing_import)
    await act(client, listing_import, "submit")

    await sign_in(client, await make_staff(StaffRole.OPERATOR))
    assert (await act(client, listing_import, "return")).status_code == 422
    await act(client, listing_import, "return", reason="亮点都没有数字")
    await sign_in(client, author)
    page = await client.get(f"/my/imports/{listing_import.number}")

    assert "整批退回：亮点都没有数字" in page.text
    assert (await Outcome.get()).status is OutcomeStatus.RETURNED
    assert "已整批送审 1 条" in (await act(client, listing_import, "submit")).text


@pytest.mark.parametrize(("size", "drawn"), [(3, 3), (10, 10), (200, 10), (401, 21)])
def test_the_sample_is_five_percent_at_least_ten_and_the_same_each_time(size: int, drawn: int) -> None:
    listings = [Outcome(number=f"CG-2026-{n:06d}", status=OutcomeStatus.DRAFT) for n in range(size)]

    sample = batch_reviews.draw_sample("PL-2026-000001", listings, OUTCOME)

    assert len(sample) == drawn
    assert batch_reviews.draw_sample("PL-2026-000001", listings[::-1], OUTCOME) == sample


async def test_a_row_of_another_organisation_is_a_fault_and_a_part_of_ours_is_ours(
    client: httpx.AsyncClient, deps: Deps
) -> None:
    await sign_in(client, await make_university())
    heads = [*HEADS, "完成单位"]
    lines = [
        [*row(title="甲", rights=""), "桂东南理工大学机械学院"],
        [*row(title="乙", rights=""), "别的大学"],
        [*row(title="丙", rights=""), ""],
        [*row(title="丁", rights=""), "桂东南理工大学"],
    ]

    checked = await rows_of(await bring_in(client, deps, lines, heads))

    assert [each.standing for each in checked] == [
        *(RowStanding.READY, RowStanding.FAULTY, RowStanding.FAULTY, RowStanding.READY)
    ]
    assert [each.faults["owner"]["choices"] for each in checked[1:3]] == [["桂东南理工大学"]] * 2


async def test_the_operator_imports_for_the_organisations_that_the_rows_name(
    client: httpx.AsyncClient, deps: Deps
) -> None:
    university = await make_organisation(kind=OrganisationKind.UNIVERSITY, name="某大学")
    await sign_in(client, await make_staff(StaffRole.OPERATOR))
    lines = [[*row(), "某大学"], [*row(title="乙", rights=""), "没有的大学"]]
    address = "/backoffice/imports"

    unknown = await post(
        client,
        address,
        {"kind": "outcome", "owner": "没有的大学"},
        files={"file": ("表.xlsx", book_of(lines), "application/octet-stream")},
    )
    assert unknown.status_code == 422
    listing_import = await bring_in(
        client, deps, lines, [*HEADS, "完成单位"], address=address, data={"kind": "outcome"}
    )
    await run(client, deps, listing_import)

    outcome = await Outcome.get()
    assert (outcome.organisation_id, outcome.status) == (university.id, OutcomeStatus.DRAFT)
    assert (await rows_of(listing_import))[1].faults["owner"][
        "sentence"
    ] == "单位“没有的大学”没有注册或未认证。"


async def test_another_organisation_and_a_guest_see_nothing_of_an_import(
    client: httpx.AsyncClient, deps: Deps
) -> None:
    await sign_in(client, await make_university())
    listing_import = await bring_in(client, deps, [row()])
    addresses = [f"/my/imports/{listing_import.number}{end}" for end in ("", "/result.xlsx")]
    addresses.append(f"/files/{listing_import.file_id}")

    await sign_in(client, await make_university("另一所大学"))
    others = [(await client.get(address)).status_code for address in addresses]
    tried = [(await act(client, listing_import, name)).status_code for name in ("undo", "submit", "discard")]
    await sign_in(client, None)
    guest = await client.get(addresses[0])

    assert (set(others), set(tried), guest.status_code) == ({404}, {404}, 303)


async def test_the_progress_of_the_job_is_shown_with_and_without_script(client: httpx.AsyncClient) -> None:
    await sign_in(client, await make_university())
    files = {"file": ("成果清单.xlsx", book_of([row()]), "application/octet-stream")}
    page = await post(client, "/my/outcomes/import", files=files)
    listing_import = await ListingImport.get()
    await ListingImport.all().update(progress={"done": 200, "total": 2000})

    whole = await client.get(f"/my/imports/{listing_import.number}")
    part = await client.get(f"/my/imports/{listing_import.number}", headers={"hx-request": "true"})

    assert "正在核对" in page.text
    assert "现在看" in whole.text
    assert "200 / 2000 行" in part.text
    assert "<html" not in part.text


async def test_needs_in_a_text_file_come_in_the_same_way(client: httpx.AsyncClient, deps: Deps) -> None:
    enterprise = await make_organisation(name="某化工公司")
    await sign_in(client, await make_member(enterprise))
    text = io.StringIO()
    csv.writer(text).writerows(
        [
            ["需求名称", "技术领域", "需求详情", "技术指标", "预算金额", "有效期"],
            ["列管换热器防泄漏", "先进制造业", "三个月就漏", "寿命≥12个月", "面议", "长期有效"],
        ]
    )
    files = {"file": ("需求.csv", text.getvalue().encode("gb18030"), "text/csv")}

    await post(client, "/my/needs/import", files=files)
    await run_pending(deps)
    await run(client, deps, await ListingImport.get())

    need = await Need.get()
    assert (need.status, need.budget_max_amount) == (NeedStatus.DRAFT, None)
    assert need.deadline_on == date(2027, 3, 2)
    assert (need.field, need.region) == ("manufacturing", enterprise.region)


async def test_a_list_of_needs_among_outcomes_is_asked_about_before_it_becomes_drafts(
    client: httpx.AsyncClient, deps: Deps
) -> None:
    await sign_in(client, await make_university())
    text = io.StringIO()
    csv.writer(text).writerows(
        [["需求名称", "技术领域", "需求详情", "预算金额", "有效期"], ["防泄漏", "农业", "漏", "面议", "长期"]]
    )
    files = {"file": ("清单.csv", text.getvalue().encode(), "text/csv")}

    page = await post(client, "/my/outcomes/import", files=files)
    await run_pending(deps)

    assert "这份表更像需求清单，您要导入的是成果" in page.text
    listing_import = await ListingImport.get()
    assert listing_import.status is ImportStatus.UPLOADED
    said = {f"column-{each['column']}": each["choice"] for each in listing_import.mapping["columns"]}
    await post(client, f"/my/imports/{listing_import.number}/columns", said)
    await listing_import.refresh_from_db()
    assert (listing_import.status, listing_import.problem) == (ImportStatus.MAPPED, "")


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("空.csv", b"", "这个文件是空的"),
        ("假.xlsx", b"MZ\x90\x00", "扩展名不符"),
        ("图.png", b"\x89PNG\r\n\x1a\n" + b"\x00" * 30, "编码看不懂"),
    ],
)
async def test_what_is_no_list_is_refused_in_words(
    client: httpx.AsyncClient, name: str, content: bytes, words: str
) -> None:
    await sign_in(client, await make_university())

    page = await post(
        client, "/my/outcomes/import", files={"file": (name, content, "application/octet-stream")}
    )

    assert page.status_code == 422
    assert words in page.text


async def test_what_waits_in_imports_stands_on_the_workbench_of_whose_turn_it_is(
    client: httpx.AsyncClient, deps: Deps
) -> None:
    author, operator = await make_university(), await make_staff(StaffRole.OPERATOR)
    await sign_in(client, author)
    listing_import = await bring_in(client, deps, [[*row(rights=""), *FULL]], FULL_HEADS)
    assert "核对导入的成果表" in (await client.get("/dashboard")).text

    await run(client, deps, listing_import)
    await act(client, listing_import, "submit")
    assert "核对导入的成果表" not in (await client.get("/dashboard")).text
    await sign_in(client, operator)

    assert "批量导入待抽检" in (await client.get("/dashboard")).text


async def test_an_organisation_that_waits_for_verification_imports_drafts_and_submits_later(
    client: httpx.AsyncClient, deps: Deps
) -> None:
    owner = await make_organisation(kind=OrganisationKind.UNIVERSITY, status=OrganisationStatus.PENDING)
    await sign_in(client, await make_member(owner))
    listing_import = await bring_in(client, deps, [[*row(rights=""), *FULL]], FULL_HEADS)
    await run(client, deps, listing_import)

    assert (await Outcome.get()).status is OutcomeStatus.DRAFT
    assert (await act(client, listing_import, "submit")).status_code == 403
    await Organisation.filter(id=owner.id).update(status=OrganisationStatus.VERIFIED)
    assert "已整批送审 1 条" in (await act(client, listing_import, "submit")).text


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (gzip.compress(b'{"title": "x"}')[:-9], "压缩文件是坏的"),
        (gzip.compress("成果名称,领域".encode()), "里只能是 JSON Lines"),
        (gzip.compress(b'{"title": "' + b"x" * (sheet_rows.LIMITS.unpacked + 1)), "解开后过大"),
    ],
    ids=("broken", "another list", "bomb"),
)
async def test_a_packed_list_is_unpacked_within_the_limit(
    client: httpx.AsyncClient, content: bytes, why: str
) -> None:
    await sign_in(client, await make_university())

    page = await post(
        client, "/my/outcomes/import", None, files={"file": ("成果.gz", content, "application/gzip")}
    )

    assert (page.status_code, why in page.text) == (422, True)


async def test_json_lines_come_in_on_the_page_as_they_do_by_the_command_line(
    client: httpx.AsyncClient, deps: Deps
) -> None:
    author = await make_university()
    await sign_in(client, author)
    records: list[Any] = [
        {
            "id": "gx-17",
            "title": "含硼废水的膜分离处理方法",
            "abstract": "采用两级膜分离。出水硼低于 0.5 mg/L。",
            "keywords": ["含硼废水", "膜分离"],
            "title_en": "Membrane separation of boron",
            "discipline": "环境科学与工程",
        },
        {"成果名称": "甘蔗尾叶青贮", "领域": "现代农业", "价格（万元）": 12.5, "modes": ["转让", "普通许可"]},
        {"title": "", "abstract": "没有名称"},
    ]
    lines = [json.dumps(record, ensure_ascii=False) for record in records] + ["不是 JSON"]
    files = {"file": ("成果.jsonl", "\n".join(lines).encode(), "application/octet-stream")}

    uploaded = await post(client, "/my/outcomes/import", None, files=files)
    assert uploaded.status_code == 200, uploaded.text
    await run_pending(deps)
    listing_import = await ListingImport.get()
    page = (await client.get(f"/my/imports/{listing_import.number}")).text
    await post(client, f"/my/imports/{listing_import.number}/run", {"how": "ready"})
    await run_pending(deps)
    packed = {"file": ("成果.jsonl.gz", gzip.compress(files["file"][1]), "application/gzip")}
    again = await post(client, "/my/outcomes/import", None, files=packed)
    await run_pending(deps)

    assert [row.standing for row in await rows_of(listing_import)] == ["ready", "ready", "faulty", "faulty"]
    assert "没有名称" in page
    assert "这一行不是 JSON" in page
    first, second = await Outcome.all().order_by("source_reference")
    assert (first.source_reference, first.title_en) == ("gx-17", "Membrane separation of boron")
    assert (first.highlight, first.field) == ("采用两级膜分离。", "environment")
    assert first.keywords == ["含硼废水", "膜分离"]
    assert (second.title, second.field, second.price_amount) == ("甘蔗尾叶青贮", "agriculture", 12_500_000)
    assert second.modes == ["assignment", "licence"]
    assert again.status_code == 200
    repeated = await ListingImport.all().order_by("-number").first()
    assert repeated is not None
    assert repeated.counts["same"] == 2
