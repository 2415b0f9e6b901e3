"""The page of every act of the desk that needs a reason only."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from market.claims.models import Claim
from market.kit.forms import BaseForm
from market.kit.templating import render_form


def render_reason_page(
    request: Request, claim: Claim, form: BaseForm, act: str, address: str, *, title: str = ""
) -> Response:
    """Render the form, its page and its button named after the act; `address` is the route it is sent to."""
    query = f"?{request.url.query}" if request.url.query else ""
    return render_form(
        request,
        "claims/reason.html",
        form,
        claim=claim,
        title=title or act,
        words=act,
        address=str(request.app.url_path_for(address, number=claim.number)) + query,
    )
