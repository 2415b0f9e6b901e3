"""Two roles in the database: the owner migrates, the application reads and writes rows.

The application owns no table and may neither change nor delete what only grows, so that whoever reaches the
database through the site can switch no guard off. In the embedded PostgreSQL both roles are made here; on a
server of yours its administrator makes them, and `OWNER_DATABASE_URL` names the owner.
"""

from __future__ import annotations

from urllib.parse import urlsplit, urlunsplit

import asyncpg  # type: ignore[import-untyped]

APPLICATION = "market_app"
"""The application's role in the embedded PostgreSQL and in compose.yaml."""
_LOCK = 0x6B7B
"""Advisory lock under which one process makes the role."""

LOCKED = ("issued_documents", "ledger_accounts")
"""Tables whose rows are never edited but locked by honest statements, which takes the right to edit: there
the trigger alone refuses it."""
_RIGHTS = """
DO $$
DECLARE
    held record;
BEGIN
    FOR held IN
        WITH own AS (
            SELECT c.oid, c.relname, c.relacl, c.relkind = 'S' AS is_sequence, c.relowner,
                c.relname = 'tortoise_migrations' AS is_history
            FROM pg_class c JOIN pg_roles r ON r.oid = c.relowner
            WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p', 'S')
            AND r.rolname = current_user
        ), guards AS (
            SELECT t.tgrelid AS oid, bool_or(t.tgtype & 16 > 0 AND p.proname = 'market_append_only') AS keeps,
                bool_or(t.tgtype & 8 > 0) AS stays
            FROM pg_trigger t JOIN pg_proc p ON p.oid = t.tgfoid
            WHERE p.proname IN ('market_append_only', 'market_decide_once', 'market_guard_pseudonym')
            AND t.tgtype & 1 = 1 AND t.tgqual IS NULL GROUP BY t.tgrelid
        ), grants AS (
            SELECT own.oid, r.rolname, a.privilege_type FROM own
            CROSS JOIN LATERAL aclexplode(own.relacl) a JOIN pg_roles r ON r.oid = a.grantee
            WHERE a.grantee <> own.relowner
        ), roles AS (
            SELECT oid, rolname FROM grants
            UNION SELECT own.oid, r.rolname FROM own JOIN pg_roles r ON r.rolname = '{application}'
        )
        SELECT own.oid::regclass AS name, own.is_sequence, roles.rolname, wanted.right_name,
            wanted.is_allowed, grants.oid IS NOT NULL AS is_held
        FROM own JOIN roles USING (oid) LEFT JOIN guards USING (oid) CROSS JOIN LATERAL (VALUES
            ('SELECT', true),
            ('USAGE', own.is_sequence),
            ('INSERT', NOT own.is_sequence AND NOT own.is_history),
            ('UPDATE', NOT own.is_sequence AND NOT own.is_history
                AND (guards.keeps IS NOT TRUE OR own.relname IN ({locked}))),
            ('DELETE', NOT own.is_sequence AND NOT own.is_history AND guards.stays IS NOT TRUE),
            ('TRUNCATE', false)
        ) AS wanted (right_name, is_allowed)
        LEFT JOIN grants ON grants.oid = own.oid AND grants.rolname = roles.rolname
            AND grants.privilege_type = wanted.right_name
    LOOP
        IF held.is_allowed AND NOT held.is_held AND held.rolname = '{application}' THEN
            EXECUTE format('GRANT %s ON %s %s TO %I', held.right_name,
                CASE WHEN held.is_sequence THEN 'SEQUENCE' ELSE 'TABLE' END, held.name, held.rolname);
        ELSIF held.is_held AND NOT held.is_allowed THEN
            EXECUTE format('REVOKE %s ON %s %s FROM %I', held.right_name,
                CASE WHEN held.is_sequence THEN 'SEQUENCE' ELSE 'TABLE' END, held.name, held.rolname);
        END IF;
    END LOOP;
END $$
"""
RIGHTS = _RIGHTS.format(application=APPLICATION, locked=", ".join(f"'{table}'" for table in LOCKED))
"""Gives the application's role what it needs, and takes from every role but the owner what no honest
statement does: to change or delete rows where a trigger refuses it anyway, to empty a table, to write what
migrations were applied. Idempotent; run by the owner of the tables after each migration."""


def as_application(url: str) -> str:
    """Return the address under which the application reaches the embedded server of this owner's address."""
    parts = urlsplit(url)
    return urlunsplit(parts._replace(netloc=f"{APPLICATION}@{parts.netloc.rpartition('@')[2]}"))


async def make_application_role(url: str) -> None:
    """Make the application's role in the embedded server, unless it is there; `url` is the owner's.

    In a data folder of an earlier release the tables are there already, and the role gets its rights at once.
    """
    server = await asyncpg.connect(url)
    try:
        if await server.fetchval("SELECT 1 FROM pg_roles WHERE rolname = $1", APPLICATION):
            return
        async with server.transaction():
            await server.execute("SELECT pg_advisory_xact_lock($1)", _LOCK)
            if not await server.fetchval("SELECT 1 FROM pg_roles WHERE rolname = $1", APPLICATION):
                await server.execute(f"CREATE ROLE {APPLICATION} LOGIN")
                await server.execute(RIGHTS)
    finally:
        await server.close()
