from datetime import date
from types import SimpleNamespace

import pytest

from market.kit.errors import Conflict, Invalid
from market.listings import masking, rules
from market.listings.states import (
    EDITABLE,
    LIVE,
    NEED_WORKFLOW,
    OUTCOME_WORKFLOW,
    PUBLIC,
    ListingAction,
    NeedStatus,
    OutcomeStatus,
    workflow_of,
)
from tests.listings.forms import need_values, outcome_values


def blank(**values: object) -> SimpleNamespace:
    names = {*rules.OUTCOME_WEIGHTS, *rules.NEED_WEIGHTS, *masking.MASKED_TEXTS}
    names |= {"contact_phone", "contact_email"}
    return SimpleNamespace(**(dict.fromkeys(names, "") | values))


def test_the_weights_of_all_fields_make_a_hundred() -> None:
    assert sum(weight for weight, _words in rules.OUTCOME_WEIGHTS.values()) == 100
    assert sum(weight for weight, _words in rules.NEED_WEIGHTS.values()) == 100


def test_an_empty_outcome_scores_nothing_and_lacks_everything() -> None:
    score, missing = rules.completeness_of_outcome(blank())

    assert score == 0
    assert len(missing) == len(rules.OUTCOME_WEIGHTS)


def test_each_filled_field_takes_its_weight_from_what_is_missing() -> None:
    score, missing = rules.completeness_of_need(blank(title="提高导电率", targets=[{"indicator": "导电率"}]))

    assert score == 24
    assert ("title", "需求名称") not in missing


def test_a_whole_outcome_may_be_submitted() -> None:
    assert rules.faults_of_outcome(blank(**outcome_values())) == []


@pytest.mark.parametrize("name", sorted(rules.OUTCOME_REQUIRED))
def test_an_outcome_without_a_needed_field_is_told_so_at_the_field(name: str) -> None:
    faults = rules.faults_of_outcome(blank(**outcome_values(**{name: None})))

    assert [field for field, _sentence in faults] == [name]


@pytest.mark.parametrize("name", sorted(rules.NEED_REQUIRED))
def test_a_need_without_a_needed_field_is_told_so_at_the_field(name: str) -> None:
    faults = rules.faults_of_need(blank(**need_values(**{name: None})), date(2026, 3, 2))

    assert [field for field, _sentence in faults] == [name]


def test_one_way_to_reach_the_contact_is_enough() -> None:
    by_mail = outcome_values(contact_phone="", contact_email="office@example.test")
    by_nothing = outcome_values(contact_phone="")

    assert rules.faults_of_outcome(blank(**by_mail)) == []
    assert rules.faults_of_outcome(blank(**by_nothing)) == [("contact_phone", "电话和邮箱至少填一项。")]


def test_a_need_must_end_after_today() -> None:
    faults = rules.faults_of_need(blank(**need_values(deadline_on=date(2026, 3, 2))), date(2026, 3, 2))

    assert [field for field, _sentence in faults] == ["deadline_on"]


@pytest.mark.parametrize(
    ("points", "may"),
    [
        ((5, 5, 5, 5), True),
        ((3, 3, 3, 1), True),
        ((3, 3, 2, 1), False),
        ((5, 5, 5, 0), False),
        ((0, 0, 0, 0), False),
    ],
)
def test_ten_points_and_no_zero_may_be_published(points: tuple[int, int, int, int], may: bool) -> None:
    assert rules.Points(*points).may_publish is may


@pytest.mark.parametrize("points", [(6, 1, 1, 1), (-1, 5, 5, 5)])
def test_points_outside_the_rubric_are_refused(points: tuple[int, int, int, int]) -> None:
    with pytest.raises(Invalid):
        rules.Points(*points)


def test_what_is_below_the_line_must_be_returned_with_a_reason() -> None:
    low = rules.Points(2, 2, 2, 2)

    with pytest.raises(Invalid, match="退回"):
        rules.check_decision(low, is_published=True, comment="")
    with pytest.raises(Invalid, match="理由"):
        rules.check_decision(low, is_published=False, comment="  ")
    with pytest.raises(Invalid, match="2000"):
        rules.check_decision(low, is_published=False, comment="长" * 2001)
    rules.check_decision(low, is_published=False, comment="请补充对比数据")


@pytest.mark.parametrize(
    ("day", "later"),
    [
        (date(2026, 3, 2), date(2027, 3, 2)),
        (date(2028, 2, 29), date(2029, 2, 28)),
        (date(2026, 12, 31), date(2027, 12, 31)),
    ],
)
def test_a_listing_stays_on_offer_for_twelve_months(day: date, later: date) -> None:
    assert rules.expires_on(day) == later


def test_a_need_lapses_with_its_deadline() -> None:
    assert rules.expires_on(date(2026, 3, 2), date(2026, 9, 1)) == date(2026, 9, 1)
    assert rules.expires_on(date(2026, 3, 2), date(2030, 1, 1)) == date(2027, 3, 2)


