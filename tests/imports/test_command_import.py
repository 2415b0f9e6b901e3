import asyncio
import csv
import gzip
import json
from collections.abc import Callable
from datetime import date
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook, load_workbook
from openpyxl.worksheet.worksheet import Worksheet

from market.accounts.models import Organisation, OrganisationKind
from market.audit.models import AuditEvent
from market.deps import Deps
from market.imports import excel_template
from market.imports.command_import import SOURCE_NAME, Report, UnreadableFile, import_file, read_rows
from market.imports.open_data_rows import InvalidRow, field_of, outcome_of
from market.listings.kinds import NEED, OUTCOME
from market.listings.models import ListingChange, Need, Outcome
from market.listings.review_digest import published_fields_are_reviewed
from market.listings.states import ChangeStatus, NeedStatus, OutcomeStatus
from market.search.models import OutboxEntry
from tests.factories import NOW, make_organisation
from tests.kit.xls import Table, xls


def line(number: int, **changes: Any) -> dict[str, Any]:
    row = {
        "id": f"source-{number}",
        "source": "测试来源",
        "title": f"含硼废水的膜分离处理方法{number}",
        "abstract": "采用两级膜分离。出水硼低于 0.5 mg/L。",
        "keywords": ["含硼废水", "膜分离"],
        "category": "工学",
        "discipline": "环境科学与工程",
        "clc": None,
        "cpc": None,
        "title_en": "Membrane separation of boron",
        "abstract_en": None,
        "licence": "CC-BY-4.0",
    }
    return row | changes


def write(path: Path, rows: list[Any]) -> Path:
    text = "".join(
        (row if isinstance(row, str) else json.dumps(row, ensure_ascii=False)) + "\n" for row in rows
    )
    if path.suffix == ".gz":
        path.write_bytes(gzip.compress(text.encode("utf-8", "surrogatepass")))
    else:
        path.write_bytes(text.encode("utf-8", "surrogatepass"))
    return path


async def bring(deps: Deps, path: Path, kind: str = "outcomes", *, publish: bool = True) -> Report:
    return await import_file(path, kind, publish=publish, deps=deps, now=NOW)


async def test_a_file_of_outcomes_becomes_published_listings_of_the_data_source(
    deps: Deps, tmp_path: Path
) -> None:
    path = write(tmp_path / "outcomes.jsonl.gz", [line(1), line(2)])

    report = await bring(deps, path)

    outcome = await Outcome.get(source_reference="source-1").select_related("organisation")
    assert (report.total, report.created, report.refused) == (2, 2, [])
    assert (outcome.organisation.name, outcome.organisation.kind) == (SOURCE_NAME, OrganisationKind.SOURCE)
    assert outcome.status is OutcomeStatus.PUBLISHED
    assert outcome.highlight == "采用两级膜分离。"
    assert outcome.field == "environment"
    assert outcome.source_classification["licence"] == "CC-BY-4.0"
    assert 0 < outcome.completeness < 50
    assert await OutboxEntry.exists(index_name="outcomes", document_id=outcome.id)
    assert await AuditEvent.exists(subject_id=outcome.id, sequence=1)


async def test_without_publish_they_are_drafts_and_not_handed_to_search(deps: Deps, tmp_path: Path) -> None:
    await bring(deps, write(tmp_path / "outcomes.jsonl", [line(1)]), publish=False)

    assert (await Outcome.get(source_reference="source-1")).status is OutcomeStatus.DRAFT
    assert not await OutboxEntry.exists()


async def test_the_same_file_twice_changes_nothing(deps: Deps, tmp_path: Path) -> None:
    path = write(tmp_path / "outcomes.jsonl", [line(1), line(2)])
    await bring(deps, path)
    before = await Outcome.all().order_by("id").values()

    report = await bring(deps, path)

    assert (report.created, report.updated, report.unchanged) == (0, 0, 2)
    assert await Outcome.all().order_by("id").values() == before


@pytest.mark.committed
async def test_the_same_file_twice_at_once_makes_each_listing_once(deps: Deps, tmp_path: Path) -> None:
    path = write(tmp_path / "outcomes.jsonl", [line(number) for number in range(30)])

    reports = await asyncio.gather(bring(deps, path), bring(deps, path))

    assert sorted((report.created, report.unchanged) for report in reports) == [(0, 30), (30, 0)]
    assert await Organisation.filter(name=SOURCE_NAME).count() == 1


