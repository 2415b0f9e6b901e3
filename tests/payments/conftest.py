from __future__ import annotations

from collections.abc import AsyncIterator

import pytest_asyncio

from tests.factories import make_member
from tests.payments.checkout_setup import CheckoutSetup, checkout_setup


@pytest_asyncio.fixture(loop_scope="session")
async def checkout() -> AsyncIterator[CheckoutSetup]:
    """A seller with an account that can be paid, and somebody about to pay."""
    async with checkout_setup(await make_member()) as checkout:
        yield checkout
