"""Invitations of colleagues by mail: to a verified organisation, in a role, by a link that works once."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

from tortoise.queryset import QuerySet

from market.accounts.actors import Actor, actor_without_roles
from market.accounts.messages import notify
from market.accounts.models import (
    Invitation,
    MemberRole,
    Membership,
    Organisation,
    OrganisationStatus,
    OrganisationVerb,
    User,
    UserVerb,
)
from market.accounts.passwords import check_new_password, hash_password
from market.accounts.permissions import AccountAct
from market.accounts.sessions import act_for, token_hash
from market.accounts.staff import require_no_staff
from market.audit.log import record
from market.codes.labels import label
from market.kit import rate_limits
from market.kit.database import atomic
from market.kit.errors import Conflict, Invalid, NotFound
from market.kit.i18n import gettext as _
from market.kit.i18n import in_source_language
from market.kit.mail import SITE, queue_mail
from market.kit.person_marks import person_mark
from market.records.by import By

LIFETIME = timedelta(days=7)
"""In real time, as every link of a mail."""


@dataclass(frozen=True)
class NewColleague:
    """What an invited person types who has no account yet."""

    name: str
    password: str


async def invite(email: str, role: MemberRole, *, by: By) -> None:
    """Invite a colleague; an open invitation of the same address is replaced.

    The mail holds the verified name of the organisation and nothing that the inviter writes.

    Raises:
        Invalid: at `email`: the person is a member already.
        TooMany: the organisation has invited too many people today.
    """
    by.actor.require(AccountAct.MANAGE_MEMBERS)
    await rate_limits.count_attempt(f"invite:{by.actor.organisation_id}", limit=30, window_seconds=86_400)
    await _invite(email, role, by=by)


@atomic()
async def _invite(email: str, role: MemberRole, *, by: By) -> None:
    organisation = await Organisation.get(id=by.actor.organisation_id)
    if await Membership.active(organisation_id=organisation.id, user__email=email).exists():
        raise Invalid(_("这个邮箱的主人已经是本单位成员。"), "email")
    await _open(organisation.id).filter(email=email).update(revoked_at=by.now, email="")
    token = secrets.token_urlsafe(32)
    invitation = await Invitation.create(
        id=uuid4(),
        organisation_id=organisation.id,
        email=email,
        role=role,
        token_hash=token_hash(token),
        invited_by_id=by.actor.user_id,
        invited_at=by.now,
        expires_at=datetime.now(UTC) + LIFETIME,
    )
    await record(
        "organisation",
        organisation.id,
        OrganisationVerb.INVITE,
        by=by,
        invitation=invitation.id,
        role=role.value,
    )
    with in_source_language():
        subject = _("科转：%(name)s 邀请您加入", name=organisation.name)
        text = _(
            "您好：\n\n%(name)s（已经平台认证）邀请您作为%(role)s加入。请打开下面的链接接受邀请，"
            "七天内有效，只能用一次。如果您不是这个单位的人，不必理会这封邮件。",
            name=organisation.name,
            role=label("member_role", role),
        )
    await queue_mail(email, subject, f"{text}\n\n{SITE}/invitations/{token}\n", now=by.now)


@atomic()
async def revoke(invitation_id: UUID, *, by: By) -> None:
    """Revoke an open invitation of the actor's organisation; its link is dead from then on.

    Raises:
        NotFound: there is none that is open.
    """
    by.actor.require(AccountAct.MANAGE_MEMBERS)
    own = _open(by.actor.organisation_id).filter(id=invitation_id)
    if not await own.update(revoked_at=by.now, email=""):
        raise NotFound(_("没有这份邀请，或者它已经用过或撤回。"))
    await record(
        "organisation",
        _own_id(by.actor),
        OrganisationVerb.REVOKE_INVITATION,
        by=by,
        invitation=invitation_id,
    )


async def list_open(actor: Actor) -> list[Invitation]:
    """Return the open invitations of the actor's organisation, the latest first."""
    invitations = _open(actor.organisation_id).order_by("-invited_at")
    return await invitations.select_related("invited_by")


async def find_invitation(token: str) -> Invitation:
    """Return the open invitation of a link, with its organisation.

    Raises:
        NotFound: it was used, revoked or has expired, or the organisation is no longer verified.
    """
    invitation = (
        await Invitation.filter(
            token_hash=token_hash(token),
            accepted_at__isnull=True,
            revoked_at__isnull=True,
            expires_at__gt=datetime.now(UTC),
            organisation__status=OrganisationStatus.VERIFIED,
        )
        .select_related("organisation")
        .first()
    )
    if invitation is None:
        raise NotFound(_("这份邀请已经用过、撤回或过期。请联系单位管理员再发一次。"))
    return invitation


