"""A market of any size for statistics: copies of one registered contract with other facts."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import field as attribute
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import orjson

from market.codes.contract_lists import CONTRACT_KINDS
from market.codes.lists import FIELDS
from market.contracts.models import Contract
from tests.contracts.factories import make_registered
from tests.databases import past_guards
from tests.deals.factories import make_parties
from tests.stage_cache import cached_stage

SHANGHAI = ZoneInfo("Asia/Shanghai")
_COPY = """
WITH given AS (
    SELECT * FROM jsonb_to_recordset($1::jsonb) AS g (id uuid, deal_id uuid, number text, seller_id uuid,
        buyer_id uuid, registered_on date, signed_on date, contract_amount bigint, trade_amount bigint,
        kind text, field text, disclosure text, registration_number text)
), new_deals AS (
    INSERT INTO deals SELECT (jsonb_populate_record(d, jsonb_build_object('id', g.deal_id, 'number',
        'D' || g.number, 'seller_id', g.seller_id,
        'buyer_id', coalesce(g.buyer_id, d.buyer_id), 'match_id', NULL))).*
    FROM given g, deals d WHERE d.id = $2
) INSERT INTO contracts SELECT (jsonb_populate_record(k, jsonb_build_object('id', g.id, 'number', g.number,
    'deal_id', g.deal_id, 'registered_on', g.registered_on, 'signed_on', g.signed_on,
    'contract_amount', g.contract_amount, 'trade_amount', g.trade_amount, 'kind', g.kind, 'field', g.field,
    'seller_disclosure', g.disclosure, 'buyer_disclosure', g.disclosure,
    'registration_number', g.registration_number))).*
FROM given g, contracts k WHERE k.id = $3
"""
_RESCIND = """
INSERT INTO contract_changes (id, contract_id, sequence, kind, side, agreement, agreed_on, effective_at,
    verdict, reason, proposed_by_id, proposed_at, decided_by_id, decided_at)
SELECT gen_random_uuid(), $1, 9, 'cancellation', 'seller', '', $2, $3, NULL, '', u.id, $3, NULL, NULL
FROM users u LIMIT 1
"""
_RECEIVE = """
INSERT INTO receipts (id, contract_id, instalment_id, source, source_id, amount, currency, received_on,
    booked_at)
SELECT gen_random_uuid(), g.contract_id, i.id,
    CASE WHEN g.amount < 0 THEN 'refund' ELSE 'remittance' END, gen_random_uuid(), g.amount, 'CNY', g.day, $2
FROM jsonb_to_recordset($1::jsonb) AS g (contract_id uuid, amount bigint, day date),
    (SELECT id FROM instalments LIMIT 1) AS i
"""


@dataclass
class Given:
    """What a copied contract says; the rest is as in the first."""

    seller_id: UUID
    registered_on: date
    contract_amount: int
    trade_amount: int = 0
    buyer_id: UUID | None = None
    """None: the buyer of the first."""
    signed_on: date | None = None
    kind: str = "development"
    field: str = "materials"
    disclosure: str = "nothing"
    id: UUID = attribute(default_factory=uuid4)

    def as_row(self, place: int) -> dict[str, Any]:
        return {
            **vars(self),
            "seller_id": str(self.seller_id),
            "buyer_id": str(self.buyer_id) if self.buyer_id else None,
            "deal_id": uuid4(),
            "number": f"H{place:09}",
            "registration_number": f"{place:016}",
            "trade_amount": self.trade_amount or self.contract_amount,
            "signed_on": self.signed_on or self.registered_on,
        }


@cached_stage
async def make_base() -> Contract:
    """A registered contract of March 2026 that others are copied from."""
    return await make_registered(await make_parties())


async def copy_contracts(base: Contract, given: Sequence[Given], *, first: int = 1) -> None:
    """Write copies of a contract with other facts, past the guards that keep contracts as acts wrote them."""
    rows = [each.as_row(place) for place, each in enumerate(given, start=first)]
    await past_guards(_COPY, orjson.dumps(rows).decode(), base.deal_id, base.id)


async def cancel(contract_id: UUID, on: date) -> None:
    """Cancel the registration of a contract on a day."""
    await past_guards(_RESCIND, contract_id, on, datetime.combine(on, time(12), SHANGHAI))


async def receive(receipts: Sequence[tuple[UUID, int, date]]) -> None:
    rows = [{"contract_id": key, "amount": amount, "day": on} for key, amount, on in receipts]
    await past_guards(_RECEIVE, orjson.dumps(rows).decode(), datetime.now(SHANGHAI))


def random_contracts(
    count: int, organisations: Sequence[UUID], first: date, days: int, *, seed: int = 7
) -> list[Given]:
    """Return contracts of random parties, days, kinds, fields and amounts; some say no field."""
    dice = random.Random(seed)
    given = []
    for _place in range(count):
        amount = dice.randint(100, 900_000_000)
        seller, buyer = dice.sample(organisations, 2)
        given.append(
            Given(
                seller,
                first + timedelta(days=dice.randrange(days)),
                amount,
                dice.randint(1, amount),
                buyer,
                kind=dice.choice([*CONTRACT_KINDS]),
                field=dice.choice([*FIELDS, ""]),
                disclosure=dice.choice(["nothing", "subject", "price"]),
            )
        )
    return given