def test_keywords_are_parted_by_what_people_type_and_kept_once() -> None:
    assert rules.keywords_of("铝合金；导线，架空线路、铝合金,  高 导 ") == [
        "铝合金",
        "导线",
        "架空线路",
        "高 导",
    ]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("导电率提高。强度不降。", "导电率提高。"),
        ("采用(MRP),建立了模型；利用方程", "采用(MRP),建立了模型"),
        ("含量为3.5 kW的研究. 结果良好", "含量为3.5 kW的研究."),
        ("没有句号", "没有句号"),
        ("长" * 70, "长" * 59 + "…"),
        ("", ""),
    ],
)
def test_the_first_sentence_of_a_text(text: str, sentence: str) -> None:
    assert rules.first_sentence(text, 60) == sentence


def test_a_sold_outcome_and_a_solved_need_never_move_again() -> None:
    assert not [move for status, move in OUTCOME_WORKFLOW.transitions if status is OutcomeStatus.SOLD]
    assert not [move for status, move in NEED_WORKFLOW.transitions if status is NeedStatus.SOLVED]


def test_what_waits_for_the_operator_cannot_be_edited_or_submitted_again() -> None:
    assert OutcomeStatus.PENDING not in EDITABLE
    assert NeedStatus.PENDING not in EDITABLE
    with pytest.raises(Conflict):
        workflow_of(OutcomeStatus.PENDING).next(OutcomeStatus.PENDING, ListingAction.SUBMIT)


def test_only_a_reviewed_or_imported_listing_is_published() -> None:
    to_published = {
        status
        for (status, move), after in OUTCOME_WORKFLOW.transitions.items()
        if after is OutcomeStatus.PUBLISHED and move is not ListingAction.IMPORT
    }

    assert to_published == {OutcomeStatus.PENDING, OutcomeStatus.PUBLISHED, OutcomeStatus.EXPIRED}
    assert not workflow_of(OutcomeStatus.DRAFT).allows(OutcomeStatus.DRAFT, ListingAction.PUBLISH)
    assert not workflow_of(NeedStatus.RETURNED).allows(NeedStatus.RETURNED, ListingAction.PUBLISH)


def test_drafts_and_returned_and_unlisted_listings_are_not_public() -> None:
    hidden = {
        OutcomeStatus.DRAFT,
        OutcomeStatus.PENDING,
        OutcomeStatus.RETURNED,
        OutcomeStatus.UNLISTED,
        NeedStatus.DRAFT,
        NeedStatus.PENDING,
        NeedStatus.RETURNED,
        NeedStatus.CLOSED,
    }

    assert not hidden & set(PUBLIC)
    assert set(LIVE) < set(PUBLIC)


def test_published_listings_of_both_kinds_are_on_offer() -> None:
    on_offer = [repr(status) for status in LIVE]

    assert repr(OutcomeStatus.PUBLISHED) in on_offer
    assert repr(NeedStatus.PUBLISHED) in on_offer


@pytest.mark.parametrize(
    ("right", "may_have_open_licence", "is_open"),
    [
        ({"kind": "invention", "status": "granted", "open_licence": "yes"}, True, True),
        ({"kind": "invention", "status": "granted"}, True, False),
        ({"kind": "invention", "status": "pending", "open_licence": "yes"}, False, False),
        ({"kind": "software", "status": "granted", "open_licence": "yes"}, False, False),
        ({}, False, False),
    ],
)
def test_only_a_granted_patent_is_under_an_open_licence(
    right: dict[str, str], may_have_open_licence: bool, is_open: bool
) -> None:
    assert rules.may_have_open_licence(right) is may_have_open_licence
    assert rules.is_open_licence(right) is is_open


def test_a_masked_need_is_told_where_it_names_its_enterprise_all_the_same() -> None:
    need = blank(
        description="南南线缆的产线",
        targets=[{"indicator": "南南线缆要求", "target": "54"}],
        keywords=["铝合金", "南南线缆"],
        background=None,
    )

    assert [name for name, _sentence in masking.faults_of_masking(need, "南南线缆")] == [
        "description",
        "targets",
        "keywords",
    ]
    assert masking.faults_of_masking(need, "别家") == []


def test_a_listing_that_somebody_moved_already_does_not_move_again() -> None:
    assert (
        workflow_of(OutcomeStatus.PENDING).next(OutcomeStatus.PENDING, ListingAction.PUBLISH)
        is OutcomeStatus.PUBLISHED
    )
    assert (
        workflow_of(NeedStatus.PUBLISHED).next(NeedStatus.PUBLISHED, ListingAction.SOLVE) is NeedStatus.SOLVED
    )
    with pytest.raises(Conflict):
        workflow_of(OutcomeStatus.PUBLISHED).next(OutcomeStatus.PUBLISHED, ListingAction.PUBLISH)
