"""Memberships: applications, roles, their end; each organisation keeps an administrator."""

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
    OrganisationVerb,
    UserVerb,
)
from market.accounts.permissions import AccountAct
from market.accounts.queries import find_organisation_by_uscc
from market.accounts.sessions import act_for as remember_act_for
from market.accounts.staff import require_no_staff
from market.audit.log import record
from market.kit.database import atomic
from market.kit.errors import Conflict, Invalid, NotFound
from market.kit.i18n import gettext as _
from market.kit.person_marks import person_mark
from market.records.by import By


async def find_organisation_to_join(uscc: str) -> Organisation:
    """Return the organisation with this code, if people can join it.

    Raises:
        Invalid: there is none that people can join, at the field `uscc`.
    """
    organisation = await find_organisation_by_uscc(uscc)
    is_open = organisation and organisation.kind is not OrganisationKind.SOURCE
    if organisation is None or not is_open or organisation.status is OrganisationStatus.SUSPENDED:
        raise Invalid(_("平台上没有这个单位。请核对代码，或改选“新单位入驻”。"), "uscc")
    return organisation


@atomic()
async def apply_to_join(uscc: str, role: MemberRole, *, by: By) -> Membership:
    """Apply for membership in a role; an administrator of the organisation decides.

    Raises:
        Invalid: there is no such organisation.
        Conflict: the person is a member, or has applied already.
    """
    organisation = await find_organisation_to_join(uscc)
    user_id = by.actor.user_id
    await require_no_staff(user_id)
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
async def apply_to_join_another(uscc: str, role: MemberRole, *, by: By) -> Membership:
    """Apply to a further organisation and notify its administrators."""
    by.actor.require(AccountAct.READ_OWN_DATA)
    membership = await apply_to_join(uscc, role, by=by)
    organisation = await find_organisation_to_join(uscc)
    await notify_admins_of_application(organisation, by.actor.user_id, now=by.now)
    return membership


async def notify_admins_of_application(organisation: Organisation, user_id: UUID, *, now: datetime) -> None:
    """Notify an organisation's administrators of an application."""
    await notify(
        _(
            "%(name)s 申请加入 %(organisation)s，请审核。",
            name=person_mark(user_id),
            organisation=organisation.name,
        ),
        people=[user_id],
        organisation_id=organisation.id,
        roles={MemberRole.ADMIN},
        address="/account/members",
        now=now,
    )


@atomic()
async def approve_member(membership_id: UUID, role: MemberRole, *, by: By) -> None:
    """Approve an application, in the role that the administrator chooses.

    Raises:
        Conflict: it was decided already.
    """
    membership = await _lock(membership_id, by.actor)
    if membership.status is not MemberStatus.PENDING:
        raise Conflict(_("这个申请已经处理过了。"))
    membership.started_at, membership.role = by.now, role
    await membership.save(update_fields=["started_at", "role"])
    await _record(membership, OrganisationVerb.APPROVE_MEMBER, by=by)
    await notify(
        _("%(name)s 已同意您加入。", name=by.actor.organisation_name),
        user_ids=[membership.user_id],
        address="/dashboard",
        now=by.now,
    )


@atomic()
async def change_role(membership_id: UUID, role: MemberRole, *, by: By) -> None:
    """Change a member's role: end the period in the old role and begin one in the new.

    Raises:
        Conflict: it is no running membership, or the last administrator's.
    """
    membership = await _lock(membership_id, by.actor)
    if membership.status is not MemberStatus.ACTIVE:
        raise Conflict(_("这个人不是在任成员。"))
    if role is membership.role:
        return
    await _require_another_admin(membership)
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
    await _record(successor, OrganisationVerb.CHANGE_ROLE, by=by)


@atomic()
async def end_membership(membership_id: UUID, *, by: By) -> None:
    """End a membership, or reject an application.

    Raises:
        Conflict: it has ended already, or is the last administrator's.
    """
    membership = await _lock(membership_id, by.actor)
    if membership.status is MemberStatus.ENDED:
        raise Conflict(_("这个人已经离任。"))
    await _require_another_admin(membership)
    was_pending = membership.status is MemberStatus.PENDING
    membership.ended_at = by.now
    await membership.save(update_fields=["ended_at"])
    await _record(
        membership, OrganisationVerb.REFUSE_MEMBER if was_pending else OrganisationVerb.END_MEMBERSHIP, by=by
    )
    await notify(
        _("%(name)s 没有同意您加入。", name=by.actor.organisation_name)
        if was_pending
        else _("您不再是 %(name)s 的成员。", name=by.actor.organisation_name),
        user_ids=[membership.user_id],
        now=by.now,
    )


@atomic()
async def act_for(organisation_id: UUID, token: str, *, by: By) -> None:
    """Switch the organisation that a person acts for in this browser.

    Raises:
        NotFound: they are no active member of it.
    """
    if organisation_id not in {identity for identity, _name in by.actor.organisations}:
        raise NotFound(_("您不是这个单位的成员。"))
    await remember_act_for(token, organisation_id)
    await record("user", by.actor.user_id, UserVerb.ACT_FOR, by=by, organisation=organisation_id)


async def is_last_admin(membership: Membership) -> bool:
    """Return whether this is the organisation's only active administrator."""
    if membership.role is not MemberRole.ADMIN or membership.status is not MemberStatus.ACTIVE:
        return False
    admins = Membership.active(organisation_id=membership.organisation_id, role=MemberRole.ADMIN)
    return not await admins.exclude(id=membership.id).exists()


async def _lock(membership_id: UUID, actor: Actor) -> Membership:
    """Return a membership of the actor's organisation, which is locked: its administrators are serialised."""
    actor.require(AccountAct.MANAGE_MEMBERS)
    await Organisation.filter(id=actor.organisation_id).select_for_update().first()
    membership = await Membership.get_or_none(id=membership_id, organisation_id=actor.organisation_id)
    if membership is None:
        raise NotFound(_("没有这个成员。"))
    return membership


async def _require_another_admin(membership: Membership) -> None:
    if await is_last_admin(membership):
        raise Conflict(_("这是单位唯一的管理员。请先让另一位成员担任管理员。"))


async def _record(membership: Membership, verb: OrganisationVerb, *, by: By) -> None:
    await record(
        "organisation",
        membership.organisation_id,
        verb,
        by=by,
        membership=membership.id,
        role=membership.role,
    )