async def test_a_changed_row_becomes_a_new_revision_of_the_same_record(deps: Deps, tmp_path: Path) -> None:
    await bring(deps, write(tmp_path / "one.jsonl", [line(1), line(2)]))
    before = await Outcome.get(source_reference="source-1")

    report = await bring(deps, write(tmp_path / "two.jsonl", [line(1, title="新的名称"), line(2)]))

    after = await Outcome.get(source_reference="source-1")
    assert (report.updated, report.unchanged) == (1, 1)
    assert (after.id, after.number, after.title, after.revision) == (before.id, before.number, "新的名称", 2)


async def test_drafts_of_an_earlier_import_are_published_by_a_later_one(deps: Deps, tmp_path: Path) -> None:
    path = write(tmp_path / "outcomes.jsonl", [line(1)])
    await bring(deps, path, publish=False)

    report = await bring(deps, path)

    assert report.updated == 1
    assert (await Outcome.get(source_reference="source-1")).status is OutcomeStatus.PUBLISHED


async def test_an_import_that_was_killed_completes_when_started_again(deps: Deps, tmp_path: Path) -> None:
    rows = [line(n) for n in range(1200)]
    path = write(tmp_path / "outcomes.jsonl", rows)

    class Killed(Exception):
        pass

    def kill(done: int, total: int) -> None:
        if done >= 500:
            raise Killed

    with pytest.raises(Killed):
        await import_file(path, "outcomes", publish=True, deps=deps, now=NOW, on_progress=kill)
    report = await bring(deps, path)

    assert (report.created, report.unchanged) == (700, 500)
    assert await Outcome.all().count() == 1200
    assert len(set(await Outcome.all().values_list("number", flat=True))) == 1200


async def test_of_an_archive_that_breaks_off_not_even_the_first_rows_are_written(
    deps: Deps, tmp_path: Path
) -> None:
    path = write(tmp_path / "outcomes.jsonl.gz", [line(number) for number in range(900)])
    path.write_bytes(path.read_bytes()[:-40])

    with pytest.raises(UnreadableFile):
        await bring(deps, path)

    assert not await Outcome.exists()


async def test_rows_are_read_a_batch_at_a_time_and_the_same_twice_is_seen_across_batches(
    deps: Deps, tmp_path: Path
) -> None:
    path = write(tmp_path / "outcomes.jsonl", [*(line(number) for number in range(600)), line(3)])
    shown: list[tuple[int, int]] = []

    report = await import_file(
        path,
        "outcomes",
        publish=False,
        deps=deps,
        now=NOW,
        on_progress=lambda done, total: shown.append((done, total)),
    )

    assert shown == [(500, 601), (601, 601)]
    assert [(refusal.row, refusal.reason) for refusal in report.refused] == [(601, "与第 4 行是同一条。")]
    assert (report.total, report.created) == (601, 600)


UNKEEPABLE_ROWS: tuple[tuple[Any, str], ...] = (
    ("{no json", "不是 JSON"),
    ("[1, 2]", "不是一条记录"),
    (line(1, id=""), "没有编号"),
    (line(1, id="长" * 121), "编号过长"),
    (line(1, title=""), "没有名称"),
    (line(1, title=None), "没有名称"),
    (line(1, title="长" * 201), "名称过长"),
    (line(1, title=5), "应是文字"),
    (line(1, abstract="零\x00字节"), "不能保存"),
    (line(1, abstract="半个\ud800字符"), "不能保存"),
    (line(1, keywords=["坏\x00词"]), "不能保存"),
    (line(1, abstract="长" * 50_001), "过长"),
)


async def test_a_row_that_cannot_be_kept_is_refused_with_its_reason(deps: Deps, tmp_path: Path) -> None:
    rows = [row for row, _reason in UNKEEPABLE_ROWS]

    report = await bring(deps, write(tmp_path / "outcomes.jsonl", [line(7), *rows]))

    assert report.created == 1
    assert [refusal.row for refusal in report.refused] == list(range(2, 2 + len(rows)))
    for refusal, (_row, reason) in zip(report.refused, UNKEEPABLE_ROWS, strict=True):
        assert reason in refusal.reason


