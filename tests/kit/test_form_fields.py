"""Amounts and days as people type them into forms."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from starlette.datastructures import FormData

from market.kit.amount_fields import MoneyField
from market.kit.form_fields import ChoiceField, DayField, LongTextField, TextField
from market.kit.forms import BaseForm
from market.kit.i18n import in_locale, lazy


class Typed(BaseForm):
    wan = MoneyField("万元")
    yuan = MoneyField("元", unit=1)
    dong = MoneyField("越南盾", unit=1, currency="VND")
    day = DayField("日期")
    title = TextField("标题")
    note = LongTextField("说明")


def read(name: str, text: str) -> Any:
    """Return the data of one field, or its first error."""
    form = Typed(FormData([(name, text)]))
    form.validate()
    return form[name].errors[0] if form[name].errors else form[name].data


@pytest.mark.parametrize(
    ("name", "text", "fen"),
    [
        ("wan", "3.5", 3_500_000),
        ("wan", "3.5万", 3_500_000),
        ("wan", "３．５ 万元", 3_500_000),
        ("wan", "￥1,200元整", 120_000),
        ("wan", "0.2亿", 2_000_000_000),
        ("yuan", "3.5万", 3_500_000),
        ("yuan", "￥1,200.50元", 120_050),
        ("dong", "430,000", 430_000),
    ],
)
def test_a_unit_that_is_written_wins_over_the_unit_of_the_field(name: str, text: str, fen: int) -> None:
    assert read(name, text) == fen


@pytest.mark.parametrize(
    ("name", "text", "why"),
    [
        ("wan", "3,5万", "3.5 还是 35？"),
        ("wan", "12万5", "请填金额"),
        ("wan", "十二万", "“十二万”读作 ￥120,000.00，已填好，请核对后再提交。"),
        ("wan", "10-20万", "“10-20万”是两个数，这里只填一个，如 10.00 或 20.00。"),
        ("yuan", "约30万", "“约30万”不是确定的数，请填一个数，如 300000.00。"),
        ("dong", "十二万", "请填金额，最细到分，如 120.50。"),
        ("wan", "1.2e5", "请填金额"),
        ("wan", "万元", "请填金额"),
        ("dong", "3万元", "请填金额"),
        ("yuan", "0.001元", "请填金额"),
    ],
)
def test_an_amount_that_cannot_be_read_in_one_way_is_asked_about(name: str, text: str, why: str) -> None:
    assert str(read(name, text)).startswith(why)


def test_an_amount_in_words_is_filled_in_digits_and_taken_when_it_is_confirmed() -> None:
    form: Any = Typed(FormData([("wan", "十二万"), ("yuan", "拾贰万元整")]))

    assert not form.validate()
    shown = [form[name]._value() for name in ("wan", "yuan")]
    assert shown == ["12.00", "120000.00"]
    assert [read(name, text) for name, text in zip(("wan", "yuan"), shown, strict=True)] == [12_000_000] * 2


@pytest.mark.parametrize(
    "text", ["2026-05-01", "2026/5/1", "2026.5.1", "2026年5月1日", "２０２６－０５－０１", "20260501"]
)
def test_a_day_is_read_in_the_ways_it_is_written_in_china(text: str) -> None:
    assert read("day", text) == date(2026, 5, 1)


@pytest.mark.parametrize("text", ["2026-02-30", "5/1/2026", "2026年5月", "26-5-1", "2026/13/1"])
def test_a_day_that_is_none_or_could_be_another_is_refused(text: str) -> None:
    assert read("day", text) == "请按 2026-05-01 的样子填日期。"


class _WithLists(BaseForm):
    groups = ChoiceField(
        "", choices={"广西": [("45", lazy("南宁")), ("4503", "桂林")], "空": []}, blank="请选择"
    )
    plain = ChoiceField("", choices=[("1", 'a"<b'), ("2", ""), ("3", lazy("专利实施许可"))])


def test_a_list_is_drawn_once_a_language_and_each_form_shows_its_own_choice() -> None:
    chosen, other = (
        _WithLists(FormData([("groups", "4503"), ("plain", "2")])),
        _WithLists(FormData([("plain", "1")])),
    )

    assert str(chosen.groups()) == (
        '<select id="groups" name="groups"><optgroup label=""><option value="">请选择</option></optgroup>'
        '<optgroup label="广西"><option value="45">南宁</option>'
        '<option selected value="4503">桂林</option></optgroup></select>'
    )
    assert str(chosen.plain(id="own", **{"class": "wide"})) == (
        '<select class="wide" id="own" name="plain"><option value="1">a&#34;&lt;b</option>'
        '<option selected value="2">2</option><option value="3">专利实施许可</option></select>'
    )
    assert '<option selected value="1">' in other.plain()
    assert str(other.plain()).count("selected") == 1
    with in_locale("zh-Hant"):
        assert "專利實施許可" in other.plain()
    assert "專利實施許可" not in other.plain()


@pytest.mark.parametrize("name", ["title", "note"])
def test_a_text_loses_what_nobody_sees_and_what_turns_the_order_of_others(name: str) -> None:
    assert read(name, "\u200b \u2060\ufeff") == ""
    assert read(name, " 铝合金\u202e金合铝\u200b ") == "铝合金金合铝"
    assert read(name, "👩\u200d🔬 लक्\u200dष") == "👩\u200d🔬 लक्\u200dष"