async def is_registered(invitation: Invitation) -> bool:
    """Return whether the invited address has an account."""
    return await User.exists(email=invitation.email, is_active=True)


@atomic()
async def accept(token: str, *, session_token: str, by: By) -> Organisation:
    """Accept an invitation as the signed-in person whom it was sent to, who then acts for the organisation.

    Raises:
        NotFound: as `find_invitation`.
        Conflict: it was sent to another address.
    """
    by.actor.require(AccountAct.READ_OWN_DATA)
    invitation = await find_invitation(token)
    if by.actor.email != invitation.email:
        raise Conflict(_("这份邀请发给了另一个邮箱。请退出后用收到邀请的邮箱登录。"))
    await require_no_staff(by.actor.user_id)
    await _join(invitation, by.actor.user_id, by=by)
    await act_for(session_token, invitation.organisation_id)
    return invitation.organisation


async def register(token: str, person: NewColleague, *, now: datetime) -> User:
    """Register the invited person, whose address the link has confirmed, and return them.

    Raises:
        NotFound: as `find_invitation`.
        Conflict: the address has an account; its owner signs in first.
        Invalid: the password is not acceptable.
    """
    invitation = await find_invitation(token)
    check_new_password(person.password, email=invitation.email)
    return await _register(token, person.name, await hash_password(person.password), now=now)


@atomic()
async def _register(token: str, name: str, password_hash: str, *, now: datetime) -> User:
    invitation = await find_invitation(token)
    if await User.exists(email=invitation.email):
        raise Conflict(_("这个邮箱已经注册过。请先登录，再打开邀请链接。"))
    user = await User.create(
        id=uuid4(),
        email=invitation.email,
        name=name,
        password_hash=password_hash,
        email_confirmed_at=now,
        created_at=now,
    )
    by = By(actor_without_roles(user.id), now)
    await record("user", user.id, UserVerb.REGISTER, by=by)
    await _join(invitation, user.id, by=by)
    return user


async def _join(invitation: Invitation, user_id: UUID, *, by: By) -> None:
    """Use the invitation up and make the person a member; an open application of theirs is granted by it."""
    used = Invitation.filter(id=invitation.id, accepted_at__isnull=True, revoked_at__isnull=True)
    if not await used.update(accepted_at=by.now, accepted_by_id=user_id, email=""):
        raise NotFound(_("这份邀请已经用过、撤回或过期。请联系单位管理员再发一次。"))
    await Organisation.filter(id=invitation.organisation_id).select_for_update().first()
    running = Membership.filter(
        user_id=user_id, organisation_id=invitation.organisation_id, ended_at__isnull=True
    )
    membership = await running.first()
    if membership is None:
        membership = await Membership.create(
            id=uuid4(),
            user_id=user_id,
            organisation_id=invitation.organisation_id,
            role=invitation.role,
            applied_at=by.now,
            started_at=by.now,
        )
    elif membership.started_at is None:
        membership.started_at, membership.role = by.now, invitation.role
        await membership.save(update_fields=["started_at", "role"])
    await record(
        "organisation",
        invitation.organisation_id,
        OrganisationVerb.ACCEPT_INVITATION,
        by=by,
        membership=membership.id,
        role=membership.role.value,
    )
    await notify(
        _(
            "%(name)s 接受了邀请，是本单位的%(role)s。",
            name=person_mark(user_id),
            role=label("member_role", membership.role),
        ),
        people=[user_id],
        organisation_id=invitation.organisation_id,
        roles={MemberRole.ADMIN},
        address="/account/members",
        now=by.now,
    )


async def forget_invitations() -> None:
    """Delete the addresses of invitations that have expired."""
    await Invitation.filter(expires_at__lt=datetime.now(UTC)).exclude(email="").update(email="")


def _open(organisation_id: UUID | None) -> QuerySet[Invitation]:
    return Invitation.filter(
        organisation_id=organisation_id,
        accepted_at__isnull=True,
        revoked_at__isnull=True,
        expires_at__gt=datetime.now(UTC),
    )


def _own_id(actor: Actor) -> UUID:
    if actor.organisation_id is None:
        raise NotFound(_("您还没有加入任何单位。"))
    return actor.organisation_id
