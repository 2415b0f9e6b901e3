"""The demo market, seeded once for all tests of this file and undone after the last."""

from __future__ import annotations

import importlib
from collections import Counter, defaultdict
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest
import pytest_asyncio
from tortoise.transactions import in_transaction

from market.accounts.actors import Actor
from market.accounts.demo_logins import EMAILS, PASSWORD
from market.accounts.models import (
    Invitation,
    Message,
    Organisation,
    OrganisationKind,
    OrganisationStatus,
    User,
)
from market.accounts.passwords import verify_password
from market.auctions.board import board_of
from market.auctions.models import Auction
from market.auctions.queries import decides, organises
from market.auctions.states import FailReason
from market.audit.verify import verify_database
from market.budgets.clawback_returns import sum_returned
from market.budgets.list_confirmation import preview_batch
from market.budgets.models import Batch, Clawback, Disbursement
from market.budgets.states import BatchStatus, ClawbackStatus, DisbursementStatus
from market.challenges.deadlines import shown_status, takes_solutions
from market.challenges.models import Challenge
from market.challenges.solution_models import Solution
from market.challenges.solution_states import SolutionStatus
from market.challenges.states import Kind as ChallengeKind
from market.claims.models import Assessment, Claim, SalesReport
from market.claims.states import ClaimStatus
from market.contracts.models import Contract, ContractDraft, Instalment
from market.contracts.queries import open_amount, received_amount
from market.deals.models import Deal, DealMessage, ExchangeCertificate, Offer, Opening, Pricing, Side
from market.deals.queries import list_live_deals
from market.deals.states import DealStatus, OfferStatus
from market.deps import Deps
from market.imports.models import ListingImport
from market.imports.states import ImportStatus
from market.kit.clock import local_date
from market.kit.database import connection
from market.kit.models import OutgoingMail
from market.kit.pagination import PageRequest
from market.kit.worklist import Turn
from market.ledger.checks import run_checks
from market.listings.models import ListingChange, Need, Outcome
from market.listings.states import ChangeStatus, NeedStatus, OutcomeStatus
from market.matching.models import Match
from market.matching.states import MatchStatus
from market.notices.models import Notice, Objection
from market.notices.states import NoticeStatus
from market.pages.deal_views import rows_of
from market.pages.deal_worklist import deals_worklist
from market.pages.workbench import build_board
from market.panels.round_models import Round, Seat
from market.panels.round_states import Extension, RoundStatus, SeatStatus
from market.papers.models import OrganisationPaper
from market.payments.models import Payment, Refund, Remittance
from market.payments.statement_models import BankLine
from market.payments.states import LineStatus, PaymentStatus, RefundStatus, RemittanceStatus
from market.questions.models import Question
from market.records.models import StatusEvent
from market.rewards.models import RewardPlan
from market.rewards.states import RewardStatus
from market.search.engine import Query
from market.search.outbox import indexes_with_pending
from market.seed.content import id_of, load
from market.seed.demo_market import AlreadySeeded, NotADemo, seed, seed_if_empty
from market.seed.people import Cast
from market.seed.transaction import whole_stage
from market.surveys.models import Survey, SurveyEntry
from market.surveys.queries import page_unit_entries, quotas_of, tally_of
from market.surveys.states import EntryStatus, SurveyStatus
from market.surveys.units import find_unit_of
from tests.fakes import fake_deps
from tests.fixtures import NOW
from tests.visitor import sign_in

pytestmark = pytest.mark.long


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def seeded(database_connection: None, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Deps]:
    """The demo market as it stands right after its seeding."""
    deps = fake_deps(tmp_path_factory.mktemp("demo"), now=NOW)
    async with in_transaction() as transaction:
        await seed(deps, say=lambda text: None)
        yield deps
        await transaction.rollback()
    await deps.search.close()


async def actor(key: str) -> Actor:
    return await Cast().actor(key)


async def deal_of(outcome: str, buyer: str) -> Deal:
    return await Deal.get(
        outcome__title=load("outcomes")[outcome]["title"], buyer_id=id_of("organisation", buyer)
    )


