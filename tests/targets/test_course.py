"""The course of a deed: found, declared, checked, drawn, verified by two, followed up, struck."""

from __future__ import annotations

from datetime import date, timedelta
from uuid import uuid4

import pytest

from market.accounts.models import Message, StaffRole
from market.contracts.contract_changes import confirm_change, propose_change
from market.contracts.states import ChangeKind
from market.files.attachments import StoredBlob
from market.files.uploads import Upload
from market.integrity.models import PartyTie, TieKind
from market.kit.clock import start_of_day
from market.kit.errors import Conflict, Invalid, NotFound
from market.kit.workflow import ActionNotAllowed
from market.records.by import By
from market.records.decisions import AlreadyDecided, SamePerson, Verdict
from market.targets import closings, declaring, definitions, follow_ups, plans, samples, verdicts
from market.targets.closing_models import ClosedDeed, TargetClosing
from market.targets.follow_ups import FOLLOW_UP, FollowUpEntry
from market.targets.models import Deed, DeedSample, DeedStatement
from market.targets.recount import recount_open_years, recount_year
from market.targets.states import DeedStatus, Event, PlanStatus, Result, ScopeKind
from market.targets.visits import VisitEntry, record_visit
from market.targets.wall import board_of
from tests.contracts.factories import PDF
from tests.databases import past_guards, run_as_owner
from tests.factories import NOW, make_member, make_staff
from tests.invariants import broken
from tests.moments import run_acts
from tests.targets.factories import (
    CITY,
    LATER,
    WAN,
    YEAR,
    decide,
    definition_terms,
    make_checked,
    make_definition,
    make_drawn,
    make_found,
    make_issued,
    make_verified,
)

PAPER = StoredBlob(Upload("投产记录.pdf", PDF, "application/pdf"), "cd" * 32)
IN_USE = "在本厂二号线连续使用，三月起供货。"


async def test_a_definition_is_confirmed_by_another_and_versions_follow_one_another() -> None:
    operator, approver = await make_staff(StaffRole.OPERATOR), await make_staff(StaffRole.APPROVER)
    first = await definitions.propose_definition(definition_terms(), by=By(operator, NOW))
    with pytest.raises(Conflict):
        await definitions.propose_definition(definition_terms(), by=By(operator, NOW))
    await definitions.decide_definition(first.id, Verdict.REJECTED, reason="没有依据", by=By(approver, NOW))
    second = await make_definition(operator, approver)
    with pytest.raises(AlreadyDecided):
        await definitions.decide_definition(second.id, Verdict.CONFIRMED, by=By(approver, NOW))
    with pytest.raises(Invalid) as refusal:
        await definitions.propose_definition(definition_terms(), by=By(operator, NOW))
    with pytest.raises(NotFound):
        await definitions.decide_definition(uuid4(), Verdict.CONFIRMED, by=By(approver, NOW))

    assert (first.version, second.version, refusal.value.field) == (1, 1, "valid_from")
    assert await definitions.definition_of_year(2025) is None
    assert (await definitions.definition_of_year(2026)) == second
    assert [row.verdict for row in await definitions.list_definitions()] == [Verdict.CONFIRMED]


