"""Data folders of a bench: the demo market and listings beside it, made once and kept in `var/bench`.

Remove that folder to have them made anew. The larger one is the small one copied, with the same outcomes
several times over by one statement; its index is built by the market's own command.
"""

from __future__ import annotations

import gzip
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import psycopg

from market.kit.embedded_postgres import EmbeddedPostgres
from tests.bench.listing_rows import listing_rows

FOLDER = Path("var/bench")
SMALL = 12_400
_GROW = """
    WITH copies AS (
        SELECT o.id, row_number() OVER () AS n FROM outcomes o, generate_series(2, %(times)s)
        WHERE o.source_reference IS NOT NULL
    )
    INSERT INTO outcomes SELECT (jsonb_populate_record(o, jsonb_build_object(
        'id', gen_random_uuid(), 'number', 'B-' || c.n, 'source_reference', 'copy ' || c.n,
        'published_at', o.published_at - c.n * interval '1 minute'))).*
    FROM outcomes o JOIN copies c ON c.id = o.id
"""


def make_market(size: int) -> Path:
    """Return the data folder of a market with about so many outcomes, made if it is not there."""
    folder = FOLDER.resolve() / str(size)
    ready = folder / "ready"
    if ready.exists():
        return folder
    shutil.rmtree(folder, ignore_errors=True)
    if size <= SMALL:
        folder.mkdir(parents=True)
        _market(folder, "seed")
        listings = folder / "outcomes.jsonl.gz"
        with gzip.open(listings, "wt", encoding="utf-8", compresslevel=1) as file:
            rows, _needs = listing_rows(size, 0)
            file.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
        _market(folder, "import", "outcomes", "--publish", str(listings))
    else:
        copy_market(make_market(SMALL), folder)
        _execute(folder, _GROW, {"times": round(size / SMALL)})
        _market(folder, "search", "rebuild")
    ready.touch()
    return folder


def seed_demo() -> Path:
    """Return the data folder of the demo market alone, made if it is not there."""
    folder = FOLDER.resolve() / "demo"
    ready = folder / "ready"
    if not ready.exists():
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        _market(folder, "seed")
        ready.touch()
    return folder


def copy_market(market: Path, folder: Path) -> None:
    """Copy a data folder that nothing uses, with the owners of its files: PostgreSQL runs as another."""
    shutil.rmtree(folder, ignore_errors=True)
    subprocess.run(["cp", "-a", str(market), str(folder)], check=True)  # noqa: S603, S607
    (folder / "ready").unlink(missing_ok=True)


def _market(folder: Path, *command: str) -> None:
    sys.stdout.write(f"making the market of {folder.name} outcomes: {' '.join(command[:2])} …\n")
    environ = {**os.environ, "DATA_DIR": str(folder), "EMBEDDERS": "none"}
    subprocess.run([sys.executable, "-m", "market", *command], env=environ, check=True)  # noqa: S603


def _execute(folder: Path, statement: str, values: Mapping[str, object]) -> None:
    server = EmbeddedPostgres(folder / "postgres")
    address = server.start()
    try:
        with psycopg.connect(address) as database:
            database.execute(statement, values)
        with psycopg.connect(address, autocommit=True) as database:
            database.execute("VACUUM ANALYZE")
    finally:
        server.stop()