async def test_a_seeded_market_is_not_seeded_again(seeded: Deps) -> None:
    before = await Deal.all().count()

    with pytest.raises(AlreadySeeded):
        await seed(seeded, say=lambda text: None)
    await seed_if_empty(seeded, say=lambda text: None)

    assert await Deal.all().count() == before


async def test_a_real_market_is_never_seeded(tmp_path: Path) -> None:
    real = fake_deps(tmp_path, now=NOW, is_demo=False)

    with pytest.raises(NotADemo):
        await seed(real, say=lambda text: None)


async def test_everybody_signs_in_with_the_password_that_is_shown(seeded: Deps) -> None:
    people = await User.filter(email__in=EMAILS)

    assert len(people) == len(EMAILS) == 21
    assert len({person.password_hash for person in people}) == 1
    assert await verify_password(PASSWORD, people[0].password_hash)
    assert all(person.email_confirmed_at for person in people)


async def test_all_written_listings_are_public_and_can_be_found(seeded: Deps) -> None:
    hits = await seeded.search.search(Query(index="outcomes", text="耐热铝合金导线"))

    assert await Outcome.exclude(published_at=None).count() == len(load("outcomes")) == 80
    assert await Need.exclude(published_at=None).count() == len(load("needs")) == 46
    assert await indexes_with_pending() == []
    conductor = await Outcome.get(title=load("outcomes")["al-zr-conductor"]["title"])
    assert hits.ids[0] == conductor.id


async def test_filters_and_orders_have_something_to_tell_apart(seeded: Deps) -> None:
    outcomes = Query(index="outcomes", text="", facets=("has_open_licence", "has_subsidy", "interests"))
    needs = Query(index="needs", text="", facets=("responses",))
    counts = {**(await seeded.search.search(outcomes)).facets, **(await seeded.search.search(needs)).facets}

    assert counts["has_open_licence"]["yes"] == 4
    assert {"yes", "no"} == counts["has_subsidy"].keys()
    assert len(counts["interests"]) > 1
    assert len(counts["responses"]) > 1


async def test_there_is_work_for_the_operator(seeded: Deps) -> None:
    assert await Organisation.filter(status=OrganisationStatus.PENDING).count() == 2
    assert await Organisation.filter(status=OrganisationStatus.RETURNED).count() == 1
    assert await Outcome.filter(status=OutcomeStatus.PENDING).count() == 1 + 3
    assert await Need.filter(status=NeedStatus.PENDING).count() == 1
    assert await Objection.filter(decided_at=None).count() == 2


async def test_what_organisations_keep_up_has_something_on_every_page(seeded: Deps) -> None:
    today = local_date(NOW)
    changes = {change.status for change in await ListingChange.all()}
    imports = {listing_import.status for listing_import in await ListingImport.all()}
    papers = await OrganisationPaper.all()
    questions = await Question.all()

    assert {ChangeStatus.PENDING, ChangeStatus.APPLIED, ChangeStatus.REJECTED} <= changes
    assert imports == {ImportStatus.CHECKED, ImportStatus.IMPORTED, ImportStatus.SUBMITTED}
    assert (await ListingImport.get(status=ImportStatus.CHECKED)).counts["faulty"] == 2
    assert any(paper.checked_at is None for paper in papers)
    lapses = [(paper.expires_on - today).days for paper in papers if paper.expires_on]
    assert (min(lapses) < 0, 0 < max(lapses) <= 30) == (True, True)
    assert {bool(question.answer) for question in questions} == {True, False}
    assert {question.subject_kind for question in questions} == {"outcome", "need", "challenge"}
    assert await Invitation.filter(accepted_at=None, expires_at__gt=NOW).count() == 2


async def test_deals_stand_in_every_state(seeded: Deps) -> None:
    deals = {deal.status for deal in await Deal.all()}

    assert deals == set(DealStatus) - {DealStatus.RESCINDED}
    suspended = await deal_of("hpdc-alloy", "muche")
    assert suspended.status is DealStatus.PUBLICITY
    assert (await Notice.get(subject_id=suspended.id)).status is NoticeStatus.OBJECTED