async def test_a_target_is_split_by_largest_remainder_and_issued_by_another() -> None:
    operator, approver = await make_staff(StaffRole.OPERATOR), await make_staff(StaffRole.APPROVER)
    by = By(operator, NOW)
    with pytest.raises(Invalid):
        await plans.draft_plan(YEAR, "目标", 40, by=by)
    await make_definition(operator, approver)
    plan = await plans.draft_plan(YEAR, "目标", 40, by=by)
    for weights in ({"4501": 0}, {"4501": -1}, {"9999": 3}):
        with pytest.raises(Invalid):
            await plans.split_plan(plan.number, ScopeKind.CITY, weights, by=by)
    with pytest.raises(Invalid):
        await plans.submit_plan(plan.number, by=by)
    await plans.split_plan(plan.number, ScopeKind.CITY, {"4501": 30, "4502": 25, "4503": 20}, by=by)
    await plans.split_plan(plan.number, ScopeKind.KIND, {"licence": 2, "assignment": 1}, by=by)
    await plans.edit_plan(plan.number, "目标", 41, by=by)
    shares = await plans.shares_of(plan)
    await plans.submit_plan(plan.number, by=by)
    with pytest.raises(Conflict):
        await plans.edit_plan(plan.number, "目标", 42, by=by)
    await plans.decide_plan(plan.number, Verdict.REJECTED, reason="柳州少了", by=By(approver, NOW))
    amended = await plans.draft_plan(YEAR, "目标", 40, by=by)
    await plans.submit_plan(amended.number, by=by)
    await plans.decide_plan(amended.number, Verdict.CONFIRMED, by=By(approver, NOW))
    third = await make_issued(operator, approver, total=50)

    assert [(share.key, share.target) for share in shares[ScopeKind.CITY]] == [
        ("4501", 16),
        ("4502", 14),
        ("4503", 11),
    ]
    assert [(share.key, share.target) for share in shares[ScopeKind.KIND]] == [
        ("licence", 27),
        ("assignment", 14),
    ]
    assert [(row.version, row.status) for row in await plans.list_plans()] == [
        (3, PlanStatus.ISSUED),
        (2, PlanStatus.REPLACED),
        (1, PlanStatus.RETURNED),
    ]
    assert (await plans.issued_plan(YEAR)) == third
    assert await broken("targets: shares") == {}
    await past_guards("UPDATE target_shares SET target = target + 1 WHERE plan_id = $1", third.id)
    assert await broken("targets: shares")


async def test_a_contract_is_found_once_and_lapses_when_it_no_longer_fits() -> None:
    story = await make_found(is_paid=False)
    deed = story.deed
    again = await recount_year(YEAR, by=By.job(LATER))
    await recount_open_years(by=By.job(LATER))

    assert again is not None
    assert (again.found, again.lapsed, again.changed) == (0, 0, 0)
    assert (deed.status, deed.year, deed.city) == (DeedStatus.FOUND, YEAR, CITY)
    assert (deed.unit_id, deed.buyer_id) == (story.parties.university.id, story.parties.enterprise.id)
    assert (deed.contract_amount, deed.trade_amount, deed.received_amount) == (115 * WAN, 107 * WAN, 0)
    assert await Deed.all().count() == 1
    assert await broken("targets") == {}

    change = await propose_change(
        story.contract.number,
        ChangeKind.RESCISSION,
        "双方同意解除",
        agreed_on=date(2026, 3, 30),
        by=By(story.parties.seller, LATER),
    )
    await confirm_change(change.id, by=By(story.parties.buyer, LATER))
    lapsed = await recount_year(YEAR, by=By.job(LATER))
    await story.reload()
    assert lapsed is not None
    assert lapsed.lapsed == 1
    assert story.deed.status is DeedStatus.LAPSED


async def test_a_deed_counts_in_the_year_of_its_definition_and_never_twice() -> None:
    """Signed 2025-12-30, registered 2026-01-05: by the day of registration it is a deed of 2026."""
    story = await make_found()
    await past_guards(
        "UPDATE contracts SET signed_on = '2025-12-30', registered_on = '2026-01-05' WHERE id = $1",
        story.contract.id,
    )
    await recount_year(2026, by=By.job(LATER))
    await story.reload()
    assert (story.deed.year, story.deed.event_on) == (2026, date(2026, 1, 5))

    by_signature = definition_terms(event=Event.SIGNED, valid_from=date(2026, 6, 1))
    proposed = await definitions.propose_definition(by_signature, by=story.office.operates)
    await definitions.decide_definition(proposed.id, Verdict.CONFIRMED, by=story.office.approves)
    await recount_year(2025, by=By.job(LATER))
    await recount_year(2026, by=By.job(LATER))
    await story.reload()

    assert (await Deed.all().count(), story.deed.year) == (1, 2026)


async def test_related_parties_stand_apart_and_are_not_declared() -> None:
    story = await make_found()
    seller, buyer = story.parties.university, story.parties.enterprise
    await PartyTie.create(
        id=uuid4(),
        uscc=buyer.uscc,
        other=seller.uscc,
        kind=TieKind.SHAREHOLDING,
        role="股东",
        basis_points=6000,
        source="工商登记",
        entered_at=NOW,
    )
    await recount_year(YEAR, by=By.job(LATER))
    await story.reload()
    board = await board_of(YEAR, date(2026, 4, 1))

    assert story.deed.is_related
    assert (board.total.now["found"].count, board.total.now["related"].count) == (0, 1)
    with pytest.raises(Conflict, match="关联方"):
        await declaring.declare_deed(story.number, "", None, by=story.declares)