async def test_the_same_reference_twice_in_a_file_is_taken_once(deps: Deps, tmp_path: Path) -> None:
    report = await bring(deps, write(tmp_path / "outcomes.jsonl", [line(1), line(1, title="别的")]))

    assert (report.created, report.refused[0].reason) == (1, "与第 1 行是同一条。")


async def test_needs_take_their_text_as_the_description(deps: Deps, tmp_path: Path) -> None:
    row = {"id": "n-1", "title": "导线导电率", "text": "请帮助提高。"}

    await bring(deps, write(tmp_path / "needs.jsonl", [row]), "needs")

    need = await Need.get(source_reference="n-1")
    assert (need.status, need.description) == (NeedStatus.PUBLISHED, "请帮助提高。")


async def test_a_file_that_is_broken_is_refused_as_a_whole(deps: Deps, tmp_path: Path) -> None:
    for name, content in (
        ("b.jsonl.gz", b"no gzip"),
        ("c.xlsx", b"no workbook"),
    ):
        (tmp_path / name).write_bytes(content)

        with pytest.raises(UnreadableFile):
            await bring(deps, tmp_path / name)


@pytest.mark.parametrize(
    ("row", "field"),
    [
        ({"discipline": "冶金工程"}, "materials"),
        ({"discipline": "哲学"}, ""),
        ({"clc": "TP391.4"}, "electronics"),
        ({"clc": "TS201"}, "agriculture"),
        ({"clc": "B84"}, ""),
        ({"cpc": ["G06F17/11"]}, "electronics"),
        ({"cpc": ["Y02E10/50", "H01L"]}, "environment"),
        ({}, ""),
    ],
)
def test_the_sources_classification_is_turned_into_a_field(row: dict[str, Any], field: str) -> None:
    assert field_of(row) == field


def test_what_a_row_lacks_stays_empty() -> None:
    assert outcome_of({"id": "1", "title": "名称"})["solution"] == ""
    with pytest.raises(InvalidRow):
        outcome_of(None)


OUTCOME_ROW = {
    "成果名称": "甘蔗收获机切割",
    "一句话亮点": "含杂率降到 5.2 %",
    "领域": "先进制造",
    "产业": "糖业；机械",
    "成熟度": "8 产品级",
    "合作方式": "转让；普通许可",
    "价格方式": "挂牌价",
    "价格（万元）": 260.5,
    "痛点": "含杂率高。",
    "方案": "在线控制。",
    "对比": "含杂率|9.8 %|5.2 %",
    "知识产权": "发明专利|201810861934.2|已授权",
    "负责人": "韦一",
    "单位": "桂北农机研究院",
    "联系窗口": "成果处",
    "关键词": "甘蔗；收获机",
}

NEED_ROW = {
    "需求名称": "提高导电率",
    "领域": "新材料及其应用",
    "需求类型": "技术攻关",
    "需求描述": "强度不降。",
    "指标": "导电率|52.5|54",
    "预算下限（万元）": 80,
    "预算上限（万元）": "150",
    "截止日期": "2026-09-01",
    "不公开单位名称": "是",
    "单位": "无此单位",
    "联系窗口": "技术部",
}


def fill(path: Path, kind: Any, rows: list[dict[str, Any]]) -> Path:
    book = load_workbook(BytesIO(excel_template.template(excel_template.list_of(kind))))
    sheet = book.worksheets[0]
    heads = [str(cell.value).rstrip("*") for cell in sheet[1]]
    for at, row in enumerate(rows, 3):
        for name, value in row.items():
            sheet.cell(at, heads.index(name) + 1, value)
    book.save(path)
    return path


async def test_the_filled_template_is_taken_over_with_codes_patents_and_money(
    deps: Deps, tmp_path: Path
) -> None:
    owner = await make_organisation(kind=OrganisationKind.INSTITUTE, name="桂北农机研究院")
    path = fill(tmp_path / "outcomes.xlsx", OUTCOME, [OUTCOME_ROW])

    report = await bring(deps, path)
    again = await bring(deps, path)

    outcome = await Outcome.get(title="甘蔗收获机切割")
    assert (report.created, report.refused, again.unchanged) == (1, [], 1)
    assert outcome.organisation_id == owner.id
    assert (outcome.field, outcome.industries, outcome.trl) == ("manufacturing", ["sugar", "machinery"], 8)
    assert outcome.price_amount == 260_500_000
    assert outcome.rights[0]["number"] == "201810861934.2"
    assert outcome.comparison[0]["ours"] == "5.2 %"


