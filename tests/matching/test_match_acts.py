"""Matches are search_deps, kept, taken up and turned down."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
import pytest_asyncio

import market.matching.jobs
import market.search.jobs
from market.accounts.models import OrganisationKind
from market.audit.models import AuditEvent
from market.deps import Deps
from market.kit.errors import Conflict, Forbidden, Invalid, NotFound
from market.kit.jobs import run_pending
from market.kit.models import SystemState
from market.kit.pagination import PageRequest
from market.listings.states import NeedStatus, OutcomeStatus
from market.matching import board_queries, match_acts, queries, rematch, term_frequencies, top_matches
from market.matching.models import Match, MatchFeedback, TermFrequency
from market.matching.states import MatchStatus
from market.records.by import By
from market.search import outbox
from tests.factories import NOW, make_broker, make_member, make_need, make_organisation, make_outcome

assert market.search.jobs, "the relay"
assert market.matching.jobs, "the matching it asks for"

TEXTS: dict[str, Any] = {
    "title": "铝合金架空导线导电率提升",
    "description": "架空导线用铝合金导电率不足，希望强度不降",
    "keywords": ["铝合金", "架空导线"],
}


@pytest_asyncio.fixture(loop_scope="session")
async def search_deps(deps: Deps) -> AsyncIterator[Deps]:
    yield deps
    await deps.search.close()


FIRST = PageRequest()


async def relay_and_match(deps: Deps, *, needs: Any = (), outcomes: Any = ()) -> None:
    for one in needs:
        await outbox.enqueue("needs", one.id)
    for one in outcomes:
        await outbox.enqueue("outcomes", one.id)
    await run_pending(deps)


async def make_match(**fields: Any) -> Match:
    need = fields.pop("need", None) or await make_need()
    outcome = fields.pop("outcome", None) or await make_outcome()
    defaults: dict[str, Any] = {
        "id": uuid4(),
        "need": need,
        "outcome": outcome,
        "score": 500,
        "parts": {"wording": 500},
        "terms": ["铝合金"],
        "misfits": [],
        "scorer_version": "1",
        "need_revision": 1,
        "outcome_revision": 1,
        "computed_at": NOW,
    }
    return await Match.create(**(defaults | fields))


async def test_a_published_need_is_matched_once_the_relay_has_it(search_deps: Deps) -> None:
    outcome = await make_outcome()
    cane: dict[str, Any] = {
        "title": "甘蔗联合收割机",
        "highlight": "",
        "problem": "",
        "solution": "切割与输送",
    }
    other = await make_outcome(**cane, keywords=["甘蔗"])
    need = await make_need(**TEXTS)

    await relay_and_match(search_deps, outcomes=[outcome, other], needs=[need])

    match = await Match.get(need_id=need.id)
    assert match.outcome_id == outcome.id
    assert match.status is MatchStatus.SUGGESTED
    assert sum(match.parts.values()) == match.score
    assert "铝合金" in match.terms
    assert other.id != match.outcome_id


async def test_both_directions_find_the_same_pair_with_the_same_score(search_deps: Deps) -> None:
    need, outcome = await make_need(**TEXTS), await make_outcome()
    await relay_and_match(search_deps, needs=[need], outcomes=[outcome])
    await term_frequencies.count_terms(search_deps.search)

    await rematch.rematch_need(need.id, search=search_deps.search, now=NOW)
    first = await Match.get(need_id=need.id)
    await Match.all().delete()
    await rematch.rematch_outcome(outcome.id, search=search_deps.search, now=NOW)
    second = await Match.get(outcome_id=outcome.id)

    assert (first.score, first.parts, first.terms) == (second.score, second.parts, second.terms)


async def test_an_organisation_is_never_matched_with_itself(search_deps: Deps) -> None:
    own = await make_organisation()
    need, outcome = await make_need(own, **TEXTS), await make_outcome(own)

    await relay_and_match(search_deps, needs=[need], outcomes=[outcome])

    assert not await Match.exists()


async def test_listings_of_one_data_source_are_matched_with_each_other(search_deps: Deps) -> None:
    source = await make_organisation(kind=OrganisationKind.SOURCE, uscc=None)
    need, outcome = await make_need(source, **TEXTS), await make_outcome(source)

    await relay_and_match(search_deps, needs=[need], outcomes=[outcome])

    assert await Match.exists(need_id=need.id, outcome_id=outcome.id)


async def test_what_leaves_the_market_loses_its_suggestions_but_no_work(search_deps: Deps) -> None:
    need, outcome = await make_need(**TEXTS), await make_outcome()
    another = await make_need(**TEXTS)
    await relay_and_match(search_deps, needs=[need, another], outcomes=[outcome])
    broker = await make_broker()
    await match_acts.take_up((await Match.get(need_id=another.id)).id, by=By(broker, NOW))

    outcome.status = OutcomeStatus.UNLISTED
    await outcome.save(update_fields=["status"])
    await relay_and_match(search_deps, outcomes=[outcome])

    assert [one.need_id for one in await Match.all()] == [another.id]


async def test_matching_again_keeps_status_and_broker_and_renews_the_score(search_deps: Deps) -> None:
    need, outcome = await make_need(**TEXTS), await make_outcome()
    broker = await make_broker()
    match = await make_match(
        need=need, outcome=outcome, status=MatchStatus.ASSIGNED, broker_id=broker.user_id, score=1
    )

    await relay_and_match(search_deps, needs=[need], outcomes=[outcome])

    await match.refresh_from_db()
    assert (match.status, match.broker_id) == (MatchStatus.ASSIGNED, broker.user_id)
    assert match.score > 1


async def test_a_dropped_match_stays_dropped(search_deps: Deps) -> None:
    need, outcome = await make_need(**TEXTS), await make_outcome()
    await make_match(need=need, outcome=outcome, status=MatchStatus.DROPPED, dropped_reason="price")

    await relay_and_match(search_deps, needs=[need], outcomes=[outcome])

    match = await Match.get(need_id=need.id)
    assert (match.status, match.dropped_reason) == (MatchStatus.DROPPED, "price")


async def test_a_suggestion_that_no_longer_fits_goes(search_deps: Deps) -> None:
    need, outcome = await make_need(**TEXTS), await make_outcome()
    await relay_and_match(search_deps, needs=[need], outcomes=[outcome])

    need.title, need.description, need.keywords = "糖厂蒸汽余热回收", "蒸发罐二次汽", ["余热"]
    need.targets, need.industries, need.field = [], ["sugar"], "energy"
    await need.save()
    await relay_and_match(search_deps, needs=[need])

    assert not await Match.exists()


async def test_a_match_beyond_ones_own_best_stays_if_it_is_among_the_others(search_deps: Deps) -> None:
    need = await make_need(**TEXTS)
    outcomes = [await make_outcome() for _ in range(top_matches.MAX_MATCHES + 3)]
    await outbox.enqueue_many("outcomes", [one.id for one in outcomes])
    await relay_and_match(search_deps, needs=[need])
    count_of_need = await Match.filter(need_id=need.id).count()

    late = await rematch.rematch_outcome(outcomes[-1].id, search=search_deps.search, now=NOW)
    await rematch.rematch_need(need.id, search=search_deps.search, now=NOW)

    assert count_of_need == top_matches.MAX_MATCHES
    assert late == 1
    assert await Match.exists(need_id=need.id, outcome_id=outcomes[-1].id)


async def test_many_changes_at_once_ask_for_one_matching_of_everything(search_deps: Deps) -> None:
    need = await make_need(**TEXTS)
    outcomes = [await make_outcome() for _ in range(30)]
    await outbox.enqueue("needs", need.id)
    await run_pending(search_deps)

    await outbox.enqueue_many("outcomes", [one.id for one in outcomes])
    await run_pending(search_deps)
    before = await Match.all().count()
    wish = await rematch.load_progress()
    done = await rematch.rematch_all(search=search_deps.search, now=NOW)

    assert (before, done) == (0, 1)
    assert wish is not None
    assert await Match.filter(need_id=need.id).count() == top_matches.MAX_MATCHES
    assert await rematch.load_progress() is None


async def test_matching_everything_goes_on_where_it_stood(search_deps: Deps) -> None:
    needs = sorted([await make_need(**TEXTS) for _ in range(3)], key=lambda one: one.id)
    outcome = await make_outcome()
    await relay_and_match(search_deps, outcomes=[outcome])
    await outbox.enqueue_many("needs", [one.id for one in needs])
    await search_deps.search.put("needs", [])
    await rematch.enqueue_full_rematch()
    wish = await rematch.load_progress()
    assert wish is not None
    half = rematch.Progress(wish.token, needs[1].id, 2, wish.not_before)

    rest = await rematch.match_batch(half, search=search_deps.search, now=NOW)

    assert rest is None
    assert [one.need_id for one in await Match.all()] == [needs[2].id]


async def test_rare_terms_are_counted_when_the_market_has_grown(search_deps: Deps) -> None:
    outcomes = [await make_outcome() for _ in range(3)]

    await relay_and_match(search_deps, outcomes=outcomes)

    known = await term_frequencies.load_frequencies(["铝合金", "无人知晓"])
    assert (known.outcomes, known.needs) == (3, 0)
    assert known.count_in("outcomes", "铝合金") == 3
    assert known.idf("无人知晓") > known.idf("铝合金") > 0
    assert (await TermFrequency.get(term="铝合金")).outcomes == 3


async def test_turning_down_a_suggestion_ends_it_with_its_reason() -> None:
    buyer = await make_member()
    match = await make_match(need=await make_need(await buyer_organisation(buyer)))

    await match_acts.feedback(match.id, reason="price", comment="太贵", by=By(buyer, NOW))

    await match.refresh_from_db()
    assert (match.status, match.dropped_reason) == (MatchStatus.DROPPED, "price")
    assert (await MatchFeedback.get(match_id=match.id)).comment == "太贵"
    assert await AuditEvent.exists(subject_kind="match", subject_id=match.id, action="turn_down")


async def test_turning_down_what_a_broker_works_on_hides_it_for_that_side_only() -> None:
    buyer, broker = await make_member(), await make_broker()
    need = await make_need(await buyer_organisation(buyer))
    match = await make_match(need=need)
    await match_acts.take_up(match.id, by=By(broker, NOW))

    await match_acts.feedback(match.id, reason="known", comment="", by=By(buyer, NOW))
    await match_acts.feedback(match.id, reason="other", comment="", by=By(buyer, NOW))

    await match.fetch_related("outcome")
    mine = await board_queries.list_own_listings(buyer.organisation_id, FIRST)
    others = await board_queries.list_own_listings(match.outcome.organisation_id, FIRST)
    assert mine.total == 0
    assert [row.id for listing in others.items for row in (*listing.good, *listing.worth)] == [match.id]
    assert (await MatchFeedback.get(match_id=match.id)).reason == "other"


async def test_a_stranger_cannot_turn_down_a_match_and_a_reason_must_be_known() -> None:
    stranger, buyer = await make_member(), await make_member()
    match = await make_match(need=await make_need(await buyer_organisation(buyer)))

    with pytest.raises(NotFound):
        await match_acts.feedback(match.id, reason="price", comment="", by=By(stranger, NOW))
    with pytest.raises(Invalid):
        await match_acts.feedback(match.id, reason="mood", comment="", by=By(buyer, NOW))


async def test_a_broker_takes_up_a_match_and_another_is_refused() -> None:
    match = await make_match()
    first, second = await make_broker(), await make_broker()

    taken = await match_acts.take_up(match.id, by=By(first, NOW))
    again = await match_acts.take_up(match.id, by=By(first, NOW + timedelta(hours=1)))

    assert (taken.status, taken.broker_id) == (MatchStatus.ASSIGNED, first.user_id)
    assert again.taken_up_at == NOW
    with pytest.raises(Conflict):
        await match_acts.take_up(match.id, by=By(second, NOW))
    with pytest.raises(NotFound):
        await match_acts.release(match.id, by=By(second, NOW))


async def test_a_match_given_back_may_be_taken_up_by_another() -> None:
    match = await make_match()
    first, second = await make_broker(), await make_broker()
    await match_acts.take_up(match.id, by=By(first, NOW))

    await match_acts.release(match.id, by=By(first, NOW))
    taken = await match_acts.take_up(match.id, by=By(second, NOW))

    assert taken.broker_id == second.user_id


async def test_only_brokers_take_up_matches() -> None:
    match = await make_match()

    with pytest.raises(Forbidden):
        await match_acts.take_up(match.id, by=By(await make_member(), NOW))


async def test_brokers_see_open_matches_best_first_and_a_masked_name_only_when_it_is_theirs() -> None:
    broker = await make_broker()
    masked = await make_need(await make_organisation(name="某某铝业公司"), is_masked=True)
    weak, strong = await make_match(score=300), await make_match(score=700, need=masked)
    closed = await make_match(need=await make_need(status=NeedStatus.CLOSED), score=900)

    page = await board_queries.list_open(broker.user_id, PageRequest())
    await match_acts.take_up(strong.id, by=By(broker, NOW))
    mine = await queries.list_matches_of_broker(broker.user_id, PageRequest())

    assert [one.id for one in page.items] == [strong.id, weak.id]
    assert page.total == 2
    assert closed.id not in [one.id for one in page.items]
    assert page.items[0].need.organisation_name == "某企业"
    assert page.items[0].need.organisation_id is None
    assert mine.items[0].need.organisation_name == "某某铝业公司"


async def buyer_organisation(actor: Any) -> Any:
    from market.accounts.models import Organisation

    return await Organisation.get(id=actor.organisation_id)


async def test_a_new_scorer_has_the_market_matched_again_once() -> None:
    assert not await rematch.enqueue_full_rematch_if_scorer_changed(), "there is nothing to match again"
    await make_match(scorer_version="of old")
    await SystemState.filter(key=rematch.SCORER).delete()

    assert await rematch.enqueue_full_rematch_if_scorer_changed()
    assert await rematch.load_progress() is not None
    assert not await rematch.enqueue_full_rematch_if_scorer_changed()
