"""Calls: drafted by one person and released by another, they bind to the second."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
from tortoise.exceptions import IntegrityError, OperationalError

from market.accounts.actors import Actor
from market.accounts.models import Message, StaffRole
from market.claims.applications import submit_claim
from market.claims.checks import claims_were_submitted_while_a_call_was_open
from market.claims.models import Claim
from market.claims.states import ClaimStatus
from market.kit.clock import end_of_day
from market.kit.database import in_transaction
from market.kit.errors import Conflict, Invalid, NotFound
from market.programmes import calls
from market.programmes.call_models import Call, CallClosing
from market.programmes.call_queries import get_call_for, window_of, windows
from market.programmes.call_states import CallStatus
from market.programmes.call_warnings import call_warnings, overlapping
from market.programmes.call_windows import (
    CallWindow,
    WindowState,
    admits,
    current_windows,
    reminder_moments,
    year_of,
)
from market.programmes.checks import calls_are_as_released, closings_are_changed_by_two
from market.records.by import By
from market.records.decisions import SamePerson, Verdict
from tests.claims.factories import Desk, make_applicant, make_desk, make_draft
from tests.databases import past_guards, tampered
from tests.factories import NOW, make_staff
from tests.visitor import post, sign_in

OPENS, CLOSES = NOW + timedelta(days=1), NOW + timedelta(days=30)


def values(**changes: Any) -> dict[str, Any]:
    usual = {
        "year": 2026,
        "opens_at": OPENS,
        "closes_at": CLOSES,
        "channel": "本平台网上申报",
        "address": "",
        "contact": "成果转化处",
        "phone": "0771-5550100",
        "papers": ["技术合同及登记证明", "银行付款凭证"],
        "text": "请符合条件的企业按时申报。",
    }
    return usual | changes


async def make_call(desk: Desk, slug: str = "guangxi", *, beside: Call | None = None, **changes: Any) -> Call:
    """Make a released call; its first moment is NOW. `beside` is one that it overlaps."""
    call = await calls.draft_call(slug, values(**changes), by=By(desk.officer, NOW))
    seen = [beside.number] if beside else []
    return await calls.release_call(call.number, seen=seen, by=By(desk.approver, NOW))


async def change_closing(desk: Desk, call: Call, closes_at: datetime, now: datetime) -> CallClosing:
    closing = await calls.propose_closing(call.number, closes_at, "申报系统维护", by=By(desk.officer, now))
    return await calls.decide_closing(call.number, closing.id, Verdict.CONFIRMED, by=By(desk.approver, now))


def window(**changes: Any) -> CallWindow:
    usual: dict[str, Any] = {"programme": "guangxi", "year": 2026, "opens_at": OPENS, "closes_at": CLOSES}
    usual |= {"id": UUID(int=1), "number": "SB-2026-000001"}
    return CallWindow(**(usual | changes))


def test_a_call_is_open_from_its_first_second_to_the_last_before_its_closing() -> None:
    second = timedelta(seconds=1)
    states = [window().state(at) for at in (OPENS - second, OPENS, CLOSES - second, CLOSES)]

    assert states == [WindowState.UPCOMING, WindowState.OPEN, WindowState.OPEN, WindowState.CLOSED]
    assert [admits([window()], 2026, at) for at in (OPENS - second, OPENS, CLOSES)] == [False, True, False]
    assert not admits([window()], 2025, OPENS), "another year's claims are not what it calls for"
    assert admits([], 1999, NOW), "a programme without a call is open always"


def test_what_matters_of_several_calls_is_the_one_that_closes_first_else_the_next_else_the_last() -> None:
    long = window(number="SB-2026-000002", closes_at=CLOSES + timedelta(days=9))
    later = window(number="SB-2026-000003", year=2027, opens_at=CLOSES, closes_at=CLOSES + timedelta(days=1))
    both = [long, later, window()]

    def current(at: datetime) -> list[str]:
        return [one.number[-1] for one in current_windows(both, at)]

    assert current(NOW) == ["1"]
    assert current(OPENS) == ["1", "2"]
    assert current(CLOSES) == ["3", "2"]
    assert current(CLOSES + timedelta(days=20)) == ["2"]
    assert current_windows([], NOW) == []
    assert [year_of(one, NOW) for one in (later, None)] == [2027, 2026]
    assert year_of(window(year=2025, closes_at=OPENS), OPENS) == 2026


def test_reminders_go_out_four_weeks_one_week_and_one_day_before_the_last_day_even_a_leap_day() -> None:
    closes = end_of_day(date(2028, 2, 29))
    opens = datetime(2028, 1, 1, tzinfo=UTC)

    moments = reminder_moments(opens, closes)

    assert [(days, at.date()) for days, at in moments] == [
        (28, date(2028, 2, 1)),
        (7, date(2028, 2, 22)),
        (1, date(2028, 2, 28)),
    ]
    assert [days for days, _at in reminder_moments(datetime(2028, 2, 10, tzinfo=UTC), closes)] == [7, 1]
    assert window(closes_at=closes).last_day == date(2028, 2, 29)


async def test_one_drafts_and_another_releases_and_nothing_is_edited_after_that() -> None:
    desk = await make_desk()
    await make_applicant()
    by = By(desk.officer, NOW)
    call = await calls.draft_call("guangxi", values(), by=by)
    for wrong, field in (({"closes_at": OPENS}, "closes_at"), ({"year": 2011}, "year")):
        with pytest.raises(Invalid) as refused:
            await calls.draft_call("guangxi", values(**wrong), by=by)
        assert refused.value.field == field
    with pytest.raises(Invalid):
        await calls.edit_call(call.number, values(opens_at=NOW - timedelta(9), closes_at=NOW), by=by)
    with pytest.raises(NotFound):
        await get_call_for(None, call.number)
    with pytest.raises(NotFound):
        await get_call_for(None, "SB-2026-009999")

    await calls.return_call(call.number, "材料没有写全", by=By(desk.approver, NOW))
    with pytest.raises(Conflict):
        await calls.release_call(call.number, by=By(desk.approver, NOW))
    await calls.edit_call(call.number, values(phone="0771-5550101"), by=by)
    assert await windows() == {}, "until it is released it binds nobody"
    released = await calls.release_call(call.number, by=By(desk.approver, NOW))

    assert (await get_call_for(None, call.number)).phone == "0771-5550101"
    assert released.status is CallStatus.RELEASED
    with pytest.raises(Conflict):
        await calls.edit_call(call.number, values(), by=by)
    with pytest.raises(Conflict):
        await calls.discard_call(call.number, by=by)
    for statement in ({"phone": "1"}, {"closes_at": CLOSES + timedelta(days=1)}):
        with pytest.raises((IntegrityError, OperationalError)):
            async with in_transaction():
                await Call.filter(id=call.id).update(**statement)
    assert await calls_are_as_released() == []
    await past_guards("UPDATE calls SET closes_at = closes_at + interval '1 day' WHERE id = $1", call.id)
    assert len(await calls_are_as_released()) == 1


async def test_who_drafted_a_call_does_not_release_it_nor_decide_on_the_own_closing() -> None:
    desk = await make_desk()
    await make_applicant()
    call = await calls.draft_call("guangxi", values(), by=By(desk.officer, NOW))
    await Call.filter(id=call.id).update(proposed_by_id=desk.approver.user_id)
    with pytest.raises(SamePerson):
        await calls.release_call(call.number, by=By(desk.approver, NOW))
    await Call.filter(id=call.id).update(proposed_by_id=desk.officer.user_id)
    with pytest.raises(Invalid):
        await calls.release_call(call.number, by=By(desk.approver, CLOSES))
    await calls.release_call(call.number, by=By(desk.approver, NOW))

    closing = await calls.propose_closing(
        call.number, CLOSES + timedelta(days=5), "延长", by=By(desk.officer, NOW)
    )
    with pytest.raises(Conflict):
        await calls.propose_closing(call.number, CLOSES + timedelta(days=6), "再延", by=By(desk.officer, NOW))
    with pytest.raises(NotFound):
        await calls.decide_closing(call.number, UUID(int=0), Verdict.CONFIRMED, by=By(desk.approver, NOW))
    await calls.decide_closing(
        call.number, closing.id, Verdict.REJECTED, reason="不必", by=By(desk.approver, NOW)
    )
    (unchanged,) = (await windows(["guangxi"]))["guangxi"]
    assert unchanged == await window_of(call.id)
    assert unchanged.closes_at == CLOSES


async def test_a_changed_closing_is_a_row_of_its_own_with_its_ground_and_counts_once_confirmed() -> None:
    desk = await make_desk()
    await make_applicant()
    call = await make_call(desk)
    by = By(desk.officer, NOW)
    for closes_at, ground, field in (
        (CLOSES, "同样", "closes_at"),
        (OPENS, "太早", "closes_at"),
        (NOW + timedelta(days=6), "提前不足七天", "closes_at"),
        (CLOSES + timedelta(days=1), " ", "ground"),
    ):
        with pytest.raises(Invalid) as refused:
            await calls.propose_closing(call.number, closes_at, ground, by=by)
        assert refused.value.field == field

    await change_closing(desk, call, CLOSES + timedelta(days=10), NOW)
    await change_closing(desk, call, NOW + timedelta(days=9), NOW + timedelta(hours=1))

    (of_programme,) = (await windows(["guangxi"])).values()
    assert of_programme[0].closes_at == NOW + timedelta(days=9)
    assert (await Call.get(id=call.id)).closes_at == CLOSES, "what was published first stays"
    assert await closings_are_changed_by_two() == []
    for statement in (
        "UPDATE call_closings SET verdict = 'rejected', reason = '不' WHERE closes_at = $1",
        "UPDATE call_closings SET decided_at = decided_at - interval '2 hours' WHERE closes_at = $1",
    ):
        async with tampered(statement, NOW + timedelta(days=9)):
            assert len(await closings_are_changed_by_two()) == 1, statement
    await past_guards(
        "UPDATE call_closings SET closes_at = closes_at + interval '1 hour' WHERE call_id = $1", call.id
    )
    assert len(await closings_are_changed_by_two()) == 2


def test_what_is_odd_about_a_draft_is_named() -> None:
    other = window(id=UUID(int=2), number="SB-2026-000002", opens_at=CLOSES, closes_at=CLOSES + timedelta(9))
    touching = call_warnings(window(), [other], [], NOW)
    assert touching == [], "one that opens when the other closes overlaps it in no second"

    longer = window(closes_at=CLOSES + timedelta(seconds=1))
    (overlap,) = call_warnings(longer, [other], [], NOW)
    assert "SB-2026-000002 重叠" in overlap
    assert overlapping(longer, [replace(other, year=2025), longer]) == [], "another year's, and itself"
    assert "重叠" in call_warnings(longer, [replace(other, year=2025)], [other], NOW)[0], "a draft beside it"

    def first_words(**bent: Any) -> list[str]:
        return [words[:8] for words in call_warnings(window(**bent), [replace(other, year=2024)], [], NOW)]

    assert [first_words(year=year) for year in (2025, 2026)] == [[], []]
    assert [first_words(year=year) for year in (2024, 2027)] == [["申报年度是 20"], ["申报年度是 20"]]
    assert first_words(opens_at=NOW, closes_at=NOW + timedelta(days=6)) == [
        "开始受理的时间已",
        "受理时间不足 7",
    ]
    assert "第一份申报通知" in call_warnings(window(), [], [], NOW)[0]


async def test_a_call_that_overlaps_another_of_its_year_is_released_only_by_who_says_to_know_it(
    client: httpx.AsyncClient,
) -> None:
    desk = await make_desk()
    await make_applicant()
    first = await make_call(desk)
    form = await _open_pages(client, desk.officer)
    page = (await post(client, "/desk/calls/new", form)).text
    assert f"与 {first.number} 重叠" in page, "who drafted it reads it at once"
    second = await Call.get(status=CallStatus.DRAFT)
    with pytest.raises(Invalid) as refused:
        await calls.release_call(second.number, by=By(desk.approver, NOW))
    assert (refused.value.field, first.number in str(refused.value)) == ("seen", True)

    await sign_in(client, desk.approver)
    address = f"/desk/calls/{second.number}"
    assert f'value="{first.number}"' in (await client.get(address)).text
    assert (await post(client, address, {"act": "release"})).status_code == 422
    assert (await post(client, address, {"act": "release", "seen": first.number})).status_code == 200
    assert [row.status for row in await Call.all()] == [CallStatus.RELEASED] * 2

    await calls.propose_closing(first.number, CLOSES + timedelta(days=40), "延长", by=By(desk.officer, NOW))
    assert f"与 {second.number} 重叠" in (await client.get(f"/desk/calls/{first.number}")).text
    await sign_in(client, None)
    assert "重叠" not in (await client.get(f"/calls/{first.number}")).text


async def _draft(number: str) -> Claim:
    return await Claim.get(number=number)


async def test_a_claim_is_submitted_only_while_a_call_of_its_year_is_open_and_drafts_stay() -> None:
    desk = await make_desk()
    applicant, claim = await make_draft()
    call = await make_call(desk)

    async def refused(now: datetime) -> str:
        with pytest.raises(Invalid) as refusal:
            await submit_claim(claim.number, is_declared=True, by=By(applicant, now))
        return str(refusal.value)

    assert call.number in await refused(OPENS - timedelta(seconds=1))
    assert "已于" in await refused(CLOSES)
    assert (await _draft(claim.number)).status is ClaimStatus.DRAFT
    await change_closing(desk, call, CLOSES + timedelta(days=1), CLOSES)
    submitted = await submit_claim(claim.number, is_declared=True, by=By(applicant, CLOSES))
    assert submitted.status is ClaimStatus.SUBMITTED
    assert await claims_were_submitted_while_a_call_was_open() == []
    await past_guards(
        "UPDATE claims SET submitted_at = $2 WHERE id = $1", claim.id, CLOSES + timedelta(days=1)
    )
    assert len(await claims_were_submitted_while_a_call_was_open()) == 1


async def test_a_call_of_another_year_takes_no_claim_of_this_one() -> None:
    desk = await make_desk()
    applicant, claim = await make_draft()
    await make_call(desk, year=2025)

    with pytest.raises(Invalid, match="2025"):
        await submit_claim(claim.number, is_declared=True, by=By(applicant, OPENS))


async def _open_pages(client: httpx.AsyncClient, actor: Actor) -> dict[str, str]:
    await sign_in(client, actor)
    return {
        "programme": "guangxi",
        "year": "2026",
        "opens_at": "2026-03-03 09:00",
        "closes_at": "2026年4月1日",
        "channel": "本平台",
        "address": "https://example.cn/shenbao",
        "contact": "成果转化处",
        "phone": "0771-5550100",
        "papers": "合同\n凭证",
        "text": "请按时申报。",
    }


async def test_the_pages_take_a_call_from_its_draft_to_its_changed_closing(client: httpx.AsyncClient) -> None:
    desk = await make_desk()
    await make_applicant()
    form = await _open_pages(client, desk.officer)
    assert "银行付款凭证" in (await client.get("/desk/calls/new?programme=guangxi")).text
    wrong = await post(
        client,
        "/desk/calls/new",
        form | {"closes_at": "四月", "address": "javascript:alert(1)", "papers": "一" * 130, "year": "26"},
    )
    assert wrong.status_code == 422
    for words in ("请按 2026-12-31 17:00 的样子填。", "请填完整网址", "最多 30 行", "之间的整数"):
        assert words in wrong.text
    early = await post(client, "/desk/calls/new", form | {"closes_at": "2026-03-03 08:00"})
    assert "截止时间应晚于开始时间" in early.text
    assert (await post(client, "/desk/calls/new", form)).status_code == 200
    call = await Call.get()
    assert call.closes_at == end_of_day(date(2026, 4, 1))
    assert (await client.get(f"/calls/{call.number}")).status_code == 200
    page = f"/desk/calls/{call.number}"
    assert "2026-04-01 24:00" in (await client.get(f"{page}/edit")).text
    assert (await post(client, page, {"act": "release"})).status_code == 403

    await sign_in(client, desk.approver)
    for act in ({}, {"act": "publish"}):
        assert (await post(client, page, act)).status_code == 422, "no other word releases"
    assert (await post(client, page, {"act": "return", "reason": "电话有误"})).status_code == 200
    await sign_in(client, desk.officer)
    assert "电话有误" in (await client.get(page)).text
    assert (await post(client, f"{page}/edit", form | {"phone": "0771-5550102"})).status_code == 200
    await sign_in(client, desk.approver)
    assert (await post(client, page, {"act": "release"})).status_code == 200

    await sign_in(client, desk.officer)
    assert (await client.get(f"{page}/edit")).status_code == 409
    late = await post(client, f"{page}/closing", {"closes_at": "2020-01-01", "ground": ""})
    assert late.status_code == 422
    assert "请写明为什么改" in late.text
    longer = {"closes_at": "2026-04-09 17:00", "ground": "系统维护两天"}
    assert (await post(client, f"{page}/closing", longer)).status_code == 200
    closing = await CallClosing.get()
    await sign_in(client, None)
    assert "改过的截止时间" not in (await client.get(f"/calls/{call.number}")).text, "it waits still"
    await sign_in(client, desk.approver)
    assert (await post(client, f"{page}/closing/{closing.id}", {"verdict": "maybe"})).status_code == 422
    assert "2026-04-09 17:00" in (await client.get("/desk/calls")).text
    assert (await post(client, f"{page}/closing/{closing.id}", {"verdict": "confirmed"})).status_code == 200
    assert (await post(client, f"{page}/closing/{closing.id}", {"verdict": "confirmed"})).status_code == 409
    await sign_in(client, None)
    public = (await client.get(f"/calls/{call.number}")).text
    assert "2026-04-09 17:00" in public
    assert "系统维护两天" in public
    assert "0771-5550102" in public
    assert desk.officer.name not in public


async def test_a_draft_is_discarded_and_strangers_see_nothing_of_the_desk(client: httpx.AsyncClient) -> None:
    desk = await make_desk()
    applicant = await make_applicant()
    call = await calls.draft_call("guangxi", values(), by=By(desk.officer, NOW))
    page = f"/desk/calls/{call.number}"
    for actor in (None, applicant):
        await sign_in(client, actor)
        assert (await client.get(f"/calls/{call.number}")).status_code == 404
        assert (await client.get("/desk/calls", follow_redirects=False)).status_code in (303, 403)
    await sign_in(client, await make_staff(StaffRole.AUDITOR))
    assert (await client.get("/desk/calls")).status_code == 200

    await sign_in(client, desk.officer)
    assert (await post(client, page, {"act": "discard"})).status_code == 200
    assert (await Call.get()).status is CallStatus.DISCARDED
    assert await Message.filter(user_id=desk.approver.user_id, address=page).exists()
