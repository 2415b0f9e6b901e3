"""`python -m market audit verify|export|root`, with the database connected where one is needed."""

from __future__ import annotations

import sys
from datetime import datetime
from pathlib import Path

from market.audit import verify as verifying
from market.audit.queries import export_lines
from market.audit.services import make_missing_roots
from market.audit.verify import Finding


def verify_file(path: Path) -> int:
    """Check an export; needs no database. Exit status 1 when it was tampered with."""
    try:
        return _report(verifying.verify_file(path), str(path))
    except OSError as error:
        sys.stderr.write(f"{path}: {error.strerror}\n")
        return 2


async def verify_database() -> int:
    """Check the log in the database. Exit status 1 when it was tampered with."""
    found, verifier = await verifying.verify_database()
    return _report(found, f"{verifier.events} rows in {verifier.chains} chains")


async def export(path: Path | None) -> int:
    """Write the whole log to a file, or to standard output."""
    file = path.open("w", encoding="utf-8") if path else sys.stdout
    try:
        async for part in export_lines():
            file.write(part)
    finally:
        if path:
            file.close()
    return 0


async def root(*, now: datetime) -> int:
    """Publish the daily roots that are due."""
    sys.stdout.write(f"{await make_missing_roots(now=now)} daily roots made\n")
    return 0


def _report(found: list[Finding], what: str) -> int:
    for finding in found:
        sys.stdout.write(f"{finding}\n")
    sys.stdout.write(f"{what}: {'BROKEN' if found else 'every chain and every root holds'}\n")
    return 1 if found else 0
