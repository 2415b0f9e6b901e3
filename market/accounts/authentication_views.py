"""Pages of registration, sign-in, mail confirmation and forgotten passwords."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from market.accounts import authentication, queries, registration
from market.accounts.demo_logins import role_of
from market.accounts.forms import (
    ForgotForm,
    LoginForm,
    RegisterBrokerForm,
    RegisterMemberForm,
    RegisterOrganisationForm,
    ResetForm,
)
from market.accounts.held_forms import drop_held_forms
from market.accounts.mail_tokens import check_token
from market.accounts.models import MemberRole, TokenPurpose
from market.accounts.registration import NewPerson
from market.accounts.web import (
    address_of,
    browser_of,
    drop_session,
    optional_actor,
    session_token,
    signed_in,
)
from market.kit.flash import flash
from market.kit.forms import BaseForm
from market.kit.i18n import gettext as _
from market.kit.routing import GUEST_FORM, Route
from market.kit.templating import render, render_form
from market.kit.web import deps, form_data, form_data_or_none, redirect_to
from market.records.by import By


async def login(request: Request) -> Response:
    form, data = LoginForm(await form_data_or_none(request)), await form_data(request)
    settings, target = deps(request).settings, str(data.get("next") or request.query_params.get("next") or "")
    browser = browser_of(request)
    if data.get("demo"):
        sign_in = await authentication.sign_in_demo(
            str(data["demo"]), browser=browser, is_demo=settings.is_demo, now=deps(request).clock()
        )
        return signed_in(request, sign_in, target)
    if form.validate_on_submit():
        with form.catch_invalid():
            sign_in = await authentication.sign_in(
                str(form.email.data),
                str(form.password.data),
                browser=browser,
                is_demo=settings.is_demo,
                now=deps(request).clock(),
            )
            return signed_in(request, sign_in, target)
    people = await queries.list_demo_people() if settings.is_demo else []
    demo = [(person.email, role_of(person.email), person.name) for person in people]
    return render_form(request, "accounts/login.html", form, demo=demo, target=target)


async def logout(request: Request) -> Response:
    actor = optional_actor(request)
    if token := session_token(request):
        await authentication.sign_out(token, by=By(actor, deps(request).clock()) if actor else None)
    await drop_held_forms(browser=request.state.browser)
    return drop_session(request, flash(request, redirect_to(request, "pages:home"), _("您已退出。")))


async def register(request: Request) -> Response:
    kind = request.query_params.get("kind", "")
    if kind not in KINDS:
        return render(request, "accounts/register.html", is_known=optional_actor(request) is not None)
    form_class, act = KINDS[kind]
    form: Any = form_class(await form_data_or_none(request))
    if form.validate_on_submit():
        with form.catch_invalid():
            await act(request, form)
            message = _("我们已向 %(email)s 发出邮件，请打开其中的链接完成注册。", email=form.email.data)
            return flash(request, redirect_to(request, "accounts:login"), message, "note")
    return render_form(request, "accounts/register_form.html", form, kind=kind)


def _person(form: Any) -> NewPerson:
    return NewPerson(form.person_name.data, form.email.data, form.password.data)


async def _with_organisation(request: Request, form: Any) -> None:
    await registration.register_with_organisation(
        _person(form), form.data, ip=address_of(request), now=deps(request).clock()
    )


async def _to_join(request: Request, form: Any) -> None:
    await registration.register_to_join(
        _person(form),
        form.uscc.data,
        MemberRole(form.role.data),
        ip=address_of(request),
        now=deps(request).clock(),
    )


async def _as_broker(request: Request, form: Any) -> None:
    await registration.register_as_broker(
        _person(form), form.data, ip=address_of(request), now=deps(request).clock()
    )


KINDS: dict[str, tuple[type[BaseForm], Callable[[Request, Any], Awaitable[None]]]] = {
    "organisation": (RegisterOrganisationForm, _with_organisation),
    "member": (RegisterMemberForm, _to_join),
    "broker": (RegisterBrokerForm, _as_broker),
}


async def confirm(request: Request) -> Response:
    token = request.path_params["token"]
    if request.method == "POST":
        now, is_demo = deps(request).clock(), deps(request).settings.is_demo
        user = await registration.confirm_email(token, now=now)
        sign_in = await authentication.begin_sign_in(
            user, browser=browser_of(request), is_demo=is_demo, now=now
        )
        return flash(request, signed_in(request, sign_in, ""), _("邮箱已确认，您已登录。"))
    await check_token(token, TokenPurpose.CONFIRM_EMAIL)
    return render(request, "accounts/confirm.html")


async def forgot(request: Request) -> Response:
    form = ForgotForm(await form_data_or_none(request))
    if form.validate_on_submit():
        with form.catch_invalid():
            await authentication.forgot_password(
                str(form.email.data), ip=address_of(request), now=deps(request).clock()
            )
            message = _(
                "如果 %(email)s 注册过，重设密码的邮件已经发出，三十分钟内有效。", email=form.email.data
            )
            return flash(request, redirect_to(request, "accounts:login"), message, "note")
    return render_form(request, "accounts/forgot.html", form)


async def reset(request: Request) -> Response:
    token, form = request.path_params["token"], ResetForm(await form_data_or_none(request))
    if form.validate_on_submit():
        with form.catch_invalid():
            await authentication.reset_password(token, str(form.password.data), now=deps(request).clock())
            return flash(request, redirect_to(request, "accounts:login"), _("新密码已生效，请重新登录。"))
    await check_token(token, TokenPurpose.RESET_PASSWORD)
    return render_form(request, "accounts/reset.html", form)


routes = [
    Route("/login", login, name="accounts:login", methods=["GET", "POST"], body=GUEST_FORM, is_gated=False),
    Route("/logout", logout, name="accounts:logout", methods=["POST"], body=GUEST_FORM),
    Route(
        "/register",
        register,
        name="accounts:register",
        methods=["GET", "POST"],
        body=GUEST_FORM,
        is_gated=False,
    ),
    Route("/confirm/{token}", confirm, name="accounts:confirm", methods=["GET", "POST"], body=GUEST_FORM),
    Route("/forgot", forgot, name="accounts:forgot", methods=["GET", "POST"], body=GUEST_FORM),
    Route(
        "/reset/{token}",
        reset,
        name="accounts:reset",
        methods=["GET", "POST"],
        body=GUEST_FORM,
        is_gated=False,
    ),
]
