"""Pages of a person's organisation: its data, members, applications and roles."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from market.accounts import brokers, organisations, queries
from market.accounts import memberships as memberships_service
from market.accounts.actors import Actor
from market.accounts.forms import BrokerForm, ContactForm, JoinForm, MemberForm, OrganisationForm
from market.accounts.models import MemberRole
from market.accounts.permissions import AccountAct
from market.accounts.sessions import COOKIE
from market.accounts.web import actor_for
from market.kit.errors import NotFound
from market.kit.flash import flash
from market.kit.i18n import gettext as _
from market.kit.templating import render, render_form
from market.kit.web import deps, form_data, form_data_or_none, redirect_to, safe_path, uuid_or_none
from market.records.by import By


async def organisation(request: Request) -> Response:
    actor = actor_for(request, AccountAct.READ_OWN_DATA)
    membership = await queries.find_own_membership(actor)
    if membership is None or membership.role is not MemberRole.ADMIN:
        if request.method == "POST":
            await organisations.get_organisation_to_edit(actor)
        return render(request, "accounts/organisation_read.html", membership=membership)
    own = membership.organisation
    form_class = ContactForm if own.is_verified else OrganisationForm
    form: Any = form_class(await form_data_or_none(request), obj=own)
    if form.validate_on_submit():
        with form.catch_invalid():
            await organisations.update_organisation(
                form.data, revision=await _revision(request), by=By(actor, deps(request).clock())
            )
            return flash(request, redirect_to(request, "accounts:organisation"), _("已保存。"))
    return render_form(request, "accounts/organisation.html", form, organisation=own)


async def _revision(request: Request) -> int:
    text = str((await form_data(request)).get("revision") or "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 9 else 0


async def new_organisation(request: Request) -> Response:
    actor = actor_for(request, AccountAct.READ_OWN_DATA)
    form: Any = OrganisationForm(await form_data_or_none(request))
    if form.validate_on_submit():
        with form.catch_invalid():
            await organisations.register_another_organisation(
                form.data,
                by=By(actor, deps(request).clock()),
                session_token=request.cookies[COOKIE],
            )
            return flash(
                request, redirect_to(request, "accounts:organisation"), _("已提交，平台认证后即可办理业务。")
            )
    return render_form(request, "accounts/new_organisation.html", form)


async def join(request: Request) -> Response:
    actor = actor_for(request, AccountAct.READ_OWN_DATA)
    form: Any = JoinForm(await form_data_or_none(request))
    if form.validate_on_submit():
        with form.catch_invalid():
            await memberships_service.apply_to_join_another(
                form.uscc.data, MemberRole(form.role.data), by=By(actor, deps(request).clock())
            )
            return flash(
                request, redirect_to(request, "accounts:profile"), _("申请已送达，由该单位管理员审核。")
            )
    return render_form(request, "accounts/join.html", form)


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
    now, membership_id = deps(request).clock(), uuid_or_none(form.member.data)
    act = str(form.act.data or "")
    if membership_id is None or not form.validate() or act not in ("approve", "role", "end"):
        raise NotFound(_("没有这个操作。"))
    if act == "end":
        await memberships_service.end_membership(membership_id, by=By(actor, now))
        return
    role = MemberRole(form.role.data or MemberRole.AGENT)
    change = memberships_service.approve_member if act == "approve" else memberships_service.change_role
    await change(membership_id, role, by=By(actor, now))


async def broker(request: Request) -> Response:
    actor = actor_for(request, AccountAct.READ_OWN_DATA)
    profile = await queries.find_broker_profile(actor.user_id)
    form: Any = BrokerForm(await form_data_or_none(request), obj=profile)
    if form.validate_on_submit():
        with form.catch_invalid():
            await brokers.update_broker(form.data, by=By(actor, deps(request).clock()))
            return flash(request, redirect_to(request, "accounts:broker"), _("已保存。"))
    return render_form(request, "accounts/broker.html", form, profile=profile)


async def act_for(request: Request) -> Response:
    actor, data = actor_for(request, AccountAct.READ_OWN_DATA), await form_data(request)
    organisation_id = uuid_or_none(data.get("organisation"))
    if organisation_id is None:
        raise NotFound(_("没有这条记录。"))
    await memberships_service.act_for(organisation_id, request.cookies[COOKIE], actor=actor)
    response = redirect_to(request, "pages:dashboard")
    response.headers["location"] = safe_path(str(data.get("next") or ""), response.headers["location"])
    return response


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
