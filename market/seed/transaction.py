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

from market.kit.database import in_transaction


@asynccontextmanager
async def whole_stage() -> AsyncIterator[None]:
    """Run the block in one transaction that every `@atomic` function within simply joins."""
    async with in_transaction() as outer:
        connections = get_connections()
        token = connections.set(outer.connection_name, _Stage(cast(Any, outer)))
        try:
            yield
        finally:
            connections.reset(token)


class _Stage(TransactionWrapper):
    def _in_transaction(self) -> TransactionContext:
        return _Joined(self)


class _Joined(TransactionContext):
    def __init__(self, client: TransactionalDBClient) -> None:
        self.client = client

    async def __aenter__(self) -> TransactionalDBClient:
        return self.client

    async def __aexit__(self, exc_type: Any, exc_val: Any, exc_tb: Any) -> None:
        return None
