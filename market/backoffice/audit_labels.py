"""Names for the auditor's pages: labels of kinds, verbs and roles, numbers and names of records."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from tortoise.models import Model

from market.accounts.models import Organisation
from market.accounts.permissions import Role
from market.audit.models import AuditEvent
from market.budgets.models import Batch, Disbursement
from market.claims.models import Claim
from market.codes import lists
from market.contracts.models import Contract
from market.deals.models import Deal
from market.kit.i18n import Lazy, lazy
from market.kit.room import rooms
from market.listings.models import Need, Outcome
from market.notices.holiday_years import year_title
from market.notices.models import HolidayYearVersion, Notice

NUMBERED: dict[str, type[Model]] = {
    "outcome": Outcome,
    "need": Need,
    "deal": Deal,
    "contract": Contract,
    "notice": Notice,
    "claim": Claim,
    "batch": Batch,
    "disbursement": Disbursement,
}
"""Kinds of record that people know by a number."""
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


@dataclass(frozen=True)
class Subject:
    """What a row of the log is about, as people know it."""

    kind: str
    id: UUID
    name: str
    """Its number, its name, or the beginning of its id."""


async def find_subject(text: str) -> tuple[str | None, UUID] | None:
    """Return kind and id of the record that a person names by number, code or id; None if there is none."""
    text = text.strip()
    try:
        return None, UUID(text)
    except ValueError:
        pass
    prefix = text.upper().split("-")[0]
    for kind, subject in rooms().subjects.items():
        if subject.number == prefix and kind in NUMBERED:
            record: Any = await NUMBERED[kind].get_or_none(number=text.upper())
            return (kind, record.id) if record else None
    organisation = await Organisation.get_or_none(uscc=text.upper())
    return ("organisation", organisation.id) if organisation else None


async def name_subjects(events: Iterable[AuditEvent]) -> dict[tuple[str, UUID], Subject]:
    """Return what the records of these rows are called."""
    ids_by_kind: dict[str, set[UUID]] = {}
    for event in events:
        ids_by_kind.setdefault(event.subject_kind, set()).add(event.subject_id)
    named = {}
    for kind, ids in ids_by_kind.items():
        names = await _names(kind, ids)
        for identity in ids:
            named[kind, identity] = Subject(kind, identity, names.get(identity, str(identity)[:8]))
    return named


async def _names(kind: str, ids: Collection[UUID]) -> dict[UUID, str]:
    if kind == "organisation":
        return {
            organisation.id: organisation.name for organisation in await Organisation.filter(id__in=list(ids))
        }
    if kind == "holiday_year":
        versions = await HolidayYearVersion.filter(id__in=list(ids)).only("id", "year", "region")
        return {version.id: year_title(version.year, version.region) for version in versions}
    if kind not in NUMBERED:
        return {}
    records: Any = await NUMBERED[kind].filter(id__in=list(ids)).only("id", "number")
    return {record.id: record.number for record in records}
