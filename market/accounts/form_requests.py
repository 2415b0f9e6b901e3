"""Requests with forms: what was typed is kept when it cannot be taken, shown again, and carried out once."""

from __future__ import annotations

import logging
from urllib.parse import parse_qsl, urlencode

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.types import Receive

from market.accounts.held_forms import drop_held_form, find_held_form, hold_form
from market.accounts.sessions import COOKIE
from market.accounts.submissions import begin_submission, end_submission, submission_key
from market.accounts.web import address_of, optional_actor
from market.kit.cookies import read_cookie
from market.kit.held_forms import set_held_form
from market.kit.web import deps, uuid_or_none, wants_partial

HELD = "held"
"""Name in a page's query, and in its forms, of what is shown again."""
ONCE = "once"
log = logging.getLogger("market")


async def attach_held_form(request: Request) -> None:
    """Set what this page shows again, if its address names it and it is this person's."""
    set_held_form(None)
    held_id = uuid_or_none(request.query_params.get(HELD)) if request.method == "GET" else None
    if held_id is not None:
        actor = optional_actor(request)
        user_id = actor.user_id if actor else None
        secret = deps(request).settings.secret_key
        browser = request.state.browser
        set_held_form(await find_held_form(held_id, browser=browser, user_id=user_id, secret=secret))


async def hold_refused_form(request: Request, page: str) -> str | None:
    """Keep what was typed into a form that was refused as a whole; return the address that shows it again.

    `page` is where the form stands. None where nothing was typed.
    """
    form: FormData | None = getattr(request.state, "form", None)
    if request.method != "POST" or form is None or wants_partial(request):
        return None
    actor = optional_actor(request)
    try:
        held_id = await hold_form(
            form,
            address=request.url.path + (f"?{request.url.query}" if request.url.query else ""),
            browser=request.state.browser,
            user_id=actor.user_id if actor else None,
            session_token=read_cookie(request, COOKIE),
            ip=address_of(request),
            secret=deps(request).settings.secret_key,
        )
    except Exception:  # the database itself may be what failed
        log.exception("a form could not be held", extra={"request": request.state.id})
        return None
    return with_held(page, str(held_id)) if held_id else None


def with_held(address: str, held_id: str) -> str:
    """Return an address of a page that shows a held form again."""
    path, _mark, query = address.partition("?")
    pairs = [(name, value) for name, value in parse_qsl(query) if name != HELD]
    return f"{path}?{urlencode([*pairs, (HELD, held_id)])}"


class OneSubmission:
    """One submission of a page's form: carried out unless it was already; ended with what came of it."""

    def __init__(self, request: Request, key: str) -> None:
        self.request, self.key = request, key
        self.earlier: str | None = None
        """Where an earlier submission of the same form led to; empty while it runs."""

    @classmethod
    async def begin(cls, request: Request, receive: Receive) -> OneSubmission:
        """Begin a submission; forms without `once`, and parts that scripts send, are not compared."""
        form: FormData | None = getattr(request.state, "form", None)
        if request.method != "POST" or form is None or not form.get(ONCE) or wants_partial(request):
            return cls(request, "")
        body = (await receive()).get("body", b"")
        submission = cls(request, submission_key(request.state.browser, request.url.path, body))
        submission.earlier = await begin_submission(submission.key)
        return submission

    async def end(self, status: int, location: str) -> None:
        """Store where it led to; what was refused may be sent again, what was held is deleted once taken."""
        is_taken = status == 303 and bool(location)
        form: FormData | None = getattr(self.request.state, "form", None)
        try:
            if self.key and self.earlier is None:
                await end_submission(self.key, location if is_taken else "")
            if is_taken and form is not None and (held_id := uuid_or_none(form.get(HELD))):
                await drop_held_form(held_id, browser=self.request.state.browser)
        except Exception:  # the answer stands; what is left is swept
            log.exception("a submission could not be ended", extra={"request": self.request.state.id})
