"""The page of a need or outcome: its matches with reasons, the subsidy estimate, its history."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from market.accounts.actors import Actor
from market.accounts.models import OrganisationKind
from market.accounts.permissions import AccountAct, Role
from market.accounts.web import optional_actor
from market.audit.queries import list_chain
from market.claims.record_chain import chain_of_outcome
from market.deals import queries as deals
from market.deals.states import DealAct
from market.kit.clock import local_date
from market.kit.templating import render
from market.kit.web import deps, wants_partial
from market.listings import queries, rules
from market.listings.change_queries import find_own_change
from market.listings.kinds import NEED, OUTCOME
from market.listings.models import Need, Outcome
from market.listings.queries import is_owner, live, need_owner_name
from market.listings.sections import sections
from market.listings.states import LIVE, NeedStatus, OutcomeStatus
from market.matching.labels import MAX_TERMS, misfit_labels, part_labels, percent_score
from market.matching.models import Match, MatchFeedback
from market.matching.states import MatchAct, MatchStatus
from market.notices.queries import find_notice
from market.pages import estimates, listing_labels
from market.questions.answering import questions_of

FIRST_MATCHES, MOST_MATCHES = 5, 100
"""Matches shown with a listing at first, and when all are requested: what a broker can look through."""


@dataclass(frozen=True)
class MatchRow:
    """One match beside a listing. The parts add up to the score."""

    id: UUID
    title: str
    number: str
    subtitle: str
    score: int
    """0-100."""
    parts: list[tuple[str, int]]
    terms: list[str]
    reasons: dict[str, int]
    """What the heaviest terms gave, of 1000."""
    misfits: list[str]
    may_dismiss: bool


async def matches_of_outcome(
    outcome: Outcome, actor: Actor | None, *, is_all: bool = False
) -> tuple[list[MatchRow], int]:
    """Return the best matched needs of an outcome that this person may see, and how many there are."""
    matches = Match.filter(outcome_id=outcome.id, need__status__in=live(NeedStatus))
    if not _sees_all(actor, outcome):
        if actor is None or not actor.may(MatchAct.SEE_MATCHES):
            return [], 0
        matches = matches.filter(need__organisation_id=actor.organisation_id)
    return await _match_rows(
        matches, actor, is_of_outcome=True, most=MOST_MATCHES if is_all else FIRST_MATCHES
    )


async def matches_of_need(
    need: Need, actor: Actor | None, *, is_all: bool = False
) -> tuple[list[MatchRow], int]:
    """Return the best matched outcomes of a need that this person may see, and how many there are."""
    matches = Match.filter(need_id=need.id, outcome__status__in=live(OutcomeStatus))
    if not _sees_all(actor, need):
        if actor is None or not actor.may(MatchAct.SEE_MATCHES):
            return [], 0
        matches = matches.filter(outcome__organisation_id=actor.organisation_id)
    return await _match_rows(
        matches, actor, is_of_outcome=False, most=MOST_MATCHES if is_all else FIRST_MATCHES
    )


async def brokers_of(need_id: UUID) -> set[UUID]:
    """Return the brokers who took up a match of this need: they may know whose it is."""
    broker_ids = await Match.filter(need_id=need_id, broker_id__isnull=False).values_list(
        "broker_id", flat=True
    )
    return {UUID(str(broker_id)) for broker_id in broker_ids}


def _sees_all(actor: Actor | None, listing: Need | Outcome) -> bool:
    return actor is not None and (is_owner(actor, listing) or actor.is_staff or Role.BROKER in actor.roles)


async def _match_rows(
    query: Any, actor: Actor | None, *, is_of_outcome: bool, most: int
) -> tuple[list[MatchRow], int]:
    query = query.exclude(status=MatchStatus.DROPPED)
    if actor is not None and actor.organisation_id:
        dismissed = await MatchFeedback.filter(organisation_id=actor.organisation_id).values_list(
            "match_id", flat=True
        )
        query = query.exclude(id__in=list(dismissed)) if dismissed else query
    matches = (
        await query.select_related("need__organisation", "outcome__organisation")
        .order_by("-score", "id")
        .limit(most)
    )
    return [_match_row(match, actor, is_of_outcome) for match in matches], await query.count()


def _match_row(match: Match, actor: Actor | None, is_of_outcome: bool) -> MatchRow:
    other: Any = match.need if is_of_outcome else match.outcome
    brokers: Collection[UUID] = [match.broker_id] if match.broker_id else []
    owner = need_owner_name(other, actor, brokers=brokers) if is_of_outcome else other.organisation.name
    return MatchRow(
        id=match.id,
        title=other.title,
        number=other.number,
        subtitle=owner,
        score=percent_score(match.score),
        parts=part_labels(match.parts),
        terms=match.terms[:MAX_TERMS],
        reasons=match.reasons,
        misfits=misfit_labels(match.misfits),
        may_dismiss=actor is not None and actor.may(MatchAct.JUDGE_MATCH) and _is_party(actor, match),
    )


def _is_party(actor: Actor, match: Match) -> bool:
    return actor.acts_for(match.need.organisation_id) or actor.acts_for(match.outcome.organisation_id)


async def need(request: Request) -> Response:
    actor, today = optional_actor(request), local_date(deps(request).clock())
    need = await queries.get_need_for(actor, request.path_params["number"])
    brokers = await brokers_of(need.id) if need.is_masked else set()
    matched, matched_count = await matches_of_need(
        need, actor, is_all=request.query_params.get("matches") == "all"
    )
    is_own = queries.is_owner(actor, need)
    return render(
        request,
        "pages/need.html",
        need=need,
        sections=sections(need),
        questions=await questions_of(need, actor),
        owner_name=queries.need_owner_name(need, actor, brokers=brokers),
        is_owner_visible=queries.is_owner_visible(need, actor, brokers=brokers),
        days_left=_days_left(need, today),
        matched=matched,
        matched_count=matched_count,
        is_own=is_own,
        missing=rules.completeness_of_need(need)[1] if is_own else [],
        change=await find_own_change(actor, NEED, need),
        is_live=need.status in LIVE,
        may_answer=need.status in LIVE and not is_own and _may_answer(actor),
        may_see_contacts=queries.may_see_contacts(need, actor),
        history=await list_chain("need", need.id),
        may_audit=actor is not None and actor.may(AccountAct.READ_AUDIT),
        region=listing_labels.need_region(need),
        budget=listing_labels.budget_text(need),
        **listing_labels.context(),
    )


def _days_left(need: Need, today: date) -> int | None:
    return (need.deadline_on - today).days if need.deadline_on else None


def _may_answer(actor: Actor | None) -> bool:
    """Tell whom the answer is offered: a guest, who will sign in first, and a seller who may open a deal."""
    return actor is None or (actor.may_sell and actor.may(DealAct.OPEN_DEAL))


async def outcome(request: Request) -> Response:
    actor, now = optional_actor(request), deps(request).clock()
    outcome = await queries.get_outcome_for(actor, request.path_params["number"])
    typed = request.query_params.get("amount", "")
    amount, fault = estimates.amount_of(typed, outcome.price_amount)
    matched, matched_count = await matches_of_outcome(
        outcome, actor, is_all=request.query_params.get("matches") == "all"
    )
    is_own = queries.is_owner(actor, outcome)
    is_source = outcome.organisation.kind is OrganisationKind.SOURCE
    return render(
        request,
        "pages/outcome.html",
        outcome=outcome,
        sections=sections(outcome),
        questions=await questions_of(outcome, actor),
        typed=typed,
        amount=amount,
        fault=fault,
        estimates=await estimates.estimates(outcome, amount, actor, now),
        matched=matched,
        matched_count=matched_count,
        is_own=is_own,
        missing=rules.completeness_of_outcome(outcome)[1] if is_own else [],
        change=await find_own_change(actor, OUTCOME, outcome),
        is_live=outcome.status in LIVE,
        is_source=is_source,
        may_ask=outcome.status in LIVE and not (is_own or is_source) and _may_ask(actor),
        may_see_contacts=queries.may_see_contacts(outcome, actor),
        running=await deals.find_running_deal(actor, outcome.id)
        if actor and actor.may(DealAct.SEE_DEALS)
        else None,
        notice=await find_notice("outcome", outcome.id),
        linked=await chain_of_outcome(actor, outcome),
        history=await list_chain("outcome", outcome.id),
        may_audit=actor is not None and actor.may(AccountAct.READ_AUDIT),
        **listing_labels.context(),
    )


async def estimate(request: Request) -> Response:
    """Render the estimate card alone while an amount is typed; without scripts redirect to the whole page."""
    actor, now = optional_actor(request), deps(request).clock()
    number = request.path_params["number"]
    typed = request.query_params.get("amount", "")
    if not wants_partial(request):
        address = str(request.app.url_path_for("pages:outcome", number=number))
        return RedirectResponse(f"{address}?{urlencode({'amount': typed[:40]})}#estimate", 303)
    outcome = await queries.get_outcome_for(actor, number)
    amount, fault = estimates.amount_of(typed, None)
    return render(
        request,
        "pages/_estimate.html",
        outcome=outcome,
        typed=typed,
        amount=amount,
        fault=fault,
        estimates=await estimates.estimates(outcome, amount, actor, now),
    )


def _may_ask(actor: Actor | None) -> bool:
    """Tell whom the enquiry is offered: a guest, who will sign in first, and a buyer who may open a deal."""
    return actor is None or (actor.may_buy and actor.may(DealAct.OPEN_DEAL))


routes = [
    Route("/needs/{number}", need, name="pages:need"),
    Route("/outcomes/{number}", outcome, name="pages:outcome"),
    Route("/outcomes/{number}/estimate", estimate, name="pages:estimate"),
]
