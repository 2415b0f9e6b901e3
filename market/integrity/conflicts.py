"""Conflicts of interest (回避): declared for a record, or by a common past.

A person with a declared conflict may not act on the record; the declaration is final. The room that owns
the record decides until when one may be declared.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from uuid import UUID, uuid4

from market.accounts.relations import Conflicted, look_back_from, relations_of, require_unrelated
from market.audit.log import record
from market.integrity.models import DeclaredConflict
from market.integrity.states import ConflictVerb, IntegrityAct
from market.kit.errors import Conflict
from market.kit.i18n import gettext as _
from market.kit.room import rooms
from market.records.by import By


def conflict_message(subject_kind: str) -> str:
    """Return the refusal for a person with a declared conflict for a record of this kind."""
    return _("您对这份%(what)s已声明回避，请由他人办理。", what=rooms().subjects[subject_kind].label)


async def require_no_conflict(by: By, subject_kind: str, subject_ids: Sequence[UUID]) -> None:
    """Raise if the person declared a conflict for any of these records, or has a past with a party of one.

    Raises:
        Conflicted: a conflict is declared, or follows from a membership of the last years.
    """
    if await _declared(by, subject_kind, subject_ids):
        raise Conflicted(conflict_message(subject_kind))
    parties = await _parties(subject_kind, subject_ids)
    await require_unrelated(by, {party for sides in parties.values() for party in sides})


async def conflicts_of(by: By, subject_kind: str, subject_ids: Sequence[UUID]) -> set[UUID]:
    """Return those of these records that the person may not act on: a conflict is declared, or follows."""
    conflicted = await _declared(by, subject_kind, subject_ids)
    parties = await _parties(subject_kind, subject_ids)
    everybody = {party for sides in parties.values() for party in sides}
    if by.user_id is None:
        return conflicted
    past = await relations_of([by.user_id], everybody, look_back_from(by.now))
    related = {relation.organisation_id for relation in past}
    return conflicted | {subject_id for subject_id, sides in parties.items() if related.intersection(sides)}


async def _parties(subject_kind: str, subject_ids: Sequence[UUID]) -> Mapping[UUID, Collection[UUID]]:
    """Return the parties of records as their room declares them; none of a kind that has no parties."""
    subject = rooms().subjects.get(subject_kind)
    return await subject.parties(subject_ids) if subject and subject.parties else {}


async def _declared(by: By, subject_kind: str, subject_ids: Sequence[UUID]) -> set[UUID]:
    ids = await DeclaredConflict.filter(
        user_id=by.user_id, subject_kind=subject_kind, subject_id__in=list(subject_ids)
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
    if await _declared(by, subject_kind, [subject_id]):
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
