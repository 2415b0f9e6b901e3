"""Pages on which an organisation writes and manages its listings."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from market.accounts.actors import Actor
from market.accounts.web import actor_for
from market.kit.clock import local_date
from market.kit.errors import Invalid
from market.kit.flash import flash
from market.kit.i18n import gettext as _
from market.kit.pagination import PageRequest
from market.kit.routing import Route
from market.kit.templating import render
from market.kit.web import deps, form_data, redirect_to, wants_partial
from market.listings import (
    authoring,
    change_queries,
    changes,
    freshness,
    queries,
    rules,
    submission,
)
from market.listings.forms import ListingForm, NeedForm, OutcomeForm, need_data, outcome_data
from market.listings.kinds import NEED, OUTCOME, Kind, Listing, get_kind
from market.listings.models import Need
from market.listings.near_duplicates import NearDuplicate, find_near_duplicates
from market.listings.states import EDITABLE, LIVE, ListingAct, ListingAction, NeedStatus, workflow_of
from market.records.by import By


async def outcomes(request: Request) -> Response:
    return await _own_listings(request, OUTCOME)


async def needs(request: Request) -> Response:
    return await _own_listings(request, NEED)


async def _own_listings(request: Request, kind: Kind) -> Response:
    actor = actor_for(request, ListingAct.DRAFT_LISTING)
    now, page_request = deps(request).clock(), PageRequest.from_query(request.query_params)
    until = local_date(now) + queries.RENEW_AHEAD
    status = request.query_params.get("status", "")
    is_due = request.query_params.get("due") == "1"
    if is_due:
        page = await queries.list_renewable(kind, actor, until, page_request)
    else:
        status = status if status in {member.value for member in kind.statuses} else ""
        page = await queries.list_own(kind, actor, status=status, page_request=page_request)
    return render(
        request,
        "listings/index.html",
        kind=kind,
        page=page,
        counts=await queries.count_own(kind, actor),
        due_count=await queries.count_renewable(kind, actor, until),
        status=status,
        is_due=is_due,
        may_begin=actor.sells if kind is OUTCOME else actor.buys,
    )


async def new_outcome(request: Request) -> Response:
    return await _write(request, OUTCOME, None)


async def new_need(request: Request) -> Response:
    return await _write(request, NEED, None)


async def edit_outcome(request: Request) -> Response:
    return await _edit(request, OUTCOME)


async def edit_need(request: Request) -> Response:
    return await _edit(request, NEED)


async def _edit(request: Request, kind: Kind, *, is_submitted: bool = False) -> Response:
    actor = actor_for(request, ListingAct.DRAFT_LISTING)
    listing = await queries.get_own(kind, actor, request.path_params["number"])
    return await _write(request, kind, listing, is_submitted=is_submitted)


async def _write(
    request: Request, kind: Kind, listing: Listing | None, *, is_submitted: bool = False
) -> Response:
    actor = actor_for(request, ListingAct.DRAFT_LISTING)
    if listing is None:
        authoring.require_may_create(kind, actor)
    if request.method == "GET":
        shown = await _with_change(request, kind, listing) if listing else None
        return await _render_form(request, kind, listing, _blank_form(kind, shown, actor))
    data = await form_data(request)
    form = _form_class(kind)(data)
    if wants_partial(request):
        return _render_completeness(request, kind, form)
    is_submitted = is_submitted or data.get("act") == "submit"
    if form.validate():
        if is_submitted and data.get("alike") != "seen":
            alike = await _near_duplicates(request, kind, _FormContent(form), listing, actor)
            if alike:
                return await _render_form(request, kind, listing, form, status_code=422, alike=alike)
        try:
            saved = await authoring.save(
                kind,
                listing.number if listing else None,
                form.values(),
                is_submitted=is_submitted,
                by=By(actor, deps(request).clock()),
                base_revision=form.revision.data,
            )
        except submission.Incomplete as error:
            form.add_errors(error.faults)
        except Invalid as error:
            form.add_error(error.field or "", str(error))
        else:
            return await _redirect_after_save(request, kind, saved, is_submitted=is_submitted)
    return await _render_form(request, kind, listing, form, status_code=422)


async def _near_duplicates(
    request: Request, kind: Kind, draft: Any, listing: Listing | None, actor: Actor
) -> list[NearDuplicate]:
    """Return the near-duplicates of a complete listing; none for an incomplete one."""
    if kind.faults(draft, local_date(deps(request).clock())):
        return []
    own_id = listing.id if listing else None
    return await find_near_duplicates(
        kind, draft, search=deps(request).search, own_id=own_id, organisation_id=actor.organisation_id
    )


async def _redirect_after_save(
    request: Request, kind: Kind, listing: Listing, *, is_submitted: bool
) -> Response:
    if is_submitted and listing.status == kind.draft:
        words = _("草稿已保存。单位认证通过后，就可以提交审核。")
        return flash(
            request, redirect_to(request, f"listings:edit_{kind.key}", number=listing.number), words, "note"
        )
    if is_submitted:
        return flash(
            request, redirect_to(request, f"listings:{kind.index}"), _("已提交审核，结果会用消息告诉您。")
        )
    if await changes.find_pending(kind, listing.id):
        words = _("已保存。待审核的改动通过后才公开，在此之前显示原来的内容。")
    else:
        words = _("已保存并生效。") if listing.status in LIVE else _("草稿已保存。")
    return flash(request, redirect_to(request, f"listings:edit_{kind.key}", number=listing.number), words)


async def submit_outcome(request: Request) -> Response:
    return await _submit(request, OUTCOME)


async def submit_need(request: Request) -> Response:
    return await _submit(request, NEED)


async def _submit(request: Request, kind: Kind) -> Response:
    """Submit the form's content, or the saved listing when the page has no form."""
    if "title" in await form_data(request):
        return await _edit(request, kind, is_submitted=True)
    actor = actor_for(request, ListingAct.DRAFT_LISTING)
    listing = await queries.get_own(kind, actor, request.path_params["number"])
    if alike := await _near_duplicates(request, kind, listing, listing, actor):
        form = _blank_form(kind, listing, actor)
        return await _render_form(request, kind, listing, form, status_code=422, alike=alike)
    act = authoring.submit_outcome if kind is OUTCOME else authoring.submit_need
    try:
        listing = await act(listing.number, by=By(actor, deps(request).clock()))
    except submission.Incomplete as error:
        form = _blank_form(kind, listing, actor)
        form.validate()
        form.add_errors(error.faults)
        return await _render_form(request, kind, listing, form, status_code=422)
    return await _redirect_after_save(request, kind, listing, is_submitted=True)


