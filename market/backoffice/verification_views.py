"""What operators review: listings before they are published, organisations, brokers."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from wtforms import HiddenField

from market.accounts import brokers as brokers_service
from market.accounts import organisations as organisations_service
from market.accounts import queries as accounts
from market.accounts.models import OrganisationStatus
from market.accounts.permissions import AccountAct
from market.accounts.web import actor_for
from market.kit.errors import Invalid
from market.kit.flash import flash
from market.kit.form_fields import LongTextField
from market.kit.forms import BaseForm
from market.kit.i18n import gettext as _
from market.kit.i18n import lazy
from market.kit.pagination import PageRequest
from market.kit.templating import render, render_form
from market.kit.web import deps, form_data, form_data_or_none, path_id, redirect_to
from market.listings import authoring, queries, rules
from market.listings.forms import ReviewForm
from market.listings.kinds import KINDS, OUTCOME, Kind, Listing, get_kind
from market.listings.models import ReviewDecision
from market.listings.near_duplicates import find_near_duplicates
from market.listings.sections import sections
from market.listings.states import ListingAct
from market.notices.queries import list_objections
from market.notices.states import NoticeAct
from market.payees.queries import known_account
from market.records.by import By


async def pending_listings(request: Request) -> Response:
    """List the listings that wait for review, the longest waiting first."""
    actor_for(request, ListingAct.MODERATE)
    kind = KINDS.get(request.query_params.get("kind", ""), OUTCOME)
    return render(
        request,
        "backoffice/listings.html",
        kind=kind,
        page=await queries.list_pending(kind, PageRequest.from_query(request.query_params)),
        counts=[(listing_kind, await queries.count_pending(listing_kind)) for listing_kind in KINDS.values()],
    )


async def review_listing(request: Request) -> Response:
    """Show one listing beside the rubric, and take the decision."""
    actor = actor_for(request, ListingAct.MODERATE)
    kind = get_kind(request.path_params["kind"])
    listing = await queries.get_for_review(kind, request.path_params["number"])
    if request.method == "GET":
        return await _page(request, kind, listing, ReviewForm())
    form = ReviewForm(await form_data(request))
    if form.validate():
        try:
            await authoring.review(
                kind.key,
                listing.number,
                points=form.points,
                is_published=form.decision.data == ReviewDecision.PUBLISHED,
                comment=form.comment.data or "",
                by=By(actor, deps(request).clock()),
            )
        except Invalid as error:
            form.add_error(error.field or "", str(error))
        else:
            message = _("已发布。") if form.decision.data == ReviewDecision.PUBLISHED else _("已退回修改。")
            return flash(request, redirect_to(request, "backoffice:listings"), message)
    return await _page(request, kind, listing, form, status_code=422)


async def _page(
    request: Request, kind: Kind, listing: Listing, form: ReviewForm, status_code: int = 200
) -> Response:
    score, missing = kind.completeness(listing)
    return render(
        request,
        "backoffice/listing.html",
        status_code,
        kind=kind,
        listing=listing,
        sections=sections(listing),
        form=form,
        score=score,
        missing=missing,
        headings=[(form[name], str(words), str(hint)) for name, (words, hint) in rules.HEADINGS.items()],
        reviews=await queries.list_reviews(kind, listing.id),
        is_pending=listing.status == kind.pending,
        alike=await find_near_duplicates(
            kind,
            listing,
            search=deps(request).search,
            own_id=listing.id,
            organisation_id=listing.organisation_id,
            with_pending=True,
        ),
    )


async def index(request: Request) -> Response:
    """List the objections to decide, for operator and approver; an auditor reads them too."""
    actor_for(request, NoticeAct.SEE_OBJECTIONS)
    is_decided = request.query_params.get("decided") == "1"
    return render(
        request,
        "backoffice/objections.html",
        objections=await list_objections(is_decided=is_decided),
        is_decided=is_decided,
    )


class DecisionForm(BaseForm):
    """The operator verifies, or returns with a reason."""

    revision = HiddenField()
    decision = HiddenField()
    reason = LongTextField(lazy("退回理由"), max_length=1000)

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
    form, now = DecisionForm(await form_data_or_none(request)), deps(request).clock()
    is_return = form.decision.data == "return"
    if form.validate_on_submit():
        with form.catch_invalid():
            if is_return:
                await organisations_service.return_organisation(
                    organisation.id, form.reason.data or "", revision=form.seen_revision, by=By(actor, now)
                )
            else:
                await organisations_service.verify_organisation(
                    organisation.id, revision=form.seen_revision, by=By(actor, now)
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
    Route("/backoffice/listings", pending_listings, name="backoffice:listings"),
    Route(
        "/backoffice/listings/{kind}/{number}",
        review_listing,
        name="backoffice:listing",
        methods=["GET", "POST"],
    ),
    Route("/backoffice/objections", index, name="backoffice:objections", methods=["GET"]),
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
