"""Who is behind a pseudonym of the log: the pseudonym itself commits to the person.

It is HMAC-SHA-256 of the person's id under a random salt, cut to the 128 bits of an id, so the hash chain
that holds it proves who acted as long as the salt is kept. Erasing a person nulls salt and person: then
nobody can tell any more, and the chain still holds.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from uuid import UUID

from market.audit.models import Pseudonym
from market.kit.database import connection

SALT = 16
"""Bytes of a salt."""


def commitment(user_id: UUID, salt: bytes) -> UUID:
    """Return the pseudonym that commits to a person."""
    return UUID(bytes=hmac.new(salt, user_id.bytes, hashlib.sha256).digest()[:16])


async def pseudonym_of(user_id: UUID) -> UUID:
    """Return the pseudonym of a person in the log; the first time it is made.

    One that an earlier release drew at random commits to nobody, and is followed by one that does.
    """
    pseudonym = await Pseudonym.filter(user_id=user_id, salt__isnull=False).first()
    if pseudonym is None:
        salt = secrets.token_bytes(SALT)
        pseudonym = await Pseudonym.create(id=commitment(user_id, salt), user_id=user_id, salt=salt)
    return UUID(str(pseudonym.id))


async def pseudonyms_of(user_id: UUID) -> list[UUID]:
    """Return all pseudonyms of a person."""
    ids = await Pseudonym.filter(user_id=user_id).values_list("id", flat=True)
    return [UUID(str(identity)) for identity in ids]


async def erase_pseudonyms(user_id: UUID) -> None:
    """Let nobody tell any more who is behind a person's pseudonyms: the one change the database allows."""
    await Pseudonym.filter(user_id=user_id).update(user_id=None, salt=None)


async def broken_pseudonyms() -> list[tuple[str, str]]:
    """Return the pseudonyms that do not stand for whom they were made for, each with the fault.

    Swapped: the row names another person than the pseudonym commits to. Unresolved: it names nobody, and the
    log does not say that the person was erased. Missing: the log has it, the table does not.
    """
    rows = await connection().execute_query_dict(
        "SELECT p.id, p.user_id, p.salt, EXISTS (SELECT 1 FROM audit_events e WHERE e.action = 'erase' "
        "AND e.subject_kind = 'user' AND (e.actor = p.id OR e.data->'pseudonyms' ? p.id::text)) AS is_erased "
        "FROM pseudonyms p ORDER BY p.id"
    )
    broken = []
    for row in rows:
        identity, salt = UUID(str(row["id"])), row["salt"]
        if row["user_id"] is None:
            if not row["is_erased"]:
                broken.append((str(identity), "unresolved"))
        elif salt is not None and commitment(UUID(str(row["user_id"])), bytes(salt)) != identity:
            broken.append((str(identity), "swapped"))
    gone = await connection().execute_query_dict(
        "SELECT DISTINCT e.actor FROM audit_events e LEFT JOIN pseudonyms p ON p.id = e.actor "
        "WHERE e.actor IS NOT NULL AND p.id IS NULL ORDER BY e.actor"
    )
    return broken + [(str(row["actor"]), "unknown") for row in gone]
