"""Rules of surveys as pure functions: the clock, quotas, the count of entries, questions."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from market.kit.errors import Invalid
from market.kit.formats import closing_words
from market.surveys.questions import Question, QuestionKind, answer_form, make_questions, missing_answers
from market.surveys.rules import (
    Quota,
    Tally,
    is_open,
    is_recommending,
    secret_words,
    shown_status,
    tally,
    title_key,
)
from market.surveys.states import Channel, EntryStatus, SurveyStatus, Verdict
from tests.surveys.factories import CLOSES

SECOND = timedelta(seconds=1)


def test_entries_are_taken_until_the_very_moment_of_the_closing() -> None:
    assert is_open(SurveyStatus.OPEN, CLOSES, CLOSES - SECOND)
    assert not is_open(SurveyStatus.OPEN, CLOSES, CLOSES)
    assert not is_open(SurveyStatus.DRAFT, CLOSES, CLOSES - SECOND)
    assert shown_status(SurveyStatus.OPEN, CLOSES, CLOSES - SECOND) is SurveyStatus.OPEN
    assert shown_status(SurveyStatus.OPEN, CLOSES, CLOSES) is SurveyStatus.CLOSED
    assert shown_status(SurveyStatus.SORTING, CLOSES, CLOSES) is SurveyStatus.SORTING
    assert closing_words(CLOSES) == "2026-03-20 24:00"
    assert closing_words(datetime(2026, 12, 31, 9, 0, tzinfo=UTC)) == "2026-12-31 17:00"


def test_units_recommend_until_their_own_end() -> None:
    recommended = Channel.RECOMMENDED

    assert is_recommending(SurveyStatus.OPEN, recommended, CLOSES, CLOSES - SECOND)
    assert is_recommending(SurveyStatus.CLOSED, recommended, None, CLOSES)
    assert not is_recommending(SurveyStatus.CLOSED, recommended, CLOSES, CLOSES)
    assert not is_recommending(SurveyStatus.OPEN, Channel.OPEN, None, CLOSES)
    assert not is_recommending(SurveyStatus.SORTING, recommended, None, CLOSES)


def test_what_is_missing_of_a_quota_is_told() -> None:
    """trade.md 3.5: at least 10 and at most 30 of Nanning, 9 recommended: one is missing."""
    assert Quota("南宁", 10, 30, 9).gap == 1
    assert not Quota("南宁", 10, 30, 9).is_full
    assert Quota("南宁", 10, 30, 30).is_full
    assert Quota("南宁", 10, None, 40).gap == 0
    assert not Quota("南宁", 10, None, 40).is_full


def test_submitted_is_published_and_merged_and_told_why() -> None:
    """trade.md 3.5: 477 submitted, 190 published, 31 merged, 256 told why."""
    told = EntryStatus.TOLD
    counts = {
        (told, Verdict.PUBLISH): 190,
        (told, Verdict.MERGE): 31,
        (told, Verdict.REJECT): 200,
        (told, Verdict.DUPLICATE): 56,
        (EntryStatus.DRAFT, None): 12,
        (EntryStatus.WITHDRAWN, None): 3,
    }

    assert tally(counts) == Tally(477, 190, 31, 256)
    assert tally(counts).is_whole
    waiting = tally(counts | {(EntryStatus.SUBMITTED, None): 2})
    assert (waiting.submitted, waiting.waiting, waiting.is_whole) == (479, 2, False)


def test_titles_are_compared_without_signs_and_words_of_secrecy_only_warn() -> None:
    assert title_key("提高 导电率（二）") == title_key("提高导电率 (二)")
    assert secret_words(["配套军工项目", "绝密"]) == ["绝密", "军工"]
    assert secret_words(["铝合金导线"]) == []


def rows(*questions: tuple[str, str, str]) -> list[dict[str, object]]:
    return [
        {"label": label, "kind": kind, "choices": choices, "is_required": "yes"}
        for label, kind, choices in questions
    ]


def test_a_question_keeps_its_code_as_long_as_its_words() -> None:
    first = make_questions(rows(("年产值", "number", ""), ("规模", "choice", "大；小")), [])
    second = make_questions(rows(("规模", "choice", "大；中；小"), ("备注", "text", "")), first)

    assert [question.code for question in first] == ["q1", "q2"]
    assert [question.code for question in second] == ["q2", "q3"]
    assert second[0].choices == ("大", "中", "小")
    assert [Question.from_json(question.to_json()) for question in second] == second
    for wrong in (
        rows(*((f"问{n}", "text", "") for n in range(11))),
        rows(("同", "text", ""), ("同", "number", "")),
        rows(("选", "choice", "只有一个")),
    ):
        with pytest.raises(Invalid):
            make_questions(wrong, [])


def test_answers_are_checked_by_the_kind_of_their_question() -> None:
    questions = [
        Question("q1", "产值", QuestionKind.NUMBER, is_required=True),
        Question("q2", "规模", QuestionKind.CHOICE, choices=("大", "小")),
        Question("q3", "投产", QuestionKind.DATE),
        Question("q4", "备注", QuestionKind.TEXT),
    ]
    stored = {"q1": "12.5", "q2": "小", "q3": "2026-05-01", "q4": "无"}

    assert answer_form(questions, answers=stored).answers == stored
    assert missing_answers(questions, {}) == [("q1", "请回答。")]
    assert missing_answers(questions, stored) == []
