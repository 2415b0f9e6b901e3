import pytest
from hypothesis import given
from hypothesis import strategies as st

from market.codes.canonical import canonical_key


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2645 0000-0001", "264500000001"),
        ("２６４５－０００１", "26450001"),
        ("zl 2008 1 0027800.7", "ZL2008100278007"),
        ("〔2026〕桂技交字第 7 号", "2026桂技交字第7号"),
        ("南宁铝业（集团）有限公司", "南宁铝业集团有限公司"),
        ("HT\u20112026\u200b\u3000\t1/2", "HT202612"),
        ("—— · ——", ""),
        ("\u337f" * 3, "\u682a\u5f0f\u4f1a"),
    ],
)
def test_a_number_is_the_same_whatever_stands_between_its_digits(text: str, expected: str) -> None:
    assert canonical_key(text) == expected


@given(st.text(max_size=40))
def test_what_is_compared_is_never_longer_than_what_was_written(text: str) -> None:
    assert len(canonical_key(text)) <= len(text)
