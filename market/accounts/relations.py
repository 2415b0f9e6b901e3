"""Conflicts of interest by a common past of a person and organisations (回避)."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from market.kit.clock import years_before
from market.kit.errors import Forbidden
from market.kit.i18n import gettext as _
from market.kit.room import Relation, rooms
from market.records.by import By

LOOK_BACK_YEARS = 3
"""How long a common past counts as a conflict: one limit for experts, officers, rechecker, approver and
operator alike. Settled for this market (2026-11-28, h); no law names a figure."""


class Conflicted(Forbidden):
    """The person has a conflict of interest for this record, declared or by a common past."""


async def relations(person_id: UUID, organisation_ids: Collection[UUID], since: datetime) -> list[str]:
    """Return the reasons for a conflict by the common past of a person and organisations, from all rooms.

    An empty list means no known conflict.
    """
    return [relation.reason for relation in await relations_of([person_id], organisation_ids, since)]


async def relations_of(
    people: Collection[UUID], organisation_ids: Collection[UUID], since: datetime
) -> list[Relation]:
    """Return what all rooms know of the common past of people and organisations since a moment.

    Each room is asked once, however many people there are.
    """
    if not people or not organisation_ids:
        return []
    return [
        relation
        for relations_in in rooms().relations
        for relation in await relations_in(people, organisation_ids, since)
    ]


def look_back_from(now: datetime) -> datetime:
    """Return the moment from which a common past counts as a conflict."""
    return years_before(now, LOOK_BACK_YEARS)


async def require_unrelated(by: By, organisation_ids: Collection[UUID]) -> None:
    """Raise if the acting person has a common past with one of these organisations (README h).

    Raises:
        Conflicted: they have; the message tells it.
    """
    if by.user_id is None or not organisation_ids:
        return
    if reasons := await relations(by.user_id, organisation_ids, look_back_from(by.now)):
        words = _("您与当事的一方有关（%(reasons)s），应当回避，请由他人办理。", reasons="；".join(reasons))
        raise Conflicted(words)
