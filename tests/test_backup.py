"""The whole market goes into one archive and comes back from it."""

from __future__ import annotations

import asyncio
import stat
import sys
from pathlib import Path

import pytest

from market.commands.backup import signature_of
from market.kit.encrypted_files import is_encrypted
from tests.databases import own_database, run_in
from tests.fixtures import ROOT, named


@pytest.mark.long
async def test_database_and_files_come_back_from_a_backup_into_an_empty_market(
    database_url: str, tmp_path: Path
) -> None:
    old, new, archive = tmp_path / "old", tmp_path / "new", tmp_path / "market.tar"
    file = old / "files" / "ab" / "abcd"
    file.parent.mkdir(parents=True)
    file.write_bytes(b"a voucher")

    async with own_database("backup_old") as full, own_database("backup_new", "template0") as empty:
        addresses = (named(database_url, full), old), (named(database_url, empty), new)

        words = await _there_and_back(archive, *addresses)

        assert "not empty" in words
        assert is_encrypted(archive)
        assert [stat.S_IMODE(path.stat().st_mode) for path in (archive, signature_of(archive))] == [0o600] * 2
        assert (new / "files" / "ab" / "abcd").read_bytes() == b"a voucher"
        assert await _tables(empty) == await _tables(full) > 80


async def _tables(name: str) -> int:
    """Return how many tables a database beside the test's own has."""
    count: int = await run_in("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'", name)
    return count


THERE_AND_BACK = """
import asyncio, sys
from pathlib import Path
from market.commands.backup import backup, restore
from market.settings import Settings

archive, first, old, second, new = sys.argv[1:]
old, new = (
    Settings.from_env({"DATABASE_URL": url, "DEMO": "1", "DATA_DIR": folder, "BACKUP_KEY": "k" * 32})
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
