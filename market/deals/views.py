from __future__ import annotations

from datetime import timedelta

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from market.accounts.web import actor_for
from market.deals import openings, publicity, queries, termination
from market.deals.brokerage import EXAMPLE_BASE, commission_base
from market.deals.files import add_file
from market.deals.forms import (
    FileForm,
    InterestForm,
    IntroductionForm,
    MessageForm,
    OfferForm,
    PublicityForm,
    ResponseForm,
    TerminationForm,
)
from market.deals.messages import mark_read, send_message
from market.deals.models import Deal, Side
from market.deals.offers import accept_offer, make_offer
from market.deals.openings import agree_introduction, open_interest, open_response
from market.deals.parties import buyer_name, side_of
from market.deals.publicity import Statement, last_day_of_publicity, notice_text, start_publicity
from market.deals.publicity_rules import PUBLICITY_DAYS, needs_publicity
from market.deals.states import DealAct, DealStatus, OfferStatus
from market.deals.terms import OfferTerms
from market.files.attachments import required_upload
from market.files.models import Tier
from market.files.uploads import ACCEPT
from market.kit.clock import local_date
from market.kit.errors import NotFound
from market.kit.flash import flash
from market.kit.formats import share_in_money
from market.kit.i18n import gettext as _
from market.kit.money import Money
from market.kit.quotas import QuotaClass
from market.kit.routing import UPLOAD, Route
from market.kit.templating import render, render_form
from market.kit.terms import from_record
from market.kit.web import (
    deps,
    form_data,
    form_data_or_none,
    path_id,
    redirect_to,
    uuid_or_none,
)
from market.listings.masking import need_owner_name
from market.listings.queries import get_need_for, get_outcome_for, list_own_outcomes
from market.matching.models import Match
from market.notices.holiday_years import calendar_for
from market.notices.periods import publication_region
from market.records.by import By


async def interest(request: Request) -> Response:
    actor = actor_for(request, DealAct.OPEN_DEAL)
    outcome = await get_outcome_for(actor, request.path_params["number"])
    form = InterestForm(await form_data_or_none(request))
    if form.validate_on_submit():
        deal = await open_interest(outcome.number, str(form.note.data), by=By(actor, deps(request).clock()))
        return flash(request, _room(request, deal), _("意向已送达，请等对方同意对接。"))
    return render_form(
        request,
        "deals/interest.html",
        form,
        outcome=outcome,
        running=await queries.find_running_deal(actor, outcome.id),
    )


async def respond(request: Request) -> Response:
    actor = actor_for(request, DealAct.OPEN_DEAL)
    need = await get_need_for(actor, request.path_params["number"])
    outcomes = await list_own_outcomes(actor)
    data = await form_data_or_none(request)
    form = ResponseForm(data, data={"outcome": request.query_params.get("outcome", "")})
    form.outcome.choices = [
        ("", _("请选择")),
        *((outcome.number, f"{outcome.number} {outcome.title}") for outcome in outcomes),
    ]
    if form.validate_on_submit():
        deal = await open_response(
            need.number, form.outcome.data, str(form.note.data), by=By(actor, deps(request).clock())
        )
        return flash(request, _room(request, deal), _("方案已送达，请等需求方同意对接。"))
    return render_form(
        request,
        "deals/respond.html",
        form,
        need=need,
        owner=need_owner_name(need, actor),
        outcomes=outcomes,
    )


async def introduce(request: Request) -> Response:
    actor = actor_for(request, DealAct.INTRODUCE)
    match = await Match.get_or_none(id=path_id(request, "match_id")).select_related(
        "need__organisation", "outcome__organisation"
    )
    if match is None or match.broker_id != actor.user_id:
        raise NotFound(_("没有这条对接，或者不是您接手的。"))
    form = IntroductionForm(await form_data_or_none(request))
    form.commission.base = commission_base(None, match.outcome, match.need)
    if form.validate_on_submit():
        deal = await openings.introduce(
            match.id,
            int(form.commission.data or 0),
            str(form.note.data),
            payer=Side(form.payer.data or Side.SELLER),
            mandate=form.mandate.data or "",
            by=By(actor, deps(request).clock()),
        )
        return flash(request, _room(request, deal), _("引荐已登记并记下时间，请等双方同意。"))
    return render_form(request, "deals/introduce.html", form, match=match)


async def agree(request: Request) -> Response:
    """Show what agreeing to an introduction binds to, and agree."""
    actor = actor_for(request, DealAct.OPEN_DEAL)
    if request.method == "GET":
        deal = await _own_deal(request)
        introduction = await queries.find_introduction(deal.id)
        if introduction is None or deal.status is not DealStatus.INTENT:
            return _room(request, deal)
        return render(
            request,
            "deals/agree.html",
            deal=deal,
            introduction=introduction,
            is_payer=side_of(deal, actor) is introduction.payer,
            money=share_in_money(
                commission_base(None, deal.outcome, deal.need), introduction.commission_basis_points
            ),
        )
    deal = await agree_introduction(request.path_params["number"], by=By(actor, deps(request).clock()))
    return flash(request, _room(request, deal), _("您方已同意对接。"))