async def test_a_unit_declares_and_its_city_checks_or_returns() -> None:
    story = await make_found()
    stranger = await make_member()
    with pytest.raises(NotFound):
        await declaring.declare_deed(story.number, "", None, by=By(stranger, LATER))
    await declaring.declare_deed(story.number, "", None, by=story.declares)
    with pytest.raises(NotFound):
        await declaring.check_deed(story.number, by=By(story.office.operator, LATER))
    with pytest.raises(Invalid):
        await declaring.return_deed(story.number, "", by=story.office.checks)
    await declaring.return_deed(story.number, "请先补登记表", by=story.office.checks)
    await declaring.declare_deed(story.number, "", None, by=story.declares)
    await declaring.withdraw_deed(story.number, by=story.declares)
    await declaring.declare_deed(story.number, "", None, by=story.declares)
    await declaring.check_deed(story.number, by=story.office.checks)
    with pytest.raises(ActionNotAllowed):
        await declaring.withdraw_deed(story.number, by=story.declares)
    await story.reload()

    assert story.deed.status is DeedStatus.CHECKED
    assert story.deed.checked_by_id == story.office.bureau.user_id
    told = await Message.filter(user_id=story.parties.seller.user_id).values_list("text", flat=True)
    assert any("请先补登记表" in str(text) for text in told)


async def test_what_records_do_not_show_is_stated_with_a_paper_and_decided_on() -> None:
    story = await make_found(is_paid=False)
    for text, blob, field in (("", None, "text"), (IN_USE, None, "file")):
        with pytest.raises(Invalid) as refusal:
            await declaring.declare_deed(story.number, text, blob, by=story.declares)
        assert refusal.value.field == field
    await declaring.declare_deed(story.number, IN_USE, PAPER, by=story.declares)
    await declaring.return_deed(story.number, "照片看不清", by=story.office.checks)
    with pytest.raises(Invalid):
        await declaring.declare_deed(story.number, "", None, by=story.declares)
    await declaring.declare_deed(story.number, IN_USE, PAPER, by=story.declares)
    await declaring.withdraw_deed(story.number, by=story.declares)
    with pytest.raises(Conflict):
        await declaring.declare_deed(story.number, IN_USE, PAPER, by=story.declares)
    await declaring.declare_deed(story.number, "", None, by=story.declares)
    await declaring.check_deed(story.number, by=story.office.checks)

    verdicts_given = (
        await DeedStatement.all().order_by("proposed_at", "decided_at").values_list("verdict", flat=True)
    )
    assert sorted(map(str, verdicts_given)) == ["confirmed", "rejected"]


async def test_a_draw_hangs_on_the_audit_chain_and_can_be_repeated() -> None:
    story = await make_checked()
    with pytest.raises(Conflict):
        await verdicts.propose_result(
            story.number, Result.VERIFIED, "看过合同和到账凭证了", by=story.office.operates
        )
    with pytest.raises(Invalid):
        await samples.draw_sample(YEAR, "abc", by=story.office.operates)
    sample = await samples.draw_sample(YEAR, "三粒骰子", by=story.office.operates)
    with pytest.raises(Conflict):
        await samples.draw_sample(YEAR, "三粒骰子", by=story.office.operates)
    await story.reload()
    (city,) = await samples.cities_of_sample(await DeedSample.get(id=sample.id).select_related("definition"))

    assert sample.picked == [story.number]
    assert (story.deed.sample_id, story.deed.is_sampled) == (sample.id, True)
    assert (city.drawn, city.waiting, city.rest, city.may_pass) == (1, 1, 0, False)
    assert await broken("targets: draws") == {}
    await past_guards("UPDATE deed_samples SET picked = '[]' WHERE id = $1", sample.id)
    assert await broken("targets: draws")


