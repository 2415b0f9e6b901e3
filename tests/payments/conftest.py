from __future__ import annotations

import pytest_asyncio

from tests.factories import make_member
from tests.payments.world import World, make_world


@pytest_asyncio.fixture(loop_scope="session")
async def world() -> World:
    """A seller with an account that can be paid, and somebody about to pay."""
    return await make_world(await make_member())