async def test_claims_stand_in_every_state_a_round_passes(seeded: Deps) -> None:
    later = {ClaimStatus.REVIEWED, ClaimStatus.TRACKING, ClaimStatus.CLOSED}

    assert {claim.status for claim in await Claim.all()} == set(ClaimStatus) - later
    assert {order.status for order in await Disbursement.all()} == {
        DisbursementStatus.ORDERED,
        DisbursementStatus.PAID,
    }


async def test_programmes_of_different_shape_share_their_pots_in_each_way(seeded: Deps) -> None:
    claims = await Claim.all().select_related("programme", "batch").order_by("number")
    awards: dict[str, list[int]] = {}
    for claim in claims:
        if claim.batch is not None and claim.award_amount is not None:
            awards.setdefault(claim.programme.slug, []).append(claim.award_amount)
    draft = await Batch.get(programme__slug="fujian-agency")
    preview = await preview_batch(draft, now=NOW)

    assert {claim.programme.slug for claim in claims} == {
        *("guangxi", "nanning", "ningbo-broker", "shenzhen", "fujian-agency"),
    }
    assert awards["ningbo-broker"] == [230_000_00, 135_000_00, 35_000_00]
    assert awards["shenzhen"] == [626_450_12, 345_243_62, 228_306_26]
    assert sum(awards["shenzhen"]) == 1_200_000_00
    assert (draft.status, [line.award for line in preview.lines]) == (BatchStatus.DRAFT, [252_000_00, 0])


async def test_what_follows_payment_is_shown_too(seeded: Deps) -> None:
    assert {plan.status for plan in await RewardPlan.all()} == {RewardStatus.PAID, RewardStatus.PUBLICITY}
    assert {line.status for line in await BankLine.all()} == {
        LineStatus.OPEN,
        LineStatus.MATCHED,
        LineStatus.SET_ASIDE,
    }
    assert [refund.status for refund in await Refund.all()] == [RefundStatus.RECORDED]
    assert await DealMessage.all().count() == 5
    concluded, half_scored = await Round.filter(subject_kind="claim").order_by("number")
    assert (concluded.status, concluded.extension) == (RoundStatus.PUBLISHED, Extension.MORE_EXPERTS)
    assert half_scored.status is RoundStatus.DECLARING
    assert await Seat.filter(user_id=id_of("user", "reviewer"), status=SeatStatus.ACCEPTED).exists()
    assert await Seat.filter(item__round_id=half_scored.id, status=SeatStatus.SUBMITTED).count() == 2
    owed = await Clawback.get()
    assert (owed.status, await sum_returned(owed.id)) == (ClawbackStatus.CONFIRMED, 5_000_000)
    scored = await Assessment.get(claim__status=ClaimStatus.CALCULATED)
    given: Any = scored.result["given"]
    assert (given["rate_basis_points"], len(given["scores"]), given["is_flagged"]) == (4000, 5, True)


async def test_the_deal_shown_live_is_untouched_and_its_match_is_the_best(seeded: Deps) -> None:
    need = await Need.get(title=load("needs")["need-conductor"]["title"])
    outcome = await Outcome.get(title=load("outcomes")["al-zr-conductor"]["title"])

    best = await Match.filter(need_id=need.id).order_by("-score").first()

    assert best is not None
    assert (best.outcome_id, best.status) == (outcome.id, MatchStatus.SUGGESTED)
    assert not await Deal.exists(need_id=need.id)
    assert not await Deal.exists(outcome_id=outcome.id)


async def test_brokers_introduced_from_matches_they_took_up(seeded: Deps) -> None:
    introduced = await Deal.filter(opening=Opening.INTRODUCTION).prefetch_related("match")

    assert len(introduced) == 13
    assert all(deal.match and deal.match.broker_id == deal.broker_id for deal in introduced)
    assert await Match.filter(status=MatchStatus.ASSIGNED).count() == 4
    assert await Match.filter(status=MatchStatus.DROPPED).exclude(dropped_reason="").count() == 3


