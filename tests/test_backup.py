"""The whole market goes into one archive and comes back from it."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path

import asyncpg  # type: ignore[import-untyped]
import pytest

from market.kit.database import connection
from tests.conftest import ROOT, named


@pytest.mark.long
async def test_database_and_files_come_back_from_a_backup_into_an_empty_market(
    database_url: str, tmp_path: Path
) -> None:
    old, new, archive = tmp_path / "old", tmp_path / "new", tmp_path / "market.tar"
    # The tests' own database is in use and cannot be copied; the template that it came from can.
    rows = await connection().execute_query_dict(
        "SELECT datname FROM pg_database WHERE datname ~ '^template_[0-9a-f]{12}$' ORDER BY oid DESC"
    )
    await _create("backup_old", rows[0]["datname"])
    await _create("backup_new", "template0")
    kept = old / "files" / "ab" / "abcd"
    kept.parent.mkdir(parents=True)
    kept.write_bytes(b"a voucher")

    first, second = named(database_url, "backup_old"), named(database_url, "backup_new")

    saved, _words = await _market("backup", archive, database=first, directory=old)
    back, _words = await _market("restore", archive, database=second, directory=new)
    again, words = await _market("restore", archive, database=second, directory=new)

    assert (saved, back) == (0, 0)
    assert again != 0
    assert "not empty" in words
    assert (new / "files" / "ab" / "abcd").read_bytes() == b"a voucher"
    for name in ("backup_old", "backup_new"):
        await _statement(f"DROP DATABASE {name} WITH (FORCE)")


async def _create(name: str, template: str) -> None:
    await _statement(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
    await _statement(f"CREATE DATABASE {name} TEMPLATE {template}")


async def _statement(text: str) -> None:
    """Run what may not stand in a transaction, beside the test's own."""
    rows = await connection().execute_query_dict(
        "SELECT current_setting('unix_socket_directories') AS folder, current_setting('port') AS port"
    )
    other = await asyncpg.connect(
        host=rows[0]["folder"].split(",")[0], port=int(rows[0]["port"]), user="postgres", database="postgres"
    )
    try:
        await other.execute(text)
    finally:
        await other.close()


async def _market(command: str, *files: Path, database: str, directory: Path) -> tuple[int | None, str]:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "market",
        command,
        *map(str, files),
        cwd=ROOT,
        env=os.environ | {"DATABASE_URL": database, "DEMO": "1", "DATA_DIR": str(directory)},
        stderr=asyncio.subprocess.PIPE,
    )
    _out, errors = await process.communicate()
    return process.returncode, errors.decode()