async def unlist_outcome(request: Request) -> Response:
    return await _act(request, OUTCOME, authoring.unlist, _("已下架。"))


async def unlist_need(request: Request) -> Response:
    return await _act(request, NEED, authoring.unlist, _("已关闭。"))


async def withdraw_outcome(request: Request) -> Response:
    return await _act(request, OUTCOME, changes.withdraw, _("变更已撤回，公开页面没有变。"))


async def withdraw_need(request: Request) -> Response:
    return await _act(request, NEED, changes.withdraw, _("变更已撤回，公开页面没有变。"))


async def renew_outcome(request: Request) -> Response:
    return await _act(request, OUTCOME, authoring.renew, _("已核实，有效期延长十二个月。"))


async def renew_need(request: Request) -> Response:
    return await _act(request, NEED, authoring.renew, _("已核实并续期。"))


async def _act(request: Request, kind: Kind, act: Callable[..., Awaitable[Listing]], words: str) -> Response:
    actor = actor_for(request, ListingAct.DRAFT_LISTING)
    listing = await act(kind, request.path_params["number"], by=By(actor, deps(request).clock()))
    return flash(request, redirect_to(request, f"listings:edit_{kind.key}", number=listing.number), words)


async def renew_by_link(request: Request) -> Response:
    """Show the renewal page that a reminder mail links to, and renew."""
    kind, number = request.path_params["kind"], request.path_params["number"]
    token, secret = request.query_params.get("token", "")[:64], deps(request).settings.secret_key
    listing = await freshness.get_signed(kind, number, token, secret=secret)
    if request.method == "GET":
        return render(request, "listings/renew.html", listing=listing, kind=get_kind(kind))
    await freshness.renew_by_link(kind, number, token, secret=secret, now=deps(request).clock())
    return flash(
        request, redirect_to(request, f"pages:{kind}", number=number), _("已确认，谢谢。有效期延长十二个月。")
    )


async def _with_change(request: Request, kind: Kind, listing: Listing) -> Listing:
    """Return the listing as its author saved it last, with the change that waits or that goes on."""
    change = await changes.find_pending(kind, listing.id)
    if change is None and request.query_params.get("from") == "change":
        refused = await change_queries.find_last_refusal(kind, listing)
        change = refused.change if refused else None
    return changes.with_change(listing, change)