async def test_the_enterprise_has_something_to_do_at_every_step(seeded: Deps) -> None:
    to_answer = await deal_of("al-busbar-joint", "enterprise")
    to_confirm = await deal_of("al-dross-denitride", "enterprise")
    to_pay = await deal_of("recycled-al-iron", "enterprise")
    unclaimed = await deal_of("voc-catalyst", "enterprise")

    offer = await Offer.get(deal_id=to_answer.id, status=OfferStatus.OPEN)
    assert offer.side is Side.SELLER
    assert (await ContractDraft.get(deal_id=to_confirm.id)).side is Side.SELLER
    second = await Instalment.get(contract__deal_id=to_pay.id, sequence=2)
    assert await open_amount(second) == second.amount < 100_000_000
    contract = await Contract.get(deal_id=unclaimed.id)
    assert await received_amount(contract.id) == contract.contract_amount
    assert await SalesReport.exists(contract_id=contract.id)
    assert not await Claim.exists(contracts__contract_id=contract.id)
    assert await Claim.exists(applicant_id=to_pay.buyer_id, status=ClaimStatus.DRAFT)


async def test_the_university_has_something_to_do_at_every_step(seeded: Deps) -> None:
    to_answer = await deal_of("formaldehyde-free", "hezhu")
    to_agree = await deal_of("recycled-al-iron", "tianling")

    assert (await Offer.get(deal_id=to_answer.id, status=OfferStatus.OPEN)).side is Side.BUYER
    assert to_agree.seller_agreed_at is None
    assert to_agree.buyer_agreed_at is not None
    assert (await deal_of("ti-waste-acid", "gangze")).status is DealStatus.PRICED
    assert (await deal_of("red-mud-road", "tianling")).status is DealStatus.SIGNED
    certificate = await ExchangeCertificate.get(deal_id=(await deal_of("shrimp-ehp", "chaoyu")).id)
    assert certificate.verdict is None
    waiting = await Remittance.get(status=RemittanceStatus.RECORDED)
    assert waiting.proposed_by_id != (await actor("university2")).user_id


LOGINS = (
    *("university", "university2", "enterprise", "broker", "finance"),
    *("finance2", "approver", "reviewer", "operator", "auditor", "recommender"),
)
MOST_STATEMENTS = 10
"""Of a workbench; the session of the page is one more, the latest messages another."""
MOST_STATEMENTS_OF_A_CLAIM = 20
"""Of its page at the desk, with the session."""


@pytest.mark.parametrize("key", LOGINS)
async def test_a_workbench_takes_few_statements_however_much_waits(seeded: Deps, key: str) -> None:
    person = await actor(key)
    statements: list[str] = []
    driver: Any = connection()

    with driver._connection.query_logger(lambda entry: statements.append(entry.query)):
        board = await build_board(person, NOW)

    assert len(statements) <= MOST_STATEMENTS, "\n".join(text[:90] for text in statements)
    assert all(figure.value for figure in board.figures)
    assert [todo.due for todo in board.todos if todo.due] == sorted(
        todo.due for todo in board.todos if todo.due
    )
    if key in ("university", "university2", "enterprise", "broker", "finance", "finance2", "operator"):
        assert board.of_turn(Turn.MINE)


@pytest.mark.parametrize("key", ["university", "enterprise", "broker"])
async def test_the_list_of_deals_takes_few_statements_however_many_there_are(
    seeded: Deps, client: httpx.AsyncClient, key: str
) -> None:
    await sign_in(client, await actor(key))

    assert len(await statements_of(client, "/deals")) <= MOST_STATEMENTS


async def test_the_page_of_a_claim_takes_few_statements_in_every_state(
    seeded: Deps, client: httpx.AsyncClient
) -> None:
    await sign_in(client, await actor("finance"))
    claims = {claim.status: claim for claim in await Claim.filter(submitted_at__isnull=False)}

    counts = {
        claim.number: len(await statements_of(client, f"/desk/{claim.number}")) for claim in claims.values()
    }

    assert max(counts.values()) <= MOST_STATEMENTS_OF_A_CLAIM, counts


