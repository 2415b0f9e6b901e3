"""Pages of the operator: review of listings and of changes to them, the list of objections to decide."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from wtforms import HiddenField

from market.accounts.web import actor_for
from market.kit.errors import Invalid
from market.kit.flash import flash
from market.kit.form_fields import LongTextField
from market.kit.forms import BaseForm
from market.kit.i18n import gettext as _
from market.kit.i18n import lazy
from market.kit.pagination import PageRequest
from market.kit.routing import Route
from market.kit.templating import render, render_form
from market.kit.web import deps, form_data, form_data_or_none, path_id, redirect_to, uuid_or_none
from market.listings import authoring, change_queries, changes, queries, rules
from market.listings.change_rules import values_of
from market.listings.differences import content_fields, differences, form_of
from market.listings.forms import NeedReviewForm, OutcomeReviewForm
from market.listings.kinds import KINDS, OUTCOME, Kind, Listing, get_kind
from market.listings.models import ReviewDecision
from market.listings.near_duplicates import find_near_duplicates
from market.listings.prechecks import prechecks
from market.listings.sections import sections
from market.listings.states import ChangeStatus, ListingAct
from market.notices.queries import list_objections
from market.notices.states import NoticeAct
from market.records.by import By


async def pending_listings(request: Request) -> Response:
    """List the listings that wait for review, the longest waiting first."""
    actor_for(request, ListingAct.MODERATE)
    kind = KINDS.get(request.query_params.get("kind", ""), OUTCOME)
    fresh, older, oldest = await queries.count_pending_by_age(kind, deps(request).clock())
    return render(
        request,
        "backoffice/listings.html",
        kind=kind,
        page=await queries.list_pending(kind, PageRequest.from_query(request.query_params)),
        ages=[(_("三天内"), fresh), (_("三到七天"), older), (_("超过七天"), oldest)],
        counts=[(listing_kind, await queries.count_pending(listing_kind)) for listing_kind in KINDS.values()],
    )


async def review_listing(request: Request) -> Response:
    """Show one listing beside the rubric, and take the decision."""
    actor = actor_for(request, ListingAct.MODERATE)
    kind = get_kind(request.path_params["kind"])
    listing = await queries.get_for_review(kind, request.path_params["number"])
    form_class = OutcomeReviewForm if kind is OUTCOME else NeedReviewForm
    if request.method == "GET":
        return await _page(request, kind, listing, form_class())
    form = form_class(await form_data(request))
    if form.validate():
        try:
            await authoring.review(
                kind.key,
                listing.number,
                points=form.points,
                is_published=form.decision.data == ReviewDecision.PUBLISHED,
                comment=form.comment.data or "",
                remarks=form.remark_texts,
                by=By(actor, deps(request).clock()),
            )
        except Invalid as error:
            form.add_error(error.field or "", str(error))
        else:
            message = _("已发布。") if form.decision.data == ReviewDecision.PUBLISHED else _("已退回修改。")
            return flash(request, redirect_to(request, "backoffice:listings"), message)
    return await _page(request, kind, listing, form, status_code=422)


async def _page(
    request: Request, kind: Kind, listing: Listing, form: BaseForm, status_code: int = 200
) -> Response:
    score, missing = kind.completeness(listing)
    reviews = await queries.list_reviews(kind, listing.id)
    last = reviews[0] if reviews and reviews[0].content else None
    now_read = values_of(listing, content_fields(kind.key))
    alike = await find_near_duplicates(
        kind,
        listing,
        search=deps(request).search,
        own_id=listing.id,
        organisation_id=listing.organisation_id,
        with_pending=True,
    )
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
        headings=[
            (form[name], str(words), str(hint), rules.ANCHORS[name])
            for name, (words, hint) in rules.HEADINGS.items()
        ],
        reviews=reviews,
        labels={name: form_of(kind.key)[name].label.text for name in content_fields(kind.key)},
        last=last,
        rewritten=differences(kind.key, last.content, now_read) if last and last.content else [],
        is_pending=listing.status == kind.pending,
        alike=alike,
        checks=await prechecks(kind, listing, alike),
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


SHOWN = {
    "": (ChangeStatus.PENDING,),
    "applied": (ChangeStatus.APPLIED,),
    "decided": tuple(s for s in ChangeStatus if s not in (ChangeStatus.PENDING, ChangeStatus.APPLIED)),
}


class ChangeForm(BaseForm):
    """The operator's decision on a change."""

    revision = HiddenField()
    decision = HiddenField()
    reason = LongTextField(lazy("理由"), max_length=1000)

    @property
    def seen_revision(self) -> int:
        text = str(self.revision.data or "")
        return int(text) if text.isascii() and text.isdigit() and len(text) < 9 else 0


