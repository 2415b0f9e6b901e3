from types import SimpleNamespace

import pytest

from market.listings.wording import banned_words, contact_details, wording_faults


@pytest.mark.parametrize(
    "text",
    [
        "加微信 abc123 立即购买",
        "联系微信号：lab2026",
        "詳情請加微信",
        "手机 13807710000",
        "１３８ ０７７１ ００００",
        "电话 0771-5550000",
        "热线 400-800-1234",
        "邮箱 lab@gx.edu.cn",
        "见 https://example.org/a",
        "www.example.com",
        "官网 baise-al.cn",
        "QQ：12345678",
        "vx：lab_2026",
        "WeChat ID lab2026",
    ],
)
def test_a_contact_in_a_text_is_found(text: str) -> None:
    assert contact_details(text)


@pytest.mark.parametrize(
    "text",
    [
        "导电率提高 2.1 %IACS，抗拉强度 310 MPa",
        "专利 ZL201810861934.2，申请号 201810861934.2",
        "容量 1200 mAh@0.5C，载体 Fe3O4@SiO2",
        "添加 V、Ti 微合金化，外加 Q345 钢",
        "微信小程序，基于 ASP.NET",
        "产线编号 138077100001，年产 13 万吨",
        "GB/T 22900-2022，2024-05-01",
    ],
)
def test_figures_numbers_and_materials_are_no_contacts(text: str) -> None:
    assert contact_details(text) == []


def test_a_superlative_is_named_in_a_headline_only() -> None:
    assert banned_words("全国第一的最佳工艺", is_headline=True) == ["全国第一", "最佳"]
    assert banned_words("在最佳工艺条件下烧结", is_headline=False) == []
    assert banned_words("现在 秒 杀", is_headline=False) == ["秒杀"]


def test_each_fault_is_named_at_its_field_and_only_where_it_was_changed() -> None:
    listing = SimpleNamespace(
        title="耐热铝导线 www.example.com",
        highlight="全国第一",
        keywords=["铝", "加微信"],
        comparison=[{"indicator": "导电率", "ours": None, "evidence": "电话 0771-5550000"}],
        problem=None,
    )

    assert [name for name, _sentence in wording_faults(listing)] == [
        "title",
        "highlight",
        "keywords",
        "comparison",
    ]
    assert wording_faults(listing, ["highlight"]) == [("highlight", "请不要写“全国第一”，用数字和依据说明。")]
    assert "“www.example.com”是联系方式" in wording_faults(listing, ["title"])[0][1]
