"""Pages of one's own account: profile, password, messages, sessions, personal data."""

from __future__ import annotations

import json
from typing import Any

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from market.accounts import authentication, personal_data, queries
from market.accounts import messages as messages_service
from market.accounts.forms import EraseForm, PasswordForm, ProfileForm
from market.accounts.permissions import AccountAct
from market.accounts.sessions import token_hash
from market.accounts.web import actor_for, drop_session, session_token
from market.kit.flash import flash
from market.kit.i18n import gettext as _
from market.kit.pagination import PageRequest
from market.kit.room import rooms
from market.kit.routing import Route
from market.kit.templating import render, render_form
from market.kit.web import deps, form_data, form_data_or_none, redirect_to
from market.records.by import By


async def profile(request: Request) -> Response:
    actor = actor_for(request, AccountAct.READ_OWN_DATA)
    form = ProfileForm(await form_data_or_none(request), data={"name": actor.name})
    if form.validate_on_submit():
        with form.catch_invalid():
            await authentication.rename(str(form.name.data), by=By(actor, deps(request).clock()))
            return flash(request, redirect_to(request, "accounts:profile"), _("已保存。"))
    return render_form(
        request,
        "accounts/profile.html",
        form,
        memberships=await queries.list_memberships_of(actor.user_id),
        broker=await queries.find_broker_profile(actor.user_id),
    )


async def messages(request: Request) -> Response:
    actor = actor_for(request, AccountAct.READ_OWN_DATA)
    if request.method == "POST":
        now, opened = deps(request).clock(), str((await form_data(request)).get("message", ""))
        if opened:
            message_id = int(opened) if opened.isdecimal() and len(opened) < 19 else 0
            address = await messages_service.open_message(actor.user_id, message_id, now=now)
            return RedirectResponse(address, status_code=303)
        await messages_service.mark_all_read(actor.user_id, now=now)
        return redirect_to(request, "accounts:messages")
    page_request = PageRequest.from_query(request.query_params)
    items, total = await messages_service.list_messages(
        actor.user_id, offset=page_request.offset, limit=page_request.size
    )
    return render(request, "accounts/messages.html", page=page_request.page(items, total))


async def password(request: Request) -> Response:
    actor, form = actor_for(request, AccountAct.READ_OWN_DATA), PasswordForm(await form_data_or_none(request))
    if form.validate_on_submit():
        with form.catch_invalid():
            await authentication.change_password(
                str(form.current.data),
                str(form.password.data),
                by=By(actor, deps(request).clock()),
                session_token=session_token(request),
            )
            return flash(
                request, redirect_to(request, "accounts:profile"), _("密码已修改，其他设备须重新登录。")
            )
    return render_form(request, "accounts/password.html", form)


async def sessions(request: Request) -> Response:
    actor, token = actor_for(request, AccountAct.READ_OWN_DATA), session_token(request)
    if request.method == "POST":
        session_hash = str((await form_data(request)).get("session") or "")
        if session_hash:
            await authentication.end_other_session(session_hash, by=By(actor, deps(request).clock()))
        else:
            await authentication.end_other_sessions(token, by=By(actor, deps(request).clock()))
        return flash(request, redirect_to(request, "accounts:sessions"), _("已退出所选的设备。"))
    own = await queries.list_sessions(actor.user_id)
    return render(request, "accounts/sessions.html", sessions=own, this=token_hash(token))


async def export(request: Request) -> Response:
    data = await personal_data.export_data(actor_for(request, AccountAct.EXPORT_OWN_DATA))
    return Response(
        json.dumps(data, ensure_ascii=False, indent=1, default=str),
        media_type="application/json",
        headers={"content-disposition": 'attachment; filename="kezhuan-my-data.json"'},
    )


async def erase(request: Request) -> Response:
    actor = actor_for(request, AccountAct.READ_OWN_DATA)
    form: Any = EraseForm(await form_data_or_none(request))
    if form.validate_on_submit():
        with form.catch_invalid():
            await personal_data.erase_person(form.password.data, by=By(actor, deps(request).clock()))
            return drop_session(
                request,
                flash(request, redirect_to(request, "pages:home"), _("账号已注销，您的个人数据已删除。")),
            )
    kept = [data.kept for data in rooms().personal_data if data.kept is not None]
    return render_form(request, "accounts/erase.html", form, kept=kept)


routes = [
    Route("/account", profile, name="accounts:profile", methods=["GET", "POST"]),
    Route("/account/messages", messages, name="accounts:messages", methods=["GET", "POST"]),
    Route("/account/password", password, name="accounts:password", methods=["GET", "POST"]),
    Route("/account/sessions", sessions, name="accounts:sessions", methods=["GET", "POST"]),
    Route("/account/export", export, name="accounts:export", methods=["GET"]),
    Route("/account/erase", erase, name="accounts:erase", methods=["GET", "POST"]),
]
