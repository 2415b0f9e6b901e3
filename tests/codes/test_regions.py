from collections import Counter

import pytest

from market.codes import regions
from market.codes.regions import _regions


def test_the_table_is_whole() -> None:
    by_form = Counter(
        "province" if code.endswith("0000") else "prefecture" if code.endswith("00") else "county"
        for code in _regions()
    )

    assert by_form == {"province": 34, "prefecture": 333, "county": 2844}
    assert list(_regions()) == sorted(_regions())


def test_every_region_lies_in_a_known_region_that_its_code_belongs_to() -> None:
    below = [region for region in _regions().values() if region.parent]

    assert all(regions.is_known(region.parent) for region in below)
    assert all(regions.is_within(region.code, region.parent) for region in below)


def test_guangxi_has_14_cities_and_111_county_units() -> None:
    cities = regions.cities_of("450000")

    assert len(cities) == 14
    assert sum(len(regions.cities_of(city)) for city in cities) == 111


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("450000", "广西"),
        ("450100", "广西·南宁"),
        ("450181", "广西·南宁·横州市"),
        ("450127", "广西·南宁·横县"),
        ("110108", "北京·海淀区"),
        ("429004", "湖北·仙桃市"),
        ("441900", "广东·东莞"),
        ("222401", "吉林·延边朝鲜族自治州·延吉市"),
        ("810000", "香港"),
        ("999999", "999999"),
        ("", ""),
    ],
)
def test_a_region_is_shown_by_the_way_to_it(code: str, expected: str) -> None:
    assert regions.full_name(code) == expected


@pytest.mark.parametrize(
    ("code", "expected"),
    [("450181", "横州市"), ("450127", "横县"), ("450000", "广西壮族自治区"), ("999999", "999999")],
)
def test_a_region_has_a_name_of_its_own(code: str, expected: str) -> None:
    assert regions.name(code) == expected


@pytest.mark.parametrize(
    ("code", "known"),
    [("450100", True), ("450127", False), ("450199", False), ("45", False), ("", False), ("450101", False)],
)
def test_only_codes_of_today_may_be_chosen(code: str, known: bool) -> None:
    assert regions.is_known(code) is known


def test_every_code_given_up_leads_to_one_of_today() -> None:
    for code in regions.FORMER:
        assert not regions.is_known(code)
        assert regions.is_known(regions.current(code))
    assert regions.current("450100") == "450100"


@pytest.mark.parametrize(
    ("code", "area", "within"),
    [
        ("450181", "450000", True),
        ("450181", "45", True),
        ("450181", "450100", True),
        ("450181", "4501", True),
        ("450181", "450181", True),
        ("450181", "450200", False),
        ("450100", "450181", False),
        ("450000", "450100", False),
        ("110108", "110000", True),
        ("330282", "3302", True),
        ("410000", "450000", False),
        ("450127", "450100", True),
        ("450100", "", False),
        ("", "450000", False),
    ],
)
def test_a_region_lies_in_the_areas_that_its_code_begins_with(code: str, area: str, within: bool) -> None:
    assert regions.is_within(code, area) is within


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("450000", "province"),
        ("450100", "city"),
        ("450181", "county"),
        ("110108", "city"),
        ("429004", "city"),
    ],
)
def test_a_region_has_a_level(code: str, expected: str) -> None:
    assert regions.level(code) == expected


def test_a_select_offers_guangxi_first_then_all_provinces_with_their_cities() -> None:
    offered = regions.choices()

    assert list(offered)[:3] == ["广西壮族自治区", "北京市", "天津市"]
    assert len(offered) == 34
    assert offered["广西壮族自治区"][:2] == [("450000", "广西壮族自治区"), ("450100", "南宁市")]
    assert offered["台湾省"] == [("710000", "台湾省")]


def test_a_select_may_offer_the_counties_of_guangxi() -> None:
    offered = regions.choices(("city", "county"))

    assert len(offered["广西壮族自治区"]) == 14 + 111
    assert ("450181", "南宁·横州市") in offered["广西壮族自治区"]
    assert len(offered["海南省"]) == len(regions.cities_of("460000"))
    assert all(offered.values())


def test_a_select_may_offer_the_counties_of_guangxi_alone() -> None:
    grouped = regions.choices(levels=["county"])

    assert ("450181", "南宁·横州市") in grouped["广西壮族自治区"]
    assert all(code[2:4] != "00" for code, _name in grouped["广西壮族自治区"])
    assert grouped["广东省"] == []


@pytest.mark.parametrize(
    ("code", "name"),
    [("330106", "浙江·杭州·西湖区"), ("450122", "广西·南宁·武鸣县"), ("999999", None), ("", None)],
)
def test_a_region_that_exists_or_existed_has_a_name(code: str, name: str | None) -> None:
    assert regions.known_name(code) == name