def _form_class(kind: Kind) -> type[ListingForm]:
    return OutcomeForm if kind is OUTCOME else NeedForm


def _blank_form(kind: Kind, listing: Listing | None, actor: Actor) -> ListingForm:
    if listing is None:
        return _form_class(kind)(
            data={
                "region": actor.organisation_region,
            }
        )
    form = (
        NeedForm(data=need_data(listing))
        if isinstance(listing, Need)
        else OutcomeForm(data=outcome_data(listing))
    )
    form.append_blank_rows()
    return form


async def _render_form(
    request: Request,
    kind: Kind,
    listing: Listing | None,
    form: ListingForm,
    status_code: int = 200,
    alike: Sequence[NearDuplicate] = (),
) -> Response:
    reviews = await queries.list_reviews(kind, listing.id) if listing else []
    actor = actor_for(request, ListingAct.DRAFT_LISTING)
    change = await change_queries.find_own_change(actor, kind, listing) if listing else None
    score, missing = kind.completeness(_FormContent(form))
    status: Any = listing.status if listing else kind.draft
    judged = reviews[0] if reviews and status in (*_RETURNED, kind.pending) else None
    form.show_remarks({remark.field: remark.text for remark in judged.remarks} if judged else {})
    return render(
        request,
        f"listings/{kind.key}.html",
        status_code,
        kind=kind,
        listing=listing,
        form=form,
        score=score,
        missing=missing,
        alike=alike,
        change=change,
        is_own=True,
        refused=None if change or not listing else await change_queries.find_last_refusal(kind, listing),
        headings=[(heading, str(words)) for heading, (words, _hint) in rules.HEADINGS.items()],
        review=judged,
        status=status,
        is_editable=status in EDITABLE,
        is_live=status in LIVE,
        moves={
            action: workflow_of(status).allows(status, action)
            for action in (ListingAction.SUBMIT, ListingAction.UNLIST, ListingAction.RENEW)
        }
        if listing
        else {},
    )


_RETURNED = (OUTCOME.statuses.RETURNED, NeedStatus.RETURNED)


def _render_completeness(request: Request, kind: Kind, form: ListingForm) -> Response:
    """Render the completeness panel while the form is being filled in; saves nothing."""
    form.validate()
    score, missing = kind.completeness(_FormContent(form))
    return render(request, "listings/_completeness.html", score=score, missing=missing)


class _FormContent:
    """The form's content with the attributes of a listing."""

    def __init__(self, form: ListingForm) -> None:
        self.__dict__.update(form.values())


routes = [
    Route("/my/outcomes", outcomes, name="listings:outcomes"),
    Route("/my/outcomes/new", new_outcome, name="listings:new_outcome", methods=["GET", "POST"]),
    Route("/my/outcomes/{number}", edit_outcome, name="listings:edit_outcome", methods=["GET", "POST"]),
    Route("/my/outcomes/{number}/submit", submit_outcome, name="listings:submit_outcome", methods=["POST"]),
    Route("/my/outcomes/{number}/unlist", unlist_outcome, name="listings:unlist_outcome", methods=["POST"]),
    Route(
        "/my/outcomes/{number}/withdraw", withdraw_outcome, name="listings:withdraw_outcome", methods=["POST"]
    ),
    Route("/my/outcomes/{number}/renew", renew_outcome, name="listings:renew_outcome", methods=["POST"]),
    Route("/renew/{kind}/{number}", renew_by_link, name="listings:renew_by_link", methods=["GET", "POST"]),
    Route("/my/needs", needs, name="listings:needs"),
    Route("/my/needs/new", new_need, name="listings:new_need", methods=["GET", "POST"]),
    Route("/my/needs/{number}", edit_need, name="listings:edit_need", methods=["GET", "POST"]),
    Route("/my/needs/{number}/submit", submit_need, name="listings:submit_need", methods=["POST"]),
    Route("/my/needs/{number}/unlist", unlist_need, name="listings:unlist_need", methods=["POST"]),
    Route("/my/needs/{number}/withdraw", withdraw_need, name="listings:withdraw_need", methods=["POST"]),
    Route("/my/needs/{number}/renew", renew_need, name="listings:renew_need", methods=["POST"]),
]
