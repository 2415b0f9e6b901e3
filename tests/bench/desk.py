"""The desk's queue over 10,000 claims, and the estimate while somebody types."""

from __future__ import annotations

import statistics
import sys
import time

import httpx
from starlette.applications import Starlette

from market.accounts.models import User
from market.accounts.sessions import start_session
from market.kit.database import connection
from tests.claims.factories import make_desk, make_draft

CLAIMS = 10_000
ROUNDS = 40
LIMITS = {
    "/desk": 150,
    "/desk?status=submitted": 150,
    "/desk?doubt=any&least=10&field=materials": 150,
    "/subsidies/calculator?amount=120&region=450100&role=buyer&kind=assignment&new_sales=300": 50,
}
"""Milliseconds a page may take."""
COPIES = """
INSERT INTO claims (id, number, status, year, programme_id, terms_id, applicant_id, award_amount,
                    supplement_note, reject_reason, doubt_kinds, created_at, submitted_at, updated_at)
SELECT gen_random_uuid(), 'BZ-2020-' || lpad(n::text, 6, '0'),
       (ARRAY['submitted', 'accepted', 'calculated', 'rechecked', 'publicity', 'approved'])[1 + mod(n, 6)],
       2024 + mod(n, 3), c.programme_id, c.terms_id, c.applicant_id, n * 1000, '', '',
       CASE WHEN mod(n, 10) = 0 THEN ',split,' ELSE '' END,
       c.created_at, c.created_at + n * interval '1 minute', c.created_at
FROM claims c, generate_series(1, {count}) n WHERE c.number = '{number}';
INSERT INTO claim_contracts (id, claim_id, contract_id, award_amount)
SELECT gen_random_uuid(), c.id, k.contract_id, c.award_amount
FROM claims c, (SELECT contract_id FROM claim_contracts LIMIT 1) k WHERE c.number LIKE 'BZ-2020-%';
ANALYZE;
"""


async def main(app: Starlette) -> None:
    """Fill the desk and time its pages, as the officer sees them."""
    desk = await make_desk()
    _applicant, claim = await make_draft()
    await connection().execute_script(COPIES.format(count=CLAIMS, number=claim.number))
    token = await start_session(await User.get(id=desk.officer.user_id), device="bench")
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(
        transport=transport, base_url="http://bench.test", cookies={"session": token}
    ) as client:
        for address, limit in LIMITS.items():
            headers = {"hx-request": "true"} if "calculator" in address else {}
            times = []
            for _round in range(ROUNDS):
                started = time.perf_counter()
                (await client.get(address, headers=headers)).raise_for_status()
                times.append((time.perf_counter() - started) * 1000)
            median = statistics.median(times)
            sys.stdout.write(f"{address.partition('&')[0][:46]:<48}p50 {median:.0f} ms of {limit}\n")
