"""Conflicts of interest (回避): declared for a record, or by a common past.

A person with a declared conflict may not act on the record; the declaration is final. The room that owns
the record decides until when one may be declared.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID, uuid4

from market.accounts.actors import Actor
from market.audit.log import record
from market.integrity.models import DeclaredConflict
from market.integrity.states import ConflictVerb, IntegrityAct
from market.kit.clock import years_before
from market.kit.errors import Conflict, Forbidden
from market.kit.i18n import gettext as _
from market.kit.room import rooms
from market.records.by import By

LOOK_BACK_YEARS = 3
"""How long a common past counts as a conflict: one limit for experts, officers, rechecker, approver and
operator alike. Settled for this market (2026-11-28, h); no law names a figure."""


class Conflicted(Forbidden):
    """The person declared a conflict of interest for this record."""


async def relations(person_id: UUID, organisation_ids: Collection[UUID], since: datetime) -> list[str]:
    """Return the reasons for a conflict by the common past of a person and organisations, from all rooms.

    An empty list means no known conflict.
    """
    return [
        reason
        for relations_in in rooms().relations
        for reason in await relations_in(person_id, organisation_ids, since)
    ]


def look_back_from(now: datetime) -> datetime:
    """Return the moment from which a common past counts as a conflict."""
    return years_before(now, LOOK_BACK_YEARS)


def conflict_message(subject_kind: str) -> str:
    """Return the refusal for a person with a declared conflict for a record of this kind."""
    return _("您对这份%(what)s已声明回避，请由他人办理。", what=rooms().subjects[subject_kind].label)


async def require_no_conflict(actor: Actor, subject_kind: str, subject_ids: Sequence[UUID]) -> None:
    """Raise if the person declared a conflict for any of these records.

    Raises:
        Conflicted: a conflict is declared.
    """
    if await conflicts_of(actor, subject_kind, subject_ids):
        raise Conflicted(conflict_message(subject_kind))


async def conflicts_of(actor: Actor, subject_kind: str, subject_ids: Sequence[UUID]) -> set[UUID]:
    """Return those of these records for which the person declared a conflict."""
    ids = await DeclaredConflict.filter(
        user_id=actor.user_id, subject_kind=subject_kind, subject_id__in=list(subject_ids)
    ).values_list("subject_id", flat=True)
    return {UUID(str(subject_id)) for subject_id in ids}


async def list_conflicts(subject_kind: str, subject_id: UUID) -> list[DeclaredConflict]:
    """Return the conflicts declared for one record, with the people who declared them."""
    return await DeclaredConflict.filter(subject_kind=subject_kind, subject_id=subject_id).select_related(
        "user"
    )


async def declare_conflict(
    subject_kind: str, subject_id: UUID, *, number: str, reason: str, by: By
) -> DeclaredConflict:
    """Store a conflict of interest; the caller holds the record's lock.

    Raises:
        Conflict: the person declared it before.
    """
    by.actor.require(IntegrityAct.DECLARE_CONFLICT)
    if await conflicts_of(by.actor, subject_kind, [subject_id]):
        raise Conflict(_("您已经声明过回避。"))
    conflict = await DeclaredConflict.create(
        id=uuid4(),
        subject_kind=subject_kind,
        subject_id=subject_id,
        user_id=by.actor.user_id,
        reason=reason,
        declared_at=by.now,
    )
    await record(subject_kind, subject_id, ConflictVerb.DECLARE_CONFLICT, by=by, number=number)
    return conflict
