"""The desk's pages on which rule versions are drafted."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from market.accounts.permissions import AccountAct
from market.accounts.web import actor_for
from market.kit.flash import flash
from market.kit.i18n import gettext as _
from market.kit.templating import render, render_form
from market.kit.web import deps, form_data_or_none, redirect_to
from market.programmes import drafts
from market.programmes.catalogue import get_programme, list_programmes
from market.programmes.forms import DraftForm
from market.programmes.permissions import ProgrammeAct
from market.records.by import By


async def terms(request: Request) -> Response:
    actor_for(request, AccountAct.SEE_DESK)
    return render(
        request,
        "programmes/drafts.html",
        programmes=await list_programmes(),
        drafts=await drafts.list_drafts(),
    )


async def draft(request: Request) -> Response:
    actor, now = actor_for(request, ProgrammeAct.DRAFT_TERMS), deps(request).clock()
    programme = await get_programme(request.path_params["slug"])
    data = await form_data_or_none(request)
    text = "" if data is not None else await drafts.starting_text(programme.slug)
    form = DraftForm(data, data={"content": text})
    if form.validate_on_submit():
        with form.catch_invalid():
            draft_row = await drafts.draft_terms(
                programme.slug, text=str(form.content.data), by=By(actor, now)
            )
            answer = redirect_to(
                request, "claims:draft_version", slug=programme.slug, version=draft_row.version
            )
            return flash(request, answer, _("草稿已保存，请批准人核对影响后发布。"))
    return render_form(request, "programmes/draft.html", form, programme=programme)


routes = [
    Route("/desk/terms", terms, name="programmes:drafts", methods=["GET"]),
    Route("/desk/terms/{slug}/draft", draft, name="programmes:draft", methods=["GET", "POST"]),
]
