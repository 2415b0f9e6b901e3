"""Pages of the library: a policy as everybody reads it, and the desk's pages on which it is written."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from market.accounts.permissions import AccountAct
from market.accounts.web import actor_for, optional_actor
from market.files.attachments import optional_upload
from market.kit.flash import flash
from market.kit.i18n import gettext as _
from market.kit.routing import UPLOAD, Route
from market.kit.templating import render, render_form
from market.kit.web import deps, form_data, form_data_or_none, path_id, redirect_to
from market.policies import library, queries
from market.policies.forms import EndForm, PolicyForm, policy_data
from market.policies.library import PolicyDraft
from market.policies.models import Policy
from market.policies.states import EDITABLE, VALID, Level, PolicyAct, PolicyStatus, Topic
from market.programmes.catalogue import list_programmes
from market.programmes.texts import VALUES
from market.records.by import By
from market.records.decision_forms import DraftActs, decide_draft, posted_decision
from market.records.decisions import Verdict
from market.records.transitions import history


async def show(request: Request) -> Response:
    """Show a policy to everybody, and to the desk what can be done with it."""
    policy = await queries.get_policy_for(optional_actor(request), request.path_params["number"])
    return await _show(request, policy)


async def _show(request: Request, policy: Policy, form: EndForm | None = None) -> Response:
    actor = optional_actor(request)
    is_desk = actor is not None and actor.may(AccountAct.SEE_DESK)
    return render(
        request,
        "policies/policy.html",
        422 if form and form.errors else 200,
        policy=policy,
        level=Level(policy.level),
        topics=[Topic(topic).label for topic in policy.topics],
        audience=[_(VALUES[kind]) for kind in policy.audience],
        programmes=await queries.programmes_of(policy.id),
        later=await queries.affected_by(policy.id),
        last_day=await library.last_day_of(policy),
        ends=await queries.ends_of(policy.id),
        events=await history("policy", policy.id) if is_desk else [],
        form=form or EndForm(),
        is_desk=is_desk,
        is_draft=policy.status is PolicyStatus.DRAFT,
        may_edit=is_desk and policy.status in EDITABLE,
        is_valid=policy.status in VALID,
    )


async def index(request: Request) -> Response:
    """List all policies for the desk."""
    actor_for(request, AccountAct.SEE_DESK)
    return render(request, "policies/desk_index.html", policies=await queries.list_policies())


async def new(request: Request) -> Response:
    actor = actor_for(request, PolicyAct.DRAFT_POLICY)
    form = await _form(request, {})
    if form.validate_on_submit():
        with form.catch_invalid():
            draft, by = await _draft(request, form), By(actor, deps(request).clock())
            policy = await library.draft_policy(draft, by=by)
            return _back(request, policy.number, _("已录入，请批准人核对后发布。"))
    return render_form(request, "policies/form.html", form, policy=None)


async def edit(request: Request) -> Response:
    actor = actor_for(request, PolicyAct.DRAFT_POLICY)
    policy = await queries.get_policy_for(actor, request.path_params["number"])
    library.require_unreleased(policy)
    form = await _form(request, policy_data(policy, await queries.programmes_of(policy.id)))
    if form.validate_on_submit():
        with form.catch_invalid():
            draft, by = await _draft(request, form), By(actor, deps(request).clock())
            await library.edit_policy(policy.number, draft, by=by)
            return _back(request, policy.number, _("已保存，请批准人核对后发布。"))
    return render_form(request, "policies/form.html", form, policy=policy)


async def _form(request: Request, data: dict[str, object]) -> PolicyForm:
    form = PolicyForm(await form_data_or_none(request), data=data)
    form.offer(await list_programmes(), await queries.list_valid())
    return form


async def _draft(request: Request, form: PolicyForm) -> PolicyDraft:
    return PolicyDraft(
        form.values(),
        str(form.affects.data or ""),
        tuple(form.programmes.data or ()),
        await optional_upload(request),
    )


async def decide(request: Request) -> Response:
    """Release a draft, return it, or discard it."""
    actor, number = actor_for(request, AccountAct.SEE_DESK), request.path_params["number"]
    acts = DraftActs(
        release=lambda _form, by: library.release_policy(number, by=by),
        return_to_author=lambda reason, by: library.return_policy(number, reason, by=by),
        discard=lambda by: library.discard_policy(number, by=by),
        page="policies:desk",
        index="policies:desk_index",
        released=_("已发布。"),
    )
    return await decide_draft(request, acts, by=By(actor, deps(request).clock()))


async def end(request: Request) -> Response:
    """Propose the end of a policy."""
    actor = actor_for(request, PolicyAct.DRAFT_POLICY)
    policy = await queries.get_policy_for(actor, request.path_params["number"])
    form = EndForm(await form_data(request))
    if form.validate_on_submit():
        with form.catch_invalid():
            by = By(actor, deps(request).clock())
            await library.propose_end(policy.number, form.ends_on.data, form.ground.data or "", by=by)
            return _back(request, policy.number, _("已提出，请批准人决定。"))
    return await _show(request, policy, form)


async def decide_end(request: Request) -> Response:
    actor = actor_for(request, PolicyAct.RELEASE_POLICY)
    verdict, reason = await posted_decision(request)
    number, by = request.path_params["number"], By(actor, deps(request).clock())
    await library.decide_end(number, path_id(request, "end_id"), verdict, reason=reason, by=by)
    words = _("已同意，到期废止。") if verdict is Verdict.CONFIRMED else _("已退回。")
    return _back(request, number, words)


def _back(request: Request, number: str, words: str) -> Response:
    return flash(request, redirect_to(request, "policies:desk", number=number), words)


routes = [
    Route("/policies/{number}", show, name="policies:show", methods=["GET"]),
    Route("/desk/policies", index, name="policies:desk_index", methods=["GET"]),
    Route("/desk/policies/new", new, name="policies:new", methods=["GET", "POST"], body=UPLOAD),
    Route("/desk/policies/{number}", show, name="policies:desk", methods=["GET"]),
    Route("/desk/policies/{number}", decide, name="policies:decide", methods=["POST"]),
    Route("/desk/policies/{number}/edit", edit, name="policies:edit", methods=["GET", "POST"], body=UPLOAD),
    Route("/desk/policies/{number}/end", end, name="policies:propose_end", methods=["POST"]),
    Route(
        "/desk/policies/{number}/end/{end_id:uuid}",
        decide_end,
        name="policies:decide_end",
        methods=["POST"],
    ),
]
