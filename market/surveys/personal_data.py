"""The contact of an entry is a person's data: exported to the person, emptied when they are erased."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from market.kit.database import connection
from market.records.by import By

_CONTACT_OF = (
    "FROM users u WHERE u.id = $1 AND (e.contact->>'contact_email' = u.email "
    "OR (e.contact->>'contact_name' = u.name AND e.organisation_id IN "
    "(SELECT m.organisation_id FROM memberships m WHERE m.user_id = u.id)))"
)
"""Entries whose contact is this person: by address, or by name in an own unit."""


async def export(user_id: UUID) -> list[dict[str, Any]]:
    """Return the entries that name a person as their contact."""
    rows = await connection().execute_query_dict(
        "SELECT e.number, e.contact->>'contact_name' AS contact_name, "  # noqa: S608  # our own text
        "e.contact->>'contact_phone' AS contact_phone, e.contact->>'contact_email' AS contact_email "
        f"FROM survey_entries e WHERE EXISTS (SELECT 1 {_CONTACT_OF}) ORDER BY e.number",
        [user_id],
    )
    return [dict(row) for row in rows]


async def erase(user_id: UUID, _by: By) -> None:
    """Empty the contacts that name a person."""
    await connection().execute_query(
        f"UPDATE survey_entries e SET contact = '{{}}' {_CONTACT_OF}",  # noqa: S608  # our own text
        [user_id],
    )
