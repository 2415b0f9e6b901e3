"""What a check of the live data finds: rows of SQL, as sentences."""

from __future__ import annotations

from market.kit.database import connection

MAX_FINDINGS = 20
"""Maximum number of findings per check."""


async def find_rows(query: str, sentence: str, *values: object) -> list[str]:
    """Run a check in SQL and format `sentence` with each row; `values` are the query's $1, $2 …"""
    rows = await connection().execute_query_dict(f"{query} LIMIT {MAX_FINDINGS}", list(values))
    return [sentence.format(**row) for row in rows]
