"""The application's role of the database adds to the evidence and changes nothing of it."""

from __future__ import annotations

import pytest
from tortoise.exceptions import BaseORMException

from market.audit.log import record
from market.kit.database import connection, in_transaction
from market.records.by import By
from market.tables import EVIDENCE, restrict_other_roles
from tests.factories import make_member
from tests.fixtures import NOW


async def test_another_role_than_the_owners_reads_and_adds_but_changes_no_evidence() -> None:
    actor = await make_member()
    await record("deal", actor.user_id, "offer", by=By(actor, NOW))
    client = connection()
    await client.execute_script(
        "CREATE ROLE app_of_a_test; "
        "GRANT SELECT, INSERT, UPDATE, DELETE, TRUNCATE ON ALL TABLES IN SCHEMA public TO app_of_a_test"
    )

    await restrict_other_roles()
    await restrict_other_roles()

    rows = await client.execute_query_dict(
        "SELECT t, p, has_table_privilege('app_of_a_test', t, p) AS may "
        "FROM unnest($1::text[]) t, unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'TRUNCATE']) p",
        [[*EVIDENCE, "pseudonyms", "sessions"]],
    )
    allowed = {(row["t"], row["p"]) for row in rows if row["may"]}
    assert {(table, right) for table, right in allowed if table in EVIDENCE} == {
        (table, right) for table in EVIDENCE for right in ("SELECT", "INSERT")
    }
    assert {right for table, right in allowed if table == "pseudonyms"} == {"SELECT", "INSERT", "UPDATE"}
    assert {right for table, right in allowed if table == "sessions"} == {
        "SELECT",
        "INSERT",
        "UPDATE",
        "DELETE",
        "TRUNCATE",
    }
    for statement in ("UPDATE audit_events SET role = 'x'", "DELETE FROM transfers"):
        with pytest.raises(BaseORMException, match="permission denied"):
            await _as_application(statement)


async def _as_application(statement: str) -> None:
    async with in_transaction():
        await connection().execute_script("SET LOCAL ROLE app_of_a_test")
        await connection().execute_query(statement)
