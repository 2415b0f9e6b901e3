"""Pages of a deed beside its course: a share of it for another unit, a visit of a doubtful one."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from market.accounts.web import actor_for
from market.files.attachments import optional_upload
from market.kit.errors import Conflict, Forbidden, NotFound
from market.kit.flash import flash
from market.kit.i18n import gettext as _
from market.kit.routing import UPLOAD, Route
from market.kit.templating import render_form
from market.kit.web import deps, form_data_or_none, path_id, redirect_to
from market.records.by import By
from market.records.decision_forms import posted_decision
from market.records.decisions import Verdict
from market.targets import queries, sharing, visits
from market.targets.forms import ShareForm, VisitForm
from market.targets.states import DeedStatus, TargetAct


async def propose(request: Request) -> Response:
    """Propose to share a deed with another unit."""
    actor = actor_for(request, TargetAct.DECLARE_DEED)
    deed = await queries.get_deed_for(actor, request.path_params["number"])
    if not actor.acts_for(deed.unit_id):
        raise NotFound(_("没有这一项，或者您不能查看它。"))
    if deed.status not in sharing.SHARED_IN:
        raise Conflict(_("市里审核以后，份额不能再改。"))
    form = ShareForm(await form_data_or_none(request))
    if form.validate_on_submit():
        with form.catch_invalid(Conflict):
            await sharing.propose_share(
                deed.number,
                str(form.partner.data or ""),
                form.share.data or 0,
                by=By(actor, deps(request).clock()),
            )
            return _back(request, deed.number, _("已提出，等对方答复。"))
    return render_form(request, "targets/share_form.html", form, deed=deed)


async def decide(request: Request) -> Response:
    """Agree to a share of a deed, or refuse it."""
    actor = actor_for(request, TargetAct.DECLARE_DEED)
    verdict, reason = await posted_decision(request)
    deed = await sharing.decide_share(
        path_id(request, "share_id"), verdict, reason=reason, by=By(actor, deps(request).clock())
    )
    is_confirmed = verdict is Verdict.CONFIRMED
    words = _("分享比例已商定。") if is_confirmed else _("已回绝，对方收到理由。")
    if actor.acts_for(deed.unit_id) or is_confirmed:
        return _back(request, deed.number, words)
    return flash(request, redirect_to(request, "targets:mine"), words)


async def visit(request: Request) -> Response:
    """Record the visit of a doubtful deed."""
    actor = actor_for(request, TargetAct.MANAGE_TARGETS)
    deed = await queries.get_deed_for(actor, request.path_params["number"])
    if deed.status is not DeedStatus.DOUBTFUL:
        raise Conflict(_("只有存疑的才登记现场核查。"))
    form = VisitForm(await form_data_or_none(request))
    if form.validate_on_submit():
        with form.catch_invalid(Conflict, Forbidden):
            blob = await optional_upload(request)
            await visits.record_visit(deed.number, form.entry(), blob, by=By(actor, deps(request).clock()))
            return _back(request, deed.number, _("现场核查已登记，可以提出结论了。"))
    return render_form(request, "targets/visit_form.html", form, deed=deed)


def _back(request: Request, number: str, words: str) -> Response:
    return flash(request, redirect_to(request, "targets:deed", number=number), words)


DEED = "/deeds/{number}"
routes = [
    Route(f"{DEED}/share", propose, name="targets:propose_share", methods=["GET", "POST"]),
    Route("/deed-shares/{share_id:uuid}", decide, name="targets:decide_share", methods=["POST"]),
    Route(f"{DEED}/visit", visit, name="targets:visit", methods=["GET", "POST"], body=UPLOAD),
]