async def test_a_result_is_proposed_by_one_and_decided_by_another() -> None:
    story = await make_drawn()
    with pytest.raises(Invalid):
        await verdicts.propose_result(
            story.number, Result.STRUCK, "看过合同和到账凭证了", by=story.office.operates
        )
    with pytest.raises(Invalid):
        await verdicts.propose_result(story.number, Result.VERIFIED, "看过", by=story.office.operates)
    first = await verdicts.propose_result(
        story.number, Result.DOUBTFUL, "合同章与备案不同，须到现场看。", by=story.office.operates
    )
    with pytest.raises(Conflict):
        await verdicts.propose_result(
            story.number, Result.REFUSED, "看过合同和到账凭证了", by=story.office.operates
        )
    with pytest.raises(NotFound):
        await verdicts.decide_result(uuid4(), Verdict.CONFIRMED, by=story.office.approves)
    await verdicts.decide_result(first.id, Verdict.REJECTED, reason="请写明哪一处", by=story.office.approves)
    await decide(story, Result.DOUBTFUL)
    assert story.deed.status is DeedStatus.DOUBTFUL
    with pytest.raises(Conflict, match="现场核查"):
        await decide(story, Result.VERIFIED, now=LATER + timedelta(hours=1))
    by, day = By(story.office.operator, LATER + timedelta(minutes=30)), date(2026, 4, 1)
    for entry, field in (
        (VisitEntry(date(2026, 4, 2), "甲、乙", "设备在运行，铭牌与合同一致。"), "visited_on"),
        (VisitEntry(day, "甲", "设备在运行，铭牌与合同一致。"), "people"),
        (VisitEntry(day, "甲、甲", "设备在运行，铭牌与合同一致。"), "people"),
        (VisitEntry(day, "甲、乙", "在运行"), "words"),
    ):
        with pytest.raises(Invalid) as refusal:
            await record_visit(story.number, entry, None, by=by)
        assert refusal.value.field == field
    visit = await record_visit(
        story.number, VisitEntry(day, "甲，乙", "设备在运行，铭牌与合同一致。"), PAPER, by=by
    )
    assert visit.people == "甲、乙"
    await decide(story, Result.VERIFIED, now=LATER + timedelta(hours=1))
    assert (story.deed.status, story.deed.verified_on) == (DeedStatus.VERIFIED, date(2026, 4, 1))
    assert await broken("targets") == {}
    await decide(story, Result.STRUCK, now=LATER + timedelta(hours=2))
    assert (story.deed.status, story.deed.verified_on) == (DeedStatus.STRUCK, date(2026, 4, 1))
    assert (story.deed.struck_on, story.deed.struck_for) == (date(2026, 4, 1), "other")
    with pytest.raises(Conflict):
        await record_visit(story.number, VisitEntry(day, "甲、乙", "设备在运行，铭牌一致。"), None, by=by)
    assert await broken("targets") == {}
    await past_guards("UPDATE deeds SET status = 'verified', struck_on = NULL WHERE id = $1", story.deed.id)
    assert await broken("targets: results")


async def test_what_was_not_drawn_passes_by_two_when_the_drawn_are_right() -> None:
    story = await make_drawn()
    sample_id = story.deed.sample_id
    assert sample_id is not None
    with pytest.raises(NotFound):
        await samples.propose_rest(sample_id, "4502", by=story.office.operates)
    with pytest.raises(Conflict):
        await samples.propose_rest(sample_id, CITY, by=story.office.operates)
    # Another deed of the city that was not drawn.
    await past_guards("UPDATE deeds SET is_sampled = false WHERE id = $1", story.deed.id)
    with pytest.raises(Conflict):
        await samples.propose_rest(sample_id, CITY, by=story.office.operates)


