"""What the pages of contracts share: the page of a rejection without a reason."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from market.contracts.forms import RejectionForm
from market.kit.i18n import gettext as _
from market.kit.templating import render


def rejection_page(request: Request, form: RejectionForm, *, about: str, back: str, place: str) -> Response:
    """Return the page that asks for the reason of a rejection; `back` is the page it came from."""
    return render(
        request,
        "contracts/reject.html",
        422,
        form=form,
        title=_("退回登记人"),
        about=about,
        back=back,
        place=place,
    )
