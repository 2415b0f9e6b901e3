"""The SHA-256 of what an entry says, which the log keeps of its submission and of its sorting.

Without the contact, a person's data that is emptied when they are erased.
"""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from market.kit.database import connection

CONTENT = (
    "encode(sha256(convert_to(concat_ws(E'\\n', e.title, e.values::text, e.answers::text), 'UTF8')), 'hex')"
)
"""Of an entry `e`, in SQL: the database writes JSON in one way."""
KEY = "content_sha256"


async def content_digests(entry_ids: Collection[UUID]) -> dict[UUID, str]:
    """Return the digests of entries as they are stored, by their ids."""
    rows = await connection().execute_query_dict(
        f"SELECT e.id, {CONTENT} AS digest FROM survey_entries e "  # noqa: S608  # our own text
        "WHERE e.id = ANY($1::uuid[])",
        [list(entry_ids)],
    )
    return {UUID(str(row["id"])): str(row["digest"]) for row in rows}


async def content_digest(entry_id: UUID) -> str:
    """Return the digest of an entry as it is stored."""
    return (await content_digests([entry_id]))[entry_id]
