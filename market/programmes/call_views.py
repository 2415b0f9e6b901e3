"""Pages of calls: what everybody reads, and the desk's pages on which they are drafted and released."""

from __future__ import annotations

from dataclasses import replace

from starlette.requests import Request
from starlette.responses import Response

from market.accounts.permissions import AccountAct
from market.accounts.web import actor_for, optional_actor
from market.files.attachments import optional_upload
from market.files.uploads import ACCEPT
from market.kit.clock import local_date
from market.kit.flash import flash
from market.kit.i18n import gettext as _
from market.kit.routing import UPLOAD, Route
from market.kit.templating import render, render_form
from market.kit.web import deps, form_data, form_data_or_none, path_id, redirect_to
from market.programmes import call_queries, calls
from market.programmes.call_forms import CallForm, ClosingForm, call_data
from market.programmes.call_models import Call
from market.programmes.call_states import CallAct, CallStatus
from market.programmes.call_warnings import call_warnings, overlap_words, overlapping
from market.programmes.catalogue import compiled, list_programmes, list_versions
from market.records.by import By
from market.records.decision_forms import DraftActs, decide_draft, posted_decision
from market.records.decisions import Verdict
from market.records.transitions import history


async def show(request: Request) -> Response:
    """Show a call to everybody, and to the desk what can be done with it."""
    call = await call_queries.get_call_for(optional_actor(request), request.path_params["number"])
    return await _show(request, call)


async def _show(request: Request, call: Call, form: ClosingForm | None = None) -> Response:
    now = deps(request).clock()
    window = await call_queries.window_of(call.id)
    actor = optional_actor(request)
    is_desk = actor is not None and actor.may(AccountAct.SEE_DESK)
    closings = await call_queries.list_closings(call.id)
    may_edit = is_desk and call.status in (CallStatus.DRAFT, CallStatus.RETURNED)
    beside = await call_queries.windows_beside(call) if is_desk else ([], [])
    own = window or call_queries.window_of_draft(call)
    return render(
        request,
        "programmes/call.html",
        422 if form and form.errors else 200,
        call=call,
        window=window,
        state=window.state(now) if window else None,
        days=(window.last_day - local_date(now)).days if window else 0,
        closings=[row for row in closings if is_desk or row.is_confirmed],
        events=await history("call", call.id) if is_desk else [],
        form=form or ClosingForm(),
        is_desk=is_desk,
        is_draft=call.status is CallStatus.DRAFT,
        may_edit=may_edit,
        warnings=call_warnings(own, *beside, now) if may_edit else [],
        overlaps=[other.number for other in overlapping(own, beside[0])] if may_edit else [],
        closing_warnings={
            row.id: overlap_words(replace(own, closes_at=row.closes_at), beside[0])
            for row in closings
            if is_desk and row.verdict is None
        },
        is_released=call.status is CallStatus.RELEASED,
    )


async def index(request: Request) -> Response:
    """List all calls for the desk, and the changed closings that wait."""
    actor_for(request, AccountAct.SEE_DESK)
    windows = {
        window.number: window
        for of_programme in (await call_queries.windows()).values()
        for window in of_programme
    }
    return render(
        request,
        "programmes/calls.html",
        calls=await call_queries.list_calls(),
        windows=windows,
        waiting=await call_queries.waiting_closings(),
    )


async def new(request: Request) -> Response:
    actor = actor_for(request, CallAct.DRAFT_CALL)
    now = deps(request).clock()
    slug = request.query_params.get("programme", "")
    usual = {"programme": slug, "year": local_date(now).year, "papers": await _usual_papers(slug)}
    form = await _form(request, usual)
    if form.validate_on_submit():
        with form.catch_invalid():
            blob = await optional_upload(request)
            call = await calls.draft_call(str(form.programme.data), form.values(), blob, by=By(actor, now))
            return _back(request, call.number, _("通知已起草，请批准人核对后发布。"))
    return render_form(request, "programmes/call_form.html", form, call=None, accept=ACCEPT)


