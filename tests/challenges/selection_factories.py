"""Challenges brought to the choice and beyond."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any, cast

from market.accounts.actors import Actor
from market.accounts.models import Organisation, StaffRole
from market.challenges import agreeing, choosing, clock, drafting, screening
from market.challenges.admission import check_solution
from market.challenges.award_deals import SIGNED
from market.challenges.deadlines import GRACE
from market.challenges.models import Challenge
from market.challenges.opening import open_all
from market.challenges.queries import terms_of
from market.challenges.selection_models import ChallengeAward, Selection
from market.challenges.selection_rules import Choice
from market.challenges.selection_states import AwardStatus
from market.challenges.solution_drafts import begin_solution, save
from market.contracts import signing
from market.contracts.models import Contract
from market.contracts.terms import ContractTerms
from market.deals.models import Offer
from market.deals.publicity import skip_publicity
from market.deals.terms import OfferTerms
from market.deps import Deps
from market.files.store import FileStore
from market.kit.clock import local_date
from market.kit.terms import from_record
from market.records.by import By
from market.records.decisions import Verdict
from tests.challenges.factories import (
    ARGUMENTS,
    DEADLINE,
    OPENS,
    WAN,
    challenge_terms,
    make_listed_by_two,
)
from tests.challenges.solution_factories import SECRET, hand_in, make_solver, solution_content
from tests.contracts.factories import KEPT
from tests.factories import HOLIDAYS, NOW, make_member, make_organisation, make_staff
from tests.fakes import FixedClock
from tests.moments import run_acts
from tests.stage_cache import cached_stage

JUDGED = DEADLINE + timedelta(days=4)
REASON = "抗氧化的依据只有一组试样，外推年限没有数据。"
NAMES = ("桂林理工大学", "广西大学", "中南大学")


@dataclass
class Choosing:
    """A challenge whose solutions are open, with who deals with it."""

    owner: Actor
    second: Actor
    """Another person of the owner."""
    operator: Actor
    approver: Actor
    solvers: list[Actor]
    challenge: Challenge

    async def reload(self) -> Challenge:
        self.challenge = await Challenge.get(id=self.challenge.id).select_related("owner")
        return self.challenge

    @property
    def number(self) -> str:
        return self.challenge.number

    async def awards(self) -> list[ChallengeAward]:
        rows = ChallengeAward.filter(challenge_id=self.challenge.id).order_by("stage", "rank", "created_at")
        return await rows.select_related("solution__organisation", "deal")

    def solver_of(self, award: ChallengeAward) -> Actor:
        return next(row for row in self.solvers if row.organisation_id == award.solution.organisation_id)


@cached_stage
async def make_opened(prices: tuple[int, ...] = (180, 150, 190), **given: Any) -> Choosing:
    """Make a firm's challenge whose solutions, at these prices in 万元, are open; each package in turn."""
    organisation = await make_organisation(name="百色电解铝有限公司")
    owner, second = await make_member(organisation), await make_member(organisation)
    terms = challenge_terms(**given)
    challenge = await drafting.create(terms, ARGUMENTS, by=By(owner, NOW))
    await drafting.submit(challenge.number, by=By(owner, NOW))
    operator, approver = await make_staff(StaffRole.OPERATOR), await make_staff(StaffRole.APPROVER)
    await screening.list_of_firm(challenge.number, calendar=HOLIDAYS, by=By(operator, NOW))
    stage = Choosing(owner, second, operator, approver, [], challenge)
    await _solve(stage, prices)
    return stage


@cached_stage
async def make_opened_public(prices: tuple[int, ...] = (180, 150)) -> Choosing:
    """Make a government list whose solutions are open."""
    listed = await make_listed_by_two()
    owner = await Organisation.get(id=listed.owner.organisation_id)
    second = await make_member(owner)
    stage = Choosing(listed.owner, second, listed.operator, listed.approver, [], listed.challenge)
    await _solve(stage, prices)
    return stage


