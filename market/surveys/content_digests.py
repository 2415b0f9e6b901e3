"""The SHA-256 of what an entry says, which the log keeps of its submission and of its sorting.

Without the contact, a person's data that is emptied when they are erased.
"""

from __future__ import annotations

from uuid import UUID

from market.kit.database import connection

CONTENT = (
    "encode(sha256(convert_to(concat_ws(E'\\n', e.title, e.values::text, e.answers::text), 'UTF8')), 'hex')"
)
"""Of an entry `e`, in SQL: the database writes JSON in one way."""
KEY = "content_sha256"


async def content_digest(entry_id: UUID) -> str:
    """Return the digest of an entry as it is stored."""
    rows = await connection().execute_query_dict(
        f"SELECT {CONTENT} AS digest FROM survey_entries e WHERE e.id = $1",  # noqa: S608  # our own text
        [entry_id],
    )
    return str(rows[0]["digest"])