async def statements_of(client: httpx.AsyncClient, address: str) -> list[str]:
    """Return the statements of a page that opens."""
    statements: list[str] = []
    driver: Any = connection()
    with driver._connection.query_logger(lambda entry: statements.append(entry.query)):
        answer = await client.get(address)
    assert answer.status_code == 200
    return statements


@pytest.mark.parametrize("key", LOGINS)
async def test_every_piece_of_work_on_a_workbench_opens(
    seeded: Deps, client: httpx.AsyncClient, key: str
) -> None:
    person = await actor(key)
    await sign_in(client, person)
    board = await build_board(person, NOW)
    addresses = {f"deal of {todo.kind}": todo.address for todo in board.todos if todo.turn is not Turn.MINE}
    addresses |= {todo.kind: todo.address for todo in board.todos if todo.turn is Turn.MINE}

    answers = {kind: (await client.get(address)).status_code for kind, address in addresses.items()}

    assert {kind: status for kind, status in answers.items() if status >= 400} == {}


@pytest.mark.parametrize("key", ["university", "university2", "enterprise"])
async def test_the_workbench_and_the_list_of_deals_tell_the_same_next_steps(seeded: Deps, key: str) -> None:
    person = await actor(key)
    rows = await rows_of(await list_live_deals(person), person, NOW)

    work = await deals_worklist(person, NOW)

    assert {(todo.title, todo.what, todo.turn is not Turn.OTHERS) for todo in work.todos} == {
        (row.deal.title, row.step.title, row.step.is_for(row.side))
        for row in rows
        if row.side and row.step.key not in ("done", "ended")
    }
    late = {row.deal.title for row in rows if row.step.is_late and row.step.is_for(row.side)}
    assert {
        todo.title for todo in work.todos if todo.turn is not Turn.OTHERS and todo.days(NOW.date()) < 0
    } == late


async def test_money_came_by_transfer_and_online(seeded: Deps) -> None:
    paid = await Payment.get(status=PaymentStatus.SUCCEEDED)

    deal = await deal_of("zinc-residue-in", "jinxun")
    assert deal.status is DealStatus.PAYING
    assert paid.payable_id == (await Instalment.get(contract__deal_id=deal.id, sequence=1)).id


async def test_the_books_balance_and_nobody_touched_the_log(seeded: Deps) -> None:
    for room in ("payments", "contracts", "subsidies"):
        with suppress(ModuleNotFoundError):
            importlib.import_module(f"market.{room}.checks")

    findings, verifier = await verify_database()

    assert findings == []
    assert verifier.events > 900
    assert [result for result in await run_checks() if not result.is_well] == []


async def test_the_demo_looks_lived_in_most_messages_are_read_and_a_few_are_not(seeded: Deps) -> None:
    people: dict[UUID, list[bool]] = defaultdict(list)
    for user_id, read_at in await Message.all().values_list("user_id", "read_at"):
        people[user_id].append(read_at is not None)

    university = await User.get(email="university@demo.kezhuan.test")
    read = people[university.id]
    assert len(read) > 20
    assert 3 <= read.count(False) <= 12


async def test_one_survey_is_being_sorted_and_one_is_open_for_its_units(seeded: Deps) -> None:
    is_sorting = await Survey.get(status=SurveyStatus.SORTING)
    is_open = await Survey.get(status=SurveyStatus.OPEN)
    counted = await tally_of(is_sorting)

    assert (counted.published, counted.merged, counted.told, counted.waiting) == (1, 1, 2, 3)
    assert all(quota.gap for _quota, quota in await quotas_of(is_sorting))
    assert await SurveyEntry.filter(survey_id=is_sorting.id, alike_group__isnull=False).count() == 2
    entered = await SurveyEntry.filter(survey_id=is_open.id).order_by("running")
    assert {entry.status for entry in entered} == {EntryStatus.DRAFT, EntryStatus.SUBMITTED}
    unit = await find_unit_of(await actor("recommender"))
    assert unit
    assert (await page_unit_entries(is_open, unit, "all", "", PageRequest())).items


