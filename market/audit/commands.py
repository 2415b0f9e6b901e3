"""The commands `python -m market audit verify|export|root`."""

from __future__ import annotations

import sys
from datetime import datetime
from pathlib import Path

from market.audit import verify as verifying
from market.audit.queries import export_lines
from market.audit.roots import make_missing_roots
from market.audit.verify import Finding


def verify_file(path: Path) -> int:
    """Verify an export without a database; return the exit status, 1 when it was tampered with."""
    try:
        return _report(verifying.verify_file(path), str(path))
    except OSError as error:
        sys.stderr.write(f"{path}: {error.strerror}\n")
        return 2


async def verify_database() -> int:
    """Verify the log in the database; return the exit status, 1 when it was tampered with."""
    findings, verifier = await verifying.verify_database()
    return _report(findings, f"{verifier.events} rows in {verifier.chains} chains")


async def export(path: Path | None) -> int:
    """Write the whole log to a file, or to standard output."""
    file = path.open("w", encoding="utf-8") if path else sys.stdout
    try:
        async for lines in export_lines():
            file.write(lines)
    finally:
        if path:
            file.close()
    return 0


async def root(*, now: datetime) -> int:
    """Publish the daily roots that are due."""
    sys.stdout.write(f"{await make_missing_roots(now=now)} daily roots made\n")
    return 0


def _report(findings: list[Finding], what: str) -> int:
    for finding in findings:
        sys.stdout.write(f"{finding}\n")
    sys.stdout.write(f"{what}: {'BROKEN' if findings else 'every chain and every root holds'}\n")
    return 1 if findings else 0
