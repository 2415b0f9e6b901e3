"""Pages of a person's organisation: its data, members, applications and roles."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from market.accounts import brokers, invitations, organisations, queries
from market.accounts import memberships as memberships_service
from market.accounts.actors import Actor
from market.accounts.authentication import begin_sign_in
from market.accounts.forms import (
    BrokerForm,
    ContactForm,
    InvitedForm,
    InviteForm,
    JoinForm,
    MemberForm,
    OrganisationForm,
)
from market.accounts.models import MemberRole
from market.accounts.permissions import AccountAct
from market.accounts.second_factors import set_requirement, who_has_factor
from market.accounts.web import actor_for, browser_of, optional_actor, session_token, signed_in
from market.kit.errors import NotFound
from market.kit.flash import flash
from market.kit.i18n import gettext as _
from market.kit.routing import Route
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
                session_token=session_token(request),
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
    data = await form_data_or_none(request)
    if data is not None and data.get("act") in ("require_factor", "stop_requiring_factor"):
        await set_requirement(data.get("act") == "require_factor", by=By(actor, deps(request).clock()))
        return flash(request, redirect_to(request, "accounts:members"), _("已保存。"))
    if data is not None and data.get("act") not in ("invite", "revoke"):
        await _change_member(MemberForm(data), actor, request)
        return flash(request, redirect_to(request, "accounts:members"), _("已保存。"))
    by = By(actor, deps(request).clock())
    if data is not None and data.get("act") == "revoke":
        identity = uuid_or_none(data.get("invitation"))
        if identity is None:
            raise NotFound(_("没有这条记录。"))
        await invitations.revoke(identity, by=by)
        return flash(request, redirect_to(request, "accounts:members"), _("邀请已撤回，链接失效。"))
    form: Any = InviteForm(data, data={"role": request.query_params.get("role", "")})
    if form.validate_on_submit():
        with form.catch_invalid():
            await invitations.invite(form.email.data, MemberRole(form.role.data), by=by)
            message = _("邀请已发到 %(email)s，七天内有效。", email=form.email.data)
            return flash(request, redirect_to(request, "accounts:members"), message)
    assert actor.organisation_id is not None  # noqa: S101 -- who manages members acts for somebody
    return render_form(
        request,
        "accounts/members.html",
        form,
        memberships=await queries.list_memberships(actor.organisation_id),
        invitations=await invitations.list_open(actor),
        roles=MemberForm().role.choices,
        organisation=await queries.get_organisation(actor.organisation_id),
        with_factor=await who_has_factor(actor.organisation_id),
    )


async def invitation(request: Request) -> Response:
    """Show an invitation to whom it was sent, and accept it: with an account, or with a new one."""
    token, actor = request.path_params["token"], optional_actor(request)
    invitation = await invitations.find_invitation(token)
    is_own = actor is not None and actor.email == invitation.email
    data, now = await form_data_or_none(request), deps(request).clock()
    if data is not None and actor is not None:
        own = await invitations.accept(token, session_token=session_token(request), by=By(actor, now))
        message = _("您已加入 %(name)s。", name=own.name)
        return flash(request, redirect_to(request, "pages:workbench"), message)
    form: Any = InvitedForm(data)
    if form.validate_on_submit():
        with form.catch_invalid():
            person = invitations.NewColleague(form.person_name.data, form.password.data)
            user = await invitations.register(token, person, now=now)
            sign_in = await begin_sign_in(
                user, browser=browser_of(request), is_demo=deps(request).settings.is_demo, now=now
            )
            message = _("您已加入 %(name)s。", name=invitation.organisation.name)
            return flash(request, signed_in(request, sign_in, ""), message)
    return render_form(
        request,
        "accounts/invitation.html",
        form,
        invitation=invitation,
        link=token,
        is_own=is_own,
        is_registered=actor is None and await invitations.is_registered(invitation),
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
    await memberships_service.act_for(
        organisation_id, session_token(request), by=By(actor, deps(request).clock())
    )
    response = redirect_to(request, "pages:workbench")
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
    Route("/invitations/{token}", invitation, name="accounts:invitation", methods=["GET", "POST"]),
    Route("/account/broker", broker, name="accounts:broker", methods=["GET", "POST"]),
    Route("/account/act-for", act_for, name="accounts:act_for", methods=["POST"]),
]