WRONG_CELLS: tuple[tuple[str, Any, str], ...] = (
    ("领域", "炼金术", "不在列表里"),
    ("成熟度", "10", "不在列表里"),
    ("价格（万元）", "很多", "不是金额"),
    ("价格（万元）", "十二万", "写的是“十二万”（成果!H{row}），是 12万元 吗？不是请另填。"),
    ("价格（万元）", "35万元/年", "写的是“35万元/年”（成果!H{row}），是 35万元 吗？不是请另填。"),
    ("价格（万元）", "3,5", "写的是“3,5”（成果!H{row}），是哪一个？"),
    ("价格（万元）", None, "没有填价格"),
    ("知识产权", "发明专利|201810861934.3|已授权", "校验位"),
    ("知识产权", "发明专利|201810861934.2|已授权|独占", "不在列表里"),
    ("知识产权", "发明专利|201810861934.2|申请中|开放许可", "只有已授权的专利"),
    ("一句话亮点", "", "没有填“一句话亮点”"),
    ("单位", "", "没有填“单位”"),
    ("成果名称", None, "没有填“成果名称”"),
)


async def test_a_row_of_the_template_that_is_wrong_says_why(deps: Deps, tmp_path: Path) -> None:
    rows = [OUTCOME_ROW | {column: value} for column, value, _reason in WRONG_CELLS]

    report = await bring(deps, fill(tmp_path / "outcomes.xlsx", OUTCOME, rows))

    assert report.created == 0
    assert [refusal.row for refusal in report.refused] == list(range(3, 3 + len(rows)))
    for refusal, (_column, _value, reason) in zip(report.refused, WRONG_CELLS, strict=True):
        assert reason.format(row=refusal.row) in refusal.reason


def rows_read(path: Path, kind: Any = OUTCOME) -> tuple[list[dict[str, Any]], Report]:
    report = Report()
    return [{"owner": row.owner, **row.values} for row in read_rows(path, kind, report)[1]], report


def changed(path: Path, change: Callable[[Worksheet], None]) -> Path:
    book = load_workbook(path)
    change(book.worksheets[0])
    book.save(path)
    return path


def test_a_title_above_the_heads_of_the_template_does_no_harm(tmp_path: Path) -> None:
    def add_title(sheet: Worksheet) -> None:
        sheet.insert_rows(1)
        sheet["A1"] = "某大学2026年科技成果汇总表"
        sheet.merge_cells("A1:P1")

    path = changed(fill(tmp_path / "outcomes.xlsx", OUTCOME, [OUTCOME_ROW]), add_title)

    rows, report = rows_read(path)

    assert ([row["title"] for row in rows], report.refused) == (["甘蔗收获机切割"], [])


def test_an_owner_merged_over_its_rows_owns_them_all(tmp_path: Path) -> None:
    others = [OUTCOME_ROW | {"成果名称": "第二项", "单位": None}]
    path = fill(tmp_path / "outcomes.xlsx", OUTCOME, [OUTCOME_ROW, *others])

    rows, _report = rows_read(changed(path, lambda sheet: sheet.merge_cells("N3:N4")))

    assert [row["owner"] for row in rows] == ["桂北农机研究院"] * 2


def test_error_values_and_what_nobody_sees_are_not_taken_for_texts(tmp_path: Path) -> None:
    lines = [
        OUTCOME_ROW | {"一句话亮点": "#N/A"},
        OUTCOME_ROW | {"一句话亮点": "\u200b"},
        OUTCOME_ROW | {"单位": "桂北农机研究院\u200b"},
        OUTCOME_ROW | {"成果名称": "另一项", "价格（万元）": "=100+20"},
    ]

    rows, report = rows_read(fill(tmp_path / "outcomes.xlsx", OUTCOME, lines))

    assert [row["owner"] for row in rows] == ["桂北农机研究院"]
    assert [each.reason for each in report.refused] == [
        "“一句话亮点”：成果!B3 是错误值 #N/A。",
        "没有填“一句话亮点”。",
        "“价格（万元）”：成果!H6 是没有算出结果的公式，请打开保存一次。",
    ]


