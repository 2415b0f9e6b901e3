"""Pages of who runs auctions: admission, deposits, the draw, rulings; the platform's check and suspension."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from market.accounts.actors import Actor
from market.accounts.web import signed_in_actor
from market.auctions import admission, deposits, drafting, pausing, queries, results
from market.auctions.deposits import Balance, balances_of
from market.auctions.forms import DepositForm, ReasonForm, ResumeForm, SaltForm
from market.auctions.models import Auction, AuctionRuling, Enrolment
from market.auctions.money_models import DepositMovement
from market.auctions.signals import signals_of
from market.auctions.states import OVER, AuctionAct, EnrolmentStatus, Ruling, shown_status
from market.kit.clock import local_date
from market.kit.errors import Forbidden
from market.kit.flash import flash
from market.kit.forms import BaseForm
from market.kit.i18n import gettext as _
from market.kit.routing import Route
from market.kit.templating import render, render_form
from market.kit.web import deps, form_data, form_data_or_none, path_id, redirect_to, typed_text
from market.notices.holiday_years import load_calendar
from market.records.by import By
from market.records.decision_forms import posted_decision


async def index(request: Request) -> Response:
    """List the auctions that the person runs, decides on, checks or audits."""
    actor = signed_in_actor(request)
    now = deps(request).clock()
    auctions = await queries.list_run(actor)
    return render(
        request,
        "auctions/desk_index.html",
        auctions=auctions,
        shown=lambda auction: shown_status(auction.status, auction.bids_from, auction.ends_at, now),
    )


async def desk(request: Request) -> Response:
    """Show who is enrolled, what lies as deposit, and what is to be done; to auditors once it is over."""
    actor = signed_in_actor(request)
    auction = await queries.get_auction_for(actor, request.path_params["number"])
    if not queries.audits(actor, auction):
        actor, auction = await _load(request)
    return await _page(request, actor, auction)


async def _page(request: Request, actor: Actor, auction: Auction, form: BaseForm | None = None) -> Response:
    enrolments = (
        await Enrolment.filter(auction_id=auction.id)
        .order_by("bidder_number", "applied_at")
        .select_related("organisation", "person", "mandate")
    )
    ids = [enrolment.id for enrolment in enrolments]
    balances = await balances_of(ids)
    rulings = AuctionRuling.filter(auction_id=auction.id).order_by("proposed_at")
    waiting = DepositMovement.filter(enrolment_id__in=ids, verdict=None)
    now = deps(request).clock()
    return render(
        request,
        "auctions/desk.html",
        422 if form is not None and form.errors else 200,
        auction=auction,
        status=shown_status(auction.status, auction.bids_from, auction.ends_at, now),
        enrolments=enrolments,
        balances={id_: balances.get(id_, Balance()) for id_ in ids},
        waiting={row.enrolment_id: row for row in await waiting.select_related("proposed_by")},
        rulings=await rulings.select_related("proposed_by", "decided_by", "enrolment__organisation"),
        runs=queries.organises(actor, auction),
        decides=queries.decides(actor, auction),
        form=form or SaltForm(),
        undecided=sum(row.status is EnrolmentStatus.APPLIED for row in enrolments),
        is_admitting=auction.status in admission.DECIDED_IN,
        may_record=auction.status in (*admission.DECIDED_IN, *OVER),
        next_ruling=results.next_ruling(auction, now),
        second=await results.next_in_line(auction),
        signals=await signals_of(auction, enrolments),
        today=local_date(now),
    )


async def admit(request: Request) -> Response:
    actor, auction = await _load(request)
    data = await form_data(request)
    await admission.admit(
        auction.number,
        path_id(request, "enrolment_id"),
        has_priority=bool(data.get("has_priority")),
        by=_by(request, actor),
    )
    return _back(request, auction, _("已通过。"))


async def refuse(request: Request) -> Response:
    actor, auction = await _load(request)
    reason = typed_text(await form_data(request), "reason")
    await admission.refuse(auction.number, path_id(request, "enrolment_id"), reason, by=_by(request, actor))
    return _back(request, auction, _("已告知不予通过。"))


async def deposit(request: Request) -> Response:
    """Record what a voucher says of a deposit."""
    actor, auction = await _load(request)
    enrolment = await queries.get_enrolment(auction, path_id(request, "enrolment_id"))
    form = DepositForm(
        await form_data_or_none(request),
        data={"amount": auction.deposit, "payer": enrolment.organisation.name},
    )
    if form.validate_on_submit():
        with form.catch_invalid():
            await deposits.record_movement(
                auction.number,
                enrolment.id,
                form.entry(),
                secret=deps(request).settings.secret_key,
                by=_by(request, actor),
            )
            return _back(request, auction, _("已登记，等另一人确认。"))
    return render_form(request, "auctions/deposit.html", form, auction=auction, enrolment=enrolment)


async def decide_deposit(request: Request) -> Response:
    actor, auction = await _load(request)
    verdict, reason = await posted_decision(request)
    await deposits.decide_movement(
        path_id(request, "deposit_id"), verdict, reason=reason, by=_by(request, actor)
    )
    return _back(request, auction, _("已处理。"))


async def draw(request: Request) -> Response:
    actor, auction = await _load(request)
    form = SaltForm(await form_data(request))
    if form.validate_on_submit():
        with form.catch_invalid():
            await admission.draw_numbers(auction.number, str(form.salt.data), by=_by(request, actor))
            return _back(request, auction, _("资格审核已结束。"))
    return await _page(request, actor, auction, form)


async def propose(request: Request) -> Response:
    """Propose the ruling that is due, with its facts."""
    actor, auction = await _load(request)
    data = await form_data(request)
    names = {ruling.value: ruling for ruling in Ruling}
    ruling = names.get(str(data.get("ruling")), Ruling.RESULT)
    await results.propose(auction.number, ruling, typed_text(data, "text", 500), by=_by(request, actor))
    return _back(request, auction, _("已提出，等另一人决定。"))


async def rule(request: Request) -> Response:
    actor, auction = await _load(request)
    verdict, reason = await posted_decision(request)
    calendar = await load_calendar(accepts_provisional=deps(request).settings.is_demo)
    await results.rule(
        path_id(request, "ruling_id"),
        verdict,
        reason=reason,
        calendar=calendar,
        by=_by(request, actor),
    )
    return _back(request, auction, _("已决定。"))


async def approve(request: Request) -> Response:
    """Announce a submitted auction."""
    actor, auction = await _checked(request)
    calendar = await load_calendar(accepts_provisional=deps(request).settings.is_demo)
    await drafting.approve(auction.number, calendar=calendar, by=_by(request, actor))
    return _lot(request, auction, _("已公告，开始报名。"))


async def send_back(request: Request) -> Response:
    actor, auction = await _checked(request)
    reason = typed_text(await form_data(request), "reason")
    await drafting.send_back(auction.number, reason, by=_by(request, actor))
    return flash(request, redirect_to(request, "auctions:desk_index"), _("已退回转让方。"))


async def suspend(request: Request) -> Response:
    actor, auction = await _checked(request)
    form = ReasonForm(await form_data_or_none(request))
    if form.validate_on_submit():
        with form.catch_invalid():
            await pausing.suspend(auction.number, str(form.reason.data), by=_by(request, actor))
            return _lot(request, auction, _("已暂停，各方已收到通知。"))
    return render_form(
        request,
        "auctions/reason.html",
        form,
        auction=auction,
        title=_("暂停竞价"),
        words=_("暂停"),
        about=_("暂停期间不能报价；恢复时剩余时间不变，至少提前 1 小时通知。"),
    )


async def resume(request: Request) -> Response:
    actor, auction = await _checked(request)
    form = ResumeForm(await form_data_or_none(request))
    if form.validate_on_submit():
        with form.catch_invalid():
            await pausing.resume(auction.number, form.resumes_at, by=_by(request, actor))
            return _lot(request, auction, _("恢复时间已公布，各方已收到通知。"))
    return render_form(request, "auctions/resume.html", form, auction=auction)


async def _load(request: Request) -> tuple[Actor, Auction]:
    """Return an auction for who runs it or decides on it."""
    actor = signed_in_actor(request)
    auction = await queries.get_auction_for(actor, request.path_params["number"])
    if not (queries.organises(actor, auction) or queries.decides(actor, auction)):
        raise Forbidden(_("这场竞价不由您组织。"))
    return actor, auction


async def _checked(request: Request) -> tuple[Actor, Auction]:
    actor = signed_in_actor(request)
    actor.require(AuctionAct.CHECK_AUCTION)
    return actor, await queries.get_auction_for(actor, request.path_params["number"])


def _by(request: Request, actor: Actor) -> By:
    return By(actor, deps(request).clock())


def _back(request: Request, auction: Auction, words: str) -> Response:
    return flash(request, redirect_to(request, "auctions:desk", number=auction.number), words)


def _lot(request: Request, auction: Auction, words: str) -> Response:
    return flash(request, redirect_to(request, "auctions:show", number=auction.number), words)


_ENROLMENT = "/organise/auctions/{number}/enrolments/{enrolment_id:uuid}"
routes = [
    Route("/organise/auctions", index, name="auctions:desk_index"),
    Route("/organise/auctions/{number}", desk, name="auctions:desk"),
    Route(f"{_ENROLMENT}/admit", admit, name="auctions:admit", methods=["POST"]),
    Route(f"{_ENROLMENT}/refuse", refuse, name="auctions:refuse", methods=["POST"]),
    Route(f"{_ENROLMENT}/deposit", deposit, name="auctions:deposit", methods=["GET", "POST"]),
    Route(
        "/organise/auctions/{number}/deposits/{deposit_id:uuid}",
        decide_deposit,
        name="auctions:decide_deposit",
        methods=["POST"],
    ),
    Route("/organise/auctions/{number}/draw", draw, name="auctions:draw", methods=["POST"]),
    Route("/organise/auctions/{number}/rulings", propose, name="auctions:propose", methods=["POST"]),
    Route(
        "/organise/auctions/{number}/rulings/{ruling_id:uuid}",
        rule,
        name="auctions:rule",
        methods=["POST"],
    ),
    Route("/organise/auctions/{number}/approve", approve, name="auctions:approve", methods=["POST"]),
    Route("/organise/auctions/{number}/return", send_back, name="auctions:send_back", methods=["POST"]),
    Route("/organise/auctions/{number}/suspend", suspend, name="auctions:suspend", methods=["GET", "POST"]),
    Route("/organise/auctions/{number}/resume", resume, name="auctions:resume", methods=["GET", "POST"]),
]
