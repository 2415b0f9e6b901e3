"""Pages of the operator: review of listings by the rubric, the list of objections to decide."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from market.accounts.web import actor_for
from market.kit.errors import Invalid
from market.kit.flash import flash
from market.kit.i18n import gettext as _
from market.kit.pagination import PageRequest
from market.kit.templating import render
from market.kit.web import deps, form_data, redirect_to
from market.listings import authoring, queries, rules
from market.listings.forms import ReviewForm
from market.listings.kinds import KINDS, OUTCOME, Kind, Listing, get_kind
from market.listings.models import ReviewDecision
from market.listings.near_duplicates import find_near_duplicates
from market.listings.sections import sections
from market.listings.states import ListingAct
from market.notices.queries import list_objections
from market.notices.states import NoticeAct
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


routes = [
    Route("/backoffice/listings", pending_listings, name="backoffice:listings"),
    Route(
        "/backoffice/listings/{kind}/{number}",
        review_listing,
        name="backoffice:listing",
        methods=["GET", "POST"],
    ),
    Route("/backoffice/objections", index, name="backoffice:objections", methods=["GET"]),
]
