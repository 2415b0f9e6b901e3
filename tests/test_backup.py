"""The whole market goes into one archive and comes back from it."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import Any

import asyncpg  # type: ignore[import-untyped]
import pytest

from market.kit.database import connection
from tests.fixtures import ROOT, named


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

    words = await _there_and_back(archive, (first, old), (second, new))

    assert "not empty" in words
    assert (new / "files" / "ab" / "abcd").read_bytes() == b"a voucher"
    assert await _tables("backup_new") == await _tables("backup_old") > 80
    for name in ("backup_old", "backup_new"):
        await _statement(f"DROP DATABASE {name} WITH (FORCE)")


async def _create(name: str, template: str) -> None:
    await _statement(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
    await _statement(f"CREATE DATABASE {name} TEMPLATE {template}")


async def _tables(name: str) -> int:
    """Return how many tables a database beside the test's own has."""
    count: int = await _statement("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'", name)
    return count


async def _statement(text: str, database: str = "postgres") -> Any:
    """Run what may not stand in a transaction, beside the test's own."""
    rows = await connection().execute_query_dict(
        "SELECT current_setting('unix_socket_directories') AS folder, current_setting('port') AS port"
    )
    other = await asyncpg.connect(
        host=rows[0]["folder"].split(",")[0], port=int(rows[0]["port"]), user="postgres", database=database
    )
    try:
        return await other.fetchval(text)
    finally:
        await other.close()


THERE_AND_BACK = """
import asyncio, sys
from pathlib import Path
from market.commands.backup import backup, restore
from market.settings import Settings

archive, first, old, second, new = sys.argv[1:]
old, new = (
    Settings.from_env({"DATABASE_URL": url, "DEMO": "1", "DATA_DIR": folder})
    for url, folder in ((first, old), (second, new))
)


async def there_and_back():
    await backup(old, Path(archive))
    await restore(new, Path(archive))
    await restore(new, Path(archive))


asyncio.run(there_and_back())
"""
"""Everything in one process of its own, since this one's connections are the test's."""


async def _there_and_back(archive: Path, old: tuple[str, Path], new: tuple[str, Path]) -> str:
    """Back up one market, restore it into another, try that again, and return why it was refused."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", THERE_AND_BACK),
        *map(str, (archive, *old, *new)),
        cwd=ROOT,
        stderr=asyncio.subprocess.PIPE,
    )
    _out, words = await process.communicate()
    assert process.returncode == 1, words.decode()
    return words.decode()
