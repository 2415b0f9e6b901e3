"""What the pages of contracts share: uploads, and the page of a rejection without a reason."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from market.contracts.forms import RejectionForm
from market.files.services import StoredBlob, check_upload, store_blob
from market.kit.i18n import gettext as _
from market.kit.templating import render
from market.kit.web import deps, form_data, uploaded_files


async def required_upload(request: Request) -> StoredBlob:
    """Store the uploaded file.

    Raises:
        Invalid: at `file`: there is none, or it is of a kind that is not taken.
    """
    chosen = uploaded_files(await form_data(request), "file")
    return await store_blob(await check_upload(chosen[0] if chosen else None), deps(request).store)


async def optional_upload(request: Request) -> StoredBlob | None:
    """Store the uploaded file; None when none was chosen."""
    return await required_upload(request) if uploaded_files(await form_data(request), "file") else None


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
