from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from market.accounts.web import actor_for
from market.deals import brokerage, queries
from market.deals.brokerage import evidence_pack, follow_up
from market.deals.forms import FollowUpForm
from market.deals.parties import buyer_name
from market.deals.states import DealAct
from market.kit.clock import local_date
from market.kit.errors import NotFound
from market.kit.flash import flash
from market.kit.i18n import gettext as _
from market.kit.pdf import render_pdf
from market.kit.routing import Route
from market.kit.templating import render_form
from market.kit.web import deps, form_data_or_none, redirect_to
from market.records.by import By


async def ledger(request: Request) -> Response:
    actor, now = actor_for(request, DealAct.SEE_DEALS), deps(request).clock()
    deal = await queries.get_brokered_deal_for(actor, request.path_params["number"])
    form = FollowUpForm(await form_data_or_none(request), data={"happened_on": local_date(now)})
    if form.validate_on_submit():
        with form.catch_invalid():
            await follow_up(
                deal.number,
                form.way.data,
                str(form.text.data),
                happened_on=form.happened_on.data,
                next_on=form.next_on.data,
                by=By(actor, now),
            )
            response = redirect_to(request, "deals:brokerage", number=deal.number)
            return flash(request, response, _("跟进已记下。"))
    introduction = await queries.find_introduction(deal.id)
    return render_form(
        request,
        "deals/brokerage.html",
        form,
        deal=deal,
        buyer=buyer_name(deal, actor),
        introduction=introduction,
        owed=await brokerage.owed_commission(deal.id),
        follow_ups=await brokerage.list_follow_ups(deal.id),
        may_write=deal.broker_id == actor.user_id and actor.may(DealAct.FOLLOW_UP),
    )


async def evidence(request: Request) -> Response:
    actor, now = actor_for(request, DealAct.SEE_DEALS), deps(request).clock()
    deal = await queries.get_brokered_deal_for(actor, request.path_params["number"])
    if await queries.find_introduction(deal.id) is None:
        raise NotFound(_("这笔交易没有引荐记录。"))
    pdf = await render_pdf("brokerage.typ", await evidence_pack(deal, now))
    return Response(
        pdf,
        media_type="application/pdf",
        headers={"content-disposition": f'attachment; filename="{deal.number}-evidence.pdf"'},
    )


routes = [
    Route("/deals/{number}/brokerage", ledger, name="deals:brokerage", methods=["GET", "POST"]),
    Route("/deals/{number}/brokerage/evidence.pdf", evidence, name="deals:evidence", methods=["GET"]),
]
