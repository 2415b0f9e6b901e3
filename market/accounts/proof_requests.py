"""Requests that ask for a fresh proof: their forms wait while the person proves to be there, then go on."""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import quote
from uuid import UUID

from starlette.datastructures import FormData, MutableHeaders
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.types import Receive

from market.accounts.actors import ProofNeeded
from market.accounts.forms import ProofForm
from market.accounts.fresh_proof import Answer, prove
from market.accounts.held_requests import hold_request, is_held, over, take_held_request
from market.accounts.passkeys import has_passkey
from market.accounts.web import optional_actor, passkey_site, session_token, signed_in_actor
from market.kit.errors import Invalid
from market.kit.request_bodies import replay
from market.kit.security import SAFE_METHODS
from market.kit.templating import render
from market.kit.web import deps, form_data, uuid_or_none

HELD = "proof_of"
"""Name, in the form of a proof, of the form that waits for it."""


class ProofRefused(ProofNeeded):
    """The answer to the question for a proof is wrong; what waits for it still waits."""

    status = 422

    def __init__(self, error: Invalid, held_id: UUID) -> None:
        super().__init__(str(error))
        self.field, self.held_id = error.field or "", held_id


async def continue_after_proof(request: Request, receive: Receive) -> Receive:
    """Of a request that answers the question for a proof, return the form that waited; else the same.

    Raises:
        ProofRefused: the answer is wrong.
        NotFound: nothing waits any more.
        TooMany: too many answers were wrong.
    """
    form: FormData | None = getattr(request.state, "form", None)
    held_id = uuid_or_none(form.get(HELD)) if request.method == "POST" and form is not None else None
    actor, token, secret = optional_actor(request), session_token(request), deps(request).settings.secret_key
    if held_id is None or form is None or actor is None:
        return receive
    address = address_of_page(request)
    if not await is_held(held_id, address=address, session_token=token):
        raise over()
    try:
        await prove(
            answer_of(ProofForm(form)),
            actor=actor,
            session_token=token,
            site=passkey_site(request),
            secret=secret,
        )
    except Invalid as error:
        raise ProofRefused(error, held_id) from error
    body, content_type = await take_held_request(held_id, address=address, session_token=token, secret=secret)
    headers = MutableHeaders(scope=request.scope)
    headers["content-type"], headers["content-length"] = content_type, str(len(body))
    receive_held = replay(body)
    await form.close()
    del request.state.form
    held = Request(request.scope, receive_held)
    await form_data(held)
    request.state.actor = replace(actor, is_proof_stale=False)
    return receive_held


def answer_of(form: ProofForm) -> Answer:
    """Return what a person answered when asked for a proof."""
    return Answer(
        password=str(form.proof_password.data or ""),
        code=str(form.proof_code.data or ""),
        passkey=str(form.proof_passkey.data or ""),
    )


def address_of_page(request: Request) -> str:
    """Return the path and the query that a request was sent to."""
    return request.url.path + (f"?{request.url.query}" if request.url.query else "")


async def ask_for_proof(request: Request, error: ProofNeeded) -> Response:
    """Return the page that asks for a proof, after which what was sent goes on."""
    if request.method in SAFE_METHODS:
        target = quote(address_of_page(request), safe="/")
        return RedirectResponse(f"{request.app.url_path_for('accounts:proof')}?next={target}", 303)
    form, actor = ProofForm(), signed_in_actor(request)
    if isinstance(error, ProofRefused):
        held_id: UUID | None = error.held_id
        form.add_error(error.field, str(error))
    else:
        body: Receive = request.state.receive
        held_id = await hold_request(
            (await body()).get("body", b""),
            request.headers.get("content-type", ""),
            address=address_of_page(request),
            session_token=session_token(request),
            secret=deps(request).settings.secret_key,
        )
    return render(
        request,
        "accounts/proof.html",
        error.status,
        form=form,
        held_id=held_id,
        target="",
        has_passkey_site=passkey_site(request) is not None and await has_passkey(actor.user_id),
    )
