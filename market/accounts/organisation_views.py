from __future__ import annotations

from typing import Any
from uuid import UUID

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from market.accounts import brokers, organisations, queries
from market.accounts import members as members_service
from market.accounts.actors import Actor
from market.accounts.forms import BrokerForm, ContactForm, JoinForm, MemberForm, OrganisationForm
from market.accounts.models import MemberRole
from market.accounts.permissions import AccountAct
from market.accounts.sessions import COOKIE
from market.accounts.web import actor_for, form_data_or_none, form_status, validate_and_run
from market.kit.errors import NotFound
from market.kit.flash import flash
from market.kit.i18n import gettext as _
from market.kit.templating import render
from market.kit.web import deps, form_data, redirect_to, safe_path
from market.records.by import By


async def organisation(request: Request) -> Response:
    actor = actor_for(request, AccountAct.READ_OWN_DATA)
    membership = await queries.find_own_membership(actor)
    if membership is None or membership.role is not MemberRole.ADMIN:
        if request.method == "POST":
            await organisations.get_organisation_to_edit(actor)
        return render(request, "accounts/organisation_read.html", membership=membership)
    kept = membership.organisation
    made = ContactForm if kept.is_verified else OrganisationForm
    form: Any = made(await form_data_or_none(request), obj=kept)

    async def save() -> None:
        await organisations.update_organisation(
            form.data, revision=await _revision(request), by=By(actor, deps(request).clock())
        )

    if request.method == "POST" and await validate_and_run(form, save):
        return flash(request, redirect_to(request, "accounts:organisation"), _("已保存。"))
    return render(request, "accounts/organisation.html", form_status(form), form=form, organisation=kept)


async def _revision(request: Request) -> int:
    text = str((await form_data(request)).get("revision") or "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 9 else 0


async def new_organisation(request: Request) -> Response:
    actor = actor_for(request, AccountAct.READ_OWN_DATA)
    form: Any = OrganisationForm(await form_data_or_none(request))

    async def found() -> None:
        await organisations.found_another_organisation(
            form.data,
            by=By(actor, deps(request).clock()),
            session_token=request.cookies[COOKIE],
        )

    if request.method == "POST" and await validate_and_run(form, found):
        return flash(
            request, redirect_to(request, "accounts:organisation"), _("已提交，平台认证后即可办理业务。")
        )
    return render(request, "accounts/new_organisation.html", form_status(form), form=form)


async def join(request: Request) -> Response:
    actor = actor_for(request, AccountAct.READ_OWN_DATA)
    form: Any = JoinForm(await form_data_or_none(request))

    async def ask() -> None:
        await members_service.join_another(
            form.uscc.data, MemberRole(form.role.data), by=By(actor, deps(request).clock())
        )

    if request.method == "POST" and await validate_and_run(form, ask):
        return flash(request, redirect_to(request, "accounts:profile"), _("申请已送达，由该单位管理员审核。"))
    return render(request, "accounts/join.html", form_status(form), form=form)


async def members(request: Request) -> Response:
    actor = actor_for(request, AccountAct.MANAGE_MEMBERS)
    if request.method == "POST":
        await _change_member(MemberForm(await form_data(request)), actor, request)
        return flash(request, redirect_to(request, "accounts:members"), _("已保存。"))
    assert actor.organisation_id is not None  # noqa: S101 -- who manages members acts for somebody
    return render(
        request,
        "accounts/members.html",
        memberships=await queries.list_memberships(actor.organisation_id),
        roles=MemberForm().role.choices,
    )


async def _change_member(form: MemberForm, actor: Actor, request: Request) -> None:
    now, chosen = deps(request).clock(), _uuid(str(form.member.data or ""))
    act = str(form.act.data or "")
    if not form.validate() or act not in ("approve", "role", "end"):
        raise NotFound(_("没有这个操作。"))
    if act == "end":
        await members_service.end_membership(chosen, by=By(actor, now))
        return
    role = MemberRole(form.role.data or MemberRole.AGENT)
    change = members_service.approve_member if act == "approve" else members_service.change_role
    await change(chosen, role, by=By(actor, now))


async def broker(request: Request) -> Response:
    actor = actor_for(request, AccountAct.READ_OWN_DATA)
    profile = await queries.find_broker_profile(actor.user_id)
    form: Any = BrokerForm(await form_data_or_none(request), obj=profile)

    async def save() -> None:
        await brokers.update_broker(form.data, by=By(actor, deps(request).clock()))

    if request.method == "POST" and await validate_and_run(form, save):
        return flash(request, redirect_to(request, "accounts:broker"), _("已保存。"))
    return render(request, "accounts/broker.html", form_status(form), form=form, profile=profile)


async def act_for(request: Request) -> Response:
    actor, data = actor_for(request, AccountAct.READ_OWN_DATA), await form_data(request)
    chosen = _uuid(str(data.get("organisation") or ""))
    await members_service.act_for(chosen, request.cookies[COOKIE], actor=actor)
    response = redirect_to(request, "pages:dashboard")
    response.headers["location"] = safe_path(str(data.get("next") or ""), response.headers["location"])
    return response


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise NotFound(_("没有这条记录。")) from None


routes = [
    Route("/account/organisation", organisation, name="accounts:organisation", methods=["GET", "POST"]),
    Route(
        "/account/organisation/new",
        new_organisation,
        name="accounts:new_organisation",
        methods=["GET", "POST"],
    ),
    Route("/account/join", join, name="accounts:join", methods=["GET", "POST"]),
    Route("/account/members", members, name="accounts:members", methods=["GET", "POST"]),
    Route("/account/broker", broker, name="accounts:broker", methods=["GET", "POST"]),
    Route("/account/act-for", act_for, name="accounts:act_for", methods=["POST"]),
]
