"""Month reports of parks and warnings: stated with a paper, called for by rules, given and lifted by two."""

from __future__ import annotations

from datetime import date
from typing import cast
from uuid import uuid4

import httpx
import pytest

from market.deps import Deps
from market.files.attachments import StoredBlob
from market.files.uploads import Upload
from market.kit.errors import Conflict, Invalid, NotFound
from market.rankings import reports, schemes, warning_rules, warnings
from market.rankings.models import MonthReport, RankingRow, RankingScheme, RankingWarning
from market.rankings.schemes import Rule
from market.rankings.states import PlaceKind, RowStatus, WarningKind, WarningStatus
from market.records.by import By
from market.records.decisions import SamePerson, Verdict
from tests.contracts.factories import PDF
from tests.databases import past_guards
from tests.factories import NOW, make_member
from tests.fakes import FixedClock
from tests.invariants import broken
from tests.rankings.factories import LATER, MARCH, PARTS, Hall, make_hall, part
from tests.stage_cache import cached_stage
from tests.visitor import post, sign_in

PAPER = StoredBlob(Upload("月报.pdf", PDF, "application/pdf"), "ef" * 32)
FILE = {"file": ("月报.pdf", PDF, "application/pdf")}
RULES = (Rule(WarningKind.YELLOW, 700), Rule(WarningKind.REMINDER))


@cached_stage
async def make_ruled() -> Hall:
    """A scheme of parks with a stated indicator and rules, in force from March on."""
    hall = await make_hall()
    parts = (*PARTS, part("research", 10, 1000))
    with_rules = await schemes.propose_scheme(
        PlaceKind.PARK,
        date(2026, 2, 1),
        parts,
        "加上填报的研发投入。",
        "假定",
        rules=RULES,
        by=By(hall.operator, NOW),
    )
    await schemes.decide_scheme(with_rules.id, Verdict.CONFIRMED, by=By(hall.approver, NOW))
    return hall


def office(hall: Hall) -> By:
    return By(hall.officer, LATER)


async def test_a_month_is_stated_with_a_paper_and_confirmed_by_the_department() -> None:
    hall = await make_ruled()
    with pytest.raises(NotFound):
        await reports.state_report(MARCH, 0, "", PAPER, by=By(await make_member(), LATER))
    for month, blob, field in (
        (date(2026, 4, 1), PAPER, "month"),
        (date(9999, 12, 1), PAPER, "month"),
        (date(2026, 3, 2), PAPER, "month"),
        (MARCH, None, "file"),
    ):
        with pytest.raises(Invalid) as refusal:
            await reports.state_report(month, 0, "", blob, by=office(hall))
        assert refusal.value.field == field
    first = await reports.state_report(MARCH, 500_000_000, "", PAPER, by=office(hall))
    with pytest.raises(Conflict):
        await reports.state_report(MARCH, 0, "", PAPER, by=office(hall))
    with pytest.raises(NotFound):
        await reports.decide_report(uuid4(), Verdict.CONFIRMED, by=hall.operates)
    await reports.decide_report(first.id, Verdict.REJECTED, reason="与统计表不符", by=hall.operates)
    second = await reports.state_report(MARCH, 500_000_000, "", PAPER, by=office(hall))
    await reports.decide_report(second.id, Verdict.CONFIRMED, by=hall.operates)
    ranking = await hall.frozen()
    rows = {row.place: row for row in await RankingRow.filter(ranking_id=ranking.id)}

    # 60 + 40 * 500 / 1000 = 80 points of weight 10 beside 81.0 of weight 100.
    assert (rows["nanning"].status, rows["nanning"].score, rows["nanning"].rank) == (RowStatus.RANKED, 809, 1)
    assert (rows["guilin"].status, rows["guilin"].score, rows["guilin"].rank) == (
        RowStatus.UNREPORTED,
        None,
        None,
    )
    assert await broken("rankings") == {}
    with pytest.raises(Invalid):
        await schemes.propose_scheme(
            PlaceKind.CITY, date(2028, 1, 1), (part("research", 1, 2),), "方案", "假定", by=hall.operates
        )