async def _solve(stage: Choosing, prices: tuple[int, ...]) -> None:
    await clock.begin_responding(stage.challenge.id, now=OPENS)
    await stage.reload()
    packages = terms_of(stage.challenge).packages
    for place, (name, price) in enumerate(zip(NAMES, prices, strict=False)):
        solver = await make_solver(name)
        by = By(solver, OPENS)
        package = place % len(packages) + 1 if packages else 0
        solution = await begin_solution(stage.challenge, package, by=by)
        content = solution_content(price=price * WAN, summary=f"{name}的方案")
        await save(solution.id, content, secret=SECRET, by=by)
        await hand_in(solution, solver)
        stage.solvers.append(solver)
    at = DEADLINE + GRACE
    await clock.close(stage.challenge.id, now=at)
    await open_all(stage.challenge.id, secret=SECRET, store=cast(FileStore, None), now=at)
    await stage.reload()


async def admit_all(stage: Choosing, judge: Actor) -> None:
    for place in range(1, len(stage.solvers) + 1):
        await check_solution(stage.number, place, is_admitted=True, by=By(judge, JUDGED))
    await stage.reload()


@cached_stage
async def make_reviewing(prices: tuple[int, ...] = (180, 150, 190), **given: Any) -> Choosing:
    """Make a firm's challenge all of whose solutions are admitted."""
    stage = await make_opened(prices, **given)
    await admit_all(stage, stage.owner)
    return stage


def set_clock(deps: Deps, now: object) -> None:
    cast(FixedClock, deps.clock).now = now  # type: ignore[assignment]


async def choices_of(stage: Choosing, *chosen: int) -> list[Choice]:
    """Return a choice of these places at their prices; ranks follow the places, the chosen first."""
    candidates = await choosing.candidates_for(stage.challenge, 1)
    ordered = sorted(candidates, key=lambda row: (row[0].place not in chosen, row[0].place))
    ranks: dict[int, int] = {}
    choices = []
    for candidate, _solution in ordered:
        ranks[candidate.package] = ranks.get(candidate.package, 0) + 1
        is_chosen = candidate.place in chosen
        amount = candidate.price if is_chosen else None
        rank = ranks[candidate.package]
        choices.append(Choice(candidate.place, is_chosen, rank, amount, "" if is_chosen else REASON))
    return choices


async def choose(stage: Choosing, *chosen: int) -> Selection:
    """Have two persons of the owner choose these places."""
    selection = await choosing.propose_selection(
        stage.number, await choices_of(stage, *chosen), by=By(stage.owner, JUDGED)
    )
    await choosing.decide_selection(selection.id, Verdict.CONFIRMED, by=By(stage.second, JUDGED))
    await stage.reload()
    return selection


async def agree_all(stage: Choosing) -> list[ChallengeAward]:
    """Have both sides agree to each award that waits."""
    for award in await stage.awards():
        if award.status is AwardStatus.PROPOSED:
            for actor in (stage.owner, stage.solver_of(award)):
                await agreeing.consent(stage.number, award.id, award.plan_hash, by=By(actor, JUDGED))
    await stage.reload()
    return await stage.awards()


async def sign(stage: Choosing, award: ChallengeAward) -> Contract:
    """Have both sides sign the contract of an award's deal, as its offer says, and follow the deals."""
    assert award.deal is not None
    number, solver = award.deal.number, stage.solver_of(award)
    await skip_publicity(number, by=By(solver, JUDGED))
    offer = await Offer.get(deal_id=award.deal_id)
    agreed = from_record(OfferTerms, offer)
    terms = ContractTerms(
        name=award.deal.title,
        kind=agreed.kind,
        field="materials",
        price=agreed.price,
        signed_on=local_date(JUDGED),
        used_in="451000",
        instalments=agreed.plan,
    )
    draft = await signing.enter_draft(number, terms, KEPT, draft_hash="", by=By(solver, JUDGED))
    contract = await signing.confirm_draft(number, draft.content_hash, by=By(stage.owner, JUDGED))
    await run_acts(JUDGED, SIGNED)
    await stage.reload()
    return contract
