"""The desk's pages of rule versions: drafted, compared, released."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from market.accounts.permissions import Act
from market.accounts.web import actor_for, sent, status_of
from market.kit.errors import Invalid
from market.kit.flash import flash
from market.kit.i18n import gettext as _
from market.kit.templating import render
from market.kit.web import deps, see
from market.programmes import drafting
from market.programmes.catalogue import get_programme, list_programmes
from market.programmes.drafting import release_terms
from market.programmes.forms import DraftForm
from market.records.by import By


async def terms(request: Request) -> Response:
    actor_for(request, Act.SEE_DESK)
    return render(
        request,
        "programmes/drafts.html",
        programmes=await list_programmes(),
        drafts=await drafting.list_drafts(),
    )


async def draft(request: Request) -> Response:
    actor, now = actor_for(request, Act.DRAFT_TERMS), deps(request).clock()
    programme = await get_programme(request.path_params["slug"])
    given = await sent(request)
    text = "" if given is not None else await drafting.starting_text(programme.slug)
    form = DraftForm(given, data={"content": text})
    if given is not None and form.validate():
        try:
            made = await drafting.draft_terms(programme.slug, text=str(form.content.data), by=By(actor, now))
            done = see(request, "programmes:draft_version", slug=programme.slug, version=made.version)
            return flash(request, done, _("草稿已保存，请批准人核对影响后发布。"))
        except Invalid as refused:
            form.refuse(refused.field or "", str(refused))
    return render(request, "programmes/draft.html", status_of(form), form=form, programme=programme)


async def version(request: Request) -> Response:
    actor, now = actor_for(request, Act.SEE_DESK), deps(request).clock()
    slug, name = request.path_params["slug"], request.path_params["version"]
    if request.method == "POST":
        actor.require(Act.RELEASE_TERMS)
        await release_terms(slug, name, by=By(actor, now))
        done = RedirectResponse(
            f"{request.app.url_path_for('programmes:show', slug=slug)}?version={name}", 303
        )
        return flash(request, done, _("%(version)s 版已发布，从此不能再改。", version=name))
    found = await drafting.get_draft(actor, slug, name)
    return render(
        request,
        "programmes/draft_version.html",
        draft=found,
        preview=await drafting.preview_of(found, now),
        difference=await drafting.difference_of(found),
        text=drafting.shown(found.content),
        is_own=found.drafted_by_id == actor.user_id,
    )


routes = [
    Route("/desk/terms", terms, name="programmes:drafts", methods=["GET"]),
    Route("/desk/terms/{slug}/draft", draft, name="programmes:draft", methods=["GET", "POST"]),
    Route("/desk/terms/{slug}/{version}", version, name="programmes:draft_version", methods=["GET", "POST"]),
]
