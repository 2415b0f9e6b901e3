"""`python -m tests.bench.targets_year`: the wall of targets and the recount of a year of 20,000 deeds.

The demo's market gets DEEDS contracts (20,000) in each of two years, of 300 units in fourteen cities. Printed
are processor milliseconds of the site and of PostgreSQL for the wall composed anew and kept, as a mean over
ROUNDS, and for a recount that finds all deeds and one that changes nothing also the seconds that it took.
"""

from __future__ import annotations

import asyncio
import logging
import os
import shutil
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import httpx
import psycopg

from market.app import create_app
from market.kit.clock import local_date
from market.kit.embedded_postgres import EmbeddedPostgres
from market.kit.guest_pages import forget_pages
from market.records.by import By
from market.runtime import build_deps, running
from market.settings import Settings
from market.tables import migrate
from market.targets import wall
from market.targets.recount import recount_year
from tests.bench.markets import FOLDER, copy_market, seed_demo

DEEDS = int(os.environ.get("DEEDS", "20000"))
UNITS, ROUNDS, MOST_WALL, MOST_RECOUNT = 300, 12, 100, 5
TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")
ROWS = """
SET session_replication_role = replica;
CREATE TEMP TABLE units AS
    SELECT o.id AS before, gen_random_uuid() AS id, n,
        '45' || lpad((1 + n %% 14)::text, 2, '0') || '00' AS region
    FROM (SELECT id FROM organisations WHERE kind = 'university' ORDER BY name LIMIT 1) AS o,
        generate_series(1, %(units)s) AS n;
INSERT INTO organisations SELECT (jsonb_populate_record(o, jsonb_build_object('id', u.id,
    'name', '测试单位' || u.n, 'uscc', 'U' || lpad(u.n::text, 17, '0'), 'region', u.region))).*
    FROM organisations o JOIN units u ON u.before = o.id;
CREATE TEMP TABLE copies AS
    SELECT k.id AS before, k.deal_id, gen_random_uuid() AS id, gen_random_uuid() AS deal, y.year, n,
        make_date(y.year, 1, 1) + (n %% 320) AS day, (60 + n %% 400)::bigint * 1000000 AS amount
    FROM (SELECT id, deal_id FROM contracts WHERE registration_number IS NOT NULL AND currency = 'CNY'
            AND NOT is_related AND kind <> 'equity' ORDER BY number LIMIT 1) AS k,
        (SELECT unnest(ARRAY[%(year)s - 1, %(year)s]) AS year) AS y, generate_series(1, %(deeds)s) AS n;
INSERT INTO deals SELECT (jsonb_populate_record(d, jsonb_build_object('id', c.deal,
    'number', 'B' || c.year || '-' || c.n, 'status', 'registered',
    'seller_id', u.id))).*
    FROM deals d JOIN copies c ON c.deal_id = d.id JOIN units u ON u.n = 1 + c.n %% %(units)s;
INSERT INTO contracts SELECT (jsonb_populate_record(k, jsonb_build_object('id', c.id, 'deal_id', c.deal,
    'number', 'B' || c.year || '-' || c.n, 'registration_number', '77' || c.year || lpad(c.n::text, 10, '0'),
    'signed_on', c.day, 'registered_on', c.day, 'contract_amount', c.amount, 'trade_amount', c.amount))).*
    FROM contracts k JOIN copies c ON c.before = k.id;
INSERT INTO receipts SELECT (jsonb_populate_record(r, jsonb_build_object('id', gen_random_uuid(),
    'contract_id', c.id, 'source_id', gen_random_uuid(), 'amount', c.amount / 2))).*
    FROM receipts r CROSS JOIN copies c
    WHERE r.id = (SELECT min(id::text)::uuid FROM receipts WHERE amount > 0);
"""
_STATUSES = """
SET session_replication_role = replica;
UPDATE deeds SET status = 'verified', verified_on = event_on + 30 WHERE number IN (
    SELECT number FROM deeds WHERE status = 'found' ORDER BY md5(number) LIMIT %(deeds)s * 7 / 5);
UPDATE deeds SET status = 'checked' WHERE number IN (
    SELECT number FROM deeds WHERE status = 'found' ORDER BY md5(number) LIMIT %(deeds)s / 3);
"""
_CLOSED = """
SET session_replication_role = replica;
INSERT INTO closed_deeds (closing_id, deed_id, status, city, unit_id, kind, event_on, verified_on,
        contract_amount, trade_amount, received_amount, is_related)
    SELECT c.id, d.id, d.status, d.city, d.unit_id, d.kind, d.event_on, d.verified_on, d.contract_amount,
        d.trade_amount, d.received_amount, d.is_related
    FROM deeds d JOIN target_closings c ON c.year = d.year WHERE d.year = %(year)s - 1
        AND NOT EXISTS (SELECT 1 FROM closed_deeds x WHERE x.deed_id = d.id);
UPDATE target_closings SET verdict = %(verdict)s::text,
    decided_at = CASE WHEN %(verdict)s::text <> '' THEN proposed_at END,
    decided_by_id = CASE WHEN %(verdict)s::text <> '' THEN (
        SELECT id FROM users WHERE id <> proposed_by_id LIMIT 1) END WHERE year = %(year)s - 1;
"""


