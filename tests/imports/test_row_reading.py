"""Rows of somebody's list: every fault at its cell, and the words of other lists."""

from __future__ import annotations

from typing import Any

import pytest
from starlette.datastructures import MultiDict

from market.imports.excel_template import NEED_LIST, OUTCOME_LIST, ListForm
from market.imports.heads import guess_heads, heads_by_hand, unit_of
from market.imports.row_reading import LEFT_OUT, ReadRow, SheetRow, read_row
from market.imports.sheet_rows import missing_columns, read
from market.kit.workbooks.builder import Budget, SheetBuilder
from market.kit.workbooks.cells import Limits, Sheet, text_cell
from market.listings.forms import RightRow
from market.listings.right_rows import InvalidRight, drafted_right, rights_of

CLEAN = {
    "title": "甘蔗收获机切割",
    "highlight": "含杂率降到 5.2 %",
    "field": "先进制造",
    "trl": "8 产品级",
    "modes": "转让；普通许可",
    "price_kind": "挂牌价",
    "price_amount": "260.5",
    "problem": "含杂率高。",
    "solution": "在线控制。",
    "team": "韦一",
    "owner": "某大学",
    "contact_name": "成果处",
}


def row_of(
    changes: dict[str, str], *, is_foreign: bool = False, units: dict[str, int] | None = None
) -> SheetRow:
    texts = CLEAN | changes
    cells = {name: text_cell("成果", 3, place, text) for place, (name, text) in enumerate(texts.items(), 1)}
    return SheetRow(cells, is_foreign, units or {})


def outcome(is_foreign: bool = False, units: dict[str, int] | None = None, **changes: str) -> ReadRow:
    return read_row(OUTCOME_LIST, row_of(changes, is_foreign=is_foreign, units=units))


def sheet(*rows: list[str]) -> Sheet:
    builder = SheetBuilder("汇总", Budget(Limits()))
    for number, row in enumerate(rows, 1):
        for column, text in enumerate(row, 1):
            builder.add(text_cell("汇总", number, column, text))
    return builder.build()


def test_all_faults_of_a_row_are_told_at_once_each_at_its_cell() -> None:
    found = outcome(
        highlight="", field="炼金术", trl="10", price_amount="12，5万", rights="202310671940.9", owner="#N/A"
    )

    assert [fault.column for fault in found.faults] == [
        *("highlight", "owner", "rights", "price_amount", "field", "trl")
    ]
    price = next(fault for fault in found.faults if fault.column == "price_amount")
    assert price.choices == ("12.5万", "125万")
    assert "航空航天" in next(fault.choices for fault in found.faults if fault.column == "field")


def test_a_row_of_totals_below_a_list_is_no_listing() -> None:
    heads = guess_heads(
        [
            sheet(
                ["序号", "成果名称", "领域", "价格（万元）"],
                ["1", "甘蔗收获机切割", "现代农业", "12"],
                ["2", "合计转化收益测算系统", "软件和信息服务", "8"],
                ["合　计：", "", "", "20"],
            )
        ],
        OUTCOME_LIST,
        {},
    )
    assert heads is not None

    assert [row["title"] for _number, row in read(heads, OUTCOME_LIST)] == [
        "甘蔗收获机切割",
        "合计转化收益测算系统",
    ]


def test_a_clean_row_has_no_fault() -> None:
    found = outcome()

    assert (found.faults, found.values["price_amount"], found.values["trl"]) == ([], 260_500_000, 8)


@pytest.mark.parametrize(
    ("typed", "level", "is_told"),
    [
        ("TRL 7 中试", 7, False),
        ("trl7", 7, False),
        ("7", 7, False),
        ("7 环境级", 7, False),
        ("中试（七级）", 7, True),
        ("7级", 7, False),
        ("初期阶段", 3, False),
        ("中期", 5, False),
        ("成熟应用阶段", 8, False),
        ("已完成中试", 6, True),
        ("产業化", 9, False),
    ],
)
def test_readiness_is_read_in_any_words_and_a_reading_is_told(typed: str, level: int, is_told: bool) -> None:
    found = outcome(trl=typed)

    assert (found.values["trl"], found.faults) == (level, [])
    assert ("trl" in found.remarks) is is_told


@pytest.mark.parametrize("typed", ["10", "99%", "未中试", "一般"])
def test_readiness_that_names_no_level_is_a_fault(typed: str) -> None:
    assert [fault.column for fault in outcome(trl=typed).faults] == ["trl"]


@pytest.mark.parametrize(
    ("typed", "fen"),
    [
        ("３５．５万", 35_500_000),
        ("12.50 万元", 12_500_000),
        ("1,200.5", 1_200_500_000),
        ("35000元", 3_500_000),
    ],
)
def test_a_price_is_read_with_its_unit(typed: str, fen: int) -> None:
    assert outcome(price_amount=typed).values["price_amount"] == fen