async def test_a_visitor_can_bid_at_once_and_the_other_auctions_tell_their_ends(seeded: Deps) -> None:
    now = seeded.clock()
    by_status = {auction.status.value: auction for auction in await Auction.all()}

    assert set(by_status) == {"concluded", "failed", "live", "ready", "enrolling"}
    for login in ("enterprise", "enterprise2"):
        board = await board_of(by_status["live"], await actor(login), now)
        assert board.offers or board.is_ahead, login
    assert by_status["failed"].fail_reason is FailReason.NO_BID
    assert await Deal.exists(id=by_status["concluded"].deal_id, pricing=Pricing.AUCTION)
    assert organises(await actor("exchange"), by_status["ready"])
    assert decides(await actor("exchange2"), by_status["ready"])


async def test_challenges_stand_in_each_state_and_can_be_solved_at_once(seeded: Deps) -> None:
    now = seeded.clock()
    challenges = await Challenge.all().select_related("owner")
    shown = Counter(shown_status(row.status, now, row.opens_at, row.deadline_at).value for row in challenges)

    assert set(shown) >= {
        *("draft", "collecting", "rejected", "listed", "responding", "no_taker", "checking", "reviewing"),
        *("agreed", "publicity", "contracted", "executing", "accepted", "failed", "ended"),
    }
    taken = [row for row in challenges if takes_solutions(row.status, now, row.opens_at, row.deadline_at)]
    assert any(row.is_masked for row in taken)
    assert any(row.packages for row in taken)
    assert any(row.race_lanes for row in challenges)
    assert any(row.follows_id for row in taken), "one that came to nothing is put up again"
    assert {row.kind for row in challenges} == set(ChallengeKind)
    drafts = await Solution.filter(status=SolutionStatus.DRAFT, challenge_id__in=[row.id for row in taken])
    assert id_of("organisation", "university") in {draft.organisation_id for draft in drafts}
    assert await Question.filter(subject_kind="challenge").count() == 3


async def test_nothing_happens_after_the_present_and_numbers_follow_time(seeded: Deps) -> None:
    rows = await connection().execute_query_dict("SELECT max(happened_at) AS last FROM audit_events")
    deals = await Deal.all().order_by("number")
    days = [local_date(message.created_at) for message in await Message.all().order_by("id")]

    assert rows[0]["last"] <= NOW
    assert [deal.created_at for deal in deals] == sorted(deal.created_at for deal in deals)
    assert days == sorted(days)
    assert not await StatusEvent.filter(happened_at__gt=NOW).exists()
    assert not await OutgoingMail.filter(sent_at=None).exists()


async def test_the_same_clock_gives_the_same_numbers_and_ids(seeded: Deps) -> None:
    conductor = await Outcome.get(title=load("outcomes")["al-zr-conductor"]["title"])
    need = await Need.get(title=load("needs")["need-conductor"]["title"])

    assert conductor.number == "CG-2026-000007"
    assert need.number == "XQ-2026-000023"
    assert (await deal_of("oyster-peptide", "chaoyu")).number == "JY-2025-000017"
    assert (await deal_of("weld-vision", "lichuan")).number == "JY-2026-000018"
    assert str(conductor.organisation_id) == "2e787d0c-d73b-52e9-a87c-ecc05de80484"


async def test_the_stage_that_was_cut_short_leaves_nothing() -> None:
    with pytest.raises(RuntimeError):
        await _found_and_fail()

    assert not await Organisation.exists(id=id_of("organisation", "nobody"))


async def _found_and_fail() -> None:
    async with whole_stage():
        async with in_transaction():
            await Organisation.create(
                id=id_of("organisation", "nobody"),
                name="半途而废",
                kind=OrganisationKind.ENTERPRISE,
                region="450100",
                created_at=NOW,
            )
        raise RuntimeError("cut short")