@pytest.mark.parametrize("typed", ["2027/3/1", "2027年3月1日", 46447, "2027.3.1", date(2027, 3, 1)])
def test_the_last_day_of_a_need_is_read_as_people_write_it(tmp_path: Path, typed: Any) -> None:
    rows, report = rows_read(fill(tmp_path / "needs.xlsx", NEED, [NEED_ROW | {"截止日期": typed}]), NEED)

    assert report.refused == []
    assert rows[0]["deadline_on"] == date(2027, 3, 1)


def test_the_template_saved_as_text_or_as_an_old_workbook_is_read_too(tmp_path: Path) -> None:
    heads = [column.title for column in excel_template.NEED_LIST.columns]
    values = [str(NEED_ROW.get(head.rstrip("*")) or "") for head in heads]
    (tmp_path / "needs.xls").write_bytes(xls(Table([heads, values])))
    with (tmp_path / "needs.csv").open("w", encoding="gb18030", newline="") as file:
        csv.writer(file).writerows([heads, values])

    for name in ("needs.xls", "needs.csv"):
        rows, report = rows_read(tmp_path / name, NEED)
        assert ([row["title"] for row in rows], report.refused) == (["提高导电率"], [])


def test_what_a_sheet_lacks_is_told_with_the_row_of_its_heads(tmp_path: Path) -> None:
    path = changed(fill(tmp_path / "outcomes.xlsx", OUTCOME, []), lambda sheet: sheet.delete_cols(1))

    with pytest.raises(UnreadableFile, match="工作表“成果”第 1 行的表头缺少这些列：成果名称。请用下载的模板"):
        rows_read(path)


def test_hidden_rows_are_left_out_and_told(tmp_path: Path) -> None:
    def hide(sheet: Worksheet) -> None:
        sheet.row_dimensions[3].hidden = True

    rows, report = rows_read(changed(fill(tmp_path / "outcomes.xlsx", OUTCOME, [OUTCOME_ROW]), hide))

    assert (len(rows), report.notices) == (0, ["第 3 行是隐藏的，没有读。"])


async def test_an_open_licence_stands_behind_the_state_of_its_patent(deps: Deps, tmp_path: Path) -> None:
    row = OUTCOME_ROW | {
        "知识产权": "发明专利|201810861934.2|已授权|开放许可；软件著作权|2022SR9086974|已登记"
    }
    path = fill(tmp_path / "outcomes.xlsx", OUTCOME, [row])
    book = load_workbook(path)
    book.worksheets[0].cell(2, 4, "可填多项，以前的说法")
    book.save(path)
    await make_organisation(name="桂北农机研究院")

    report = await bring(deps, path)

    outcome = await Outcome.get(title="甘蔗收获机切割")
    assert report.refused == []
    assert [each.get("open_licence") for each in outcome.rights] == ["yes", None]


async def test_a_changed_row_of_an_organisations_published_listing_waits_for_review(
    deps: Deps, tmp_path: Path
) -> None:
    await make_organisation(name="桂北农机研究院", kind=OrganisationKind.INSTITUTE)
    await bring(deps, fill(tmp_path / "one.xlsx", OUTCOME, [OUTCOME_ROW]))
    await Outcome.all().update(region="450100", contact_phone="0771-1234567")
    live = await Outcome.get()
    changed = OUTCOME_ROW | {"价格（万元）": 99, "痛点": "含杂率高，损失大。", "联系窗口": "成果处"}

    first = await bring(deps, fill(tmp_path / "two.xlsx", OUTCOME, [changed]))
    again = await bring(deps, tmp_path / "two.xlsx")
    refused = await bring(deps, fill(tmp_path / "bad.xlsx", OUTCOME, [changed | {"痛点": "加微信：abc123"}]))

    assert (first.refused, again.refused) == ([], [])
    after, waiting = await Outcome.get(), await ListingChange.get(status=ChangeStatus.PENDING)
    assert live.status is OutcomeStatus.PUBLISHED
    assert (first.updated, again.updated, again.unchanged) == (1, 0, 1)
    assert (after.price_amount, after.problem) == (live.price_amount, "含杂率高，损失大。")
    assert waiting.values == {"price_amount": 99_000_000}
    assert [refusal.row for refusal in refused.refused] == [3]
    assert await published_fields_are_reviewed() == []