async def offer(request: Request) -> Response:
    actor = actor_for(request, DealAct.MAKE_OFFER)
    deal = await _own_deal(request)
    latest = (await queries.latest_offers([deal.id])).get(deal.id)
    terms = from_record(OfferTerms, latest) if latest else None
    data = await form_data_or_none(request)
    form = OfferForm(
        data, data=OfferForm.initial(terms, deal.outcome) | {"seen": str(latest.id) if latest else ""}
    )
    form.royalty_basis_points.base = Money(EXAMPLE_BASE)
    if form.validate_on_submit():
        with form.catch_invalid():
            await make_offer(
                deal.number,
                form.terms,
                base_offer_id=uuid_or_none(form.seen.data),
                valid_days=form.valid_days.data,
                by=By(actor, deps(request).clock()),
            )
            return flash(request, _room(request, deal), _("报价已送达，请等对方确认。"))
    return render_form(
        request,
        "deals/offer.html",
        form,
        deal=deal,
        last=latest,
        side=side_of(deal, actor),
        buyer=buyer_name(deal, actor),
    )


async def accept(request: Request) -> Response:
    """Show the whole of an offer with what accepting it binds to, and accept it."""
    actor = actor_for(request, DealAct.ACCEPT_OFFER)
    if request.method == "GET":
        return await _acceptance(request)
    form = await form_data(request)
    deal = await accept_offer(
        request.path_params["number"],
        uuid_or_none(form.get("offer")),
        str(form.get("content_hash") or ""),
        by=By(actor, deps(request).clock()),
    )
    return flash(request, _room(request, deal), _("报价已接受，价格已确定。"))


async def _acceptance(request: Request) -> Response:
    actor = actor_for(request, DealAct.ACCEPT_OFFER)
    deal = await _own_deal(request)
    side, latest = side_of(deal, actor), (await queries.latest_offers([deal.id])).get(deal.id)
    if latest is None or latest.status is not OfferStatus.OPEN or latest.side is side:
        return _room(request, deal)
    introduction = await queries.find_introduction(deal.id) if deal.broker_id else None
    is_payer = introduction is not None and introduction.payer is side
    return render(
        request,
        "deals/accept.html",
        deal=deal,
        offer=latest,
        terms=from_record(OfferTerms, latest),
        buyer=buyer_name(deal, actor),
        commission=share_in_money(latest.price, introduction.commission_basis_points)
        if introduction and is_payer and introduction.commission_basis_points
        else "",
    )


async def upload(request: Request) -> Response:
    actor = actor_for(request, DealAct.UPLOAD_TO_DEAL)
    deal = await queries.get_deal_for(actor, request.path_params["number"])
    data = await form_data(request)
    form = FileForm(data)
    if form.validate():
        with form.catch_invalid():
            blob = await required_upload(request)
            await add_file(
                deal.number,
                blob,
                form.kind.data or "attachment",
                tier=Tier(form.tier.data or Tier.PARTIES),
                by=By(actor, deps(request).clock()),
            )
            return flash(request, _room(request, deal), _("文件已上传。"))
    return render(
        request,
        "deals/upload.html",
        422,
        form=form,
        deal=deal,
        accept=ACCEPT,
        buyer=buyer_name(deal, actor),
    )


async def publish(request: Request) -> Response:
    actor = actor_for(request, DealAct.PUBLISH_PRICE)
    deal = await _own_deal(request)
    now = deps(request).clock()
    form = PublicityForm(
        await form_data_or_none(request),
        data={"holder": deal.seller.name, "channel": _channel(deal)},
    )
    is_checked = form.validate_on_submit()
    statement = Statement(
        str(form.holder.data or ""), str(form.basis.data or ""), form.statement, str(form.channel.data or "")
    )
    calendar = await calendar_for(request)
    if is_checked and (await form_data(request)).get("act") == "publish":
        await start_publicity(
            deal.number,
            statement,
            change_reason=form.change_reason.data or "",
            calendar=calendar,
            by=By(actor, now),
        )
        return flash(request, _room(request, deal), _("公示已发布，文本和校验值已固定。"))
    is_needed, reason = needs_publicity(deal.pricing, deal.kind, deal.seller)
    ends_on = last_day_of_publicity(deal, calendar, now)
    return render_form(
        request,
        "deals/publish.html",
        form,
        deal=deal,
        buyer=buyer_name(deal, actor),
        preview=notice_text(deal, statement, calendar, now) if is_checked else None,
        is_needed=is_needed,
        reason=reason,
        days=PUBLICITY_DAYS,
        starts_on=local_date(now) + timedelta(days=1),
        ends_on=ends_on,
        is_settled=ends_on is not None and calendar.is_known(ends_on, publication_region(deal.seller.region)),
        is_again=deal.status is DealStatus.PUBLICITY,
    )


