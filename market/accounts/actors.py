"""The person who acts in a request, and for whom."""

from __future__ import annotations

from dataclasses import dataclass, field
from uuid import UUID

from market.accounts.models import (
    BrokerProfile,
    MemberRole,
    Membership,
    MemberStatus,
    Organisation,
    OrganisationKind,
    User,
)
from market.accounts.permissions import BUYERS, SELLERS, STAFF, Act, Role, may, require


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

    def may(self, act: Act | str) -> bool:
        """Tell whether the person's roles allow this; templates ask by the act's name."""
        return may(self.roles, Act(act))

    def require(self, act: Act) -> None:
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


async def load_actor(user: User, acting_for: UUID | None = None) -> Actor:
    """Build the actor of a person, acting for `acting_for` or for their first organisation."""
    memberships = await Membership.filter(user_id=user.id, status=MemberStatus.ACTIVE).order_by("created_at")
    units = await _organisations([each.organisation_id for each in memberships])
    chosen = next((m for m in memberships if m.organisation_id == acting_for), None) or next(
        iter(memberships), None
    )
    roles: set[Role] = {Role.PERSON} if user.email_confirmed_at else set()
    organisation = units[chosen.organisation_id] if chosen else None
    if user.email_confirmed_at:
        if chosen and organisation and organisation.is_verified:
            roles |= _MEMBER_ROLES[chosen.role]
        if user.staff_role:
            roles.add(Role(user.staff_role.value))
        if await _is_broker(user):
            roles.add(Role.BROKER)
    if Role.AUDITOR in roles:
        # Who audits changes nothing, whatever else they are.
        roles = {Role.AUDITOR}
    return Actor(
        user_id=user.id,
        name=user.name,
        email=user.email,
        roles=frozenset(roles),
        organisation_id=organisation.id if organisation else None,
        organisation_name=organisation.name if organisation else "",
        organisation_kind=organisation.kind if organisation else None,
        organisation_region=organisation.region if organisation else "",
        is_organisation_verified=bool(organisation and organisation.is_verified),
        organisations=tuple((m.organisation_id, units[m.organisation_id].name) for m in memberships),
    )


async def _organisations(ids: list[UUID]) -> dict[UUID, Organisation]:
    return {each.id: each for each in await Organisation.filter(id__in=ids)} if ids else {}


async def _is_broker(user: User) -> bool:
    return await BrokerProfile.exists(user_id=user.id, is_verified=True)
