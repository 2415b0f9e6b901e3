"""Pages of bidders: enrol, offer a price and confirm it, what the own organisation takes part in."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from starlette.requests import Request
from starlette.responses import Response

from market.accounts.web import actor_for, address_of
from market.auctions import enrolling, queries, results
from market.auctions.bid_pages import bid_page
from market.auctions.bidding import MOST_AMOUNT, Answer, offer_price
from market.auctions.board import standing_of
from market.auctions.deposits import Balance, balances_of
from market.auctions.fold import Bid, judge
from market.auctions.forms import BidForm, EnrolForm
from market.auctions.models import Auction
from market.auctions.outbids import tell_outbid
from market.auctions.refusals import STATUS, refusal_words
from market.auctions.replay import config_of, state_of
from market.auctions.states import AuctionAct, Format, PriorityMode, Refusal, shown_status
from market.files.attachments import required_upload
from market.kit.encryption import keyed_hash
from market.kit.errors import Conflict, Forbidden
from market.kit.flash import flash
from market.kit.formats import yuan
from market.kit.i18n import gettext as _
from market.kit.quotas import QuotaClass
from market.kit.routing import UPLOAD, Route
from market.kit.templating import render, render_form
from market.kit.web import deps, form_data_or_none, path_id, redirect_to
from market.records.by import By


async def enrol(request: Request) -> Response:
    """Show the undertaking for the very terms, and take an enrolment."""
    actor = actor_for(request, AuctionAct.ENROL)
    by = By(actor, deps(request).clock())
    auction = await queries.get_auction_for(actor, request.path_params["number"])
    if await queries.own_enrolment(actor, auction.id) is not None:
        raise Conflict(_("贵单位已经报名。"))
    form = EnrolForm(await form_data_or_none(request), data={"terms_hash": auction.terms_hash})
    if form.validate_on_submit():
        with form.catch_invalid():
            mandate = await required_upload(request)
            await enrolling.enrol(auction.number, form.application(), mandate, by=by)
            words = _("已报名。保证金由组织方登记，资格审核后通知您。")
            return flash(request, _lot(request, auction), words)
    return render_form(
        request,
        "auctions/enrol.html",
        form,
        auction=auction,
        has_priority=auction.priority is PriorityMode.EQUAL,
    )


async def withdraw(request: Request) -> Response:
    actor = actor_for(request, AuctionAct.ENROL)
    auction = await queries.get_auction_for(actor, request.path_params["number"])
    await enrolling.withdraw(
        auction.number, path_id(request, "enrolment_id"), by=By(actor, deps(request).clock())
    )
    return flash(request, _lot(request, auction), _("报名已撤回。"))


async def bid(request: Request) -> Response:
    """Ask once more before a price counts, then offer it; a refused one says why and what can be offered.

    A price that was offered cannot be taken back.
    """
    arrived_at = deps(request).clock()
    actor = actor_for(request, AuctionAct.BID)
    auction = await queries.get_auction_for(actor, request.path_params["number"], ())
    mine = await queries.own_enrolment(actor, auction.id)
    if mine is None or mine.person_id != actor.user_id:
        raise Forbidden(_("报价由取得竞价资格的受托人提交。"))
    data = await form_data_or_none(request)
    form = BidForm(data if data is not None else request.query_params)
    words, status = "", 200
    if not form.validate():
        status = 422
    elif data is not None and form.form_key.data:
        answer = await _offer(request, auction, mine.id, form, arrived_at=arrived_at)
        if (refusal := answer.refusal) is None:
            return flash(request, _lot(request, auction), _accepted_words(auction, answer, form.amount.data))
        auction = await queries.get_auction_for(actor, auction.number, ())
        words = refusal_words(auction, refusal, arrived_at, int(form.amount.data))
        status = STATUS.get(refusal, 409)
    elif (verdict := await _foresee(auction, mine.id, form, arrived_at=arrived_at)) is not None:
        words = refusal_words(auction, verdict, arrived_at, int(form.amount.data))
        status = STATUS.get(verdict, 409)
    standing = await standing_of(auction, actor, mine, deps(request).clock())
    return bid_page(request, auction, standing, form, words, status)


async def _offer(
    request: Request, auction: Auction, enrolment_id: UUID, form: BidForm, *, arrived_at: datetime
) -> Answer:
    """Offer the price and tell who was ahead before."""
    secret = deps(request).settings.secret_key
    answer = await offer_price(
        auction.id,
        enrolment_id,
        min(int(form.amount.data), MOST_AMOUNT),
        wants_priority=bool(form.wants_priority.data),
        arrived_at=arrived_at,
        form_key=str(form.form_key.data)[:64],
        address_hash=keyed_hash(secret, "bidder address", address_of(request)),
    )
    if answer.is_accepted and not answer.is_repeated:
        await tell_outbid(auction.id, answer.sequence, now=arrived_at)
    return answer


def _accepted_words(auction: Auction, answer: Answer, amount: int) -> str:
    """Return what a bidder reads of a price that counts; how many sealed prices there are, nobody tells."""
    if not answer.is_repeated:
        return _("报价 %(amount)s 有效。", amount=yuan(amount))
    if auction.format is Format.SEALED:
        return _("这次报价已经提交过，结果：有效。")
    return _("这次报价已经提交过，结果：有效（第 %(n)s 次报价）。", n=answer.sequence)


async def _foresee(
    auction: Auction, enrolment_id: UUID, form: BidForm, *, arrived_at: datetime
) -> Refusal | None:
    """Return why the price would not count now, so that nobody is asked to confirm such a one."""
    offered = Bid(arrived_at, enrolment_id, int(form.amount.data), bool(form.wants_priority.data))
    verdict = judge(await config_of(auction), state_of(auction), offered)
    return verdict if isinstance(verdict, Refusal) else None


async def step_in(request: Request) -> Response:
    """Agree, as the second in line, to take the lot."""
    actor = actor_for(request, AuctionAct.BID)
    auction = await queries.get_auction_for(actor, request.path_params["number"])
    await results.agree_to_step_in(auction.number, by=By(actor, deps(request).clock()))
    return flash(request, _lot(request, auction), _("已同意递补，等待组织方认定。"))


async def mine(request: Request) -> Response:
    """List what the own organisation bids in and what it has put up."""
    actor = actor_for(request, AuctionAct.ENROL)
    now = deps(request).clock()
    own = await queries.list_own_enrolments(actor)
    put_up = await queries.list_put_up(actor)
    balances = await balances_of([row.id for row in own])
    return render(
        request,
        "auctions/mine.html",
        enrolments=own,
        put_up=put_up,
        balances={row.id: balances.get(row.id, Balance()) for row in own},
        shown=lambda auction: shown_status(auction.status, auction.bids_from, auction.ends_at, now),
    )


def _lot(request: Request, auction: Auction) -> Response:
    return redirect_to(request, "auctions:show", number=auction.number)


routes = [
    Route("/my/auctions", mine, name="auctions:mine"),
    Route("/auctions/{number}/enrol", enrol, name="auctions:enrol", methods=["GET", "POST"], body=UPLOAD),
    Route(
        "/auctions/{number}/enrolments/{enrolment_id:uuid}/withdraw",
        withdraw,
        name="auctions:withdraw",
        methods=["POST"],
    ),
    Route("/auctions/{number}/bid", bid, name="auctions:bid", methods=["GET", "POST"], quota=QuotaClass.BIDS),
    Route("/auctions/{number}/step-in", step_in, name="auctions:step_in", methods=["POST"]),
]
