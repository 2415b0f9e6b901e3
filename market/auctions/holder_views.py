"""Pages of the holder: write an auction of an own outcome, submit it, end it, go on with one bidder."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from market.accounts.actors import Actor
from market.accounts.web import actor_for
from market.auctions import after, drafting, queries, result_notices
from market.auctions.forms import LotForm, ReasonForm, exchange_choices, lot_data
from market.auctions.models import Auction
from market.auctions.reserves import open_reserve
from market.auctions.states import AuctionAct, AuctionStatus
from market.kit.errors import Conflict, NotFound
from market.kit.flash import flash
from market.kit.i18n import gettext as _
from market.kit.routing import Route
from market.kit.templating import render_form
from market.kit.web import deps, form_data_or_none, redirect_to, typed_text, uuid_or_none
from market.listings.queries import get_outcome_for
from market.listings.states import LIVE
from market.records.by import By


async def new(request: Request) -> Response:
    """Write an auction of an own outcome, or hold an ended one again."""
    actor = actor_for(request, AuctionAct.DRAFT_AUCTION)
    outcome = await get_outcome_for(actor, typed_text(request.query_params, "outcome", 20))
    if not actor.acts_for(outcome.organisation_id):
        raise NotFound(_("没有这项成果，或者不是您单位的。"))
    if outcome.status not in LIVE:
        raise Conflict(_("成果在架以后才能发起竞价。"))
    again = await _ended(actor, request.query_params.get("again", ""))
    data = lot_data(again) if again else lot_data(None) | {"title": outcome.title}
    form = LotForm(await form_data_or_none(request), data=data, exchanges=await exchange_choices())
    if form.validate_on_submit():
        with form.catch_invalid():
            values = {
                "organiser_id": uuid_or_none(form.organiser.data),
                "reserve": form.reserve.data,
                "secret": deps(request).settings.secret_key,
                "by": By(actor, deps(request).clock()),
            }
            if again:
                auction = await after.hold_again(again.number, form.terms(), **values)
            else:
                auction = await drafting.create(outcome.number, form.terms(), **values)
            return flash(request, _lot(request, auction), _("草稿已保存，核对后提交平台审核。"))
    return render_form(request, "auctions/lot_form.html", form, auction=None, outcome=outcome, again=again)


async def edit(request: Request) -> Response:
    actor, auction = await _own(request)
    if auction.status is not AuctionStatus.DRAFT:
        raise Conflict(_("已提交的竞价不能再改；要改先请平台退回。"))
    secret = deps(request).settings.secret_key
    form = LotForm(
        await form_data_or_none(request),
        data=lot_data(auction, open_reserve(auction, secret)),
        exchanges=await exchange_choices(),
    )
    if form.validate_on_submit():
        with form.catch_invalid():
            await drafting.edit(
                auction.number,
                form.terms(),
                organiser_id=uuid_or_none(form.organiser.data),
                reserve=form.reserve.data,
                secret=secret,
                by=By(actor, deps(request).clock()),
            )
            return flash(request, _lot(request, auction), _("已保存。"))
    return render_form(
        request, "auctions/lot_form.html", form, auction=auction, outcome=auction.outcome, again=None
    )


async def submit(request: Request) -> Response:
    actor, auction = await _own(request)
    await drafting.submit(auction.number, by=By(actor, deps(request).clock()))
    return flash(request, _lot(request, auction), _("已提交平台审核。"))


async def abort(request: Request) -> Response:
    """End an auction: the holder's before the first bid, the platform's until its result."""
    actor = request.state.actor
    auction = await queries.get_auction_for(actor, request.path_params["number"])
    actor = actor_for(
        request,
        AuctionAct.CHECK_AUCTION
        if actor and actor.may(AuctionAct.CHECK_AUCTION)
        else AuctionAct.DRAFT_AUCTION,
    )
    form = ReasonForm(await form_data_or_none(request))
    if form.validate_on_submit():
        with form.catch_invalid():
            await drafting.abort(auction.number, str(form.reason.data), by=By(actor, deps(request).clock()))
            return flash(request, _lot(request, auction), _("竞价已终止。"), "note")
    return render_form(
        request,
        "auctions/reason.html",
        form,
        auction=auction,
        title=_("终止竞价"),
        words=_("终止"),
        about=_("理由在页面上公布；已存入的保证金由组织方退还。"),
    )


async def agree_single(request: Request) -> Response:
    actor, auction = await _own(request)
    deal = await after.agree_with_single(auction.number, by=By(actor, deps(request).clock()))
    words = _("已转为协议定价，价格由双方在交易里约定，定价后另行公示。")
    return flash(request, redirect_to(request, "pages:deal", number=deal.number), words)


async def decline_single(request: Request) -> Response:
    actor, auction = await _own(request)
    await after.decline_single(auction.number, by=By(actor, deps(request).clock()))
    return flash(request, _lot(request, auction), _("竞价未成交。"), "note")


async def switch(request: Request) -> Response:
    """Choose how long the notices of the own results run."""
    actor = actor_for(request, AuctionAct.SWITCH_PUBLICITY)
    data = await form_data_or_none(request)
    is_long = data is not None and data.get("is_long") == "yes"
    await result_notices.set_switch(is_long=is_long, by=By(actor, deps(request).clock()))
    return flash(request, redirect_to(request, "auctions:mine"), _("已保存，以后的竞价结果按此公示。"))


async def _ended(actor: Actor, number: str) -> Auction | None:
    return await queries.get_auction_for(actor, number[:20]) if number else None


async def _own(request: Request) -> tuple[Actor, Auction]:
    actor = actor_for(request, AuctionAct.DRAFT_AUCTION)
    auction = await queries.get_auction_for(actor, request.path_params["number"])
    if not actor.acts_for(auction.holder_id):
        raise NotFound(_("没有这场竞价，或者您不能查看它。"))
    return actor, auction


def _lot(request: Request, auction: Auction) -> Response:
    return redirect_to(request, "auctions:show", number=auction.number)


routes = [
    Route("/my/auctions/new", new, name="auctions:new", methods=["GET", "POST"]),
    Route("/my/auctions/result-notices", switch, name="auctions:switch", methods=["POST"]),
    Route("/auctions/{number}/edit", edit, name="auctions:edit", methods=["GET", "POST"]),
    Route("/auctions/{number}/submit", submit, name="auctions:submit", methods=["POST"]),
    Route("/auctions/{number}/abort", abort, name="auctions:abort", methods=["GET", "POST"]),
    Route("/auctions/{number}/agree", agree_single, name="auctions:agree_single", methods=["POST"]),
    Route("/auctions/{number}/decline", decline_single, name="auctions:decline_single", methods=["POST"]),
]
