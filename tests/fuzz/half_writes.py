"""What a refused request may not have changed: the rows of every table of the business."""

from __future__ import annotations

from market.kit.database import connection

MAY_CHANGE = frozenset(
    {
        "attempts",
        "held_forms",
        "form_submissions",
        "sessions",
        "system_state",
        "counters",
        "outgoing_mails",
        "pseudonyms",
    }
)
"""Tables in which a refusal leaves its trace: limits, what was typed, when a session was used."""


OF_THE_BUSINESS = {"audit_events": " WHERE subject_kind <> 'user'"}
"""Conditions on tables in which refusals leave rows too: who was refused is written into their own chain."""


class Snapshot:
    """Compares the rows of all tables with those of before, by their places and transactions."""

    def __init__(self) -> None:
        self._statement = ""
        self._before: dict[str, tuple[int, int]] = {}

    async def take(self) -> None:
        """Note the rows as they are now."""
        self._before = await self._read()

    async def changed(self) -> list[str]:
        """Return the tables whose rows are not those that were noted."""
        now = await self._read()
        return [name for name, rows in now.items() if rows != self._before.get(name)]

    async def _read(self) -> dict[str, tuple[int, int]]:
        if not self._statement:
            rows = await connection().execute_query_dict(
                "SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public' "
                "AND tablename NOT LIKE 'procrastinate%' AND tablename NOT LIKE 'tortoise%'"
            )
            names = sorted(row["name"] for row in rows if row["name"] not in MAY_CHANGE)
            self._statement = " UNION ALL ".join(
                f"SELECT '{name}' AS name, count(*) AS n, "  # noqa: S608
                "coalesce(sum(hashtext(t.ctid::text || t.xmin::text)::bigint), 0) AS sum "
                f'FROM "{name}" t{OF_THE_BUSINESS.get(name, "")}'
                for name in names
            )
        rows = await connection().execute_query_dict(self._statement)
        return {row["name"]: (row["n"], int(row["sum"])) for row in rows}
