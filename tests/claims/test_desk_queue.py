"""The desk's queue: whose claims they are, in which order, and what can be done to many at once."""

from __future__ import annotations

import io
from datetime import timedelta
from urllib.parse import urlencode

import httpx
import openpyxl
import pytest

from market.accounts.models import StaffRole
from market.audit.models import AuditEvent
from market.audit.persons import pseudonym_of
from market.claims.applications import submit_claim
from market.claims.desk_queue import MOST_SAVED, SORTS, find_neighbours, list_queue, save_queue
from market.claims.desk_review import accept, accept_many, assign, assign_many
from market.claims.models import Claim, SavedQueue
from market.claims.queries import NOBODY, OPEN, ClaimFilter
from market.claims.states import ClaimStatus
from market.integrity.conflicts import declare_conflict
from market.kit.clock import local_date
from market.kit.errors import Conflict, Forbidden, Invalid
from market.kit.pagination import PageRequest
from market.records.by import By
from tests.claims.factories import Desk, make_desk, make_draft, make_rechecked, refuse, status_of
from tests.factories import NOW, make_staff
from tests.visitor import post, sign_in

TODAY = local_date(NOW + timedelta(days=10))


async def make_submitted(count: int) -> list[Claim]:
    """Hand in claims, each an hour after the one before."""
    claims = []
    for hours in range(count):
        applicant, draft = await make_draft()
        claims.append(
            await submit_claim(draft.number, is_declared=True, by=By(applicant, NOW + timedelta(hours=hours)))
        )
    return claims


async def numbers(claim_filter: ClaimFilter | None = None, sort: str = "") -> list[str]:
    page, _amount = await list_queue(PageRequest(), claim_filter or ClaimFilter(), sort, TODAY)
    return [row.claim.number for row in page.items]


async def reject_one(desk: Desk, claim: Claim) -> None:
    await refuse(desk, claim)


async def test_what_is_unfinished_comes_first_and_the_longest_waiting_first_of_all() -> None:
    desk = await make_desk()
    first, second, third = await make_submitted(3)
    await reject_one(desk, first)

    assert await numbers() == [second.number, third.number, first.number]
    assert await numbers(ClaimFilter(status=OPEN)) == [second.number, third.number]


async def test_a_claim_that_is_finished_waits_no_more() -> None:
    desk = await make_desk()
    first, second = await make_submitted(2)
    await reject_one(desk, first)

    page, _amount = await list_queue(PageRequest(), ClaimFilter(), "", TODAY)

    assert [(row.claim.number, row.days) for row in page.items] == [(second.number, 10), (first.number, None)]


async def test_the_queue_sorts_by_every_column_in_both_directions() -> None:
    desk = await make_desk()
    rechecked = await make_rechecked(desk)
    waiting = (await make_submitted(2))[1]
    await assign(waiting.number, desk.officer.user_id, by=By(desk.officer, NOW))
    last = {"status": rechecked, "amount": rechecked, "handler": waiting, "number": waiting}

    for column in SORTS:
        ascending, descending = await numbers(sort=column), await numbers(sort=f"-{column}")

        assert set(ascending) == set(descending), column
        assert len(ascending) == 3
        if column in last:
            assert descending[0] == last[column].number
            assert ascending[0] != last[column].number
        if column == "waiting":
            assert (ascending[0], descending[-1]) == (waiting.number, waiting.number)


async def test_the_trade_amount_and_city_of_a_claim_stand_in_the_queue(client: httpx.AsyncClient) -> None:
    desk = await make_desk()
    await make_submitted(1)
    await sign_in(client, desk.officer)

    page = await client.get("/desk")

    assert "1,200,000.00" in page.text
    assert "南宁市" in page.text


async def test_a_claim_of_another_is_still_workable_and_says_whose_it_is(client: httpx.AsyncClient) -> None:
    desk = await make_desk()
    other = await make_staff(StaffRole.OFFICER)
    claim = (await make_submitted(1))[0]
    await assign(claim.number, other.user_id, by=By(desk.officer, NOW))
    await sign_in(client, desk.officer)

    page = await client.get(f"/desk/{claim.number}")
    accepted = await post(client, f"/desk/{claim.number}/accept", {})

    assert "这份申报由他人经办，您仍可办理。" in page.text
    assert other.name in page.text
    assert accepted.status_code == 200
    assert await status_of(claim) is ClaimStatus.ACCEPTED


async def test_claims_are_found_by_their_handler_or_by_having_none() -> None:
    desk = await make_desk()
    mine, free = await make_submitted(2)
    await assign(mine.number, desk.officer.user_id, by=By(desk.officer, NOW))

    assert await numbers(ClaimFilter(handler=desk.officer.user_id)) == [mine.number]
    assert await numbers(ClaimFilter(handler=NOBODY)) == [free.number]


async def test_only_an_officer_is_made_the_handler_and_the_log_says_from_whom_to_whom() -> None:
    desk = await make_desk()
    claim = (await make_submitted(1))[0]

    with pytest.raises(Invalid, match="核算人"):
        await assign(claim.number, desk.rechecker.user_id, by=By(desk.officer, NOW))
    with pytest.raises(Forbidden):
        await assign(claim.number, desk.officer.user_id, by=By(desk.rechecker, NOW))
    await assign(claim.number, desk.officer.user_id, by=By(desk.officer, NOW))
    await assign(claim.number, desk.officer.user_id, by=By(desk.officer, NOW))

    events = await AuditEvent.filter(subject_id=claim.id, action="assign")
    assert [(event.data["before"], event.data["after"]) for event in events] == [
        (None, str(await pseudonym_of(desk.officer.user_id)))
    ]


