"""The person who acts in a request, and for whom."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any
from uuid import UUID

from tortoise.exceptions import DoesNotExist

from market.accounts.models import MemberRole, OrganisationKind, OrganisationStatus
from market.accounts.permissions import BUYERS, SELLERS, STAFF, Role, may, require
from market.kit.database import connection


@dataclass(frozen=True)
class Actor:
    """A signed-in person as one request sees them."""

    user_id: UUID
    name: str
    email: str
    roles: frozenset[Role]
    organisation_id: UUID | None = None
    """The organisation the person acts for at present, verified or not."""
    organisation_name: str = ""
    organisation_kind: OrganisationKind | None = None
    organisation_region: str = ""
    is_organisation_verified: bool = False
    organisations: tuple[tuple[UUID, str], ...] = field(default=())
    """All organisations the person is a member of."""

    @property
    def role(self) -> str:
        """The most telling role, for the audit log."""
        for role in (*STAFF_ORDER, Role.BROKER, Role.ADMIN, Role.AGENT, Role.FINANCE):
            if role in self.roles:
                return role.value
        return Role.PERSON.value

    @property
    def is_staff(self) -> bool:
        return not self.roles.isdisjoint(STAFF)

    @property
    def may_sell(self) -> bool:
        return self.is_organisation_verified and self.organisation_kind in SELLERS

    @property
    def may_buy(self) -> bool:
        return self.is_organisation_verified and self.organisation_kind in BUYERS

    def may(self, act: StrEnum | str) -> bool:
        """Tell whether the person's roles allow this; templates ask by the act's name."""
        return may(self.roles, act)

    def require(self, act: StrEnum) -> None:
        """Let pass only if the person's roles allow this.

        Raises:
            NotYours: they do not.
        """
        require(self.roles, act)

    def acts_for(self, organisation_id: UUID | None) -> bool:
        """Tell whether the person acts for this organisation, which must be verified."""
        return (
            organisation_id is not None
            and self.is_organisation_verified
            and self.organisation_id == organisation_id
        )


def actor_without_roles(user_id: UUID) -> Actor:
    """Return a person who has just registered, without any role yet, for the log of what they did."""
    return Actor(user_id=user_id, name="", email="", roles=frozenset())


STAFF_ORDER = (
    Role.OPERATOR,
    Role.OFFICER,
    Role.RECHECKER,
    Role.APPROVER,
    Role.AUDITOR,
    Role.REVIEWER,
)
_MEMBER_ROLES = {
    MemberRole.ADMIN: frozenset({Role.ADMIN}),
    MemberRole.AGENT: frozenset({Role.AGENT}),
    MemberRole.FINANCE: frozenset({Role.FINANCE}),
}


ACTOR_COLUMNS = (
    "u.id, u.name, u.email, u.email_confirmed_at, u.staff_role, "
    "EXISTS (SELECT 1 FROM broker_profiles b WHERE b.user_id = u.id AND b.is_verified) AS is_broker, "
    "(SELECT json_agg(json_build_array(o.id, o.name, o.kind, o.region, o.status, m.role) "
    "ORDER BY m.applied_at) FROM memberships m JOIN organisations o ON o.id = m.organisation_id "
    "WHERE m.user_id = u.id AND m.started_at IS NOT NULL AND m.ended_at IS NULL) AS units"
)
"""What makes an actor of the user `u`, in one statement: every page asks for it first."""


@dataclass(frozen=True)
class _Unit:
    """An organisation of a person's, and what they are in it."""

    id: UUID
    name: str
    kind: OrganisationKind
    region: str
    is_verified: bool
    role: MemberRole


async def load_actor(user_id: UUID) -> Actor:
    """Build the actor of a person, acting for their first organisation.

    Raises:
        DoesNotExist: there is no such person.
    """
    rows = await connection().execute_query_dict(
        f"SELECT {ACTOR_COLUMNS} FROM users u WHERE u.id = $1",  # noqa: S608  # a text of our own
        [user_id],
    )
    if not rows:
        raise DoesNotExist(f"no user {user_id}")
    return actor_from_row(rows[0])


def actor_from_row(row: dict[str, Any], acting_for: UUID | None = None) -> Actor:
    """Build the actor of a row of `ACTOR_COLUMNS`, acting for `acting_for` or their first organisation."""
    units = [
        _Unit(
            UUID(id_),
            name,
            OrganisationKind(kind),
            region,
            status == OrganisationStatus.VERIFIED,
            MemberRole(role),
        )
        for id_, name, kind, region, status, role in json.loads(row["units"] or "[]")
    ]
    unit = next((each for each in units if each.id == acting_for), None) or next(iter(units), None)
    roles: set[Role] = set()
    if row["email_confirmed_at"]:
        roles.add(Role.PERSON)
        if unit and unit.is_verified:
            roles |= _MEMBER_ROLES[unit.role]
        if row["staff_role"]:
            roles.add(Role(row["staff_role"]))
        if row["is_broker"]:
            roles.add(Role.BROKER)
    if Role.AUDITOR in roles:
        # Who audits changes nothing, whatever else they are.
        roles = {Role.AUDITOR}
    return Actor(
        user_id=row["id"],
        name=row["name"],
        email=row["email"],
        roles=frozenset(roles),
        organisation_id=unit.id if unit else None,
        organisation_name=unit.name if unit else "",
        organisation_kind=unit.kind if unit else None,
        organisation_region=unit.region if unit else "",
        is_organisation_verified=bool(unit and unit.is_verified),
        organisations=tuple((each.id, each.name) for each in units),
    )
