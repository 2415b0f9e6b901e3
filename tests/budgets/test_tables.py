"""What the database itself refuses about the desk's tables."""

from __future__ import annotations

import importlib

from market.kit.database import connection

desk = importlib.import_module("market.migrations.0004_desk")


async def test_the_database_has_each_check_and_each_partial_index_of_the_desk() -> None:
    checks = await connection().execute_query_dict(
        "SELECT conname FROM pg_constraint WHERE contype = 'c' AND conname = ANY($1)", [list(desk.CHECKS)]
    )
    indexes = await connection().execute_query_dict(
        "SELECT indexname FROM pg_indexes WHERE indexname = ANY($1) AND indexdef LIKE 'CREATE UNIQUE%'",
        [list(desk.UNIQUE)],
    )

    assert {row["conname"] for row in checks} == set(desk.CHECKS)
    assert {row["indexname"] for row in indexes} == set(desk.UNIQUE)


async def test_money_that_came_back_is_never_edited() -> None:
    rows = await connection().execute_query_dict(
        "SELECT 1 FROM pg_trigger WHERE tgrelid = 'clawback_receipts'::regclass AND NOT tgisinternal"
    )

    assert rows
