"""Roles, and which of them may do what: each room declares its acts with the roles that may do them.

Whose record it is, the guarded getters decide.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from market.accounts.models import OrganisationKind
from market.kit.errors import Forbidden
from market.kit.i18n import gettext as _
from market.kit.room import rooms


class Role(StrEnum):
    """What a person is, for the moment of one request. A person may be several things at once."""

    GUEST = "guest"
    PERSON = "person"
    """Signed in with a confirmed address; acts for nobody."""
    ADMIN = "admin"
    """Administrator of a verified organisation; may all that an agent may."""
    AGENT = "agent"
    """经办人 of a verified organisation."""
    FINANCE = "finance"
    """财务 of a verified organisation."""
    BROKER = "broker"
    OFFICER = "officer"
    RECHECKER = "rechecker"
    APPROVER = "approver"
    REVIEWER = "reviewer"
    OPERATOR = "operator"
    AUDITOR = "auditor"


class AccountAct(StrEnum):
    """Everything that changes a record of this room, or shows what is not public."""

    MANAGE_MEMBERS = "manage_members"
    EDIT_ORGANISATION = "edit_organisation"
    VERIFY_ORGANISATION = "verify_organisation"
    READ_OWN_DATA = "read_own_data"
    READ_AUDIT = "read_audit"
    READ_MAILS = "read_mails"
    SEE_DESK = "see_desk"


ORGANISATION = frozenset({Role.ADMIN, Role.AGENT})
ALL_MEMBERS = frozenset({Role.ADMIN, Role.AGENT, Role.FINANCE})
DESK = frozenset({Role.OFFICER, Role.RECHECKER, Role.APPROVER, Role.OPERATOR, Role.AUDITOR})
EVERYBODY_KNOWN = frozenset(set(Role) - {Role.GUEST})

PERMISSIONS: Mapping[StrEnum, frozenset[Role]] = {
    AccountAct.MANAGE_MEMBERS: frozenset({Role.ADMIN}),
    AccountAct.EDIT_ORGANISATION: frozenset({Role.ADMIN}),
    AccountAct.VERIFY_ORGANISATION: frozenset({Role.OPERATOR}),
    AccountAct.READ_OWN_DATA: EVERYBODY_KNOWN,
    AccountAct.READ_AUDIT: frozenset({Role.AUDITOR}),
    AccountAct.READ_MAILS: frozenset(Role),
    AccountAct.SEE_DESK: frozenset({Role.OFFICER, Role.RECHECKER, Role.APPROVER, Role.AUDITOR}),
}
"""`READ_MAILS` is for the demo's page of mails, which exists in demo mode only."""

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
STAFF = DESK | {Role.REVIEWER}


class NotYours(Forbidden):
    """The person's roles do not include one that may do this."""


def may(roles: frozenset[Role], act: StrEnum | str) -> bool:
    """Tell whether one of these roles may do this."""
    return not roles.isdisjoint(rooms().permissions[act])


def require(roles: frozenset[Role], act: StrEnum | str) -> None:
    """Let pass only who may do this.

    Raises:
        NotYours: none of the roles may.
    """
    if not may(roles, act):
        raise NotYours(_("您的身份不能做这件事。"))
