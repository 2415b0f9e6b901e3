"""The application's role of the database adds to the evidence, changes nothing of it, and owns nothing."""

from __future__ import annotations

import ast

import asyncpg  # type: ignore[import-untyped]
import pytest
from tortoise import Tortoise
from tortoise.exceptions import BaseORMException

from market.audit.log import record
from market.kit.database import connection, in_transaction
from market.kit.database_roles import APPLICATION, RIGHTS, as_application, make_application_role
from market.records.by import By
from tests.databases import as_owner, own_database
from tests.factories import make_member
from tests.fixtures import NOW, ROOT, named

APPEND_ONLY = {"audit_events", "daily_roots", "hourly_roots", "transfers", "status_events", "receipts"}
"""Some of the tables that only grow; the rest are read from their triggers."""
RIGHTS_OF = (
    "SELECT t.tablename AS table, array_agg(p ORDER BY p) AS rights FROM pg_tables t, "
    "unnest(ARRAY['DELETE', 'INSERT', 'REFERENCES', 'SELECT', 'TRIGGER', 'TRUNCATE', 'UPDATE']) p "
    "WHERE t.schemaname = 'public' AND has_table_privilege($1, format('%I', t.tablename), p) GROUP BY 1"
)


async def rights_of(role: str) -> dict[str, set[str]]:
    rows = await connection().execute_query_dict(RIGHTS_OF, [role])
    return {row["table"]: set(row["rights"]) for row in rows}


async def test_the_application_reads_and_adds_everywhere_but_edits_nothing_that_only_grows() -> None:
    rows = await connection().execute_query_dict(
        "SELECT rolname AS role, rolsuper OR rolcreaterole OR rolcreatedb AS is_more, "
        "(SELECT count(*) FROM pg_tables WHERE tableowner = current_user) AS owned "
        "FROM pg_roles WHERE rolname = current_user"
    )
    rights = await rights_of(APPLICATION)
    grown = {table for table, allowed in rights.items() if allowed == {"SELECT", "INSERT"}}

    assert rows[0] == {"role": APPLICATION, "owned": 0, "is_more": False}
    assert grown > APPEND_ONLY
    assert "desk_accesses" in grown
    assert rights["tortoise_migrations"] == {"SELECT"}
    assert rights["pseudonyms"] == {"SELECT", "INSERT", "UPDATE"}
    assert rights["sessions"] == {"SELECT", "INSERT", "UPDATE", "DELETE"}
    assert all({"SELECT"} <= allowed and not allowed & {"TRUNCATE", "TRIGGER"} for allowed in rights.values())


async def test_the_database_refuses_the_application_whatever_touches_evidence_or_its_guards() -> None:
    actor = await make_member()
    await record("deal", actor.user_id, "offer", by=By(actor, NOW))
    for statement in (
        "UPDATE audit_events SET role = 'x'",
        "DELETE FROM transfers",
        "TRUNCATE audit_events",
        "DELETE FROM tortoise_migrations",
        "ALTER TABLE audit_events DISABLE TRIGGER ALL",
        "DROP TRIGGER pseudonyms_immutable ON pseudonyms",
        "CREATE TABLE mine (id int)",
        "SET session_replication_role = replica",
    ):
        with pytest.raises(BaseORMException, match=r"permission denied|must be owner"):
            async with in_transaction():
                await connection().execute_query(statement)


async def test_a_role_that_an_administrator_gave_more_loses_what_no_honest_statement_does() -> None:
    async with as_owner():
        await connection().execute_script(
            "CREATE ROLE app_of_a_test; "
            "GRANT SELECT, INSERT, UPDATE, DELETE, TRUNCATE ON ALL TABLES IN SCHEMA public TO app_of_a_test"
        )
        await connection().execute_script(RIGHTS)
        await connection().execute_script(RIGHTS)

    assert await rights_of("app_of_a_test") == await rights_of(APPLICATION)


@pytest.mark.long
async def test_a_data_folder_of_before_gets_the_role_at_the_start_and_new_tables_their_rights(
    postgres: str,
) -> None:
    async with own_database("roles_old", "template0") as name:
        owner = named(postgres, name)
        server = await asyncpg.connect(owner)
        await server.execute("CREATE TABLE audit_of_before (id int)")
        await make_application_role(owner)
        await make_application_role(owner)
        await server.execute(RIGHTS)
        visitor = await asyncpg.connect(as_application(owner))
        try:
            await visitor.execute("INSERT INTO audit_of_before VALUES (1)")
            assert await visitor.fetchval("SELECT current_user") == APPLICATION
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await visitor.execute("DROP TABLE audit_of_before")
        finally:
            await visitor.close()
            await server.close()


def _locked_models() -> set[str]:
    """Return the models whose rows our statements lock."""
    locked = set()
    texts = (path.read_text(encoding="utf-8") for path in (ROOT / "market").rglob("*.py"))
    for text in texts:
        if "select_for_update" not in text:
            continue  # parsing takes its time
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.Attribute) and node.attr == "select_for_update":
                root: ast.expr = node
                while isinstance(root, ast.Attribute | ast.Call):
                    root = root.value if isinstance(root, ast.Attribute) else root.func
                if isinstance(root, ast.Name) and root.id[0].isupper():
                    locked.add(root.id)
    return locked


async def test_the_application_may_lock_the_rows_that_our_statements_lock() -> None:
    models, locked = Tortoise.apps["market"], _locked_models()

    assert len(locked) > 30
    for name in sorted(locked & set(models)):
        table = models[name]._meta.db_table
        await connection().execute_query(f"SELECT 1 FROM {table} LIMIT 0 FOR UPDATE")  # noqa: S608  # of ours