async def edit(request: Request) -> Response:
    actor = actor_for(request, CallAct.DRAFT_CALL)
    call = await call_queries.get_call_for(actor, request.path_params["number"])
    calls.require_unreleased(call)
    form = await _form(request, {**call_data(call), "programme": call.programme.slug})
    if form.validate_on_submit():
        with form.catch_invalid():
            blob = await optional_upload(request)
            by = By(actor, deps(request).clock())
            await calls.edit_call(call.number, form.values(), blob, by=by)
            return _back(request, call.number, _("已保存，请批准人核对后发布。"))
    return render_form(request, "programmes/call_form.html", form, call=call, accept=ACCEPT)


async def _form(request: Request, usual: dict[str, object]) -> CallForm:
    form = CallForm(await form_data_or_none(request), data=usual)
    form.programme.choices = [(programme.slug, _(programme.name)) for programme in await list_programmes()]
    return form


async def _usual_papers(slug: str) -> list[str]:
    """Return the papers that the rules of a programme ask for."""
    programme = next((row for row in await list_programmes() if row.slug == slug), None)
    versions = await list_versions(programme.id) if programme else []
    return [_(paper) for paper in compiled(versions[0]).content["evidence"]] if versions else []


async def decide(request: Request) -> Response:
    """Release a draft, return it, or discard it."""
    actor, number = actor_for(request, AccountAct.SEE_DESK), request.path_params["number"]
    acts = DraftActs(
        release=lambda form, by: calls.release_call(number, seen=str(form.get("seen") or "").split(), by=by),
        return_to_author=lambda reason, by: calls.return_call(number, reason, by=by),
        discard=lambda by: calls.discard_call(number, by=by),
        page="programmes:desk_call",
        index="programmes:calls",
        released=_("通知已发布，截止前可以申报；符合的单位会收到消息。"),
    )
    return await decide_draft(request, acts, by=By(actor, deps(request).clock()))


async def closing(request: Request) -> Response:
    """Propose another closing."""
    actor = actor_for(request, CallAct.DRAFT_CALL)
    call = await call_queries.get_call_for(actor, request.path_params["number"])
    form = ClosingForm(await form_data(request))
    if form.validate_on_submit():
        with form.catch_invalid():
            by = By(actor, deps(request).clock())
            await calls.propose_closing(call.number, form.closes_at.data, form.ground.data or "", by=by)
            return _back(request, call.number, _("已提出，请批准人决定。"))
    return await _show(request, call, form)


async def decide_closing(request: Request) -> Response:
    actor = actor_for(request, CallAct.RELEASE_CALL)
    verdict, reason = await posted_decision(request)
    number, by = request.path_params["number"], By(actor, deps(request).clock())
    await calls.decide_closing(number, path_id(request, "closing_id"), verdict, reason=reason, by=by)
    words = _("截止时间已改。") if verdict is Verdict.CONFIRMED else _("已退回。")
    return _back(request, number, words)


def _back(request: Request, number: str, words: str) -> Response:
    return flash(request, redirect_to(request, "programmes:desk_call", number=number), words)


routes = [
    Route("/calls/{number}", show, name="programmes:call", methods=["GET"]),
    Route("/desk/calls", index, name="programmes:calls", methods=["GET"]),
    Route("/desk/calls/new", new, name="programmes:new_call", methods=["GET", "POST"], body=UPLOAD),
    Route("/desk/calls/{number}", show, name="programmes:desk_call", methods=["GET"]),
    Route("/desk/calls/{number}", decide, name="programmes:decide_call", methods=["POST"]),
    Route(
        "/desk/calls/{number}/edit", edit, name="programmes:edit_call", methods=["GET", "POST"], body=UPLOAD
    ),
    Route("/desk/calls/{number}/closing", closing, name="programmes:propose_closing", methods=["POST"]),
    Route(
        "/desk/calls/{number}/closing/{closing_id:uuid}",
        decide_closing,
        name="programmes:decide_closing",
        methods=["POST"],
    ),
]
