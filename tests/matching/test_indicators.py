"""The targets of a need beside the indicators of an outcome."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from market.matching.indicator_names import name_closeness, read_name
from market.matching.indicators import IndicatorFit, Verdict, compare_indicators
from market.matching.readings import Change, Operator, read_value, split_statement
from market.matching.units import KNOWN, parse_unit


def target(indicator: str, value: str, **more: str) -> dict[str, str]:
    return {"indicator": indicator, "target": value, **more}


def offer(indicator: str, value: str, **more: str) -> dict[str, str]:
    return {"indicator": indicator, "ours": value, **more}


def fit(wanted: dict[str, str], *offers: dict[str, str], text: str = "") -> IndicatorFit:
    return compare_indicators([wanted], offers, text)[0]


def words(row: IndicatorFit) -> tuple[str, str]:
    gap = row.gap
    side = "" if gap is None else {1: "高 ", -1: "低 ", 0: "正好 "}[gap.side]
    return row.verdict.value, "" if gap is None else f"{side}{gap.amount} {gap.unit}".strip()


def test_a_need_reads_which_of_its_numbers_an_outcome_reaches_and_by_how_much() -> None:
    fits = compare_indicators(
        [
            target("强度", "≥ 20 MPa", must="yes"),
            target("赤泥掺量", "≥ 50 %"),
            target("浸出液 pH", "≤ 10.0"),
            target("透水系数", "≥ 0.10 mm/s"),
            target("每立方米成本", "≤ 150 元"),
        ],
        [
            offer("每立方米成本", "156元"),
            offer("赤泥掺量（质量比）", "58%"),
            offer("28 天抗压强度", "23.6 MPa"),
            offer("浸出液pH值", "9.8"),
        ],
    )

    assert [(row.name, row.offered, *words(row)) for row in fits] == [
        ("强度", "23.6 MPa", "reached", "高 3.6 MPa"),
        ("赤泥掺量", "58 %", "reached", "高 8 个百分点"),
        ("浸出液 pH", "9.8", "reached", "低 0.2"),
        ("透水系数", "", "unstated", ""),
        ("每立方米成本", "156 元", "short", "高 6 元"),
    ]
    assert [row.is_must for row in fits] == [True, False, False, False, False]
    assert fits[0].wanted == "≥ 20 MPa"


@pytest.mark.parametrize(
    "text",
    [
        *(
            "≥ 20 MPa",
            "≥20MPa",
            ">=20 MPa",
            "不低于20兆帕",
            "不小于 20 MPa",
            "20 MPa以上",
            "至少20MPa",
            "达到20MPa",
        ),
        *(
            "２０ＭＰａ及以上",
            "不低於20 Mpa",
            "大于等于20 N/mm²",
            "≥ 20.0 MPa",
            "不低于2×10⁷ Pa",
            "大于或等于20MPA",
        ),
        *("≥20MPa（28天）", "提高到20 MPa", "不低于二十兆帕"),
    ],
)
def test_one_target_in_any_spelling_is_one_reading(text: str) -> None:
    reading = read_value(text)

    assert reading is not None
    assert reading.unit is not None
    assert (reading.operator, reading.change) == (Operator.LEAST, Change.NONE)
    assert reading.low * reading.unit.factor == 20 * KNOWN["MPa"].factor
    assert reading.unit.dimension == KNOWN["MPa"].dimension


@pytest.mark.parametrize(
    ("one", "other"),
    [
        *(
            ("°C", "摄氏度"),
            ("MPa", "兆帕"),
            ("MPa", "N/mm2"),
            ("%", "wt%"),
            ("kWh/t", "千瓦时/吨"),
            ("kWh", "度电"),
        ),
        *(
            ("万元/亩", "万元每亩"),
            ("r/min", "转/分"),
            ("rpm", "转/分钟"),
            ("m3", "立方米"),
            ("mg/kg", "ppm"),
        ),
        *(
            ("g/cm3", "t/m3"),
            ("μm", "um"),
            ("L/100km", "升/百公里"),
            ("kg", "公斤"),
            ("kg", "KG"),
            ("2", "2"),
        ),
        *(("元/m3", "元/立方米"), ("ppm/K", "ppm/°C"), ("次/万米", "次/10000m"), ("1/s", "Hz"), ("年", "a")),
    ],
)
def test_units_of_one_name_or_another_are_one(one: str, other: str) -> None:
    first, second = parse_unit(one), parse_unit(other)

    assert first == second or (first and second and first.dimension == second.dimension)
    if first and second:
        assert first.factor == second.factor


@pytest.mark.parametrize(
    "text",
    ["", "3/4", "%/4.6%", "一二三四五六七八九十一二三四五六七八九十一二三四五", "-01", "a//b", "mm mm3x"],
)
def test_what_is_no_unit_is_none(text: str) -> None:
    assert parse_unit(text) is None


@pytest.mark.parametrize(
    "text",
    [
        *(
            "",
            "—",
            "大幅提高",
            "不渗",
            "4.1%/4.6%",
            "3,5 元",
            "2024-05-01",
            "0.6<x<0.8",
            "≥5%，≤8%",
            "20～10",
            "±3～5 mm",
        ),
        *("28天40MPa，7天20MPa", "5 mm～8 kg", "20以上~30", "不高于5%以上"),
    ],
)
def test_what_is_not_wholly_understood_is_no_reading(text: str) -> None:
    assert read_value(text) is None


@pytest.mark.parametrize(
    ("text", "shown", "low", "high"),
    [
        ("85%～90%", "85～90 %", 85, 90),
        ("80至150万元", "80～150 万元", 800_000, 1_500_000),
        ("20±2 mm", "20±2 mm", 18, 22),
        ("±0.25 mm", "±0.25 mm", Fraction(1, 4), Fraction(1, 4)),
        ("-20~60℃", "-20～60 °C", -20, 60),
        ("不高于-12℃", "≤ -12 °C", -12, -12),
        ("26,000 km", "26,000 km", 26_000, 26_000),
        ("12 000 h", "12 000 h", 12_000, 12_000),
        ("10⁵ Ω", "10^5 Ω", 100_000, 100_000),
        ("1.5e-3 m", "1.5e-3 m", Fraction(3, 2000), Fraction(3, 2000)),
        ("每月不超过3次", "≤ 3 次/月", 3, 3),
        ("约150℃左右", "150 °C", 150, 150),
        ("0.55%，不加原铝", "0.55 %", Fraction(11, 20), Fraction(11, 20)),
        ("两台", "2 台", 2, 2),
        ("三十五天", "35 天", 35, 35),
        ("3千克", "3 千克", 3, 3),
        ("小于5%", "< 5 %", 5, 5),
    ],
)
def test_values_are_read_as_people_write_them(text: str, shown: str, low: Fraction, high: Fraction) -> None:
    reading = read_value(text)

    assert reading is not None
    assert (reading.shown, reading.low, reading.high) == (shown, low, high)


@pytest.mark.parametrize(
    ("wanted", "offered", "expected"),
    [
        (target("掺量", "大于50%"), offer("掺量", "50%"), ("short", "正好 0 个百分点")),
        (target("掺量", "大于50%"), offer("掺量", "超过50%"), ("reached", "正好 0 个百分点")),
        (target("掺量", "≥50%"), offer("掺量", "48%～52%"), ("short", "低 2 个百分点")),
        (target("掺量", "≥50%"), offer("掺量", "不低于55%"), ("reached", "高 5 个百分点")),
        (target("掺量", "≥50%"), offer("掺量", "不高于55%"), ("unclear", "")),
        (target("残留", "≤0.05 ppm"), offer("残留", "低于0.01 ppm"), ("reached", "低 0.04 ppm")),
        (target("残留", "≤0.05 ppm"), offer("残留", "大于0.01 ppm"), ("unclear", "")),
        (target("pH", "6～9"), offer("pH值", "7.2"), ("reached", "正好 0")),
        (target("pH", "6～9"), offer("pH值", "9.5"), ("short", "高 0.5")),
        (target("pH", "6～9"), offer("pH值", "5.2～8"), ("short", "低 0.8")),
        (target("pH", "6～9"), offer("pH值", "≤8"), ("unclear", "")),
        (target("pH", "6～9"), offer("pH值", "≥7"), ("unclear", "")),
        (target("温度", "150℃"), offer("温度", "150 ℃"), ("reached", "正好 0 °C")),
        (target("温度", "150℃"), offer("温度", "160 ℃"), ("unclear", "")),
        (target("温度", "约150℃"), offer("温度", "155 ℃"), ("reached", "高 5 °C")),
        (target("温度", "150℃"), offer("温度", "≥140 ℃"), ("unclear", "")),
        (target("温度", "150℃"), offer("温度", "140～160 ℃"), ("unclear", "")),
        (target("温度", "150℃", present="120 ℃"), offer("温度", "160 ℃"), ("reached", "高 10 °C")),
        (target("温度", "150℃", present="180 ℃"), offer("温度", "160 ℃"), ("short", "高 10 °C")),
        (target("温度", "150℃"), offer("温度", "140 ℃", current="180℃"), ("reached", "低 10 °C")),
        (target("温度", "150℃", present="150 ℃"), offer("温度", "160 ℃", current="—"), ("unclear", "")),
        (target("使用寿命", "2年"), offer("寿命", "30个月"), ("reached", "高 0.5 年")),
        (target("漏检率", "1%"), offer("漏检", "0.8%"), ("reached", "低 0.2 个百分点")),
        (target("尺寸", "±0.5 mm"), offer("尺寸", "±300 μm"), ("reached", "低 0.2 mm")),
        (target("能耗", "降低30%"), offer("能耗", "7 kWh", change="-35%"), ("reached", "高 5 个百分点")),
        (
            target("能耗", "降低30%以上"),
            offer("能耗", "7 kWh", change="缩短20%"),
            ("short", "低 10 个百分点"),
        ),
        (target("能耗", "降低30%"), offer("能耗", "7 kWh", change="+35%"), ("unclear", "")),
        (target("得率", "提高3个百分点"), offer("收率", "9%", change="提高5%"), ("unclear", "")),
        (
            target("得率", "提高3个百分点"),
            offer("收率", "9%", change="提高5个百分点"),
            ("reached", "高 2 个百分点"),
        ),
        (target("每吨处置费用", "≤700元"), offer("每吨铝灰处置费用", "净收益约320元"), ("unclear", "")),
        (target("处置费用", "≤700元/吨"), offer("吨灰处置费用", "0.065万元"), ("reached", "低 50 元/吨")),
        (target("每吨成本", "≤700元"), offer("成本", "0.065万元/t"), ("reached", "低 50 元")),
        (target("投资", "≤3万元"), offer("投资", "28000元"), ("reached", "低 0.2 万元")),
        (target("抗压强度（MPa）", "≥20"), offer("抗压强度", "23.6 MPa"), ("reached", "高 3.6 MPa")),
        (target("抗压强度/MPa", "≥20"), offer("抗压强度", "0.02 GPa"), ("reached", "正好 0 MPa")),
        (target("抗压强度", "≥20"), offer("抗压强度", "23.6 MPa"), ("unclear", "")),
        (target("二氧化硫用量", "0"), offer("二氧化硫用量", "0 kg"), ("reached", "正好 0 kg")),
        (target("废水", "≤0"), offer("废水", "3 t"), ("short", "高 3 t")),
        (target("氧化钪得率", "≥1/3"), offer("氧化钪得率", "40%"), ("unclear", "")),
        (target("周期", "≤3 天"), offer("周期", "70 h"), ("reached", "低 0.0833 天")),
        (
            target("扩散系数", "≤2×10⁻¹² m²/s"),
            offer("扩散系数", "0.9×10⁻¹² m²/s"),
            ("reached", "低 1.1e-12 m2/s"),
        ),
    ],
)
def test_a_value_is_judged_at_its_worst_or_left_to_a_person(
    wanted: dict[str, str], offered: dict[str, str], expected: tuple[str, str]
) -> None:
    row = fit(wanted, offered)

    verdict, gap = words(row)
    assert (verdict, gap) == expected


@pytest.mark.parametrize(
    ("one", "other"),
    [
        *(("强度", "28天抗压强度"), ("延伸率", "断后伸长率"), ("误报", "误报率"), ("单样成本", "每样费用")),
        *(
            ("可检最小裂纹深度", "最小可检裂纹深度"),
            ("1 h坍落度损失", "坍落度1h损失"),
            ("时效时间", "时效总时长"),
        ),
        *(
            ("十二小时香气成分保留率", "香气成分保留率（12 h）"),
            ("pH", "ph值"),
            ("镉", "镉"),
            ("氢含量", "含氢量"),
        ),
        *(("每台返修工时", "返修工时（每台）"), ("每吨成本", "成本"), ("强度：", "強度")),
    ],
)
def test_names_of_one_indicator_agree(one: str, other: str) -> None:
    assert name_closeness(read_name(one), read_name(other)) > 0
    assert name_closeness(read_name(one), read_name(other)) == name_closeness(
        read_name(other), read_name(one)
    )


@pytest.mark.parametrize(
    ("one", "other"),
    [
        *(("抗拉强度", "抗压强度"), ("铁回收率", "铟回收率"), ("强度", "强度损失"), ("28天强度", "7天强度")),
        *(
            ("最大粒径", "最小粒径"),
            ("吸水率", "吸水量"),
            ("", "强度"),
            ("度", "抗压强度"),
            ("（MPa）", "强度"),
        ),
    ],
)
def test_names_of_two_indicators_do_not(one: str, other: str) -> None:
    assert name_closeness(read_name(one), read_name(other)) == 0


def test_of_two_rows_that_are_alike_in_the_same_degree_none_is_chosen() -> None:
    wanted = target("回收率", "≥80%")
    both = fit(wanted, offer("铁回收率", "78%"), offer("钪回收率", "90%"))
    alike = fit(wanted, offer("铁回收率", "88%"), offer("钪回收率", "90%"))
    exact = fit(wanted, offer("铁回收率", "78%"), offer("回收率", "90%"))

    assert (both.verdict, both.offered) == (Verdict.UNCLEAR, "铁回收率 78%；钪回收率 90%")
    assert alike.verdict is exact.verdict is Verdict.REACHED


def test_one_row_answers_one_target() -> None:
    rows = compare_indicators(
        [target("抗压强度", "≥20 MPa"), target("强度", "≥3 MPa")], [offer("28天抗压强度", "23 MPa")]
    )

    assert [row.verdict for row in rows] == [Verdict.REACHED, Verdict.UNSTATED]


def test_what_stands_in_a_free_text_or_in_the_cell_of_the_name_is_read_too() -> None:
    text = "水稳系数0.91，28 d劈裂强度0.62 MPa；\n赤泥掺量60%～68%。施工方便"

    assert words(fit(target("28天劈裂强度", "≥0.5 MPa"), text=text)) == ("reached", "高 0.12 MPa")
    assert words(fit(target("赤泥掺量", "不低于65%"), text=text)) == ("short", "低 5 个百分点")
    assert words(fit(target("抗压强度 ≥ 20 MPa", ""), offer("抗压强度23.6MPa", ""))) == (
        "reached",
        "高 3.6 MPa",
    )
    assert split_statement("施工方便") is None
    assert compare_indicators([target("", "≥ 3"), target("强度", ""), {}], [{}]) == []


def test_what_says_more_than_was_read_is_shown_as_typed() -> None:
    row = fit(target("抗压强度", "不低于20 MPa（28天）"), offer("抗压强度", "23.6 MPa，蒸养"))

    assert (row.wanted, row.offered) == ("不低于20 MPa（28天）", "23.6 MPa，蒸养")


UNITS = ["MPa", "%", "kWh/t", "元", "万元", "mm", "℃", "个榨季", "g/cm³", "次/月", ""]
NUMBERS = st.decimals(-10_000, 10_000, places=2).map(lambda number: f"{number.normalize():f}")


@settings(max_examples=40)
@given(st.text(max_size=40), st.text(max_size=40), st.text(max_size=40))
def test_no_text_breaks_the_comparison(name: str, wanted: str, offered: str) -> None:
    for row in compare_indicators([target(name, wanted)], [offer(name, offered)], offered):
        assert (row.gap is None) == (row.verdict in (Verdict.UNCLEAR, Verdict.UNSTATED))


@given(NUMBERS, NUMBERS, st.sampled_from(UNITS), st.sampled_from(["≥", "≤"]))
def test_a_target_is_reached_exactly_when_the_number_says_so(
    wanted: str, offered: str, unit: str, operator: str
) -> None:
    row = fit(target("回收量", f"{operator} {wanted} {unit}"), offer("回收量", f"{offered}{unit}"))

    difference = Fraction(offered) - Fraction(wanted)
    is_reached = difference >= 0 if operator == "≥" else difference <= 0
    assert row.verdict is (Verdict.REACHED if is_reached else Verdict.SHORT)
    assert row.gap is not None
    assert row.gap.side == (difference > 0) - (difference < 0)


@given(
    NUMBERS,
    st.sampled_from([("MPa", "kPa", 1000), ("t", "kg", 1000), ("万元", "元", 10_000), ("h", "min", 60)]),
)
def test_another_unit_of_the_same_size_changes_nothing(number: str, units: tuple[str, str, int]) -> None:
    large, small, times = units
    row = fit(target("指标量", f"≥ {number} {large}"), offer("指标量", f"{Fraction(number) * times} {small}"))

    if Fraction(number) * times == int(Fraction(number) * times):
        assert words(row)[0] == "reached"
        assert row.gap is not None
        assert row.gap.side == 0


@given(
    st.permutations(
        [offer("抗压强度", "20 MPa"), offer("掺量", "60%"), offer("成本", "142元"), offer("pH", "9")]
    )
)
def test_the_order_of_rows_decides_nothing(rows: list[Any]) -> None:
    targets = [
        target("强度", "≥20 MPa"),
        target("掺量", "≥70%"),
        target("成本", "≤100元"),
        target("pH值", "≤9"),
    ]

    assert [row.verdict.value for row in compare_indicators(targets, rows)] == [
        "reached",
        "short",
        "short",
        "reached",
    ]


@pytest.mark.parametrize("written", ["0.028 W/(m·K)", "0.028W/m·K"])
def test_the_lower_part_of_a_unit_may_stand_in_brackets(written: str) -> None:
    row = fit(target("导热系数", "≤ 0.03 W/(m·K)"), offer("导热系数", written))

    assert words(row) == ("reached", "低 0.002 W/(m·K)")


@pytest.mark.parametrize(
    ("wanted", "has", "verdict"),
    [
        ("95 %", "96 %", Verdict.REACHED),
        ("95 %", "93 %", Verdict.SHORT),
        ("1×10^-6", "5×10^-7", Verdict.UNCLEAR),
        ("0.1 ng/mL", "0.05 ng/mL", Verdict.UNCLEAR),
        ("≤ 0.1 ng/mL", "0.05 ng/mL", Verdict.REACHED),
    ],
)
def test_sensitivity_is_better_greater_as_a_share_only(wanted: str, has: str, verdict: Verdict) -> None:
    assert fit(target("灵敏度", wanted), offer("灵敏度", has)).verdict is verdict
