from __future__ import annotations

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from market.accounts.web import actor_for
from market.deals import queries
from market.deals.forms import MessageForm
from market.deals.messages import mark_read, send_message
from market.deals.models import Deal
from market.deals.parties import buyer_name
from market.deals.permissions import DealAct
from market.kit.flash import flash
from market.kit.i18n import gettext as _
from market.kit.templating import render
from market.kit.web import deps, form_data
from market.records.by import By


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
    """Lead from a match on the broker's board to the deal that came of it."""
    actor = actor_for(request, DealAct.SEE_DEALS)
    deal: Deal = await queries.get_deal_of_match_for(actor, request.path_params["match_id"])
    return RedirectResponse(str(request.app.url_path_for("pages:deal", number=deal.number)), 303)


def _messages(request: Request, number: str) -> Response:
    address = str(request.app.url_path_for("pages:deal", number=number))
    return RedirectResponse(f"{address}#messages", status_code=303)


routes = [
    Route("/matches/{match_id:uuid}/deal", of_match, name="deals:of_match", methods=["GET"]),
    Route("/deals/{number}/messages", send, name="deals:send_message", methods=["POST"]),
    Route("/deals/{number}/read", read, name="deals:mark_read", methods=["POST"]),
]
