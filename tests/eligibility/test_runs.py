"""The nightly run over organisations, what they are told of it once, and reminders before a call closes."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import httpx

from market.accounts.actors import Actor
from market.accounts.models import Message, Organisation, OrganisationKind
from market.claims.applications import submit_claim
from market.claims.claim_facts import gather_facts
from market.contracts.models import Contract
from market.deps import Deps
from market.eligibility import jobs
from market.eligibility.checks import (
    records_are_of_released_terms,
    reminders_are_of_published_closings,
    those_who_were_told_had_members,
)
from market.eligibility.facts import read_book
from market.eligibility.judging import judge_one
from market.eligibility.models import CallReminder, EligibilityMessage, EligibilityRecord, EligibilityRun
from market.eligibility.reminders import remind_due
from market.eligibility.runs import enqueue_run, run_batch, run_to_end
from market.eligibility.states import Answer
from market.eligibility.targets import targets
from market.eligibility.telling import send_digest
from market.kit.clock import local_date, start_of_day
from market.kit.jobs import run_pending
from market.kit.models import OutgoingMail
from market.programmes.call_windows import end_of_year
from market.programmes.facts import read_facts
from market.programmes.models import Programme
from market.programmes.rule_files import find_terms
from market.programmes.rule_terms import compile_terms
from market.records.by import By
from market.records.moments import run_moments
from tests.claims.factories import (
    WAN,
    make_applicant,
    make_contract,
    make_desk,
    make_draft,
    make_rechecked,
    make_sales,
)
from tests.databases import past_guards
from tests.factories import NOW, make_member, make_organisation
from tests.programmes.factories import make_programmes
from tests.programmes.test_calls import change_closing, make_call, window
from tests.visitor import post, sign_in

LATER_BY = timedelta(days=1)
LATER = NOW + LATER_BY


async def _applicant_with_contract(**fields: Any) -> tuple[Actor, Contract]:
    """Make a firm of Nanning that bought a licence, paid and reported sales."""
    applicant = await make_applicant()
    buyer = await Organisation.get(id=applicant.organisation_id)
    contract = await make_contract(buyer, **fields)
    await make_sales(contract, applicant)
    return applicant, contract


async def run(now: datetime = NOW) -> EligibilityRun:
    """Judge all organisations now, as the job does."""
    await enqueue_run(now)
    done = await run_to_end(now)
    assert done is not None
    return done


async def answers(organisation_id: UUID | None) -> dict[str, Answer]:
    rows = await EligibilityRecord.filter(organisation_id=organisation_id).select_related("terms__programme")
    return {row.terms.programme.slug: row.answer for row in rows}


async def test_facts_of_many_are_those_that_a_claim_of_each_would_gather() -> None:
    desk = await make_desk()
    claim = await make_rechecked(desk)
    applicant, contract = await _applicant_with_contract()
    university = await make_organisation(kind=OrganisationKind.UNIVERSITY)
    organisations = await Organisation.all()
    book = await read_book(organisations)

    assert {claim.applicant_id, applicant.organisation_id, university.id} <= {one.id for one in organisations}
    for programme in await Programme.filter(slug__in=["guangxi", "nanning", "shenzhen", "henan-seller"]):
        for organisation in organisations:
            own = book.of(organisation, programme, 2026)
            gathered = await gather_facts(programme, organisation, 2026, [row.id for row in own.contracts])
            single = read_facts(gathered)
            assert own.facts.applicant == single.applicant
            assert own.facts.granted_this_year == single.granted_this_year
            assert not own.contracts or own.facts.contracts == single.contracts
    guangxi = await Programme.get(slug="guangxi")
    claiming = await Organisation.get(id=claim.applicant_id)
    assert book.of(claiming, guangxi, 2026).claim == claim.number
    assert book.of(claiming, guangxi, 2026).contracts == (), "its contract is in the claim"
    buyer = await Organisation.get(id=applicant.organisation_id)
    assert [row.id for row in book.of(buyer, guangxi, 2026).contracts] == [contract.id]


async def test_a_firm_is_told_once_of_each_answer_whatever_the_nights_bring() -> None:
    applicant, contract = await _applicant_with_contract(registration_number=None, registered_on=None)
    first = await run()

    assert (first.organisations, first.told) == (2, 1)
    assert await answers(applicant.organisation_id) == {
        "guangxi": Answer.STEP,
        "nanning": Answer.FAILED,
        "nanning-voucher": Answer.FAILED,
    }
    messages = await Message.filter(user_id=applicant.user_id, address="/policies/check")
    assert len(messages) == 1
    assert "（还差一步）" in messages[0].text
    assert (await run(LATER)).told == 0
    registered = {"registration_number": "4526010300009999", "registered_on": NOW.date()}
    await Contract.filter(id=contract.id).update(**registered)
    third = await run(LATER + timedelta(days=1))
    assert third.told == 1, "it is met now, which is news"
    assert (await answers(applicant.organisation_id))["guangxi"] is Answer.MET
    assert (await run(LATER + timedelta(days=2))).told == 0
    assert not await EligibilityMessage.exists(organisation_id=applicant.organisation_id, answer="failed")


async def test_a_run_that_is_killed_goes_on_where_it_was_and_tells_nobody_twice() -> None:
    await make_programmes()
    for _ in range(5):
        await make_member(await make_organisation())
    await enqueue_run(NOW)
    begun = await EligibilityRun.get()
    assert await run_batch(begun.id, NOW, batch=2)
    await enqueue_run(LATER)
    assert await EligibilityRun.all().count() == 1, "what was interrupted goes on"
    done = await run_to_end(LATER, batch=2)

    assert done is not None
    assert (done.organisations, done.finished_at) == (5, LATER)
    assert done.told == 15
    assert not await run_batch(done.id, LATER)
    assert await run_to_end(LATER) is None
    assert await EligibilityMessage.all().count() == 15
    assert await Message.filter(address="/policies/check").count() == 5


async def test_what_is_not_for_a_firm_any_more_is_dropped_and_what_has_a_claim_is_not_told() -> None:
    applicant, claim = await make_draft()
    await run()

    assert (
        await EligibilityRecord.get(
            organisation_id=applicant.organisation_id, terms__programme__slug="guangxi"
        )
    ).has_claim
    assert not await EligibilityMessage.exists(
        terms__programme__slug="guangxi", organisation_id=claim.applicant_id
    )
    await past_guards("UPDATE organisations SET region = '110000' WHERE id = $1", applicant.organisation_id)
    await run(LATER)
    assert await answers(applicant.organisation_id) == {}


async def test_the_week_goes_into_one_mail_a_person() -> None:
    applicant, _contract = await _applicant_with_contract()
    await run()
    assert not await OutgoingMail.filter(recipient=applicant.email).exists()

    assert await send_digest(now=LATER) == 1
    assert await send_digest(now=LATER) == 0

    mail = await OutgoingMail.get(recipient=applicant.email)
    assert "/policies/check" in mail.text
    assert "（符合）" in mail.text


async def test_who_may_apply_and_has_not_is_reminded_four_weeks_one_week_and_one_day_before(
    deps: Deps,
) -> None:
    desk = await make_desk()
    applicant, claim = await make_draft()
    other, contract = await _applicant_with_contract(contract_amount=90 * WAN, trade_amount=90 * WAN)
    call = await make_call(desk, opens_at=NOW, closes_at=NOW + timedelta(days=40))
    await run()
    last_day = local_date(call.closes_at)
    moments = [start_of_day(last_day - timedelta(days=days)) + timedelta(hours=9) for days in (28, 7, 1)]

    assert await run_moments(deps, moments[0]) == 1
    assert {row.days for row in await CallReminder.all()} == {28}
    reminded = {row.organisation_id for row in await CallReminder.all()}
    assert {other.organisation_id, applicant.organisation_id} <= reminded
    await submit_claim(claim.number, is_declared=True, by=By(applicant, moments[0]))
    assert await run_moments(deps, moments[1]) == 1
    assert {row.organisation_id for row in await CallReminder.filter(days=7)} == {other.organisation_id}
    assert not await remind_due(call.id, now=moments[1]), "nobody is reminded of the same twice"

    await change_closing(desk, call, call.closes_at + timedelta(days=30), moments[1])
    assert await run_moments(deps, moments[2]) == 0, "the closing is another one"
    assert not await remind_due(call.id, now=call.closes_at + timedelta(days=30))
    texts = [row.text for row in await Message.filter(user_id=other.user_id).order_by("id")]
    assert any("截止：按记录贵单位" in text for text in texts)
    assert await reminders_are_of_published_closings() == []
    await past_guards("UPDATE call_reminders SET closes_at = closes_at + interval '1 day'")
    assert await reminders_are_of_published_closings() != []
    assert contract.id


async def test_who_has_a_draft_is_told_when_a_call_binds_it() -> None:
    desk = await make_desk()
    applicant, claim = await make_draft()
    call = await make_call(desk)

    texts = [row.text for row in await Message.filter(user_id=applicant.user_id)]

    assert any(call.number in text and "草稿" in text for text in texts)
    run_ = await EligibilityRun.get(finished_at=None)
    assert await run_batch(run_.id, NOW)
    other = await make_call(desk, beside=call, opens_at=NOW, closes_at=NOW + timedelta(days=9))
    await run_to_end(NOW)
    record = await EligibilityRecord.get(terms__programme__slug="guangxi", organisation_id=claim.applicant_id)
    assert record.call_id == other.id, "a call that is released during a run counts for all, not from then on"
    assert claim.number


def test_of_two_versions_in_one_year_the_later_counts_and_is_told_anew() -> None:
    shipped = find_terms("guangxi")[0]
    content = dict(shipped.content)
    july = compile_terms(content | {"version": "2026b", "valid_from": "2026-07-01"})
    next_year = compile_terms(content | {"version": "2027", "valid_from": "2027-01-01"})
    call = window(year=2027, opens_at=NOW, closes_at=end_of_year(2027))

    def versions(*terms: Any, calls: Any = ()) -> list[tuple[str, int]]:
        found = targets(terms, {"guangxi": list(calls)}, NOW + timedelta(days=2))
        return [(target.terms.version, target.year) for target in found]

    assert versions(shipped, july) == [("2026b", 2026)]
    assert versions(shipped, next_year) == [("2019", 2026)]
    assert versions(shipped, next_year, calls=[call]) == [("2027", 2027)]
    assert versions(shipped, calls=[window(year=2025), call]) == [("2019", 2025), ("2019", 2027)]
    assert versions(next_year) == [], "it has not begun"
    short, long = (
        window(number=f"SB-2026-00000{n}", opens_at=NOW, closes_at=NOW + n * LATER_BY) for n in (5, 9)
    )
    (target,) = targets([shipped], {"guangxi": [long, short]}, NOW)
    assert target.call == long, "both bind, so one may apply until the later closing"
    (target,) = targets([shipped], {"guangxi": [call]}, NOW)
    assert target.live_call(NOW) == call
    assert target.live_call(call.closes_at) is None


async def test_the_operator_sees_whom_the_word_has_not_reached_and_has_all_judged(
    client: httpx.AsyncClient, deps: Deps
) -> None:
    desk = await make_desk()
    applicant, _contract = await _applicant_with_contract()
    silent = await make_organisation(name="没有成员的公司", contact_phone="0771-5559999")
    contract = await make_contract(silent)
    await make_sales(contract, applicant)
    await sign_in(client, applicant)
    assert (await client.get("/backoffice/eligibility", follow_redirects=False)).status_code in (
        303,
        403,
        404,
    )
    await sign_in(client, desk.operator)
    assert "还没有核对过" in (await client.get("/backoffice/eligibility")).text
    assert (await post(client, "/backoffice/eligibility")).status_code == 200
    await run_pending(deps)
    page = (await client.get("/backoffice/eligibility?city=4501&programme=guangxi")).text
    assert "没有成员的公司" in page
    assert "0771-5559999" in page
    assert "单位里没有可以接收的人" in page
    assert applicant.organisation_name in page
    assert "没有还没告知到的单位" in (await client.get("/backoffice/eligibility?city=4502")).text
    await Message.filter(user_id=applicant.user_id).update(read_at=LATER)
    page = (await client.get("/backoffice/eligibility")).text
    assert applicant.organisation_name not in page
    assert await those_who_were_told_had_members() == []
    await past_guards("UPDATE memberships SET started_at = started_at + interval '9 days'")
    assert await those_who_were_told_had_members() != []


async def test_the_nightly_jobs_judge_and_the_answers_are_of_released_terms(deps: Deps) -> None:
    applicant, _contract = await _applicant_with_contract()
    await jobs.nightly(deps)
    await run_pending(deps)
    await jobs.digest(deps)

    assert (await answers(applicant.organisation_id))["guangxi"] is Answer.MET
    assert await records_are_of_released_terms() == []
    await past_guards(
        "UPDATE programme_terms SET status = 'draft', released_at = NULL WHERE version = '2019'"
    )
    assert await records_are_of_released_terms() != []


async def test_an_organisation_without_contracts_waits_for_one_and_a_university_buys_nothing() -> None:
    await make_programmes()
    firm = await make_organisation()
    university = await make_organisation(kind=OrganisationKind.UNIVERSITY)

    catalogue, results = await judge_one(firm, NOW)
    _catalogue, none = await judge_one(university, NOW)

    assert {own.target.terms.programme: own.result.answer for own in results} == {
        "guangxi": Answer.OPEN,
        "nanning": Answer.OPEN,
        "nanning-voucher": Answer.OPEN,
    }
    assert {own.result.amount for own in results} == {None}
    assert [own.contract_numbers for own in results] == [[], [], []]
    assert none == []
    assert len(catalogue.programmes) == 22