async def test_a_finished_claim_is_not_assigned() -> None:
    desk = await make_desk()
    claim = (await make_submitted(1))[0]
    await reject_one(desk, claim)

    with pytest.raises(Conflict):
        await assign(claim.number, desk.officer.user_id, by=By(desk.officer, NOW))


async def test_of_many_claims_accepted_at_once_those_refused_are_named_and_the_rest_go_on() -> None:
    desk = await make_desk()
    done, again, barred = await make_submitted(3)
    await accept(again.number, by=By(desk.officer, NOW))
    await declare_conflict("claim", barred.id, number=barred.number, reason="亲属", by=By(desk.officer, NOW))

    chosen = [again.number, done.number, barred.number, "BZ-2026-999999"]
    result = await accept_many(chosen, by=By(desk.officer, NOW))

    assert result.done == [done.number]
    assert [refusal.number for refusal in result.refused] == [again.number, barred.number, "BZ-2026-999999"]
    assert all(refusal.reason for refusal in result.refused)
    assert await status_of(done) is ClaimStatus.ACCEPTED
    assert await status_of(barred) is ClaimStatus.SUBMITTED


async def test_assigning_many_leaves_out_what_is_finished() -> None:
    desk = await make_desk()
    first, second = await make_submitted(2)
    await reject_one(desk, first)

    result = await assign_many([first.number, second.number], desk.officer.user_id, by=By(desk.officer, NOW))

    assert result.done == [second.number]
    assert [refusal.number for refusal in result.refused] == [first.number]


async def test_the_page_of_a_bulk_act_names_each_claim_that_was_refused(client: httpx.AsyncClient) -> None:
    desk = await make_desk()
    first, second = await make_submitted(2)
    await accept(first.number, by=By(desk.officer, NOW))
    await sign_in(client, desk.officer)

    partly = await post(client, "/desk/bulk", {"act": "accept", "scope": "all"})
    handed_out = await post(
        client,
        "/desk/bulk?status=accepted",
        {"act": "assign", "scope": "all", "handler": str(desk.officer.user_id)},
    )

    assert partly.status_code == 422
    assert first.number in partly.text
    assert "已受理 1 项。" in partly.text
    assert "已分派 2 项。" in handed_out.text
    assert await numbers(ClaimFilter(handler=desk.officer.user_id)) == [first.number, second.number]


async def test_a_claim_has_its_neighbours_in_the_queue_it_was_opened_from(client: httpx.AsyncClient) -> None:
    desk = await make_desk()
    first, second, third = await make_submitted(3)
    submitted = ClaimFilter(status="submitted")
    await sign_in(client, desk.officer)

    middle = await find_neighbours(second.number, submitted, "")
    page = await client.get(f"/desk/{second.number}?status=submitted")
    accepted = await post(client, f"/desk/{second.number}/accept?status=submitted", {})

    assert (middle.position, middle.total, middle.before, middle.after) == (2, 3, first.number, third.number)
    assert f'href="/desk/{third.number}?status=submitted"' in page.text
    assert "已不在这组条件里，还有 2 件" in accepted.text
    assert f'href="/desk/{first.number}?status=submitted"' in accepted.text


async def test_a_filter_is_kept_under_a_name_for_one_person(client: httpx.AsyncClient) -> None:
    desk = await make_desk()
    await make_submitted(1)
    await sign_in(client, desk.officer)

    kept = await post(client, "/desk/filters?status=submitted&sort=-trade&page=3", {"name": "大额待受理"})
    saved = await SavedQueue.get()
    await sign_in(client, desk.rechecker)
    of_another = await client.get("/desk")
    await post(client, "/desk/filters", {"delete": str(saved.id)})

    assert "大额待受理" in kept.text
    assert saved.query == urlencode([("status", "submitted"), ("sort", "-trade")])
    assert "大额待受理" not in of_another.text
    assert await SavedQueue.exists(id=saved.id), "another's is not deleted"


async def test_an_address_that_cannot_be_read_filters_nothing(client: httpx.AsyncClient) -> None:
    desk = await make_desk()
    (claim,) = await make_submitted(1)
    await sign_in(client, desk.officer)

    for query in (
        "handler=x",
        "sort=price",
        "sort=--trade",
        "year=20x6",
        "programme=%00",
        "status=%00",
        "page=0",
    ):
        page = await client.get(f"/desk?{query}")
        assert page.status_code == 200, query
        assert claim.number in page.text, query
        assert (await client.get(f"/desk/{claim.number}?{query}")).status_code == 200, query


async def test_a_filter_needs_a_name_and_conditions_and_there_is_a_limit() -> None:
    desk = await make_desk()
    by = By(desk.officer, NOW)
    with pytest.raises(Invalid):
        await save_queue(" ", "status=open", by=by)
    with pytest.raises(Invalid):
        await save_queue("全部", "", by=by)
    for n in range(MOST_SAVED):
        await save_queue(f"条件 {n}", "status=open", by=by)

    await save_queue("条件 0", "status=paid", by=by)
    with pytest.raises(Conflict):
        await save_queue("再一组", "status=open", by=by)

    assert (await SavedQueue.get(name="条件 0")).query == "status=paid"


async def test_the_workbook_holds_the_queue_as_it_is_filtered(client: httpx.AsyncClient) -> None:
    desk = await make_desk()
    first, second = await make_submitted(2)
    await assign(second.number, desk.officer.user_id, by=By(desk.officer, NOW))
    await sign_in(client, desk.officer)

    answer = await client.get("/desk/claims.xlsx?handler=me")

    rows = list(openpyxl.load_workbook(io.BytesIO(answer.content)).worksheets[0].iter_rows(values_only=True))
    assert [row[0] for row in rows] == ["申报", second.number]
    assert rows[1][7] == desk.officer.name
    assert rows[1][9] == 1_200_000
    assert first.number not in str(rows)
