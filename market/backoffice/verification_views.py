"""Pages of the operator: verification of organisations and brokers, or their return with a reason."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from wtforms import HiddenField
from wtforms.validators import ValidationError

from market.accounts import brokers as brokers_service
from market.accounts import organisations as organisations_service
from market.accounts import queries as accounts
from market.accounts.models import OrganisationStatus
from market.accounts.permissions import AccountAct
from market.accounts.web import actor_for
from market.kit.clock import local_date
from market.kit.flash import flash
from market.kit.form_fields import LongTextField
from market.kit.forms import BaseForm
from market.kit.i18n import gettext as _
from market.kit.i18n import lazy
from market.kit.pagination import PageRequest
from market.kit.routing import Route
from market.kit.templating import render, render_form
from market.kit.web import deps, form_data_or_none, path_id, redirect_to, uuid_or_none
from market.papers.paper_acts import check_papers, needed_papers, verify_organisation
from market.papers.states import statement_words
from market.payees.queries import known_account
from market.records.by import By


class DecisionForm(BaseForm):
    """The operator verifies, or returns with a reason."""

    revision = HiddenField()
    decision = HiddenField()
    reason = LongTextField(lazy("退回理由"), max_length=1000)

    def validate_reason(self, field: LongTextField) -> None:
        if field.data and self.decision.data == "verify":
            raise ValidationError(_("写了退回理由，却选了认证：请删去理由，或退回。"))

    @property
    def seen_revision(self) -> int:
        text = str(self.revision.data or "")
        return int(text) if text.isascii() and text.isdigit() and len(text) < 9 else 0


async def organisations(request: Request) -> Response:
    actor_for(request, AccountAct.VERIFY_ORGANISATION)
    page_request, chosen = (
        PageRequest.from_query(request.query_params),
        request.query_params.get("status", ""),
    )
    status = OrganisationStatus(chosen) if chosen in set(OrganisationStatus) else OrganisationStatus.PENDING
    words = request.query_params.get("q", "").replace("\x00", "").strip()[:100]
    items, total = await accounts.list_organisations(
        [status], words=words, offset=page_request.offset, limit=page_request.size
    )
    return render(
        request,
        "backoffice/organisations.html",
        page=page_request.page(items, total),
        status=status,
        words=words,
        counts=await accounts.count_organisations(),
    )


async def organisation(request: Request) -> Response:
    actor = actor_for(request, AccountAct.VERIFY_ORGANISATION)
    organisation = await accounts.get_organisation(path_id(request, "organisation_id"))
    data, now = await form_data_or_none(request), deps(request).clock()
    form = DecisionForm(data)
    is_return = form.decision.data == "return"
    ticked = [
        paper_id for text in (data.getlist("paper") if data else ()) if (paper_id := uuid_or_none(text))
    ]
    if form.decision.data == "papers":
        count = await check_papers(organisation.id, ticked, by=By(actor, now))
        answer = redirect_to(request, "backoffice:organisation", organisation_id=organisation.id)
        return flash(request, answer, _("已核 %(count)s 份证明。", count=count))
    if form.validate_on_submit():
        with form.catch_invalid():
            if is_return:
                await organisations_service.return_organisation(
                    organisation.id, form.reason.data or "", revision=form.seen_revision, by=By(actor, now)
                )
                await check_papers(organisation.id, ticked, by=By(actor, now))
            else:
                await verify_organisation(
                    organisation.id, ticked, revision=form.seen_revision, by=By(actor, now)
                )
            message = _("已退回修改。") if is_return else _("已认证。")
            return flash(request, redirect_to(request, "backoffice:organisations"), message)
    return render_form(
        request,
        "backoffice/organisation.html",
        form,
        organisation=organisation,
        payee=await known_account(organisation.id),
        memberships=await accounts.list_memberships(organisation.id),
        needed=await needed_papers(organisation),
        ticked=ticked,
        statement_words=statement_words(),
        today=local_date(now),
    )


async def brokers(request: Request) -> Response:
    actor_for(request, AccountAct.VERIFY_ORGANISATION)
    page_request, is_verified = (
        PageRequest.from_query(request.query_params),
        request.query_params.get("status") == "verified",
    )
    items, total = await accounts.list_broker_profiles(
        is_verified=is_verified, offset=page_request.offset, limit=page_request.size
    )
    return render(
        request, "backoffice/brokers.html", page=page_request.page(items, total), is_verified=is_verified
    )


async def broker(request: Request) -> Response:
    actor = actor_for(request, AccountAct.VERIFY_ORGANISATION)
    profile = await accounts.get_broker_profile(path_id(request, "profile_id"))
    form, now = DecisionForm(await form_data_or_none(request)), deps(request).clock()
    is_return = form.decision.data == "return"
    if form.validate_on_submit():
        with form.catch_invalid():
            if is_return:
                await brokers_service.return_broker(
                    profile.id, form.reason.data or "", revision=form.seen_revision, by=By(actor, now)
                )
            else:
                await brokers_service.verify_broker(
                    profile.id, revision=form.seen_revision, by=By(actor, now)
                )
            message = _("已退回修改。") if is_return else _("已认证。")
            return flash(request, redirect_to(request, "backoffice:brokers"), message)
    return render_form(request, "backoffice/broker.html", form, profile=profile)


routes = [
    Route("/backoffice/organisations", organisations, name="backoffice:organisations", methods=["GET"]),
    Route(
        "/backoffice/organisations/{organisation_id:uuid}",
        organisation,
        name="backoffice:organisation",
        methods=["GET", "POST"],
    ),
    Route("/backoffice/brokers", brokers, name="backoffice:brokers", methods=["GET"]),
    Route("/backoffice/brokers/{profile_id:uuid}", broker, name="backoffice:broker", methods=["GET", "POST"]),
]