async def changed_listings(request: Request) -> Response:
    """List changes; take those that went live at once as seen."""
    actor = actor_for(request, ListingAct.MODERATE)
    if request.method == "POST":
        data = await form_data(request)
        ids = [identity for text in data.getlist("change") if (identity := uuid_or_none(text))]
        count = await changes.mark_seen(ids, by=By(actor, deps(request).clock()))
        response = redirect_to(request, "backoffice:changes")
        response.headers["location"] += "?show=applied"
        return flash(request, response, _("已过目 %(count)s 项。", count=count))
    show = request.query_params.get("show", "")
    show = show if show in SHOWN else ""
    counts = await change_queries.count_changes()
    return render(
        request,
        "backoffice/changes.html",
        page=await change_queries.list_changes(SHOWN[show], PageRequest.from_query(request.query_params)),
        show=show,
        tabs=[
            ("", _("待审核"), counts.get("pending", 0)),
            ("applied", _("已生效，待过目"), counts.get("applied", 0)),
            ("decided", _("已处理"), sum(counts.get(status.value, 0) for status in SHOWN["decided"])),
        ],
    )


async def review_change(request: Request) -> Response:
    """Show one change beside what everybody reads now, and take the decision."""
    actor = actor_for(request, ListingAct.MODERATE)
    row = await change_queries.get_change(path_id(request, "change_id"))
    form: Any = ChangeForm(await form_data_or_none(request))
    if form.validate_on_submit():
        by, reason = By(actor, deps(request).clock()), form.reason.data or ""
        with form.catch_invalid():
            if form.decision.data == "accept":
                await changes.accept(row.change.id, seen_revision=form.seen_revision, by=by)
                message = _("已通过，公开页面已更新。")
            elif form.decision.data == "revert":
                await changes.revert(row.change.id, reason, by=by)
                message = _("已恢复原样，作者会收到理由。")
            elif form.decision.data == "see":
                await changes.mark_seen([row.change.id], by=by)
                message = _("已过目。")
            else:
                await changes.reject(row.change.id, reason, seen_revision=form.seen_revision, by=by)
                message = _("没有通过，作者会收到理由。")
            return flash(request, redirect_to(request, "backoffice:changes"), message)
    draft = changes.with_change(row.listing, row.change)
    alike = await find_near_duplicates(
        row.kind,
        draft,
        search=deps(request).search,
        own_id=row.listing.id,
        organisation_id=row.listing.organisation_id,
    )
    return render_form(
        request,
        "backoffice/change.html",
        form,
        row=row,
        change=row.change,
        checks=await prechecks(row.kind, draft, alike) if row.change.decided_at is None else [],
    )


routes = [
    Route("/backoffice/changes", changed_listings, name="backoffice:changes", methods=["GET", "POST"]),
    Route(
        "/backoffice/changes/{change_id:uuid}",
        review_change,
        name="backoffice:change",
        methods=["GET", "POST"],
    ),
    Route("/backoffice/listings", pending_listings, name="backoffice:listings"),
    Route(
        "/backoffice/listings/{kind}/{number}",
        review_listing,
        name="backoffice:listing",
        methods=["GET", "POST"],
    ),
    Route("/backoffice/objections", index, name="backoffice:objections", methods=["GET"]),
]
