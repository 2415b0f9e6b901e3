"""One transaction for a whole stage of the seed, without a savepoint around each act in it.

An act that fails ends its stage, so nobody needs to go back to before that act; the savepoints would
be nearly half of all statements.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, cast

from tortoise.backends.asyncpg.client import TransactionWrapper
from tortoise.backends.base.client import TransactionalDBClient, TransactionContext
from tortoise.connection import get_connections

from market.audit.log import deferred_audit
from market.kit.database import in_transaction

DONE_HERE = frozenset({"mail.send", "search.relay"})
"""Mails of the past are not sent, and the relay is run once at the end of it all."""


NEVER_READ = ('INSERT INTO "messages"', 'INSERT INTO "outgoing_mails"')
"""What nobody reads while the seed lasts: written together at the end of the stage."""


@asynccontextmanager
async def whole_stage() -> AsyncIterator[None]:
    """Run the block in one transaction that every `@atomic` function within simply joins."""
    async with in_transaction() as outer:
        connections = get_connections()
        stage = _Stage(cast(Any, outer))
        token = connections.set(outer.connection_name, stage)
        try:
            async with deferred_audit():
                yield
            await stage.write_late()
        finally:
            connections.reset(token)


class _Stage(TransactionWrapper):
    """The stage's connection: skips or defers what serves nobody while the seed is the only writer."""

    def __init__(self, connection: Any) -> None:
        super().__init__(connection)
        self.late: dict[str, list[list[Any]]] = {}

    def _in_transaction(self) -> TransactionContext:
        return _Joined(self)

    async def execute_query(self, query: str, values: list[Any] | None = None) -> tuple[int, Any]:
        """Skip locks between writers, and jobs whose work the seed does itself."""
        is_lock = query.startswith("SELECT pg_advisory_xact_lock")
        is_job = query.startswith("SELECT procrastinate_defer_jobs") and values and values[1] in DONE_HERE
        if is_lock or is_job:
            return 0, []
        answer: tuple[int, Any] = await super().execute_query(query, values)
        return answer

    async def execute_insert(self, query: str, values: list[Any]) -> Any:
        """Defer rows that are never read; a row gets no id before the end."""
        if query.startswith(NEVER_READ):
            self.late.setdefault(query, []).append(values)
            return None
        return await super().execute_insert(query, values)

    async def execute_many(self, query: str, values: list[Any]) -> None:
        """Defer rows that are never read, as `execute_insert` does."""
        if query.startswith(NEVER_READ):
            self.late.setdefault(query, []).extend(values)
            return
        await super().execute_many(query, values)

    async def write_late(self) -> None:
        """Write the deferred rows, in the order of their statements."""
        for query, rows in self.late.items():
            await super().execute_many(query, rows)
        self.late.clear()


class _Joined(TransactionContext):
    def __init__(self, client: TransactionalDBClient) -> None:
        self.client = client

    async def __aenter__(self) -> TransactionalDBClient:
        return self.client

    async def __aexit__(self, exc_type: Any, exc_val: Any, exc_tb: Any) -> None:
        return None
