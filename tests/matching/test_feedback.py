"""What people said of one match lowers others of the same listing that are like it."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

import pytest

from market.deps import Deps
from market.kit.jobs import run_pending
from market.matching.facts import NeedFacts, OutcomeFacts, Text
from market.matching.feedback import ListingTraits, Refusal, count_applicable
from market.matching.match_acts import feedback
from market.matching.models import Match
from market.matching.scoring import FEEDBACK, LIKE_REFUSED, WEIGHTS, score
from market.records.by import By
from tests.factories import NOW, make_member, make_need, make_outcome
from tests.matching.test_match_acts import TEXTS, relay_and_match, search_deps

__all__ = ["search_deps"]
NEED = NeedFacts(
    UUID(int=1), 1, Text.of(["导线"]), "materials", budget_most=100, trl_least=5, region="450100"
)
OUTCOME = OutcomeFacts(UUID(int=2), 1, Text.of(["导线"]), "materials", price=200, trl=4, region="440100")
REFUSED = ListingTraits("materials", 150, 4, "440100")


@pytest.mark.parametrize(
    ("reason", "changes", "is_alike"),
    [
        ("price", {}, True),
        ("price", {"price": 149}, False),
        ("price", {"price": None}, False),
        ("field", {}, True),
        ("field", {"field": "energy"}, False),
        ("field", {"field": ""}, False),
        ("maturity", {}, True),
        ("maturity", {"trl": 5}, False),
        ("region", {"region": "440106"}, True),
        ("region", {"region": "450100"}, False),
        ("known", {}, False),
    ],
)
def test_an_outcome_is_like_a_refused_one_in_what_that_was_refused_for(
    reason: str, changes: dict[str, object], is_alike: bool
) -> None:
    refusals = [Refusal(reason, True, REFUSED)] * 2

    assert count_applicable(refusals, NEED, replace(OUTCOME, **changes)) == is_alike  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("reason", "traits", "is_alike"),
    [
        ("price", ListingTraits(amount=120), True),
        ("price", ListingTraits(amount=80), False),
        ("maturity", ListingTraits(trl=5), True),
    ],
)
def test_whoever_offers_refuses_what_pays_as_little_or_asks_as_much(
    reason: str, traits: ListingTraits, is_alike: bool
) -> None:
    assert count_applicable([Refusal(reason, False, traits)], NEED, OUTCOME) == is_alike


def test_a_lowered_score_is_still_the_sum_of_its_parts_and_says_why() -> None:
    whole = score(NEED, OUTCOME, lambda term: 5.0)

    lowered = whole.penalised(WEIGHTS.refused)

    assert lowered.value == whole.value - WEIGHTS.refused == sum(lowered.parts.values())
    assert lowered.parts[FEEDBACK] == -WEIGHTS.refused
    assert lowered.misfits == [*whole.misfits, LIKE_REFUSED]
    assert whole.penalised(0) is whole


async def test_what_was_too_dear_lowers_what_is_as_dear_for_that_need_alone(search_deps: Deps) -> None:
    need, other = await make_need(**TEXTS), await make_need(**TEXTS)
    dear, dearer = [await make_outcome(price_kind="fixed", price_amount=n * 10**8) for n in (3, 4)]
    await relay_and_match(search_deps, needs=[need, other], outcomes=[dear, dearer])
    before = await Match.get(need_id=need.id, outcome_id=dearer.id)
    buyer = await make_member(need.organisation)

    match = await Match.get(need_id=need.id, outcome_id=dear.id)
    await feedback(match.id, reason="price", comment="", by=By(buyer, NOW))
    await run_pending(search_deps)

    after = await Match.get(need_id=need.id, outcome_id=dearer.id)
    assert after.score == before.score - WEIGHTS.refused == sum(after.parts.values())
    assert LIKE_REFUSED in after.misfits
    assert FEEDBACK not in (await Match.get(need_id=other.id, outcome_id=dearer.id)).parts
