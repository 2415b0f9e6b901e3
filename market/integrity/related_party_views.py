"""The page to record and look up ties between parties."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from market.accounts.permissions import AccountAct
from market.accounts.web import actor_for
from market.integrity import related_parties
from market.integrity.forms import TieForm
from market.integrity.models import TieKind
from market.integrity.permissions import IntegrityAct
from market.kit.flash import flash
from market.kit.i18n import gettext as _
from market.kit.templating import render_form
from market.kit.web import deps, form_data_or_none, redirect_to
from market.records.by import By


async def index(request: Request) -> Response:
    actor, now = actor_for(request, AccountAct.SEE_DESK), deps(request).clock()
    form = TieForm(await form_data_or_none(request))
    if request.method == "POST":
        actor.require(IntegrityAct.ENTER_RELATED_PARTIES)
        if form.validate_on_submit():
            with form.catch_invalid():
                await related_parties.record_tie(
                    TieKind(form.kind.data),
                    str(form.uscc.data),
                    str(form.other.data),
                    role=form.role.data or "",
                    basis_points=form.share.data,
                    source=str(form.source.data),
                    by=By(actor, now),
                )
                return flash(
                    request,
                    redirect_to(request, "integrity:related_parties"),
                    _("关联已登记，核算时据以提示疑点。"),
                )
    text = request.query_params.get("uscc", "").replace("\x00", "").strip().upper()[:18]
    return render_form(
        request,
        "integrity/related_parties.html",
        form,
        ties=await related_parties.list_ties(text),
        text=text,
    )


routes = [
    Route("/desk/ties", index, name="integrity:related_parties", methods=["GET", "POST"]),
]
