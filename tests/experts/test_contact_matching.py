"""Mail addresses and telephone numbers tell of a common unit only where they can."""

from __future__ import annotations

import pytest

from market.experts.contact_matching import phone_key, share_domain, unit_domain


@pytest.mark.parametrize(
    ("address", "domain"),
    [
        ("wang@gxu.test", "gxu.test"),
        ("WANG@CS.GXU.TEST", "cs.gxu.test"),
        ("ｗａｎｇ＠ｇｘｕ．test", "gxu.test"),
        ("wang@qq.com", ""),
        ("wang@vip.163.com", ""),
        ("wang@sina.com.cn", ""),
        ("reviewer@demo.kezhuan.test", ""),
        ("wang@edu.cn", ""),
        ("wang@localhost", ""),
        ("", ""),
    ],
)
def test_only_the_domain_of_a_unit_tells_of_it(address: str, domain: str) -> None:
    assert unit_domain(address) == domain


@pytest.mark.parametrize(
    ("one", "other", "is_shared"),
    [
        ("gxu.test", "gxu.test", True),
        ("cs.gxu.test", "gxu.test", True),
        ("gxu.test", "cs.gxu.test", True),
        ("mygxu.test", "gxu.test", False),
        ("a.gxu.test", "b.gxu.test", False),
        ("", "", False),
        ("gxu.test", "", False),
    ],
)
def test_a_domain_under_another_is_of_the_same_unit(one: str, other: str, is_shared: bool) -> None:
    assert share_domain(one, other) is is_shared


@pytest.mark.parametrize(
    ("number", "key"),
    [
        ("138 0000 1111", "13800001111"),
        ("+86-138-0000-1111", "13800001111"),
        ("0086 13800001111", "13800001111"),
        ("（０７７１）５５５-０１０１", "7715550101"),
        ("86-771-5550101", "7715550101"),
        ("8655501", "8655501"),
        ("12345", ""),
        ("无", ""),
    ],
)
def test_a_number_is_compared_however_it_was_written(number: str, key: str) -> None:
    assert phone_key(number) == key
