from __future__ import annotations

import pytest_asyncio

from tests.factories import make_member
from tests.payments.checkout_setup import CheckoutSetup, make_checkout_setup


@pytest_asyncio.fixture(loop_scope="session")
async def checkout() -> CheckoutSetup:
    """A seller with an account that can be paid, and somebody about to pay."""
    return await make_checkout_setup(await make_member())
