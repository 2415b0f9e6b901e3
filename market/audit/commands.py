"""The commands `python -m market audit verify|export|root`."""

from __future__ import annotations

import sys
from datetime import datetime
from pathlib import Path

from market.audit import verify as verifying
from market.audit.export_format import canonical_json, hourly_root_to_export_row
from market.audit.queries import export_lines
from market.audit.roots import make_hourly_root, make_missing_roots
from market.audit.verify import Finding, read_copy
from market.kit.private_files import open_private
from market.kit.signing import Signer


def verify_file(path: Path, *, trusted: str | None = None) -> int:
    """Verify an export without a database; return the exit status, 1 when it was tampered with."""
    try:
        return _report(verifying.verify_file(path, trusted=trusted), str(path))
    except OSError as error:
        sys.stderr.write(f"{path}: {error.strerror}\n")
        return 2


async def verify_database(signer: Signer, *, trusted: str | None, copy: Path | None) -> int:
    """Verify the log in the database; return the exit status, 1 when it was tampered with.

    Roots must be signed with `trusted`, or else with the site's own key. `copy` is a file of roots that lay
    out of the operator's reach.
    """
    outside = read_copy(copy) if copy else []
    if copy and not outside:
        sys.stderr.write(f"{copy}: no signed root in it\n")
        return 2
    findings, verifier = await verifying.verify_database(
        trusted=trusted or signer.public_key, outside=outside
    )
    return _report(findings, f"{verifier.events} rows in {verifier.chains} chains")


async def export(path: Path | None, signer: Signer) -> int:
    """Write the whole log, signed, to a file that only its owner reads, or to standard output."""
    file = open_private(path) if path else sys.stdout
    try:
        async for lines in export_lines(signer):
            file.write(lines)
    finally:
        if path:
            file.close()
    return 0


async def root(signer: Signer, *, now: datetime) -> int:
    """Publish the daily roots that are due, and sign that of the last hour."""
    count = await make_missing_roots(now=now)
    hourly = await make_hourly_root(signer, now=now)
    sys.stdout.write(f"{count} daily roots made\n")
    if hourly is not None:
        sys.stdout.write(canonical_json({"hour": hourly_root_to_export_row(hourly)}) + "\n")
    return 0


def _report(findings: list[Finding], what: str) -> int:
    for finding in findings:
        sys.stdout.write(f"{finding}\n")
    sys.stdout.write(f"{what}: {'BROKEN' if findings else 'every chain and every root holds'}\n")
    return 1 if findings else 0