async def test_a_warning_is_called_for_by_rule_given_answered_and_lifted_by_two() -> None:
    hall = await make_ruled()
    report = await reports.state_report(MARCH, 0, "", PAPER, by=office(hall))
    await reports.decide_report(report.id, Verdict.CONFIRMED, by=hall.operates)
    await past_guards(
        'UPDATE ranking_schemes SET rules = \'[{"kind": "yellow", "below": 900, "times": 1}, '
        '{"kind": "reminder", "below": null, "times": 1}]\'::jsonb WHERE version = 2'
    )
    ranking = await hall.final()
    await ranking.fetch_related("scheme")
    due = {(one.place, one.kind) for one in await warning_rules.due_warnings(ranking)}
    assert due == {("nanning", WarningKind.YELLOW), ("guilin", WarningKind.REMINDER)}
    with pytest.raises(Conflict):
        await warnings.propose_warning(ranking.number, "guilin", WarningKind.YELLOW, by=hall.operates)
    with pytest.raises(NotFound):
        await warnings.propose_warning("PX-2000-000001", "guilin", WarningKind.YELLOW, by=hall.operates)
    reminder = await warnings.propose_warning(
        ranking.number, "guilin", WarningKind.REMINDER, by=hall.operates
    )
    dropped = await warnings.decide_warning(
        reminder.number, Verdict.REJECTED, reason="系统停机一天", by=hall.approves
    )
    warning = await warnings.propose_warning(ranking.number, "nanning", WarningKind.YELLOW, by=hall.operates)
    await warnings.decide_warning(warning.number, Verdict.CONFIRMED, by=hall.approves)
    with pytest.raises(Conflict):
        await warnings.decide_warning(warning.number, Verdict.CONFIRMED, by=hall.approves)
    with pytest.raises(NotFound):
        await warnings.answer_warning(
            warning.number, "与我们无关，不是我们。", None, by=By(await make_member(), LATER)
        )
    with pytest.raises(Invalid):
        await warnings.answer_warning(warning.number, "知道了", None, by=office(hall))
    await warnings.answer_warning(warning.number, "新引进两家检测机构，四月恢复。", PAPER, by=office(hall))
    with pytest.raises(Invalid) as refusal:
        await warnings.ask_lift(warning.number, by=hall.operates)
    assert refusal.value.field == "note"
    await warnings.ask_lift(warning.number, note="四月已恢复正常", by=hall.operates)
    with pytest.raises(Invalid):
        await warnings.decide_lift(warning.number, Verdict.REJECTED, by=hall.approves)
    await warnings.decide_lift(warning.number, Verdict.REJECTED, reason="再看一个月", by=hall.approves)
    await warnings.ask_lift(warning.number, note="四月已恢复正常", by=hall.operates)
    await past_guards("UPDATE ranking_warnings SET lift_asked_by_id = $1", hall.approver.user_id)
    with pytest.raises(SamePerson):
        await warnings.decide_lift(warning.number, Verdict.CONFIRMED, by=hall.approves)
    await past_guards("UPDATE ranking_warnings SET lift_asked_by_id = $1", hall.operator.user_id)
    lifted = await warnings.decide_lift(warning.number, Verdict.CONFIRMED, by=hall.approves)

    assert (dropped.status, lifted.status) == (WarningStatus.DROPPED, WarningStatus.LIFTED)
    assert await warning_rules.due_warnings(ranking) == []
    assert await broken("rankings: warnings") == {}
    await past_guards('UPDATE ranking_warnings SET grounds = \'[{"number": "PX-1", "score": 1}]\'::jsonb')
    assert await broken("rankings: warnings")


async def test_the_pages_of_office_and_department_carry_both(client: httpx.AsyncClient, deps: Deps) -> None:
    hall = await make_ruled()
    cast(FixedClock, deps.clock).now = LATER
    await sign_in(client, hall.officer)
    month = {"month": "2026-03-01", "research": "500", "note": ""}
    for change, field in (
        ({"research": "1.2.3"}, "research-error"),
        ({"month": "2026-04-01"}, "month-error"),
    ):
        bad = await post(client, "/my/park", month | change, files=FILE)
        assert (bad.status_code, f'id="{field}"' in bad.text) == (422, True), field
    assert (await post(client, "/my/park", month, files={})).status_code == 422
    assert (await post(client, "/my/park", month, files=FILE)).status_code == 200
    report = await MonthReport.get()
    await sign_in(client, hall.operator)
    assert "去核对" in (await client.get("/dashboard")).text
    assert "南宁高新区" in (await client.get("/backoffice/month-reports")).text
    assert (
        await post(client, f"/backoffice/month-reports/{report.id}", {"verdict": "rejected"})
    ).status_code == 422
    await post(client, f"/backoffice/month-reports/{report.id}", {"verdict": "confirmed"})
    ranking = await hall.final()
    page = await client.get(f"/rankings/{ranking.number}")
    assert "规则提出" in page.text
    propose = f"/backoffice/rankings/{ranking.number}/warnings"
    assert (await post(client, propose, {"place": "guilin", "kind": "moon"})).status_code == 404
    await past_guards("UPDATE parks SET office_id = $1 WHERE code = 'guilin'", hall.officer.organisation_id)
    await past_guards("UPDATE parks SET office_id = NULL WHERE code = 'nanning'")
    assert (await post(client, propose, {"place": "guilin", "kind": "reminder"})).status_code == 200
    warning = await RankingWarning.get()
    address = f"/rankings/warnings/{warning.number}"
    await sign_in(client, None)
    assert (await client.get(address)).status_code == 404
    await sign_in(client, hall.approver)
    assert "去决定" in (await client.get("/dashboard")).text
    await post(client, f"{address}/decide", {"verdict": "confirmed"})
    await sign_in(client, hall.officer)
    assert "去填写" in (await client.get("/dashboard")).text
    assert warning.number in (await client.get("/my/park")).text
    assert (await post(client, f"{address}/answer", {"text": "好"}, files={})).status_code == 422
    answered = await post(client, f"{address}/answer", {"text": "三月报表迟交，已改由专人负责。"}, files=FILE)
    assert "已改由专人负责" in answered.text
    await sign_in(client, hall.operator)
    assert (await post(client, f"{address}/lift")).status_code == 422
    await post(client, f"{address}/lift", {"note": "报表已补齐"})
    await sign_in(client, hall.approver)
    lifted = await post(client, f"{address}/lift/decide", {"verdict": "confirmed"})
    await sign_in(client, None)
    public = await client.get(address)

    assert "已解除" in lifted.text
    assert "已解除" in public.text
    assert "已改由专人负责" not in public.text
    assert (await RankingScheme.get(kind=PlaceKind.PARK, version=2)).rules[0]["below"] == 700
