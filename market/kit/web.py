"""Helpers of request handlers."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, cast
from urllib.parse import urlsplit
from uuid import UUID

from starlette.datastructures import FormData, UploadFile
from starlette.requests import Request
from starlette.responses import RedirectResponse

if TYPE_CHECKING:
    from market.deps import Deps

_UNSEEN = re.compile(r"[\u00ad\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff]")


def deps(request: Request) -> Deps:
    """Return the dependencies that the app was built with."""
    return cast("Deps", request.app.state.deps)


def path_id(request: Request, name: str) -> UUID:
    """Return a UUID of the path, parsed by the route's `:uuid` converter."""
    return cast(UUID, request.path_params[name])


def redirect_to(request: Request, name: str, /, **params: object) -> RedirectResponse:
    """Redirect to the page `room:view` with 303, after a successful POST."""
    return RedirectResponse(str(request.app.url_path_for(name, **params)), status_code=303)


def safe_path(target: str | None, default: str = "/") -> str:
    """Return `target` if it is a path on this site, else `default`, against open redirects."""
    if not target or not target.startswith("/") or target.startswith(("//", "/\\")):
        return default
    parts = urlsplit(target)
    if parts.scheme or parts.netloc or any(ord(c) < 32 for c in target) or "\\" in target:
        return default
    return target


async def form_data(request: Request) -> FormData:
    """Return the submitted form, parsed once per request. The app closes its files at the end."""
    if not hasattr(request.state, "form"):
        request.state.form = await request.form(max_files=20, max_fields=2000, max_part_size=2 * 1024 * 1024)
    form: FormData = request.state.form
    return form


async def form_data_or_none(request: Request) -> FormData | None:
    """Return the submitted form, or None where the page is only shown."""
    return await form_data(request) if request.method == "POST" else None


def typed_text(data: Mapping[str, object], name: str, most: int = 300) -> str:
    """Return a text typed beside a button, such as a reason, cut off after `most` characters.

    A line break is one character, as the browser counts it, though it is sent as two.
    """
    text = without_unseen(str(data.get(name) or "").replace("\x00", ""))
    return text.replace("\r\n", "\n").strip()[:most]


def without_unseen(text: str) -> str:
    """Return a text without characters that show nothing or turn the order of others (UAX #9).

    A title of nothing else would be empty to whoever reads it, and a name could be read as another.
    """
    return _UNSEEN.sub("", text)


def uuid_or_none(text: object) -> UUID | None:
    """Return the UUID that a form or a query names, or None where it is none."""
    try:
        return UUID(str(text))
    except ValueError:
        return None


def uploaded_files(form: FormData, name: str) -> list[UploadFile]:
    """Return the files that were chosen in a file field."""
    return [f for f in form.getlist(name) if isinstance(f, UploadFile) and f.filename]


def wants_partial(request: Request) -> bool:
    """Return whether htmx requests a part of a page."""
    return request.headers.get("hx-request") == "true"
