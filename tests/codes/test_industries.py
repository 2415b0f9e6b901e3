import pytest

from market.codes import industries


def test_the_classification_has_20_sections_and_97_divisions_numbered_through() -> None:
    assert "".join(industries.SECTIONS) == "ABCDEFGHIJKLMNOPQRST"
    assert [int(code[1:]) for code in industries.DIVISIONS] == list(range(1, 98))
    assert {code[0] for code in industries.DIVISIONS} == set(industries.SECTIONS)


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("C32", "有色金属冶炼和压延加工业"),
        ("C36", "汽车制造业"),
        ("M73", "研究和试验发展"),
        ("A", "农、林、牧、渔业"),
        ("Z99", "Z99"),
        ("", ""),
    ],
)
def test_an_industry_has_a_name(code: str, expected: str) -> None:
    assert industries.name(code) == expected


@pytest.mark.parametrize(("code", "known"), [("C32", True), ("C", True), ("A32", False), ("", False)])
def test_a_division_counts_only_in_its_own_section(code: str, known: bool) -> None:
    assert industries.is_known(code) is known


def test_a_select_offers_the_divisions_by_section() -> None:
    offered = industries.choices()

    assert offered["K 房地产业"] == [("K70", "K70 房地产业")]
    assert sum(len(group) for group in offered.values()) == 97
