"""Entries of a notice: whose they are, what ends or corrects them when an objection is upheld."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from market.kit.database import connection
from market.kit.room import rooms
from market.notices.models import Notice, ObjectionRuling
from market.notices.states import ObjectionStatus
from market.records.by import By
from market.records.transitions import Stateful


@dataclass(frozen=True)
class EntryCorrection:
    """How the amount of an entry is lowered by a ruling; declared by the room of the entries."""

    amount_of: Callable[[UUID], Awaitable[int | None]]
    """Returns what an entry has now, in fen; None where a ruling cannot change it any more."""
    lock: Callable[[UUID], Awaitable[object]]
    """Locks the notice's subject and its entries, by the subject's id, before the notice is locked."""
    apply: Callable[[UUID, ObjectionRuling, Notice, By], Awaitable[object]]
    """Gives an entry the amount of a confirmed ruling, in its transaction.

    Raises `Conflict` where the entry has not what the ruling was proposed for.
    """


@dataclass(frozen=True)
class EntryPublicity:
    """End of the entries of a notice against which an objection was upheld; declared as `Publicity`."""

    model: type[Stateful]
    """The kind of record that the notice lists."""
    waiting: StrEnum
    """The status in which an entry waits."""
    subject_kind: str
    """The kind of record that the notice is about."""
    end: Callable[[UUID, Collection[UUID], By], Awaitable[int]]
    """Ends entries in a transaction of its own, which locks and checks them again; returns how many.

    Called with the id of the notice's subject and the ids of its waiting entries against which, or against
    the whole, an objection was upheld.
    """

    owners: Callable[[Collection[UUID]], Awaitable[Mapping[UUID, UUID]]]
    """Returns the organisations whose entries these are, by the entry: they may answer an objection."""
    correction: EntryCorrection
    outcome: Callable[[Notice], Awaitable[list[list[str]]]]
    """Returns what became of the entries, pairs of label and text; nothing while all of them stand."""

    async def sweep(self, now: datetime) -> int:
        """End every waiting entry against which an objection was upheld; return how many."""
        rows = await connection().execute_query_dict(
            "SELECT n.subject_id, array_agg(DISTINCT r.id) AS entries FROM notices n "  # noqa: S608 -- our own name
            "JOIN objections o ON o.notice_id = n.id AND o.status = $1 "
            "CROSS JOIN LATERAL jsonb_array_elements(n.entries) AS entry "
            f"JOIN {self.model._meta.db_table} r ON r.id = (entry ->> 0)::uuid AND r.status = $2 "
            "WHERE n.subject_kind = $3 AND (o.entry_id IS NULL OR o.entry_id = r.id) "
            "AND NOT EXISTS (SELECT 1 FROM notices later WHERE later.replaces_id = n.id) "
            "GROUP BY n.subject_id ORDER BY n.subject_id",
            [ObjectionStatus.UPHELD.value, self.waiting.value, self.subject_kind],
        )
        return sum([await self.end(row["subject_id"], row["entries"], By.job(now)) for row in rows])


def entries_of(notice: Notice) -> EntryPublicity | None:
    """Return the declaration of the kind of entries that a notice lists; None where it lists none."""
    return next(
        (
            publicity
            for publicity in rooms().publicity
            if isinstance(publicity, EntryPublicity) and publicity.subject_kind == notice.subject_kind
        ),
        None,
    )


async def outcome_of(notice: Notice) -> list[list[str]]:
    """Return what became of the entries of a notice, pairs of label and text; its room says so."""
    entries = entries_of(notice)
    return await entries.outcome(notice) if entries is not None else []
