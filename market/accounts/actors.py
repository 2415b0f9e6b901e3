"""The actor of a request: a signed-in person, their roles, and the organisation they act for."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any
from uuid import UUID

from tortoise.exceptions import DoesNotExist

from market.accounts.models import MemberRole, OrganisationKind, OrganisationStatus
from market.accounts.permissions import BUYERS, DESK, OVERSEERS, SELLERS, NotYours, Role, may, require
from market.kit.database import connection
from market.kit.errors import Forbidden
from market.kit.i18n import gettext as _
from market.kit.room import FreshProof, rooms


class ProofNeeded(Forbidden):
    """The act asks for a proof, not older than minutes, that the person is there."""


@dataclass(frozen=True)
class Actor:
    """A signed-in person as seen by one request."""

    user_id: UUID
    name: str
    email: str
    roles: frozenset[Role]
    organisation_id: UUID | None = None
    """The organisation the person acts for now, verified or not."""
    organisation_name: str = ""
    organisation_kind: OrganisationKind | None = None
    organisation_region: str = ""
    is_organisation_verified: bool = False
    organisations: tuple[tuple[UUID, str], ...] = field(default=())
    """Id and name of all organisations the person is an active member of."""
    has_factor: bool = False
    """The person has a second factor."""
    does_organisation_require_factor: bool = False
    is_proof_stale: bool = False
    """Set by a request: nobody has proved for a while that the person is there."""
    is_reading: bool = False
    """Set by a request that changes nothing."""

    @property
    def role(self) -> str:
        """The most specific role, for the audit log."""
        for role in (*STAFF_ORDER, Role.BROKER, Role.ADMIN, Role.AGENT, Role.FINANCE, Role.APPLICANT):
            if role in self.roles:
                return role.value
        return Role.PERSON.value

    @property
    def is_staff(self) -> bool:
        return not self.roles.isdisjoint(DESK)

    @property
    def oversees(self) -> bool:
        """Return whether the person reads every listing and organisation.

        The desk opens what a submitted claim names, see `desk_access`; experts see what they review.
        """
        return not self.roles.isdisjoint(OVERSEERS)

    @property
    def is_administrator(self) -> bool:
        """Return whether the person administers the organisation they act for, verified or not."""
        return Role.ADMIN in self.roles or Role.APPLICANT in self.roles

    @property
    def sells(self) -> bool:
        """Return whether the organisation, verified or not, is of a kind that offers outcomes."""
        return self.organisation_kind in SELLERS

    @property
    def buys(self) -> bool:
        """Return whether the organisation, verified or not, is of a kind that posts needs."""
        return self.organisation_kind in BUYERS

    @property
    def may_sell(self) -> bool:
        return self.is_organisation_verified and self.organisation_kind in SELLERS

    @property
    def may_buy(self) -> bool:
        return self.is_organisation_verified and self.organisation_kind in BUYERS

    def may(self, act: StrEnum | str) -> bool:
        """Return whether the roles permit the act; templates pass its name."""
        return may(self.roles, act)

    def require(self, act: StrEnum) -> None:
        """Raise unless the roles permit the act, and the person is proved to be there where it asks for it.

        Raises:
            NotYours: they do not; the sentence says what is missing.
            ProofNeeded: the last proof is too old for this act.
        """
        if self.may(act):
            self._require_proof(act)
            return
        if self.organisation_id is not None and not self.is_organisation_verified and not self.is_staff:
            raise NotYours(_("您的单位还在等待认证，通过后就能办理；进度和要补的证明见“我的单位”。"))
        require(self.roles, act)

    def _require_proof(self, act: StrEnum) -> None:
        if not self.is_proof_stale:
            return
        asks = rooms().fresh.get(act)
        if asks is FreshProof.TO_READ or (asks is FreshProof.TO_ACT and not self.is_reading):
            raise ProofNeeded(_("这一步要先确认是您本人。"))

    def acts_for(self, organisation_id: UUID | None) -> bool:
        """Return whether the person acts for this organisation and it is verified."""
        return (
            organisation_id is not None
            and self.is_organisation_verified
            and self.organisation_id == organisation_id
        )


def actor_without_roles(user_id: UUID) -> Actor:
    """Return an actor without roles for the audit log, such as of a person who is registering."""
    return Actor(user_id=user_id, name="", email="", roles=frozenset())


STAFF_ORDER = (
    Role.OPERATOR,
    Role.OFFICER,
    Role.RECHECKER,
    Role.APPROVER,
    Role.AUDITOR,
)
_MEMBER_ROLES = {
    MemberRole.ADMIN: frozenset({Role.ADMIN}),
    MemberRole.AGENT: frozenset({Role.AGENT}),
    MemberRole.FINANCE: frozenset({Role.FINANCE}),
}


ACTOR_COLUMNS = (
    "u.id, u.name, u.email, u.email_confirmed_at, u.staff_role, "
    "EXISTS (SELECT 1 FROM broker_profiles b WHERE b.user_id = u.id AND b.is_verified) AS is_broker, "
    "EXISTS (SELECT 1 FROM authenticators a WHERE a.user_id = u.id AND a.confirmed_at IS NOT NULL) "
    "OR EXISTS (SELECT 1 FROM passkeys p WHERE p.user_id = u.id) AS has_factor, "
    "(SELECT json_agg(json_build_array(o.id, o.name, o.kind, o.region, o.status, o.requires_factor, m.role) "
    "ORDER BY m.applied_at) FROM memberships m JOIN organisations o ON o.id = m.organisation_id "
    "WHERE m.user_id = u.id AND m.started_at IS NOT NULL AND m.ended_at IS NULL) AS memberships"
)
"""The columns of an actor, of the user `u`. One statement, since every page runs it first."""


@dataclass(frozen=True)
class _Membership:
    """An active membership of the person, with its organisation."""

    id: UUID
    name: str
    kind: OrganisationKind
    region: str
    is_verified: bool
    is_waiting: bool
    requires_factor: bool
    role: MemberRole


async def load_actor(user_id: UUID, acting_for: UUID | None = None) -> Actor:
    """Build the actor of a person, acting for `acting_for` or their first organisation.

    Raises:
        DoesNotExist: there is no such person.
    """
    rows = await connection().execute_query_dict(
        f"SELECT {ACTOR_COLUMNS} FROM users u WHERE u.id = $1",  # noqa: S608  # a text of our own
        [user_id],
    )
    if not rows:
        raise DoesNotExist(f"no user {user_id}")
    return actor_from_row(rows[0], acting_for)


def actor_from_row(row: dict[str, Any], acting_for: UUID | None = None) -> Actor:
    """Build the actor of a row of `ACTOR_COLUMNS`, acting for `acting_for` or their first organisation."""
    memberships = [
        _Membership(
            UUID(id_),
            name,
            OrganisationKind(kind),
            region,
            status == OrganisationStatus.VERIFIED,
            status in (OrganisationStatus.PENDING, OrganisationStatus.RETURNED),
            requires_factor,
            MemberRole(role),
        )
        for id_, name, kind, region, status, requires_factor, role in json.loads(row["memberships"] or "[]")
    ]
    chosen = (membership for membership in memberships if membership.id == acting_for)
    current = next(chosen, None) or next(iter(memberships), None)
    roles: set[Role] = set()
    if row["email_confirmed_at"]:
        roles.add(Role.PERSON)
        if current and current.is_verified:
            roles |= _MEMBER_ROLES[current.role]
        elif current and current.is_waiting and current.role is MemberRole.ADMIN:
            roles.add(Role.APPLICANT)
        if row["staff_role"]:
            roles.add(Role(row["staff_role"]))
        if row["is_broker"]:
            roles.add(Role.BROKER)
    if Role.AUDITOR in roles:
        # Auditors change nothing, whatever other roles they have.
        roles = {Role.AUDITOR}
    return Actor(
        user_id=row["id"],
        name=row["name"],
        email=row["email"],
        roles=frozenset(roles),
        organisation_id=current.id if current else None,
        organisation_name=current.name if current else "",
        organisation_kind=current.kind if current else None,
        organisation_region=current.region if current else "",
        is_organisation_verified=bool(current and current.is_verified),
        organisations=tuple((membership.id, membership.name) for membership in memberships),
        has_factor=row["has_factor"],
        does_organisation_require_factor=any(membership.requires_factor for membership in memberships),
    )