def test_the_unit_of_a_head_counts_and_a_head_without_one_means_wan() -> None:
    in_yuan = outcome(is_foreign=True, price_amount="1285000", units={"price_amount": 1})
    unknown = outcome(is_foreign=True, price_amount="128.5")

    assert (in_yuan.values["price_amount"], unknown.values["price_amount"]) == (128_500_000, 128_500_000)


def test_a_price_left_open_is_none_and_one_that_is_open_and_typed_is_asked_about() -> None:
    open_price = outcome(price_kind="面议", price_amount="面议")
    both = outcome(price_kind="面议", price_amount="12")

    assert (open_price.faults, open_price.values["price_amount"]) == ([], None)
    assert [(fault.column, fault.choices) for fault in both.faults] == [("price_kind", ("挂牌价",))]


@pytest.mark.parametrize("typed", ["面议", " 面 议", "价格另议", "转让价面议", "可面议", "TBD", "暂无"])
def test_a_price_is_left_open_in_many_words(typed: str) -> None:
    read = outcome(is_foreign=True, price_kind="", price_amount=typed)

    assert (read.faults, read.values["price_kind"], read.values["price_amount"]) == ([], "negotiable", None)


def test_a_word_that_nobody_knows_may_be_left_out_of_a_list_that_is_not_ours() -> None:
    asked = outcome(is_foreign=True, modes="转让、授权使用")
    answered = outcome(is_foreign=True, modes=LEFT_OUT)

    assert [(fault.sentence, fault.is_optional) for fault in asked.faults] == [
        ("“授权使用”不在列表里。", True)
    ]
    assert asked.faults[0].choices[0] == "转让；转让"
    assert "转让；普通许可" in asked.faults[0].choices
    assert asked.faults[0].choices[-1] == "转让"
    assert outcome(is_foreign=True, modes="授权使用").faults[0].choices[-1] == LEFT_OUT
    assert (answered.faults, answered.values["modes"]) == ([], [])
    assert not outcome(modes="授权使用").faults[0].is_optional


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ("环境保护、生态建设及污染防治", "environment"),
        ("农林牧渔业发展", "agriculture"),
        ("生物、医药和医疗器械", "biomedicine"),
        ("社會發展和社會服務", "urban"),
        ("工商业发展", ""),
    ],
)
def test_the_goals_of_the_national_form_become_fields(typed: str, field: str) -> None:
    found = outcome(is_foreign=True, field=typed)

    assert (found.values["field"], found.faults) == (field, [])
    assert ("field" in found.remarks) is not bool(field)


def test_a_region_is_read_by_its_name_and_an_unknown_one_is_told() -> None:
    assert outcome(region="广西·南宁").values["region"] == "450100"
    assert outcome(region="百色市").values["region"] == "451000"
    unknown = outcome(region="某市")
    assert ("region" in unknown.values, unknown.faults, "region" in unknown.remarks) == (False, [], True)


KINDS = {"发明专利": "invention", "实用新型": "utility_model"}
STATES = {"已授权": "granted", "申请中": "applied"}


@pytest.mark.parametrize(
    ("typed", "rights"),
    [
        ("无", []),
        ("ZL201810861934.2", ["invention 201810861934.2 "]),
        ("201810861934.2、PCT/CN2020/123456", ["invention 201810861934.2 ", "invention PCT/CN2020/123456 "]),
        ("201810861934.2\n2022SR1234567", ["invention 201810861934.2 ", "software 2022SR1234567 registered"]),
        ("201810861934.2 201810861934.2", ["invention 201810861934.2 "] * 2),
        ("201810861934.2|已授权", ["invention 201810861934.2 granted"]),
        ("|201810861934.2|申请中", ["invention 201810861934.2 applied"]),
        ("发明专利｜2018 1 0861934.2｜已授权", ["invention 201810861934.2 granted"]),
        ("发明｜ZL201810861934.2｜有效", ["invention 201810861934.2 granted"]),
        ("专利号：ZL201810861934.2", ["invention 201810861934.2 "]),
        ("第201810861934.2号（已授权）", ["invention 201810861934.2 granted"]),
        ("发明专利 201810861934.2 实审", ["invention 201810861934.2 applied"]),
        ("US10,123,456B2", ["invention US10123456B2 "]),
        ("JP特许第6543210号", ["invention JP6543210 "]),
        ("技术秘密", ["trade_secret  "]),
        ("N/A", []),
    ],
)
def test_rights_are_drafted_from_numbers(typed: str, rights: list[str]) -> None:
    read_rights = rights_of(typed, KINDS, STATES)

    assert [f"{right['kind']} {right['number']} {right['status']}" for right in read_rights] == rights


@pytest.mark.parametrize(
    ("typed", "why"),
    [
        ("CN108912345A", "公开（公告）号"),
        ("201810861934.3", "校验位"),
        ("商标|123|已授权", "不在列表里"),
        ("201810861934", "少了最后的校验位，按前面的数字应为 2"),
        ("申请中", "没有完整的专利号"),
        ("|123|已授权", "没有完整的专利号"),
        ("发明专利|201810861934.2|待定", "不在列表里"),
        ("一种砖 ZL201810861934.2、一种瓦 ZL201810861934.9", "没有完整的专利号"),
    ],
)
def test_a_right_that_cannot_be_says_why(typed: str, why: str) -> None:
    with pytest.raises(InvalidRight, match=why):
        rights_of(typed, KINDS, STATES)


