"""One reading of text for documents and queries."""

from __future__ import annotations

import pytest

from market.search.highlight import mark
from market.search.normalise import (
    LONGEST_QUERY,
    fold,
    is_word,
    pinyin,
    query_words,
    read,
    spaced,
    tokens,
)


@pytest.mark.parametrize(
    ("typed", "read_as"),
    [
        ("發動機", "发动机"),
        ("ＡＢＣ１２３", "abc123"),
        ("Ti‐6Al–4V", "ti-6al-4v"),
        ("一\x00二\u200b三", "一 二 三"),
        ("㎏", "kg"),
    ],
)
def test_texts_are_compared_in_one_form(typed: str, read_as: str) -> None:
    assert fold(typed) == read_as


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("3.5kW", "3.5 kW"),
        ("Ti-6Al-4V", "Ti6Al4V"),
        ("PM2.5", "PM 2.5"),
        ("25℃", "25 ℃"),
        ("COVID-19", "covid 19"),
    ],
)
def test_two_ways_of_writing_meet_in_their_pieces(one: str, other: str) -> None:
    first, second = set(read(fold(one)).grams), set(read(fold(other)).grams)

    assert first & second
    assert any(len(term) > 1 for term in first & second)


def test_a_joined_copy_stands_beside_the_pieces_of_a_hyphenated_name() -> None:
    assert spaced(fold("Ti-6Al-4V合金")) == "ti6al4v ti 6 al 4 v 合金"


def test_titles_are_typed_in_pinyin_in_full_and_by_initials() -> None:
    typed = pinyin(fold("航空发动机叶片"))

    assert {"fadongji", "fdj", "hangkong", "hangkongfadongji", "yepian"} <= set(typed)


def test_what_a_text_is_about_leaves_function_words_out() -> None:
    terms = read(fold("一种基于石墨烯的导热膜及其制备方法，石墨烯用于散热")).terms(200)

    assert "石墨烯" in terms or "墨烯" in terms
    assert not {"的", "一种", "基于", "用于"} & set(terms)


def test_function_words_are_looked_for_only_when_nothing_else_is_typed() -> None:
    assert query_words(fold("的发动机")) == ["发动机"]
    assert query_words(fold("的")) == ["的"]


@pytest.mark.parametrize(
    ("term", "expected"), [("发动机", True), ("铝合", False), ("ti6al4v", True), ("25", False)]
)
def test_reasons_are_words_to_a_reader(term: str, expected: bool) -> None:
    assert is_word(term) is expected


@pytest.mark.parametrize(
    "malicious",
    [
        "a-" * 50_000,
        "石" * 100_000,
        "-" * 100_000,
        "\0" * 100_000,
        "ﷺ" * 100_000,
        "a.1" * 33_000,
        '"' * 100_000,
        "\ud800" * 9,
    ],
    ids=["joints", "han", "separators", "zero bytes", "ligatures", "mixed", "quotes", "surrogates"],
)
def test_malicious_input_is_cut_and_read(malicious: str) -> None:
    folded = fold(malicious, LONGEST_QUERY)
    list(tokens(folded))
    read(folded)

    assert len(folded) <= 2 * LONGEST_QUERY


def test_marks_stand_in_the_text_as_it_was_written() -> None:
    assert mark("發動機 <b> 与 Ti-6Al-4V", ["发动机", "ti6al4v"]) == (
        "<mark>發動機</mark> &lt;b&gt; 与 <mark>Ti-6Al-4V</mark>"
    )


def test_short_latin_words_are_not_marked_inside_others() -> None:
    assert mark("national ti", ["ti"]) == "national <mark>ti</mark>"


def test_only_chinese_words_of_two_to_twelve_syllables_are_typed_in_pinyin() -> None:
    assert pinyin(fold("Ti-6Al-4V")) == []
    assert pinyin(fold("铝")) == []
    assert pinyin(fold("Ti 铝合金")) == ["lvhejin", "lhj", "hejin", "hj"]
    assert max(map(len, pinyin(fold("中华人民共和国广西壮族自治区科学技术厅")))) <= 12 * 6


def test_what_is_typed_in_latin_letters_is_looked_for_as_it_stands() -> None:
    assert query_words(fold("ti6al4v 铝合金")) == ["ti6al4v", "铝合金"]
