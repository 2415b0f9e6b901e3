"""Pages of the second factor: setting it up, signing in with it, and proving to be there."""

from __future__ import annotations

import json

import segno
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from market.accounts import authentication, passkeys, second_factors
from market.accounts.factor_models import Authenticator
from market.accounts.forms import CodeForm, PasskeyForm, ProofForm
from market.accounts.fresh_proof import prove
from market.accounts.held_requests import drop_held, hold_request, read_held
from market.accounts.permissions import AccountAct
from market.accounts.proof_requests import answer_of
from market.accounts.sessions import find_pending_user
from market.accounts.web import (
    actor_for,
    browser_of,
    must_have_factor,
    optional_actor,
    passkey_site,
    session_token,
    signed_in,
    signed_in_actor,
)
from market.kit.errors import NotFound
from market.kit.flash import flash
from market.kit.i18n import gettext as _
from market.kit.routing import Route
from market.kit.templating import render_form
from market.kit.web import deps, form_data, form_data_or_none, redirect_to, safe_path, uuid_or_none
from market.records.by import By

CODES = "recovery codes"
"""What new recovery codes are held under until they are written down."""


async def factor(request: Request) -> Response:
    """Ask for the second factor of who has typed the right password."""
    user = await find_pending_user(session_token(request))
    if user is None:
        return redirect_to(request, "accounts:login")
    form, data = ProofForm(await form_data_or_none(request)), await form_data(request)
    target = str(data.get("next") or request.query_params.get("next") or "")
    settings = deps(request).settings
    if form.validate_on_submit():
        with form.catch_invalid():
            sign_in = await authentication.complete_sign_in(
                answer_of(form),
                browser=browser_of(request),
                site=passkey_site(request),
                secret=settings.secret_key,
                is_demo=settings.is_demo,
                now=deps(request).clock(),
            )
            return signed_in(request, sign_in, target)
    factors = await second_factors.list_factors(user.id)
    return render_form(
        request,
        "accounts/factor.html",
        form,
        target=target,
        factors=factors,
        has_passkey_site=passkey_site(request) is not None,
    )


async def proof(request: Request) -> Response:
    """Ask for a fresh proof before a page is read, such as an export, and go on to it."""
    actor, data = signed_in_actor(request), await form_data(request)
    form = ProofForm(await form_data_or_none(request))
    target = str(data.get("next") or request.query_params.get("next") or "")
    if form.validate_on_submit():
        with form.catch_invalid():
            await prove(
                answer_of(form),
                actor=actor,
                session_token=session_token(request),
                site=passkey_site(request),
                secret=deps(request).settings.secret_key,
            )
            response = redirect_to(request, "accounts:profile")
            response.headers["location"] = safe_path(target, response.headers["location"])
            return response
    return render_form(
        request,
        "accounts/proof.html",
        form,
        held_id=None,
        target=target,
        has_passkey_site=passkey_site(request) is not None and await passkeys.has_passkey(actor.user_id),
    )


async def factors(request: Request) -> Response:
    """Show and change the second factors of one's own account."""
    actor, data = actor_for(request, AccountAct.CHANGE_FACTORS), await form_data_or_none(request)
    token, settings = session_token(request), deps(request).settings
    act, by = str(data.get("act") or "") if data else "", By(actor, deps(request).clock())
    code_form = CodeForm(data if act == "confirm" else None)
    passkey_form = PasskeyForm(data if act == "add_passkey" else None)
    if data is not None and act in ACTS:
        return await ACTS[act](request, by)
    site = passkey_site(request)
    if code_form.validate_on_submit():
        with code_form.catch_invalid():
            codes = await second_factors.confirm_authenticator(
                str(code_form.code.data), by=by, secret=settings.secret_key
            )
            return await _changed(request, codes, _("动态口令已开启。"))
    if passkey_form.validate_on_submit() and site is not None:
        with passkey_form.catch_invalid():
            codes = await passkeys.add_passkey(
                str(passkey_form.answer.data),
                str(passkey_form.name.data or ""),
                site=site,
                session_token=token,
                by=by,
                secret=settings.secret_key,
            )
            return await _changed(request, codes, _("通行密钥已添加。"))
    own = await Authenticator.get_or_none(user_id=actor.user_id, confirmed_at=None)
    shared = second_factors.read_secret(own, secret=settings.secret_key) if own else ""
    shown = await read_held(CODES, session_token=token, secret=settings.secret_key)
    return render_form(
        request,
        "accounts/factors.html",
        code_form if not passkey_form.errors else passkey_form,
        code_form=code_form,
        passkey_form=passkey_form,
        factors=await second_factors.list_factors(actor.user_id),
        shared=shared,
        qr_code=_qr_code(second_factors.authenticator_address(shared, actor.email)) if shared else "",
        codes=json.loads(shown) if shown else [],
        is_must=must_have_factor(actor, is_demo=settings.is_demo),
        site=site,
    )


