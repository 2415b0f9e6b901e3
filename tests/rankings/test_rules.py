"""Rules of schemes: the last ones of a group, so many periods in a row, deductions, experts for a year."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta
from fractions import Fraction
from typing import Any

import pytest

from market.deps import Deps
from market.documents.issuing import print_document
from market.documents.models import DocumentPrint, IssuedDocument
from market.documents.queries import may_open
from market.kit.errors import Conflict, Invalid, NotFound
from market.notices.models import Notice
from market.notices.notice_acts import end_period
from market.notices.objections import object_to
from market.panels.round_results import conclude_round
from market.panels.score_acts import submit
from market.rankings import deductions, objections, schemes, warnings
from market.rankings.appraisals import appraisal_rules, prepare_appraisal
from market.rankings.computing import is_ranked
from market.rankings.freezing import decide_ranking, write_analysis
from market.rankings.models import Ranking, RankingCell, RankingCellRow, RankingRow, RankingWarning
from market.rankings.schemes import Rule, read_rule
from market.rankings.states import (
    Occasion,
    PeriodKind,
    PlaceKind,
    RankingStatus,
    RowStatus,
    WarningKind,
    WarningStatus,
)
from market.rankings.warning_rules import due_warnings, lifting_of, places_against
from market.rankings.year_notices import PUBLICITY
from market.records.by import By
from market.records.decisions import Verdict
from tests.databases import past_guards
from tests.factories import HOLIDAYS, NOW, make_member
from tests.invariants import broken
from tests.panels.round_factories import accept_all, actor_of, draw, make_pool
from tests.rankings.factories import LATER, PARTS, make_hall, part

PUBLISHED = {"南宁": 923, "柳州": 923, "桂林": 911, "北海": 880, "梧州": 880, "钦州": 701}


def rows_of(scores: Mapping[str, int | None], level: str = "") -> list[RankingRow]:
    return [
        RankingRow(
            place=name,
            name=name,
            level=level,
            score=score,
            status=RowStatus.UNREPORTED if score is None else RowStatus.RANKED,
        )
        for name, score in scores.items()
    ]


def against(scores: Mapping[str, int | None], rule: Rule) -> dict[str, bool]:
    return {place: certain for place, (_row, certain) in places_against(rows_of(scores), rule).items()}


def test_the_last_ones_are_counted_in_each_group_and_a_tied_border_is_in_doubt() -> None:
    last_two = Rule(WarningKind.YELLOW, last=2)

    assert against(PUBLISHED, last_two) == {"钦州": True, "北海": False, "梧州": False}
    assert against(PUBLISHED, replace(last_two, last=1)) == {"钦州": True}
    assert against({"甲": 900, "乙": 800}, last_two) == {}
    assert against({"甲": 900, "乙": 800, "丙": None}, replace(last_two, last=1)) == {"乙": True}
    assert against(dict.fromkeys("甲乙丙", 800), last_two) == {"甲": False, "乙": False, "丙": False}
    national, own = rows_of({"甲": 900, "乙": 800, "丙": 790}, "national"), rows_of({"丁": 700}, "provincial")
    assert set(places_against([*national, *own], replace(last_two, last=1))) == {"丙"}
    assert against(PUBLISHED, Rule(WarningKind.YELLOW, below=880)) == {"钦州": True}
    assert against({"甲": None, "乙": 700}, Rule(WarningKind.REMINDER)) == {"甲": True}
    for rule in (last_two, Rule(WarningKind.RED, below=700, times=3, period=PeriodKind.MONTH)):
        assert read_rule(rule.to_json()) == rule


@pytest.mark.parametrize(
    ("missing", "months", "has_cost", "expected"),
    [
        (0, 1, False, True),
        (1, 1, True, False),
        (1, 3, True, True),
        (1, 3, False, False),
        (3, 3, True, False),
    ],
)
def test_a_place_does_not_leave_a_year_by_leaving_out_a_month(
    missing: int, months: int, has_cost: bool, expected: bool
) -> None:
    assert is_ranked(missing, months, has_cost=has_cost) is expected


async def test_schemes_bound_rules_and_deductions() -> None:
    hall = await make_hall()
    for rules, costs, field in (
        ([Rule(WarningKind.RED, below=700, last=2)], {}, "rules"),
        ([Rule(WarningKind.RED, last=99)], {}, "rules"),
        ([Rule(WarningKind.RED, below=-1)], {}, "rules"),
        ([Rule(WarningKind.RED, below=700, times=99)], {}, "rules"),
        ([], {Occasion.LATE: 1}, "deductions"),
        ([], {Occasion.LATE: 16}, "deductions"),
    ):
        with pytest.raises(Invalid) as refusal:
            await schemes.propose_scheme(
                PlaceKind.PARK,
                date(2026, 2, 1),
                PARTS,
                "方案",
                "假定",
                rules=rules,
                deductions=costs,
                by=By(hall.operator, NOW),
            )
        assert refusal.value.field == field
    with pytest.raises(Invalid):
        await schemes.propose_scheme(
            PlaceKind.PARK, date(2026, 2, 1), (part("experts", 1, 100),), "方案", "假定", by=hall.operates
        )


async def test_a_place_is_warned_after_two_months_in_a_row_by_a_letter_with_a_plan(deps: Deps) -> None:
    hall = await make_hall()
    await past_guards(
        "UPDATE ranking_schemes SET rules = "
        '\'[{"kind": "yellow", "below": null, "times": 2, "last": 1, "period": "month"}]\'::jsonb'
    )
    march = await hall.final()
    await march.fetch_related("scheme")
    assert await due_warnings(march) == []
    may = NOW + timedelta(days=65)
    await hall.final(begins_on=date(2026, 4, 1), by=By(hall.operator, may))
    april = await Ranking.get(begins_on=date(2026, 4, 1)).select_related("scheme")
    (due,) = await due_warnings(april)
    # March: 81.0 and 60.0; in April both have 60.0, and so both are at the border.
    assert (due.place, due.is_in_doubt, [ground["rank"] for ground in due.grounds]) == (
        "guilin",
        True,
        [2, 1],
    )
    by, decides = By(hall.operator, may), By(hall.approver, may)
    with pytest.raises(Invalid) as refusal:
        await warnings.propose_warning(april.number, "guilin", WarningKind.YELLOW, by=by)
    assert refusal.value.field == "note"
    warning = await warnings.propose_warning(
        april.number, "guilin", WarningKind.YELLOW, note="两月都没有合同", by=by
    )
    with pytest.raises(Conflict):
        await warnings.propose_warning(april.number, "guilin", WarningKind.YELLOW, note="再提", by=by)
    given = await warnings.decide_warning(warning.number, Verdict.CONFIRMED, by=decides)
    letter = await IssuedDocument.get(subject_id=warning.id)
    await print_document(deps, document_id=str(letter.id))

    assert given.plan_until == date(2026, 8, 6)
    assert "警〔2026〕1号" in letter.number
    assert "2026年8月6日" in str(letter.content)
    assert await DocumentPrint.exists(document_id=letter.id)
    assert [may_open(actor, letter) for actor in (hall.operator, hall.officer, None)] == [True, False, False]
    assert not (await lifting_of(warning)).is_met
    overdue = await warnings.plan_is_over(warning.id, now=may + timedelta(days=100))
    await warnings.ask_lift(warning.number, note="园区合并", by=by)
    lifted = await warnings.decide_lift(warning.number, Verdict.CONFIRMED, by=decides)
    assert (overdue, lifted.status) == (True, WarningStatus.LIFTED)
    assert await IssuedDocument.filter(subject_id=warning.id).count() == 2
    assert not await warnings.plan_is_over(warning.id, now=may)
    assert await broken("rankings: warnings", "documents: each", "documents: texts") == {}
    await past_guards("UPDATE issued_documents SET kind = 'lifting' WHERE id = $1", letter.id)
    assert await broken("rankings: warnings have letters")
    assert await RankingWarning.filter(is_in_doubt=True).count() == 1


async def test_points_are_taken_off_by_the_scheme_and_a_decision_of_two() -> None:
    hall = await make_hall()
    by = By(hall.operator, NOW)
    scheme = await schemes.propose_scheme(
        PlaceKind.PARK,
        date(2026, 2, 1),
        (*PARTS, part("research", 10, 1000)),
        "方案",
        "假定",
        deductions={Occasion.UNREPORTED: 5, Occasion.UNTRUE: 15},
        by=by,
    )
    await schemes.decide_scheme(scheme.id, Verdict.CONFIRMED, by=By(hall.approver, NOW))
    day = date(2026, 3, 20)
    for place, occasion, happened_on, decision, error in (
        ("moon", Occasion.UNTRUE, day, "桂科监〔2026〕3号", NotFound),
        ("nanning", Occasion.LATE, day, "桂科监〔2026〕3号", Invalid),
        ("nanning", Occasion.UNREPORTED, day, "桂科监〔2026〕3号", Invalid),
        ("nanning", Occasion.UNTRUE, date(2026, 5, 1), "桂科监〔2026〕3号", Invalid),
        ("nanning", Occasion.UNTRUE, day, "无", Invalid),
    ):
        with pytest.raises(error):
            await deductions.propose_deduction(
                PlaceKind.PARK, place, occasion, happened_on, decision, by=hall.operates
            )
    taken = await deductions.propose_deduction(
        PlaceKind.PARK, "nanning", Occasion.UNTRUE, day, "桂科监〔2026〕3号", by=hall.operates
    )
    with pytest.raises(Conflict):
        await deductions.propose_deduction(
            PlaceKind.PARK, "nanning", Occasion.UNTRUE, day, "桂科监〔2026〕3号", by=hall.operates
        )
    month = await hall.frozen()
    before = {row.place: row for row in await RankingRow.filter(ranking_id=month.id)}
    await decide_ranking(
        month.number, Verdict.REJECTED, reason="先办扣分", calendar=HOLIDAYS, by=hall.approves
    )
    await deductions.decide_deduction(taken.id, Verdict.CONFIRMED, by=hall.approves)
    july = By(hall.operator, NOW + timedelta(days=130))
    quarter = await hall.frozen(period_kind=PeriodKind.QUARTER, begins_on=date(2026, 4, 1), by=july)
    rows = {row.place: row for row in await RankingRow.filter(ranking_id=quarter.id)}
    month = await hall.frozen()
    after = {row.place: row for row in await RankingRow.filter(ranking_id=month.id)}

    # Of March nobody reported: no rank, and what it costs is told beside.
    assert (before["nanning"].score, before["nanning"].deduction) == (None, 5)
    assert (after["nanning"].score, after["nanning"].deduction) == (None, 20)
    assert after["nanning"].deductions[1]["decision"] == "桂科监〔2026〕3号"
    assert {row.status for row in rows.values()} == {RowStatus.UNREPORTED}
    assert rows["nanning"].deduction == 15
    assert await broken("rankings") == {}
    await past_guards("UPDATE ranking_deductions SET tenths = 2")
    assert await broken("rankings: deductions")


async def test_a_quarter_is_told_with_its_analysis_alone() -> None:
    hall = await make_hall()
    july = NOW + timedelta(days=130)
    by, decides = By(hall.operator, july), By(hall.approver, july)
    quarter = await hall.frozen(period_kind=PeriodKind.QUARTER, begins_on=date(2026, 4, 1), by=by)
    with pytest.raises(Conflict):
        await decide_ranking(quarter.number, Verdict.CONFIRMED, calendar=HOLIDAYS, by=decides)
    with pytest.raises(Invalid):
        await write_analysis(quarter.number, "", by=by)
    await write_analysis(quarter.number, "二季度没有登记合同。", by=by)
    told = await decide_ranking(quarter.number, Verdict.CONFIRMED, calendar=HOLIDAYS, by=decides)
    with pytest.raises(Conflict):
        await write_analysis(quarter.number, "改一改", by=by)

    assert told.status is RankingStatus.TOLD
    assert await broken("rankings") == {}


async def test_experts_judge_a_year_that_a_public_notice_tells() -> None:
    hall = await make_hall()
    scheme = await schemes.propose_scheme(
        PlaceKind.PARK,
        date(2026, 2, 1),
        (*PARTS, part("experts", 100, 100, 60)),
        "加专家评议。",
        "假定",
        by=By(hall.operator, NOW),
    )
    await schemes.decide_scheme(scheme.id, Verdict.CONFIRMED, by=By(hall.approver, NOW))
    await past_guards("UPDATE ranking_schemes SET valid_from = '2025-01-01' WHERE id = $1", scheme.id)
    year: dict[str, Any] = {"period_kind": PeriodKind.YEAR, "begins_on": date(2025, 1, 1)}
    with pytest.raises(Invalid, match="专家评议"):
        await hall.frozen(**year)
    await make_pool(7)
    rules = replace(appraisal_rules(), largest_share=Fraction(1), sheets=None)
    with pytest.raises(Invalid):
        await prepare_appraisal(
            PlaceKind.PARK, 2026, title="评议", rules=rules, salt="桂A12345", by=hall.operates
        )
    round_ = await prepare_appraisal(
        PlaceKind.PARK, 2025, title="2025 评议", rules=rules, salt="桂A12345", by=By(hall.operator, NOW)
    )
    await draw(round_.number, by=By(hall.operator, NOW))
    for seat, points in zip(await accept_all(round_), (90, 80, 85, 70, 72, 74), strict=True):
        sheet = {f"score_{heading.code}": str(points) for heading in rules.headings}
        await submit(seat.id, sheet | {"for_applicant": "推进有力。"}, by=By(await actor_of(seat), NOW))
    with pytest.raises(Invalid):
        await hall.frozen(**year)
    await conclude_round(round_.number, reason="意见一致", by=By(hall.approver, NOW))
    frozen = await hall.frozen(**year)
    cells = {
        cell.row.place: cell for cell in await RankingCell.filter(indicator="experts").select_related("row")
    }
    rows = {row.place: row for row in await RankingRow.filter(ranking_id=frozen.id)}

    assert {cells["nanning"].numerator, cells["guilin"].numerator} == {8500, 7200}
    assert await RankingCellRow.filter(cell_id=cells["nanning"].id).count() == 3
    # 2025 has no contracts: 60 points of weight 100 beside the experts' of weight 100.
    assert {row.score for row in rows.values()} == {725, 660}
    told = await decide_ranking(frozen.number, Verdict.CONFIRMED, calendar=HOLIDAYS, by=hall.approves)
    notice = await Notice.get(subject_id=told.id)
    assert (notice.days, notice.ends_at) == (5, told.object_until)
    with pytest.raises(Conflict):
        await objections.object_to_ranking(
            told.number, "nanning", "得分不对，请核对。", by=By(hall.officer, LATER)
        )
    assert told.object_until
    over = told.object_until + timedelta(seconds=1)
    await end_period(notice.id, HOLIDAYS, now=over)
    assert await PUBLICITY.sweep(over) == 1
    assert (await Ranking.get(id=told.id)).status is RankingStatus.FINAL
    assert await broken("rankings: rank", "rankings: figures", "rankings: scores") == {}


async def test_an_objection_to_the_notice_of_a_year_marks_all_of_it() -> None:
    hall = await make_hall()
    await past_guards("UPDATE ranking_schemes SET valid_from = '2025-01-01'")
    told = await hall.told(period_kind=PeriodKind.YEAR, begins_on=date(2025, 1, 1))
    notice = await Notice.get(subject_id=told.id)
    await object_to(
        notice.number, reason="桂林的得分不对", by=By(await make_member(), LATER), calendar=HOLIDAYS
    )

    assert await objections.disputed_places(told) == {"nanning", "guilin"}
    assert await objections.is_held_up(told)
    second = await hall.frozen(note="更正桂林", period_kind=PeriodKind.YEAR, begins_on=date(2025, 1, 1))
    with pytest.raises(Conflict):
        await decide_ranking(second.number, Verdict.CONFIRMED, calendar=HOLIDAYS, by=hall.approves)