async def skip_publicity(request: Request) -> Response:
    actor = actor_for(request, DealAct.PUBLISH_PRICE)
    deal = await publicity.skip_publicity(request.path_params["number"], by=By(actor, deps(request).clock()))
    return flash(request, _room(request, deal), _("依法无需公示，理由已记录，可以签约。"))


async def terminate(request: Request) -> Response:
    actor = actor_for(request, DealAct.TERMINATE_DEAL)
    deal = await _own_deal(request)
    form = TerminationForm(await form_data_or_none(request))
    if form.validate_on_submit():
        await termination.terminate(
            deal.number, form.reason.data, form.comment.data or "", by=By(actor, deps(request).clock())
        )
        return flash(request, _room(request, deal), _("交易已终止。"), "note")
    return render_form(
        request,
        "deals/terminate.html",
        form,
        deal=deal,
        buyer=buyer_name(deal, actor),
    )


async def _own_deal(request: Request) -> Deal:
    """Return the deal of the address, for a person who acts for one of its sides."""
    actor = actor_for(request, DealAct.SEE_DEALS)
    deal = await queries.get_deal_for(actor, request.path_params["number"])
    if side_of(deal, actor) is None:
        raise NotFound(_("没有这笔交易，或者您不能查看它。"))
    return deal


def _room(request: Request, deal: Deal) -> Response:
    return redirect_to(request, "pages:deal", number=deal.number)


def _channel(deal: Deal) -> str:
    seller = deal.seller
    return " ".join(
        part for part in (seller.contact_name, seller.contact_phone, seller.contact_email) if part
    )


routes = [
    Route("/outcomes/{number}/interest", interest, name="deals:interest", methods=["GET", "POST"]),
    Route("/needs/{number}/respond", respond, name="deals:respond", methods=["GET", "POST"]),
    Route("/matches/{match_id:uuid}/introduce", introduce, name="deals:introduce", methods=["GET", "POST"]),
    Route("/deals/{number}/agree", agree, name="deals:agree_introduction", methods=["GET", "POST"]),
    Route("/deals/{number}/offer", offer, name="deals:offer", methods=["GET", "POST"]),
    Route("/deals/{number}/accept", accept, name="deals:accept", methods=["GET", "POST"]),
    Route("/deals/{number}/files", upload, name="deals:upload", methods=["POST"], body=UPLOAD),
    Route("/deals/{number}/publish", publish, name="deals:publish", methods=["GET", "POST"]),
    Route("/deals/{number}/skip-publicity", skip_publicity, name="deals:skip_publicity", methods=["POST"]),
    Route("/deals/{number}/terminate", terminate, name="deals:terminate", methods=["GET", "POST"]),
]


async def send(request: Request) -> Response:
    actor = actor_for(request, DealAct.WRITE_MESSAGE)
    deal = await queries.get_deal_for(actor, request.path_params["number"])
    form = MessageForm(await form_data(request))
    if form.validate_on_submit():
        with form.catch_invalid():
            await send_message(deal.number, str(form.text.data), by=By(actor, deps(request).clock()))
            return _messages(request, deal.number)
    return render(request, "deals/message.html", 422, form=form, deal=deal, buyer=buyer_name(deal, actor))


async def read(request: Request) -> Response:
    actor = actor_for(request, DealAct.WRITE_MESSAGE)
    number = request.path_params["number"]
    await mark_read(number, by=By(actor, deps(request).clock()))
    return flash(request, _messages(request, number), _("留言已全部标为已读。"))


async def of_match(request: Request) -> Response:
    """Redirect from a match on the broker's board to its deal."""
    actor = actor_for(request, DealAct.SEE_DEALS)
    deal: Deal = await queries.get_deal_of_match_for(actor, request.path_params["match_id"])
    return RedirectResponse(str(request.app.url_path_for("pages:deal", number=deal.number)), 303)


def _messages(request: Request, number: str) -> Response:
    address = str(request.app.url_path_for("pages:deal", number=number))
    return RedirectResponse(f"{address}#messages", status_code=303)


message_routes = [
    Route("/matches/{match_id:uuid}/deal", of_match, name="deals:of_match", methods=["GET"]),
    Route(
        "/deals/{number}/messages",
        send,
        name="deals:send_message",
        methods=["POST"],
        quota=QuotaClass.MESSAGES,
    ),
    Route("/deals/{number}/read", read, name="deals:mark_read", methods=["POST"]),
]
