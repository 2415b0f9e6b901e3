"""Pages of exchanges' certificates: the seller submits one, the operator confirms it."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from market.accounts.web import actor_for
from market.deals import queries
from market.deals.certificates import (
    decide_certificate,
    list_certificates,
    may_be_certified,
    submit_certificate,
)
from market.deals.forms import CertificateForm
from market.deals.models import Side
from market.deals.parties import side_of
from market.deals.states import DealAct
from market.files.attachments import required_upload
from market.kit.errors import Conflict, NotFound
from market.kit.flash import flash
from market.kit.i18n import gettext as _
from market.kit.routing import UPLOAD, Route
from market.kit.templating import render, render_form
from market.kit.web import deps, form_data_or_none, path_id, redirect_to
from market.records.by import By
from market.records.decision_forms import posted_decision
from market.records.decisions import Verdict


async def submit(request: Request) -> Response:
    """Take the exchange's certificate with what it says."""
    actor = actor_for(request, DealAct.SUBMIT_CERTIFICATE)
    deal = await queries.get_deal_for(actor, request.path_params["number"])
    if side_of(deal, actor) is not Side.SELLER:
        raise NotFound(_("没有这笔交易，或者您不能查看它。"))
    if not may_be_certified(deal):
        raise Conflict(_("双方协议定价以后，才能提交或确认挂牌交易凭证。"))
    form = CertificateForm(await form_data_or_none(request), data={"price": deal.price_amount})
    if form.validate_on_submit():
        with form.catch_invalid():
            blob = await required_upload(request)
            await submit_certificate(deal.number, form.entry(), blob, by=By(actor, deps(request).clock()))
            words = _("凭证已提交，等平台管理员确认。")
            return flash(request, redirect_to(request, "pages:deal", number=deal.number), words)
    return render_form(request, "deals/certificate.html", form, deal=deal)


async def desk(request: Request) -> Response:
    """List the certificates that wait for the operator, and the last decided ones."""
    actor_for(request, DealAct.DECIDE_CERTIFICATE)
    return render(request, "deals/certificates.html", certificates=await list_certificates())


async def decide(request: Request) -> Response:
    actor = actor_for(request, DealAct.DECIDE_CERTIFICATE)
    verdict, reason = await posted_decision(request)
    await decide_certificate(
        path_id(request, "certificate_id"),
        verdict,
        reason=reason,
        by=By(actor, deps(request).clock()),
    )
    words = _("凭证已确认。") if verdict is Verdict.CONFIRMED else _("凭证已退回。")
    return flash(request, redirect_to(request, "deals:certificates"), words)


routes = [
    Route(
        "/deals/{number}/certificate",
        submit,
        name="deals:submit_certificate",
        methods=["GET", "POST"],
        body=UPLOAD,
    ),
    Route("/backoffice/certificates", desk, name="deals:certificates", methods=["GET"]),
    Route(
        "/backoffice/certificates/{certificate_id:uuid}",
        decide,
        name="deals:decide_certificate",
        methods=["POST"],
    ),
]
