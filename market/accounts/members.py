"""Memberships: applications, roles, their ends, and the last administrator who must stay."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID, uuid4

from market.accounts.actors import Actor
from market.accounts.messages import notify
from market.accounts.models import (
    MemberRole,
    Membership,
    MemberStatus,
    Organisation,
    OrganisationKind,
    OrganisationStatus,
)
from market.accounts.permissions import AccountAct
from market.accounts.queries import find_organisation_by_uscc
from market.accounts.sessions import act_for as remember_act_for
from market.accounts.verbs import OrganisationVerb
from market.audit.log import record
from market.kit.database import atomic
from market.kit.errors import Conflict, Invalid, NotFound
from market.kit.i18n import gettext as _
from market.records.by import By


async def find_organisation_to_join(uscc: str) -> Organisation:
    """Return the organisation with this code.

    Raises:
        Invalid: there is none that people can join, at the field `uscc`.
    """
    found = await find_organisation_by_uscc(uscc)
    if found is None or found.kind is OrganisationKind.SOURCE or found.status is OrganisationStatus.SUSPENDED:
        raise Invalid(_("平台上没有这个单位。请核对代码，或改选“新单位入驻”。"), "uscc")
    return found


@atomic()
async def ask_to_join(uscc: str, role: MemberRole, *, by: By) -> Membership:
    """Ask an organisation's administrator to be let in, in a role.

    Raises:
        Invalid: there is no such organisation.
        Conflict: the person is a member, or has asked already.
    """
    organisation = await find_organisation_to_join(uscc)
    user_id = by.actor.user_id
    if await Membership.exists(user_id=user_id, organisation_id=organisation.id, ended_at__isnull=True):
        raise Conflict(_("您已经是这个单位的成员，或已经申请过，正等待管理员同意。"))
    membership = await Membership.create(
        id=uuid4(), user_id=user_id, organisation=organisation, role=role, applied_at=by.now
    )
    await record(
        "organisation", organisation.id, OrganisationVerb.ASK_TO_JOIN, by=by, membership=membership.id
    )
    return membership


@atomic()
async def join_another(uscc: str, role: MemberRole, *, by: By) -> Membership:
    """Ask to be let into a further organisation, and tell its administrators at once."""
    by.actor.require(AccountAct.READ_OWN_DATA)
    membership = await ask_to_join(uscc, role, by=by)
    organisation = await find_organisation_to_join(uscc)
    await notify_admins_of_application(organisation, by.actor.name, now=by.now)
    return membership


async def notify_admins_of_application(organisation: Organisation, name: str, *, now: datetime) -> None:
    """Tell an organisation's administrators that somebody wants to join."""
    await notify(
        _("%(name)s 申请加入 %(organisation)s，请审核。", name=name, organisation=organisation.name),
        organisation_id=organisation.id,
        roles={MemberRole.ADMIN},
        address="/account/members",
        now=now,
    )


@atomic()
async def approve_member(membership_id: UUID, role: MemberRole, *, by: By) -> None:
    """Let somebody in who asked, in the role that the administrator gives them.

    Raises:
        Conflict: they do not wait any more.
    """
    membership = await _lock(membership_id, by.actor)
    if membership.status is not MemberStatus.PENDING:
        raise Conflict(_("这个申请已经处理过了。"))
    membership.started_at, membership.role = by.now, role
    await membership.save(update_fields=["started_at", "role"])
    await _note(membership, OrganisationVerb.APPROVE_MEMBER, by=by)
    await notify(
        _("%(name)s 已同意您加入。", name=by.actor.organisation_name),
        user_ids=[membership.user_id],
        address="/dashboard",
        now=by.now,
    )


@atomic()
async def change_role(membership_id: UUID, role: MemberRole, *, by: By) -> None:
    """Give a member another role: end the period in the old one and begin one in the new.

    Raises:
        Conflict: they are no member, or the last administrator.
    """
    membership = await _lock(membership_id, by.actor)
    if membership.status is not MemberStatus.ACTIVE:
        raise Conflict(_("这个人不是在任成员。"))
    if role is membership.role:
        return
    await _keep_an_admin(membership)
    membership.ended_at = by.now
    await membership.save(update_fields=["ended_at"])
    successor = await Membership.create(
        id=uuid4(),
        user_id=membership.user_id,
        organisation_id=membership.organisation_id,
        role=role,
        applied_at=membership.applied_at,
        started_at=by.now,
    )
    await _note(successor, OrganisationVerb.CHANGE_ROLE, by=by)


@atomic()
async def end_membership(membership_id: UUID, *, by: By) -> None:
    """Let a member go, or refuse who asked to join.

    Raises:
        Conflict: they are gone already, or the last administrator.
    """
    membership = await _lock(membership_id, by.actor)
    if membership.status is MemberStatus.ENDED:
        raise Conflict(_("这个人已经离任。"))
    await _keep_an_admin(membership)
    was_asking = membership.status is MemberStatus.PENDING
    membership.ended_at = by.now
    await membership.save(update_fields=["ended_at"])
    await _note(
        membership, OrganisationVerb.REFUSE_MEMBER if was_asking else OrganisationVerb.END_MEMBERSHIP, by=by
    )
    await notify(
        _("%(name)s 没有同意您加入。", name=by.actor.organisation_name)
        if was_asking
        else _("您不再是 %(name)s 的成员。", name=by.actor.organisation_name),
        user_ids=[membership.user_id],
        now=by.now,
    )


async def act_for(organisation_id: UUID, token: str, *, actor: Actor) -> None:
    """Let a person act for another of their organisations in this browser from now on.

    Raises:
        NotFound: they are no active member of it.
    """
    if organisation_id not in {identity for identity, _name in actor.organisations}:
        raise NotFound(_("您不是这个单位的成员。"))
    await remember_act_for(token, organisation_id)


async def is_last_admin(membership: Membership) -> bool:
    """Tell whether the organisation would be without an administrator if this one went."""
    if membership.role is not MemberRole.ADMIN or membership.status is not MemberStatus.ACTIVE:
        return False
    admins = Membership.active(organisation_id=membership.organisation_id, role=MemberRole.ADMIN)
    return not await admins.exclude(id=membership.id).exists()


async def _lock(membership_id: UUID, actor: Actor) -> Membership:
    """Return a membership of the actor's organisation; its administrators wait for each other."""
    actor.require(AccountAct.MANAGE_MEMBERS)
    await Organisation.filter(id=actor.organisation_id).select_for_update().first()
    found = await Membership.get_or_none(id=membership_id, organisation_id=actor.organisation_id)
    if found is None:
        raise NotFound(_("没有这个成员。"))
    return found


async def _keep_an_admin(membership: Membership) -> None:
    if await is_last_admin(membership):
        raise Conflict(_("这是单位唯一的管理员。请先让另一位成员担任管理员。"))


async def _note(membership: Membership, verb: OrganisationVerb, *, by: By) -> None:
    await record(
        "organisation",
        membership.organisation_id,
        verb,
        by=by,
        membership=membership.id,
        role=membership.role,
    )