@dataclass
class Spent:
    """Processor milliseconds of the process and of PostgreSQL."""

    process: float = 0
    postgres: float = 0


class Meter:
    """Tells processor time of this process and of the embedded server with its children."""

    def __init__(self, folder: Path) -> None:
        self.server = next(folder.rglob("postmaster.pid")).read_text().split()[0]

    @contextmanager
    def spent(self, rounds: int = 1) -> Iterator[Spent]:
        """Yield what a round of the block takes, known when it is left."""
        spent = Spent()
        process, server = time.process_time(), self._server_seconds()
        yield spent
        spent.process = (time.process_time() - process) * 1000 / rounds
        spent.postgres = (self._server_seconds() - server) * 1000 / rounds

    def _server_seconds(self) -> float:
        ticks = 0
        for stat in Path("/proc").glob("[0-9]*/stat"):
            try:
                words = stat.read_text().rpartition(") ")[2].split()
            except OSError:
                continue
            if stat.parent.name == self.server or words[1] == self.server:
                ticks += sum(map(int, words[11 : 15 if stat.parent.name == self.server else 13]))
        return ticks / TICKS_PER_SECOND


async def main() -> None:
    logging.disable(logging.WARNING)
    year = local_date(datetime.now(UTC)).year
    folder = FOLDER.resolve() / "targets-run"
    copy_market(seed_demo(), folder)
    server = EmbeddedPostgres(folder / "postgres")
    address = server.start()
    values = {"deeds": DEEDS, "units": UNITS, "year": year}
    try:
        execute(address, ROWS, values)
        execute(address, _CLOSED, values | {"verdict": None})
        deps = build_deps(
            Settings(folder, "a secret that is long enough for a bench", "http://bench.test", is_demo=True)
        )
        async with running(deps, prepare=migrate):
            meter = Meter(folder)
            by = By.job(deps.clock())
            await recount_year(year - 1, by=by)
            for words in ("recount, all found", "recount, none changed"):
                started = time.perf_counter()
                with meter.spent() as spent:
                    await recount_year(year, by=by)
                took = time.perf_counter() - started
                say(words, f"{took:.1f} s, {spent.process:.0f} + {spent.postgres:.0f} ms ({MOST_RECOUNT} s)")
            execute(address, _STATUSES, values)
            execute(address, _CLOSED, values | {"verdict": "confirmed"})
            transport = httpx.ASGITransport(app=create_app(deps))
            async with httpx.AsyncClient(transport=transport, base_url="http://bench.test") as client:

                async def look() -> None:
                    (await client.get("/targets", timeout=60)).raise_for_status()

                def forget() -> None:
                    wall.forget_boards()
                    forget_pages()

                for words, before in (("wall composed anew", forget), ("wall kept", forget_pages)):
                    await look()
                    with meter.spent(ROUNDS) as spent:
                        for _round in range(ROUNDS):
                            before()
                            await look()
                    say(words, f"{spent.process:.0f} ms + {spent.postgres:.0f} ms ({MOST_WALL} ms)")
    finally:
        server.stop()
        if "KEEP" not in os.environ:
            shutil.rmtree(folder, ignore_errors=True)


def execute(address: str, statements: str, values: Mapping[str, object]) -> None:
    with psycopg.connect(address, autocommit=True) as database:
        for statement in statements.split(";\n"):
            if statement.strip():
                database.execute(statement, values if "%(" in statement else None)
        database.execute("VACUUM ANALYZE")


def say(words: str, figures: str) -> None:
    sys.stdout.write(f"{words:<24}{figures}, {DEEDS:,} deeds a year\n")
    sys.stdout.flush()


if __name__ == "__main__":
    asyncio.run(main())