@pytest.mark.parametrize("status", [OutcomeStatus.PENDING, OutcomeStatus.SOLD])
async def test_a_listing_that_is_reviewed_or_has_ended_is_not_written_by_a_list(
    deps: Deps, tmp_path: Path, status: OutcomeStatus
) -> None:
    await make_organisation(name="桂北农机研究院", kind=OrganisationKind.INSTITUTE)
    await bring(deps, fill(tmp_path / "one.xlsx", OUTCOME, [OUTCOME_ROW]))
    await Outcome.all().update(status=status)

    report = await bring(deps, fill(tmp_path / "two.xlsx", OUTCOME, [OUTCOME_ROW | {"价格（万元）": 99}]))
    again = await bring(deps, tmp_path / "one.xlsx")

    assert [refusal.reason for refusal in report.refused] == ["这条信息正在审核或已经结束，现在不能修改。"]
    assert (await Outcome.get()).price_amount == 260_500_000
    assert (again.unchanged, again.refused) == (1, [])


async def test_needs_come_from_their_own_template(deps: Deps, tmp_path: Path) -> None:
    await make_organisation(name="某线缆厂")
    row = NEED_ROW | {"单位": "某线缆厂"}

    report = await bring(deps, fill(tmp_path / "needs.xlsx", NEED, [row]), "needs")

    need = await Need.get(title="提高导电率").select_related("organisation")
    assert report.refused == []
    assert need.is_masked
    assert need.organisation.name == "某线缆厂"
    assert (need.budget_min_amount, need.budget_max_amount) == (80_000_000, 150_000_000)


async def test_a_budget_that_is_a_range_in_one_cell_is_both_its_ends(deps: Deps, tmp_path: Path) -> None:
    await make_organisation(name="某线缆厂")
    row = NEED_ROW | {"单位": "某线缆厂", "预算下限（万元）": None, "预算上限（万元）": "80-150万"}

    report = await bring(deps, fill(tmp_path / "needs.xlsx", NEED, [row]), "needs")

    need = await Need.get()
    assert report.refused == []
    assert (need.budget_min_amount, need.budget_max_amount) == (80_000_000, 150_000_000)


def test_the_template_offers_the_codes_in_drop_downs_from_a_hidden_sheet() -> None:
    book = load_workbook(BytesIO(excel_template.template(excel_template.OUTCOME_LIST)))

    assert book["codes"].sheet_state == "hidden"
    assert len(book.worksheets[0].data_validations.dataValidation) == 5


async def test_the_data_source_is_made_once(deps: Deps, tmp_path: Path) -> None:
    for number in range(2):
        await bring(deps, write(tmp_path / f"{number}.jsonl", [line(number)]))

    assert await Organisation.filter(kind=OrganisationKind.SOURCE).count() == 1


async def test_a_row_of_an_unknown_organisation_is_refused_by_its_name(deps: Deps, tmp_path: Path) -> None:
    report = await bring(deps, fill(tmp_path / "needs.xlsx", NEED, [NEED_ROW]), "needs")

    assert [refusal.reason for refusal in report.refused] == ["单位“无此单位”没有注册或未认证。"]
    assert await Need.all().count() == 0


@pytest.mark.parametrize(
    ("keywords", "expected"),
    [
        ("镜头驱动;载体;线圈", ["镜头驱动", "载体", "线圈"]),
        ("小麦；新品种、抗倒伏", ["小麦", "新品种", "抗倒伏"]),
        ("1,2-丙二醇,溶剂", ["1,2-丙二醇", "溶剂"]),
        (["a;b", "c"], ["a;b", "c"]),
    ],
)
def test_keywords_in_one_text_are_parted_and_listed_ones_stay(keywords: object, expected: list[str]) -> None:
    assert outcome_of({"id": "x", "title": "甲", "keywords": keywords})["keywords"] == expected


@pytest.mark.parametrize(
    ("category", "field"),
    [
        ("电子信息", "electronics"),
        ("现代农业", "agriculture"),
        ("生物医药与医疗器械", "biomedicine"),
        ("先进制造与自动化", "manufacturing"),
        ("新能源与节能", "energy"),
        ("资源与环境", "environment"),
        ("先进制造业、农业、生物医药", ""),
        ("高技术服务", ""),
        ("", ""),
    ],
)
def test_a_category_in_words_becomes_a_field(category: str, field: str) -> None:
    assert outcome_of({"id": "x", "title": "甲", "category": category})["field"] == field


