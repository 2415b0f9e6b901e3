"""Labels of the audit log's kinds, verbs and roles for the auditor's pages."""

from __future__ import annotations

from collections.abc import Mapping

from market.accounts.permissions import Role
from market.codes import lists
from market.kit.i18n import Lazy, lazy
from market.kit.room import rooms

_ROLES: Mapping[str, Lazy] = {
    Role.PERSON: lazy("本人"),
    Role.BROKER: lazy("技术经纪人"),
    "job": lazy("系统"),
}


def kind_label(kind: str) -> str:
    """Return the label of a kind of record."""
    subject = rooms().subjects.get(kind)
    return str(subject.label) if subject else kind


def verb_label(kind: str, action: str) -> str:
    """Return the label of a verb; of one that no room declares any more, the verb itself."""
    declared = rooms().verb_label(kind, action)
    return str(declared) if declared else action


def role_label(role: str) -> str:
    """Return the label of the role that somebody acted in."""
    return str(_ROLES.get(role) or lists.MEMBER_ROLES.get(role) or lists.STAFF_ROLES.get(role) or role)
