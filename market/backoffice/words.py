"""How the log's kinds and acts are called on the auditor's pages."""

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


def kind_words(kind: str) -> str:
    """Return what people call this kind of record."""
    subject = rooms().subjects.get(kind)
    return str(subject.label) if subject else kind


def act_words(kind: str, action: str) -> str:
    """Return what people call this act, or the log's own word for an act that has no name yet."""
    declared = rooms().verb_label(kind, action)
    return str(declared) if declared else action


def role_words(role: str) -> str:
    """Return whom somebody acted as."""
    return str(_ROLES.get(role) or lists.MEMBER_ROLES.get(role) or lists.STAFF_ROLES.get(role) or role)
