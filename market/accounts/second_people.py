"""Who of an organisation may do what takes a second person, and how a missing one is found."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from market.accounts.actors import Actor
from market.accounts.models import MemberRole, Membership
from market.accounts.permissions import AccountAct, Role
from market.codes.labels import label
from market.kit.room import rooms

_ROLES = {
    MemberRole.FINANCE: Role.FINANCE,
    MemberRole.AGENT: Role.AGENT,
    MemberRole.ADMIN: Role.ADMIN,
}


@dataclass(frozen=True)
class SecondPeople:
    """The members of an organisation who may do an act, besides those who took part in it before."""

    people: Sequence[tuple[str, MemberRole]]
    """Name and role of each."""
    roles: Sequence[MemberRole]
    """The roles that may, the most fitting first."""
    may_invite: bool
    """The person who reads it may invite one."""

    @property
    def is_missing(self) -> bool:
        return not self.people

    @property
    def role_words(self) -> str:
        return "、".join(label("member_role", role) for role in self.roles)


async def second_people(
    act: StrEnum, organisation_id: UUID, proposers: Iterable[UUID], *, actor: Actor
) -> dict[UUID, SecondPeople]:
    """Return who of an organisation may do `act` on what each of these people proposed.

    Empty for a reader of another organisation: who works there is not theirs to know.
    """
    wanted = set(proposers)
    if not wanted or actor.organisation_id != organisation_id:
        return {}
    permitted = rooms().permissions[act]
    roles = [member for member, role in _ROLES.items() if role in permitted]
    members = Membership.active(organisation_id=organisation_id, role__in=roles, user__is_active=True)
    people = [
        (member.user_id, member.user.name, member.role)
        for member in await members.select_related("user").order_by("started_at")
    ]
    may_invite = actor.may(AccountAct.MANAGE_MEMBERS)
    return {
        proposer: SecondPeople(
            [(name, role) for user_id, name, role in people if user_id != proposer], roles, may_invite
        )
        for proposer in wanted
    }