def _qr_code(text: str) -> str:
    return str(segno.make(text, error="m", micro=False).svg_data_uri(scale=4, border=4))


async def _changed(request: Request, codes: list[str], message: str) -> Response:
    """Show the page again, with new recovery codes until they are written down."""
    if codes:
        await hold_request(
            json.dumps(codes).encode(),
            "application/json",
            address=CODES,
            session_token=session_token(request),
            secret=deps(request).settings.secret_key,
        )
    return flash(request, redirect_to(request, "accounts:factors"), message)


async def _begin(request: Request, by: By) -> Response:
    await second_factors.begin_authenticator(by=by, secret=deps(request).settings.secret_key)
    return redirect_to(request, "accounts:factors")


async def _renew(request: Request, by: By) -> Response:
    codes = await second_factors.renew_recovery_codes(by=by, secret=deps(request).settings.secret_key)
    return await _changed(request, codes, _("恢复码已更换，旧的作废。"))


async def _written_down(request: Request, by: By) -> Response:
    await drop_held(CODES, session_token=session_token(request))
    return redirect_to(request, "accounts:factors")


async def _remove_authenticator(request: Request, by: By) -> Response:
    await second_factors.remove_authenticator(must_keep_one=_must(request, by), by=by)
    return await _changed(request, [], _("动态口令已停用。"))


async def _remove_passkey(request: Request, by: By) -> Response:
    passkey_id = uuid_or_none((await form_data(request)).get("passkey"))
    if passkey_id is None:
        raise NotFound(_("没有这把通行密钥。"))
    await second_factors.remove_passkey(passkey_id, must_keep_one=_must(request, by), by=by)
    return await _changed(request, [], _("通行密钥已移除。"))


def _must(request: Request, by: By) -> bool:
    return must_have_factor(by.actor, is_demo=deps(request).settings.is_demo)


ACTS = {
    "begin": _begin,
    "renew": _renew,
    "written_down": _written_down,
    "remove_authenticator": _remove_authenticator,
    "remove_passkey": _remove_passkey,
}


async def passkey_options(request: Request) -> Response:
    """Return what a script hands to the browser: to make a passkey, or to sign with one.

    A script asks for it when the person presses the button, so that no page writes a challenge by being read.
    """
    site, actor, token = passkey_site(request), optional_actor(request), session_token(request)
    is_new = (await form_data(request)).get("act") == "create"
    options = None
    if site is not None and is_new and actor is not None:
        by = By(actor, deps(request).clock())
        options = await passkeys.registration_options(site, session_token=token, by=by)
    elif site is not None and not is_new:
        user = await find_pending_user(token)
        user_id = actor.user_id if actor else user.id if user else None
        if user_id is not None:
            options = await passkeys.authentication_options(site, user_id, session_token=token)
    if options is None:
        raise NotFound(_("没有可用的通行密钥。"))
    return JSONResponse(json.loads(options), headers={"cache-control": "no-store"})


routes = [
    Route("/login/factor", factor, name="accounts:factor", methods=["GET", "POST"]),
    Route("/account/proof", proof, name="accounts:proof", methods=["GET", "POST"]),
    Route("/account/factors", factors, name="accounts:factors", methods=["GET", "POST"]),
    Route("/passkeys/options", passkey_options, name="accounts:passkey_options", methods=["POST"]),
]
