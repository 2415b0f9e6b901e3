"""The page of a need or outcome: its matches with reasons, the subsidy estimate, its history."""

from __future__ import annotations

from datetime import date
from urllib.parse import urlencode
from uuid import UUID

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from market.accounts.actors import Actor
from market.accounts.models import OrganisationKind
from market.accounts.permissions import AccountAct
from market.accounts.web import optional_actor
from market.auctions.queries import find_lot
from market.challenges.deadlines import shown_status
from market.challenges.public_list import list_of_need
from market.challenges.queries import may_put_up
from market.claims.record_chain import chain_of_outcome
from market.deals import queries as deals
from market.deals.states import DealAct
from market.kit.clock import local_date
from market.kit.routing import Route
from market.kit.templating import render
from market.kit.web import deps, wants_partial
from market.listings import masking, queries, rules
from market.listings.askable import asked_listing
from market.listings.change_queries import find_own_change
from market.listings.kinds import NEED, OUTCOME
from market.listings.listing_files import NO_FILES, files_of
from market.listings.models import Need
from market.listings.sections import sections
from market.listings.states import LIVE, PUBLIC
from market.matching.fit_pages import NO_FITS, fits_of, may_see_all
from market.matching.fits import gap_words
from market.matching.models import Match
from market.notices.queries import find_notice
from market.pages import estimates, listing_labels
from market.pages.listing_parts import parts_of
from market.pages.similar import similar_outcomes
from market.questions.answering import questions_of

FIRST_MATCHES = 5
"""Matches shown with a listing; the rest stand on a page of their own."""


async def brokers_of(need_id: UUID) -> set[UUID]:
    """Return the brokers who took up a match of this need: they may know whose it is."""
    broker_ids = await Match.filter(need_id=need_id, broker_id__isnull=False).values_list(
        "broker_id", flat=True
    )
    return {UUID(str(broker_id)) for broker_id in broker_ids}


async def need(request: Request) -> Response:
    actor, now = optional_actor(request), deps(request).clock()
    today = local_date(now)
    need = await queries.get_need_for(actor, request.path_params["number"])
    brokers = await brokers_of(need.id) if need.is_masked else set()
    is_own, hanging = queries.is_owner(actor, need), await parts_of(NEED, need)
    parts = hanging.parts
    return render(
        request,
        "pages/need.html",
        need=need,
        sections=sections(need),
        files=await files_of(need, NEED, actor) if "files" in parts else NO_FILES,
        questions=await questions_of(asked_listing(need), actor, has_any="questions" in parts),
        owner_name=masking.need_owner_name(need, actor, brokers=brokers),
        is_owner_visible=masking.is_owner_visible(need, actor, brokers=brokers),
        days_left=_days_left(need, today),
        challenges=await list_of_need(actor, need) if "challenges" in parts else [],
        challenge_status=lambda row: shown_status(row.status, now, row.opens_at, row.deadline_at),
        may_put_up=actor is not None and is_own and need.status in LIVE and may_put_up(actor),
        fits=await fits_of(need, actor) if "matches" in parts else NO_FITS,
        most=FIRST_MATCHES,
        is_matches_page=may_see_all(actor, need),
        gap_words=gap_words,
        is_own=is_own,
        missing=rules.completeness_of_need(need)[1] if is_own else [],
        change=await find_own_change(actor, NEED, need) if "changes" in parts else None,
        is_live=need.status in LIVE,
        is_public=need.status in PUBLIC,
        similar=hanging.similar,
        may_answer=need.status in LIVE and not is_own and _may_answer(actor),
        may_see_contacts=queries.may_see_contacts(need, actor),
        history=hanging.history,
        may_audit=actor is not None and actor.may(AccountAct.READ_AUDIT),
        region=listing_labels.need_region(need),
        budget=rules.budget_text(need),
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
    is_own = queries.is_owner(actor, outcome)
    similar = await similar_outcomes(outcome, deps(request).search)
    hanging = await parts_of(OUTCOME, outcome, similar=similar)
    parts = hanging.parts
    is_source = outcome.organisation.kind is OrganisationKind.SOURCE
    return render(
        request,
        "pages/outcome.html",
        outcome=outcome,
        sections=sections(outcome),
        files=await files_of(outcome, OUTCOME, actor) if "files" in parts else NO_FILES,
        questions=await questions_of(asked_listing(outcome), actor, has_any="questions" in parts),
        typed=typed,
        amount=amount,
        fault=fault,
        estimates=await estimates.estimates(outcome, amount, actor, now),
        fits=await fits_of(outcome, actor) if "matches" in parts else NO_FITS,
        most=FIRST_MATCHES,
        is_matches_page=may_see_all(actor, outcome),
        gap_words=gap_words,
        is_own=is_own,
        missing=rules.completeness_of_outcome(outcome)[1] if is_own else [],
        change=await find_own_change(actor, OUTCOME, outcome) if "changes" in parts else None,
        is_live=outcome.status in LIVE,
        is_public=outcome.status in PUBLIC,
        similar=hanging.similar,
        is_source=is_source,
        may_ask=outcome.status in LIVE and not (is_own or is_source) and _may_ask(actor),
        may_see_contacts=queries.may_see_contacts(outcome, actor),
        running=await deals.find_running_deal(actor, outcome.id)
        if "deals" in parts and actor and actor.may(DealAct.SEE_DEALS)
        else None,
        notice=await find_notice("outcome", outcome.id) if "notices" in parts else None,
        lot=await find_lot(outcome.id, now) if "auctions" in parts else None,
        linked=await chain_of_outcome(actor, outcome) if "deals" in parts else [],
        history=hanging.history,
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
