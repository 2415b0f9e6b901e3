"""Roles and permissions: each room declares its acts with the roles that may do them.

Ownership of a record is checked by the guarded getters of its room.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from market.accounts.models import OrganisationKind
from market.kit.errors import Forbidden
from market.kit.i18n import gettext as _
from market.kit.room import FreshProof, rooms


class Role(StrEnum):
    """A role of the person in one request; a person may have several."""

    GUEST = "guest"
    PERSON = "person"
    """Signed in with a confirmed address; acts for no organisation."""
    APPLICANT = "applicant"
    """Administrator of an organisation that waits for verification: writes drafts, shows nothing."""
    ADMIN = "admin"
    """Administrator of a verified organisation; has all permissions of an agent."""
    AGENT = "agent"
    """经办人 of a verified organisation."""
    FINANCE = "finance"
    """财务 of a verified organisation."""
    BROKER = "broker"
    OFFICER = "officer"
    RECHECKER = "rechecker"
    APPROVER = "approver"
    OPERATOR = "operator"
    AUDITOR = "auditor"


class AccountAct(StrEnum):
    """Acts of this room: all that changes a record, or shows what is not public."""

    MANAGE_MEMBERS = "manage_members"
    EDIT_ORGANISATION = "edit_organisation"
    VERIFY_ORGANISATION = "verify_organisation"
    READ_OWN_DATA = "read_own_data"
    EXPORT_OWN_DATA = "export_own_data"
    CHANGE_FACTORS = "change_factors"
    READ_AUDIT = "read_audit"
    EXPORT_AUDIT = "export_audit"
    READ_MAILS = "read_mails"
    SEE_DESK = "see_desk"
    OPEN_FOR_REASON = "open_for_reason"


ORGANISATION = frozenset({Role.ADMIN, Role.AGENT})
ALL_MEMBERS = frozenset({Role.ADMIN, Role.AGENT, Role.FINANCE})
DESK = frozenset({Role.OFFICER, Role.RECHECKER, Role.APPROVER, Role.OPERATOR, Role.AUDITOR})
OVERSEERS = frozenset({Role.OPERATOR, Role.AUDITOR})
"""Who reads every listing and organisation: the one to review them, the other to audit them."""
ALL_SIGNED_IN = frozenset(set(Role) - {Role.GUEST})

PERMISSIONS: Mapping[StrEnum, frozenset[Role]] = {
    AccountAct.MANAGE_MEMBERS: frozenset({Role.ADMIN}),
    AccountAct.EDIT_ORGANISATION: frozenset({Role.ADMIN}),
    AccountAct.VERIFY_ORGANISATION: frozenset({Role.OPERATOR}),
    AccountAct.READ_OWN_DATA: ALL_SIGNED_IN,
    AccountAct.EXPORT_OWN_DATA: ALL_SIGNED_IN,
    AccountAct.CHANGE_FACTORS: ALL_SIGNED_IN,
    AccountAct.READ_AUDIT: frozenset({Role.AUDITOR}),
    AccountAct.EXPORT_AUDIT: frozenset({Role.AUDITOR}),
    AccountAct.READ_MAILS: frozenset(Role),
    AccountAct.SEE_DESK: frozenset({Role.OFFICER, Role.RECHECKER, Role.APPROVER, Role.AUDITOR}),
    AccountAct.OPEN_FOR_REASON: frozenset({Role.OFFICER, Role.RECHECKER, Role.APPROVER}),
}
"""`READ_MAILS` is for the demo's page of mails, which exists in demo mode only."""

FRESH: Mapping[StrEnum, FreshProof] = {
    AccountAct.MANAGE_MEMBERS: FreshProof.TO_ACT,
    AccountAct.CHANGE_FACTORS: FreshProof.TO_ACT,
    AccountAct.EXPORT_OWN_DATA: FreshProof.TO_READ,
    AccountAct.EXPORT_AUDIT: FreshProof.TO_READ,
}

SELLERS = frozenset(
    {
        OrganisationKind.UNIVERSITY,
        OrganisationKind.INSTITUTE,
        OrganisationKind.ENTERPRISE,
        OrganisationKind.FARMERS_COOP,
    }
)
"""Kinds of organisation that may offer outcomes."""
BUYERS = frozenset({OrganisationKind.ENTERPRISE, OrganisationKind.FARMERS_COOP})
"""Kinds of organisation that post needs, buy, and claim."""


class NotYours(Forbidden):
    """The person's roles do not permit the act."""


def may(roles: frozenset[Role], act: StrEnum | str) -> bool:
    """Return whether one of the roles permits the act."""
    return not roles.isdisjoint(rooms().permissions[act])


def require(roles: frozenset[Role], act: StrEnum | str) -> None:
    """Raise unless one of the roles permits the act.

    Raises:
        NotYours: none does.
    """
    if not may(roles, act):
        raise NotYours(_("您的身份不能做这件事。"))
