"""Measuring by questions with known answers: the measures, the files, and a whole run on a tiny market."""

from __future__ import annotations

import gzip
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from market.matching.quality.answer_sets import AnswerSets, UnreadableSet
from market.matching.quality.baselines import PlainKeywords
from market.matching.quality.evaluation import Evaluator, evaluate, evaluate_duplicates
from market.matching.quality.metrics import (
    auc,
    interval,
    ndcg_10,
    overlap_10,
    recall_at,
    reciprocal_rank_10,
)
from market.search.embedded import EmbeddedSearch
from market.search.engine import SearchEngine
from market.search.text_embedding import embed_uncached


def test_the_measures_say_what_their_names_say() -> None:
    grades = {"a": 3, "b": 0, "c": 1}

    assert ndcg_10(["a", "c", "b"], grades) == 1
    assert 0 < ndcg_10(["b", "c", "a"], grades) < 1
    assert auc({"a": 2.0, "b": 1.0, "c": 2.0}, {"a"}) == 0.75
    assert auc({"a": 1.0}, {"a"}) is None
    assert (reciprocal_rank_10(["x", "a"], "a"), reciprocal_rank_10(["x"], "a")) == (0.5, 0.0)
    assert recall_at(["a", "b", "c"], ["a", "c"], 2) == 0.5
    assert (overlap_10("abcd", "dcbx"), overlap_10([], []), overlap_10([], "a")) == (0.75, 1.0, 0.0)
    low, high = interval([0.0, 1.0] * 40)
    assert 0.35 < low < 0.5 < high < 0.65


def test_plain_keywords_rank_what_shares_pairs_of_characters() -> None:
    scores = PlainKeywords(["高导电铝合金导线", "甘蔗收割机", "graphene film"]).scores("铝合金 Graphene")

    assert scores[0] > 0 < scores[2]
    assert scores[1] == 0


def test_needs_posted_twice_are_counted_by_group() -> None:
    text = "高导电率架空铝合金导线的强度与导电率难以兼得，需要在线淬火的工艺与设备"
    rows: list[dict[str, Any]] = [
        {"id": "a", "title": text, "text": text, "group": 1},
        {"id": "b", "title": text, "text": text, "group": 1},
        {"id": "c", "title": "甘蔗联合收割机的含杂率", "text": "含杂率过高", "group": None},
    ]

    assert evaluate_duplicates(rows) == {"found": 1, "of": 1, "false": 0}


async def test_a_folder_is_measured_and_what_is_missing_is_named(tmp_path: Path) -> None:
    _write(
        tmp_path / "outcomes.jsonl.gz",
        [
            {"id": "o1", "title": "高导电铝合金导线", "abstract": "在线淬火", "keywords": ["铝合金"]},
            {"id": "o2", "title": "甘蔗联合收割机", "abstract": "整秆式收割", "keywords": ["甘蔗"]},
        ],
    )
    _write(tmp_path / "topics.jsonl.gz", [{"query": "铝合金", "relevant": ["o1"]}])
    _write(tmp_path / "graded_needs.jsonl.gz", [{"id": "n1", "title": "铝合金导线导电率", "text": "不足"}])
    _write(
        tmp_path / "graded_titles.jsonl.gz",
        [
            {"id": "t1", "terms": ["铝合金", "导线"]},
            {"id": "t2", "terms": ["甘蔗", "收割"]},
        ],
    )
    (tmp_path / "graded_pairs.tsv").write_text("need_id\ttitle_id\tgrade\nn1\tt1\t3\nn1\tt2\t0\n")
    (tmp_path / "known_item.tsv").write_text(
        "qid\tkind\thide_fields\tquery\trelevant\nq\tkw\tkeywords,title\t在线淬火\to1\n"
    )

    @asynccontextmanager
    async def scratch() -> AsyncIterator[SearchEngine]:
        yield EmbeddedSearch(tmp_path / "index")

    sets = AnswerSets.read(tmp_path)
    figures = await evaluate(sets, Evaluator(scratch, (), embed_uncached, lambda *progress: None))

    assert sets.missing == ["duplicate_needs"]
    assert (figures["graded"]["ndcg_10"], figures["graded"]["auc"], figures["graded"]["recall_100"]) == (
        1,
        1,
        1,
    )
    assert figures["graded"]["baseline"]["keyword"]["ndcg_10"] == 1
    assert (figures["topics"]["ndcg_10"], figures["topics"]["n"]) == (1, 1)
    assert figures["known_item"]["kw"]["mrr_10"] == 1


def test_a_file_that_is_not_what_its_name_says_is_named(tmp_path: Path) -> None:
    (tmp_path / "topics.jsonl").write_text('{"query": "铝"}\n')

    with pytest.raises(UnreadableSet, match=r"topics\.jsonl, row 1: no relevant"):
        AnswerSets.read(tmp_path)


def _write(path: Path, rows: list[dict[str, object]]) -> None:
    with gzip.open(path, "wt", encoding="utf-8") as file:
        file.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


def test_no_questions_have_no_spread() -> None:
    assert interval([]) == (0.0, 0.0)
