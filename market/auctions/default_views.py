"""Pages of a default (悔约): its account for organiser, holder and defaulter, and how two draw it up."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from market.accounts.web import signed_in_actor
from market.auctions import queries
from market.auctions.default_settlements import accounts_for, decide_settlement, propose_settlement
from market.auctions.forms import SettlementForm
from market.kit.errors import NotFound
from market.kit.flash import flash
from market.kit.i18n import gettext as _
from market.kit.routing import Route
from market.kit.templating import render, render_form
from market.kit.web import deps, form_data_or_none, path_id, redirect_to
from market.records.by import By
from market.records.decision_forms import posted_decision


async def show(request: Request) -> Response:
    """Show what a default costs whom, as far as it is known."""
    actor = signed_in_actor(request)
    auction = await queries.get_auction_for(actor, request.path_params["number"])
    return render(
        request,
        "auctions/default.html",
        auction=auction,
        accounts=await accounts_for(actor, auction),
        runs=queries.organises(actor, auction),
        decides=queries.decides(actor, auction),
    )


async def settle(request: Request) -> Response:
    """Draw up the account of a default with the costs of the new auction."""
    actor = signed_in_actor(request)
    auction = await queries.get_auction_for(actor, request.path_params["number"])
    accounts = {account.ruling.id: account for account in await accounts_for(actor, auction)}
    account = accounts.get(path_id(request, "ruling_id"))
    if account is None or not queries.organises(actor, auction):
        raise NotFound(_("没有这项认定。"))
    form = SettlementForm(await form_data_or_none(request))
    if form.validate_on_submit():
        with form.catch_invalid():
            await propose_settlement(
                auction.number,
                account.ruling.id,
                form.costs.data or 0,
                str(form.costs_text.data or ""),
                by=By(actor, deps(request).clock()),
            )
            return _back(request, auction.number, _("已提出，等另一人决定。"))
    return render_form(request, "auctions/settle.html", form, auction=auction, account=account)


async def decide(request: Request) -> Response:
    actor = signed_in_actor(request)
    verdict, reason = await posted_decision(request)
    await decide_settlement(
        path_id(request, "settlement_id"),
        verdict,
        reason=reason,
        by=By(actor, deps(request).clock()),
    )
    return _back(request, request.path_params["number"], _("已决定。"))


def _back(request: Request, number: str, words: str) -> Response:
    return flash(request, redirect_to(request, "auctions:default", number=number), words)


routes = [
    Route("/auctions/{number}/default", show, name="auctions:default"),
    Route(
        "/organise/auctions/{number}/defaults/{ruling_id:uuid}/settlement",
        settle,
        name="auctions:settle",
        methods=["GET", "POST"],
    ),
    Route(
        "/organise/auctions/{number}/settlements/{settlement_id:uuid}",
        decide,
        name="auctions:decide_settlement",
        methods=["POST"],
    ),
]
