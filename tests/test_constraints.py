"""What the database itself refuses."""

from __future__ import annotations

import importlib

from market.kit.database import connection

constraints = importlib.import_module("market.migrations.0002_constraints")


async def test_the_database_has_each_check_and_each_partial_index() -> None:
    checks = await connection().execute_query_dict(
        "SELECT conname FROM pg_constraint WHERE contype = 'c' AND conname = ANY($1)",
        [list(constraints.CHECKS)],
    )
    indexes = await connection().execute_query_dict(
        "SELECT indexname FROM pg_indexes WHERE indexname = ANY($1) AND indexdef LIKE 'CREATE UNIQUE%'",
        [list(constraints.UNIQUE)],
    )

    assert {row["conname"] for row in checks} == set(constraints.CHECKS)
    assert {row["indexname"] for row in indexes} == set(constraints.UNIQUE)


async def test_money_that_came_back_is_never_edited() -> None:
    rows = await connection().execute_query_dict(
        "SELECT 1 FROM pg_trigger WHERE tgrelid = 'clawback_receipts'::regclass AND NOT tgisinternal"
    )

    assert rows