@pytest.mark.parametrize(
    ("number", "stored"),
    [
        ("PCT/CN2020/123456", "PCT/CN2020/123456"),
        ("US10123456B2", "US10123456B2"),
        ("WO 2021/123456 A1", "WO2021/123456A1"),
        ("EP 3 123 456 B1", "EP3123456B1"),
    ],
)
async def test_foreign_rights_are_kept_as_what_they_are(
    deps: Deps, tmp_path: Path, number: str, stored: str
) -> None:
    await make_organisation(name="桂北农机研究院")
    row = OUTCOME_ROW | {"知识产权": f"发明专利|{number}|已授权"}

    report = await bring(deps, fill(tmp_path / "outcomes.xlsx", OUTCOME, [row]))

    assert report.refused == []
    assert [right["number"] for right in (await Outcome.get()).rights] == [stored]


async def test_a_publication_number_is_told_as_such(deps: Deps, tmp_path: Path) -> None:
    await make_organisation(name="桂北农机研究院")
    row = OUTCOME_ROW | {"知识产权": "发明专利|CN108912345A|已公开"}

    report = await bring(deps, fill(tmp_path / "outcomes.xlsx", OUTCOME, [row]))

    assert ["是公开（公告）号" in refusal.reason for refusal in report.refused] == [True]


async def test_a_provincial_list_of_needs_is_read_by_its_own_heads(deps: Deps, tmp_path: Path) -> None:
    await make_organisation(name="某化工公司")
    await make_organisation(name="某药材合作社")
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(
        [
            *("需求名称", "所属单位或公司名称", "技术领域（先进制造业、农业、生物医药及其他）", "需求详情"),
            *("技术指标", "拟解决的技术难题", "现有基础条件", "预算金额", "合作方式", "单位性质", "需求类型"),
            *("所属地区", "有效期", "更新时间"),
        ]
    )
    sheet.append(
        [
            *("列管换热器防泄漏", "某化工公司", "先进制造业", "三个月就漏", "寿命≥12个月", "防冲刷结构"),
            *("有中试线", 100, "技术开发", "民营", "技术攻关", "某市", "2027-03-01", "2026-11-01"),
        ]
    )
    sheet.append(
        [
            *(
                "丹皮酚含量提升",
                "某药材合作社",
                "农业",
                "不够药典标准",
                "丹皮酚≥1.2%",
                "施肥办法",
                "基地500亩",
            ),
            *("面议", "技术服务", "合作社", "成果引进", "某县", "长期有效", "2026-11-01"),
        ]
    )
    path = tmp_path / "needs.xlsx"
    book.save(path)

    report = await bring(deps, path, "needs")

    exchanger, peony = await Need.all().order_by("number")
    assert report.refused == []
    assert (exchanger.field, exchanger.kind, exchanger.modes) == (
        "manufacturing",
        "breakthrough",
        ["development"],
    )
    assert exchanger.targets == [{"indicator": "寿命", "present": "", "target": "≥12个月"}]
    assert exchanger.description == "三个月就漏\n拟解决的技术难题：防冲刷结构"
    assert (exchanger.background, exchanger.budget_max_amount) == ("有中试线", 100_000_000)
    assert str(exchanger.deadline_on) == "2027-03-01"
    assert (peony.field, peony.budget_max_amount, peony.deadline_on) == ("agriculture", None, None)
    assert peony.expires_on is not None


@pytest.mark.parametrize(
    ("stage", "level"), [("初期阶段", 3), ("中试阶段", 6), ("成熟应用阶段", 8), ("6", 6)]
)
async def test_the_stages_of_the_national_form_are_understood(
    deps: Deps, tmp_path: Path, stage: str, level: int
) -> None:
    await make_organisation(name="桂北农机研究院")
    row = OUTCOME_ROW | {"成熟度": stage}

    report = await bring(deps, fill(tmp_path / "outcomes.xlsx", OUTCOME, [row]))

    assert report.refused == []
    assert (await Outcome.get()).trl == level
