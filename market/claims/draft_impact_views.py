"""The desk's page of a drafted rule version: what it would change, and its release."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from market.accounts.permissions import AccountAct
from market.accounts.web import actor_for
from market.claims.draft_impact import assess_impact
from market.claims.subsidisable_outcomes import rebuild_outcome_documents
from market.kit.flash import flash
from market.kit.i18n import gettext as _
from market.kit.templating import render
from market.kit.web import deps
from market.programmes import drafts
from market.programmes.drafts import release_terms
from market.programmes.states import ProgrammeAct
from market.records.by import By


async def version(request: Request) -> Response:
    actor, now = actor_for(request, AccountAct.SEE_DESK), deps(request).clock()
    slug, name = request.path_params["slug"], request.path_params["version"]
    if request.method == "POST":
        actor.require(ProgrammeAct.RELEASE_TERMS)
        await release_terms(slug, name, on_release=rebuild_outcome_documents, by=By(actor, now))
        answer = RedirectResponse(
            f"{request.app.url_path_for('programmes:show', slug=slug)}?version={name}", 303
        )
        return flash(request, answer, _("%(version)s 版已发布，从此不能再改。", version=name))
    draft = await drafts.get_draft(actor, slug, name)
    return render(
        request,
        "claims/draft_version.html",
        draft=draft,
        preview=await assess_impact(draft, now),
        difference=await drafts.difference_of(draft),
        text=drafts.to_text(draft.content),
        is_own=draft.proposed_by_id == actor.user_id,
    )


routes = [
    Route("/desk/terms/{slug}/{version}", version, name="claims:draft_version", methods=["GET", "POST"]),
]