@pytest.mark.parametrize(
    ("typed", "names"),
    [
        ("一种赤泥砖（ZL201810861934.2）", ["一种赤泥砖"]),
        ("201810861934.2 一种赤泥砖", ["一种赤泥砖"]),
        ("一种砖，专利号：ZL201810861934.2；一种瓦（ZL201810861934.2，已授权）", ["一种砖", "一种瓦"]),
        ("pH传感器 ＺＬ２０１８１０８６１９３４．２、一种瓦 zl201810861934.2", ["pH传感器", "一种瓦"]),
        ("发明专利1件：201810861934.2，授权", [""]),
    ],
)
def test_names_beside_numbers_are_kept(typed: str, names: list[str]) -> None:
    assert [right["name"] for right in rights_of(typed, KINDS, STATES)] == names


@pytest.mark.parametrize(
    ("number", "kind"),
    [("201810861934.2", "invention"), ("202220000001.X", ""), ("US10123456B2", "invention")],
)
def test_the_number_tells_the_kind_of_patent(number: str, kind: str) -> None:
    if kind:
        assert drafted_right(number)["kind"] == kind
    else:
        with pytest.raises(InvalidRight):
            drafted_right(number)


def guessed(form: ListForm, *rows: list[str], **options: Any) -> dict[str, tuple[str, bool]]:
    heads = guess_heads([sheet(*rows)], form, **options)
    assert heads is not None
    return {guess.head: (guess.name, guess.is_sure) for guess in heads.guesses}


def test_heads_are_known_as_spelled_as_remembered_or_as_they_look() -> None:
    heads = ["序号", "成 果\n名称 *", "轉化方式", "拟转让价格（元）", "所属学院（系）", "校内编号"]

    by_spelling = guessed(OUTCOME_LIST, ["2026 年可转化成果清单"], heads)
    remembered = guessed(OUTCOME_LIST, heads, remembered={"所属学院": "owner", "转化方式": ""})

    assert by_spelling == {
        "序号": ("", True),
        "成 果\n名称 *": ("title", True),
        "轉化方式": ("modes", True),
        "拟转让价格（元）": ("price_amount", False),
        "所属学院（系）": ("", True),
        "校内编号": ("", True),
    }
    assert (remembered["所属学院（系）"], remembered["轉化方式"]) == (("owner", True), ("", True))


def test_the_heads_of_our_own_export_are_known() -> None:
    heads = [
        *("编号", "名称", "一句话亮点", "单位", "领域", "成熟度", "合作方式", "挂牌价（元）", "所在地"),
        *("发布日期", "最近核实", "网址"),
    ]
    row = [
        *(
            "CG-2026-000001",
            "甘蔗收获机",
            "含杂率 5.2 %",
            "某大学",
            "先进制造",
            "TRL 7 中试",
            "转让；普通许可",
        ),
        *("1285000", "广西·南宁", "2026-03-02", "2026-03-02", "https://example.test"),
    ]
    table = guess_heads([sheet(heads, row)], OUTCOME_LIST)
    assert table is not None

    [(number, filled)] = list(read(table, OUTCOME_LIST))
    found = read_row(OUTCOME_LIST, filled)

    assert (number, found.faults, filled["number"]) == (2, [], "CG-2026-000001")
    assert (found.values["price_amount"], found.values["trl"], found.values["region"]) == (
        128_500_000,
        7,
        "450100",
    )


def test_heads_said_by_hand_are_taken_once_each() -> None:
    table = heads_by_hand(
        [sheet(["甲", "乙", "丙"], ["一", "二", "三"])], "汇总", 1, {1: "title", 2: "title", 3: "field"}
    )
    assert table is not None

    assert table.columns == {"title": 1, "field": 3}
    assert heads_by_hand([], "汇总", 1, {}) is None
    assert "成果名称" not in missing_columns(table, OUTCOME_LIST)
    assert "需求名称" in missing_columns(None, NEED_LIST)


@pytest.mark.parametrize(
    ("head", "unit"),
    [
        ("价格（万元）", 10_000),
        ("挂牌价（元）", 1),
        ("预算/万", 10_000),
        ("掛牌價（萬元）", 10_000),
        ("预算（千元）", 1000),
        ("预算（百万元）", 1_000_000),
        ("总投资（亿元）", 100_000_000),
        ("价格", 0),
        ("单位：元", 1),
        ("多元化", 0),
    ],
)
def test_a_head_tells_its_unit(head: str, unit: int) -> None:
    assert unit_of(head) == unit


def test_a_patent_number_typed_alone_into_the_form_becomes_a_row_of_its_kind() -> None:
    form = RightRow(MultiDict({"number": "ZL 2018 1 0861934.2"}))

    assert form.validate()
    assert (form.kind.data, form.number.data) == ("invention", "201810861934.2")
