"""Sentences of documents are stored as template and arguments, and filled when they are shown."""

from __future__ import annotations

from market.documents.sentences import fill, sentence
from market.kit.i18n import in_source_language, set_locale


def test_a_sentence_is_filled_with_its_arguments_which_may_be_sentences_themselves() -> None:
    stored = sentence("申报 %(name)s：%(count)s 项", name=sentence("补助"), count=2)

    assert stored == {"text": "申报 %(name)s：%(count)s 项", "values": {"name": sentence("补助"), "count": 2}}
    assert fill(stored) == "申报 补助：2 项"


def test_a_sentence_without_arguments_may_hold_any_character() -> None:
    assert fill(sentence("不在 100% 支持范围 {x}")) == "不在 100% 支持范围 {x}"


def test_all_sentences_of_a_documents_data_are_filled_and_the_rest_stays() -> None:
    content = {
        "title": sentence("补助"),
        "rows": [["a", sentence("合计 %(n)s", n=1)]],
        "text": "b",
    }

    assert fill(content) == {"title": "补助", "rows": [["a", "合计 1"]], "text": "b"}


def test_a_sentence_is_shown_in_the_language_of_the_page() -> None:
    set_locale("zh-Hant")
    try:
        assert fill(sentence("补助")) == "補助"
        with in_source_language():
            assert fill(sentence("补助")) == "补助"
    finally:
        set_locale("zh-Hans")
