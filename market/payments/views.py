from __future__ import annotations

from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from market.kit.errors import Conflict, NotFound
from market.kit.flash import flash
from market.kit.i18n import gettext as _
from market.kit.routing import WEBHOOK, Route
from market.kit.templating import render
from market.kit.web import deps, form_data
from market.payments import gateway_events
from market.payments.standin import StandIn
from market.payments.standin_gateway import StandInGateway, deliver_to
from market.payments.standin_refunds import Object
from market.payments.stripe_gateway import from_stripe


async def webhook(request: Request) -> Response:
    """Receive a webhook of the gateway; its signature authenticates it."""
    parts = deps(request)
    if parts.gateway is None:
        raise NotFound(_("没有开通网上支付。"))
    signature = request.headers.get("stripe-signature", "")
    await gateway_events.record_event(
        await request.body(), signature, gateway=parts.gateway, now=parts.clock()
    )
    return Response(status_code=200)


async def demo_pay(request: Request) -> Response:
    """Show the stand-in's payment page, and pay on it."""
    standin = _standin(request)
    session = _standin_object(standin, "checkout.session", request.path_params["session_id"])
    if request.method == "GET":
        payee = standin.payee(session) or _("本平台")
        money = from_stripe(session["amount_total"], session["currency"])
        return render(request, "payments/standin_pay.html", session=session, money=money, payee=payee)
    if (await form_data(request)).get("act") != "pay":
        return RedirectResponse(_path(session["cancel_url"] or "/"), 303)
    if session["status"] != "open":
        raise Conflict(_("这个付款页面已经关闭，请回到合同页重新发起。"))
    await standin.pay(session["id"])
    back = session["success_url"].replace("{CHECKOUT_SESSION_ID}", session["id"])
    return flash(request, RedirectResponse(_path(back), 303), _("演示付款完成，正在入账。"))


async def demo_account(request: Request) -> Response:
    """Show the stand-in's onboarding page, and complete it."""
    standin = _standin(request)
    account = _standin_object(standin, "account", request.path_params["account_id"])
    if request.method == "GET":
        return render(request, "payments/standin_account.html", account=account)
    await standin.finish_onboarding(account["id"])
    return flash(request, RedirectResponse(_path(account["_return_url"]), 303), _("演示收款账户已开通。"))


def _standin(request: Request) -> StandIn:
    gateway = deps(request).gateway
    if not isinstance(gateway, StandInGateway):
        raise NotFound(_("没有这个页面。"))
    if gateway.standin.deliver is None:
        gateway.standin.deliver = deliver_to(request.app)
    gateway.standin.refresh()
    return gateway.standin


def _standin_object(standin: StandIn, kind: str, object_id: str) -> Object:
    try:
        return standin.get(kind, object_id)
    except KeyError:
        raise NotFound(_("没有这个页面。")) from None


def _path(address: str) -> str:
    """Return path and query alone, to stay on the host of the request: the demo has several."""
    parts = urlsplit(address)
    return (parts.path or "/") + (f"?{parts.query}" if parts.query else "")


routes = [
    Route(
        "/webhooks/stripe", webhook, name="payments:webhook", methods=["POST"], body=WEBHOOK, is_gated=False
    ),
]
demo_routes = [
    Route(
        "/demo-pay/accounts/{account_id}", demo_account, name="payments:demo_account", methods=["GET", "POST"]
    ),
    Route("/demo-pay/{session_id}", demo_pay, name="payments:demo_pay", methods=["GET", "POST"]),
]
