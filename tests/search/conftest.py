from __future__ import annotations

from collections.abc import AsyncIterator

import pytest_asyncio

from tests.search.loopback import Loopback, serving


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def loopback() -> AsyncIterator[Loopback]:
    """Serve stand-ins for this module, whose tests must be marked `allow_hosts`."""
    async with serving() as server:
        yield server
