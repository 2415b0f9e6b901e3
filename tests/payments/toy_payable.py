"""A kind of payable that no room of the market has, for tests of payments alone."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID, uuid4

from market.kit.money import Money
from market.kit.room import Room
from market.payments.payables import GatewayUpdate, PayableDescription
from market.records.by import By
from tests.another_room import another_room

TOY = "toy"


class ToyPayable:
    """One toy for sale: what it costs, who is paid, and what was booked for it."""

    def __init__(self, money: Money, account: str) -> None:
        self.id = uuid4()
        self.money = money
        self.account = account
        self.booked: list[GatewayUpdate] = []
        self.locked = 0

    async def describe(self, payable_id: UUID) -> PayableDescription:
        return PayableDescription("玩具一件", f"/toys/{payable_id}")

    async def lock(self, payable_id: UUID) -> None:
        assert payable_id == self.id
        self.locked += 1

    async def open_amount(self, payable_id: UUID) -> Money:
        return self.money

    async def seller_account(self, payable_id: UUID) -> str:
        return self.account

    async def book(self, update: GatewayUpdate, *, by: By) -> None:
        assert self.locked
        self.booked.append(update)


@contextmanager
def toy_room(toy: ToyPayable) -> Iterator[None]:
    """Let a room declare toys as payables while the block runs."""
    with another_room(Room("toys", payables={TOY: toy})):
        yield