async def test_a_unit_says_after_a_year_whether_it_is_still_in_use() -> None:
    story = await make_verified()
    due = start_of_day(date(2027, 4, 1))
    entry = FollowUpEntry(12, True, 300 * WAN, "二号线一直在用，月产四十吨。")
    with pytest.raises(Conflict):
        await follow_ups.state_follow_up(story.number, entry, PAPER, by=story.declares)
    assert await run_acts(due, *FOLLOW_UP.values()) == 1
    by = By(story.parties.seller, due + timedelta(hours=9))
    for wrong, blob, field in (
        (FollowUpEntry(12, True, 0, "在用"), PAPER, "text"),
        (FollowUpEntry(12, False, 5, "产线改造后停用了，不再生产。"), PAPER, "sales"),
        (entry, None, "file"),
    ):
        with pytest.raises(Invalid) as refusal:
            await follow_ups.state_follow_up(story.number, wrong, blob, by=by)
        assert refusal.value.field == field
    stated = await follow_ups.state_follow_up(story.number, entry, PAPER, by=by)
    with pytest.raises(Conflict):
        await follow_ups.state_follow_up(story.number, entry, PAPER, by=by)
    with pytest.raises(NotFound):
        await follow_ups.decide_follow_up(stated.id, Verdict.CONFIRMED, by=By(story.office.operator, by.now))
    await follow_ups.decide_follow_up(stated.id, Verdict.CONFIRMED, by=By(story.office.bureau, by.now))
    board = await board_of(YEAR + 1, date(2027, 4, 2))

    assert (board.followed["followed"].count, board.followed["in_use"].count) == (1, 1)
    assert await run_acts(start_of_day(date(2028, 4, 1)), *FOLLOW_UP.values()) == 1


async def test_a_closed_year_does_not_change_when_its_rows_do() -> None:
    story = await make_verified()
    with pytest.raises(Conflict):
        await closings.propose_closing(YEAR, "", by=story.office.operates)
    over = start_of_day(date(2027, 1, 15))
    by, approves = By(story.office.operator, over), By(story.office.approver, over)
    closing = await closings.propose_closing(YEAR, "", by=by)
    with pytest.raises(Conflict):
        await closings.propose_closing(YEAR, "", by=by)
    await closings.decide_closing(closing.id, Verdict.CONFIRMED, by=approves)
    assert await recount_year(YEAR, by=By.job(over)) is None
    await decide(story, Result.STRUCK, now=over)
    board = await board_of(YEAR, date(2027, 1, 16))

    assert board.is_closed
    assert (board.total.now["verified"].count, board.total.now["struck"].count) == (1, 0)
    assert closing.figures["verified"] == 1
    with pytest.raises(Invalid) as refusal:
        await closings.propose_closing(YEAR, "", by=by)
    assert refusal.value.field == "note"
    corrected = await closings.propose_closing(YEAR, "合同解除，核减一项", by=by)
    await closings.decide_closing(corrected.id, Verdict.CONFIRMED, by=approves)
    board = await board_of(YEAR, date(2027, 1, 16))

    assert (board.total.now["verified"].count, board.total.now["struck"].count) == (0, 1)
    assert [row.figures["verified"] for row in await TargetClosing.filter(year=YEAR).order_by("version")] == [
        1,
        0,
    ]
    assert await ClosedDeed.all().count() == 2
    assert await broken("targets") == {}
    await past_guards("UPDATE closed_deeds SET contract_amount = 1 WHERE closing_id = $1", closing.id)
    assert await broken("targets: closed")


async def test_the_checker_declares_nothing_and_the_approver_did_not_check() -> None:
    story = await make_drawn()
    await past_guards(
        "UPDATE deeds SET checked_by_id = $1 WHERE id = $2", story.office.approver.user_id, story.deed.id
    )
    verdict = await verdicts.propose_result(
        story.number, Result.VERIFIED, "核对了合同、到账凭证。", by=story.office.operates
    )
    with pytest.raises(SamePerson):
        await verdicts.decide_result(verdict.id, Verdict.CONFIRMED, by=story.office.approves)


async def test_a_deed_is_fixed_in_the_database_where_and_when_it_counts() -> None:
    story = await make_checked()

    for statement in (
        "UPDATE deeds SET city = '4502' WHERE id = $1",
        "UPDATE deeds SET number = 'ZD-1' WHERE id = $1",
        "DELETE FROM deeds WHERE id = $1",
    ):
        with pytest.raises(Exception, match=r"fixed|never deleted|denied"):
            await run_as_owner(statement, story.deed.id)
    await past_guards("UPDATE target_definitions SET text = 'x' WHERE id = $1", story.office.definition.id)
    assert await broken("targets: definitions")
    await past_guards("UPDATE deeds SET contract_amount = 1 WHERE id = $1", story.deed.id)
    assert await broken("targets: deeds")
